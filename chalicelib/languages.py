"""Languages: which one a language tag names, and what it is called, as the Unicode CLDR has them.

English names are in languages.tsv, those in other languages in `locale_data`.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple

from chalicelib import locale_data

_FILE: Final = "languages.tsv"


class _Languages(NamedTuple):
    """The contents of the file: tag in lower case -> language, and language -> English name."""

    of_tag: dict[str, str]
    names: dict[str, str]


@lru_cache(1_000)
def language_of(tag: str) -> str | None:
    """The language that a tag (BCP 47) names, such as ``de`` for ``de-AT``; None if the CLDR knows none.

    Regions are left out. Of Chinese, the script is kept: ``zh-Hant`` for ``zh-TW``.
    """
    known = _languages().of_tag
    shortened = tag.lower()
    while shortened:
        if shortened in known:
            return known[shortened]
        shortened = shortened.rpartition("-")[0]  # lookup by truncation, RFC 4647, section 3.4
    return None


def name_of(language: str) -> str:
    """The name of a language; of an unknown one, the text itself."""
    return locale_data.current().languages.get(language) or _languages().names.get(language, language)


def known() -> tuple[str, ...]:
    """The languages that have a name."""
    return tuple(_languages().names)


@cache
def _languages() -> _Languages:
    text = resources.files("chalicelib").joinpath(_FILE).read_text("utf-8")
    rows = [[*line.split("\t"), ""] for line in text.splitlines() if not line.startswith("#")]
    return _Languages({row[0]: row[1] for row in rows}, {row[1]: row[2] for row in rows if row[2]})
