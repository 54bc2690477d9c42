"""Every text of a page that is not data goes through gettext.

Pages are rendered in a language in which every text is in brackets. What is left outside of brackets must be data:
names of the samples, numbers, codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from gettext import NullTranslations
from html.parser import HTMLParser

import pytest
from chalice import Response

from chalicelib import locale_data, translation
from chalicelib.locale_data import ENGLISH
from tests.unit.dashboard import annotation_samples, samples
from tests.unit.dashboard.test_render import PAGES

# Attributes that people read or hear.
SPOKEN = ("aria-label", "title", "placeholder", "alt")
# Elements whose content is data or code by their meaning.
DATA = ("bdi", "code", "pre", "option", "time", "textarea", "b")
WORD = re.compile(r"[^\W\d_]{2,}")
# What the samples, the product and other products are called, and what `dashboard.formatting` writes.
NAMES = re.compile(
    "|".join((
        rf"\b(?:{'|'.join((*ENGLISH.months, *ENGLISH.weekdays))})\b", r"(?<=\d) (?:ms|pp|k?B|MB|GB|TB)\b",
        "Shylight", "WordPress", "npm", "Content-Security-Policy", "IP Geolocation by DB-IP", "MaxMind",
        "Ada <Lovelace>", "Grace Hopper", "Fieldnotes", r"[\w.@-]*\bexample(?:\.com)?\b", "W{99,200}", "Example <Net>",
        "Europe/Berlin", "UTC", "Googlebot", "Firefox", "Linux", "Hacker News", "Germany", "signup", "EUR", "USD",
        "Traditional Chinese", "customer <4711>", r"Site \d", "Straße & Söhne", r"straße\.example",
        r"\b(?:DE|XX)\b", r"/(?:about|page-\d+)", "<b>",
        r"Wrong\.|It has expired\.|Something went wrong\.|There is no <b>such</b> site\.",
        r"There is no such visit\.|Answering this takes more than 20 s\.",
        *(re.escape(one.text) for one in (*annotation_samples.NOTES, *annotation_samples.TODAYS)),
        *map(re.escape, (*samples.NASTY, samples.NASTY[5].capitalize(), "/half?")), r"/(?:long/)+\w*…?",
    ))
)  # fmt: skip


class Bracketed(NullTranslations):
    """A language in which every text is in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


class Texts(HTMLParser):
    """The texts of a page that people read, outside of elements that hold data."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "input", "br", "img", "hr", "path", "circle", "rect", "line", "stop"):
            self.inside.append(tag)
        self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not set(DATA) & set(self.inside):
            self.found.append(data)


def untranslated(page: str) -> list[str]:
    """The pieces of text outside of brackets; brackets may contain elements, such as links in a sentence."""
    text = "\n".join(Texts(page).found)
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    return sorted({" ".join(line.split()) for line in text.split("\n") if WORD.search(NAMES.sub("", line))})


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(translation, "LANGUAGES", {"en": "English", "xx": "Brackets"})
    monkeypatch.setattr(translation, "_catalogue", lambda _tag: Bracketed())
    monkeypatch.setattr(locale_data, "of", lambda _tag: ENGLISH)
    with translation.language("xx"):
        yield


@pytest.mark.parametrize("show", PAGES.values(), ids=PAGES)
@pytest.mark.usefixtures("bracketed")
def test_no_text_of_a_page_is_left_untranslated(show: Callable[[], Response]) -> None:
    assert not untranslated(show().body.decode())


@pytest.mark.usefixtures("bracketed")
def test_the_language_of_a_page_is_declared() -> None:
    assert '<html lang="xx">' in samples.home().body.decode()
