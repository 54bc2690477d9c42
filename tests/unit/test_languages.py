"""Languages: from the header that a browser sends to the name that an owner reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import languages
from chalicelib.collect.accept_language import TAG, first_language


@pytest.mark.parametrize(
    ("header", "language", "name"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de", "German"),
        ("en-US", "en", "English"),
        ("  PT-br ; q=0.9, en", "pt", "Portuguese"),
        ("zh-TW,zh;q=0.9", "zh-Hant", "Traditional Chinese"),
        ("zh-Hant-HK", "zh-Hant", "Traditional Chinese"),
        ("zh-CN,zh;q=0.9", "zh-Hans", "Simplified Chinese"),
        ("zh", "zh-Hans", "Simplified Chinese"),
        ("iw", "he", "Hebrew"),  # the code of before 1989
        ("deu", "de", "German"),
        ("nb-NO", "nb", "Norwegian Bokmål"),
        ("sr-Latn-RS", "sr", "Serbian"),
        ("es-419", "es", "Spanish"),
        ("de-DE-u-co-phonebk", "de", "German"),
        ("gsw-CH-1996,de", "gsw", "Swiss German"),
        ("fil", "fil", "Filipino"),
    ],
)
def test_the_first_language_is_known_by_its_name(header: str, language: str, name: str) -> None:
    tag = first_language(header)
    assert tag is not None
    assert languages.language_of(tag) == language
    assert languages.name_of(language) == name


@pytest.mark.parametrize("header", ["", "*", "*,de", "x", "english", "C.UTF-8", "de_DE", ",de", "12", "é", "i-klingon"])
def test_no_language_is_guessed_from_another_header(header: str) -> None:
    assert first_language(header) is None


@pytest.mark.parametrize("tag", ["xx", "zz-de", "qaa", "und", "mul", "zxx"])
def test_a_code_that_is_no_language_is_unknown(tag: str) -> None:
    assert first_language(tag) == tag
    assert languages.language_of(tag) is None


@given(st.text(st.characters()) | st.from_regex(TAG))
def test_whatever_the_header_says_it_is_short_and_valid_on_the_queue(header: str) -> None:
    tag = first_language(header)
    assert tag is None or (len(tag) <= 12 and TAG.fullmatch(tag))


def test_every_language_has_a_name() -> None:
    known = languages._languages()
    assert set(known.of_tag.values()) == set(known.names)


def test_what_is_no_language_is_shown_as_it_is() -> None:
    assert languages.name_of("xx") == "xx"
