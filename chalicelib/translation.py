"""Translation of texts that people read: gettext, with the language of the running request.

English texts are the message ids. Catalogues are ``chalicelib/locales/<language>.mo``; a language without one, and a
text that is not in it, stays English. This module imports gettext only for other languages than English, because every
cold start of the collector loads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gettext import NullTranslations

SOURCE_LANGUAGE: Final = "en"
_FOLDER: Final = Path(__file__).with_name("locales")
# The languages there are: tag (BCP 47) and name in the language itself.
LANGUAGES: Final[Mapping[str, str]] = {SOURCE_LANGUAGE: "English", "de": "Deutsch", "zh-Hant": "繁體中文"}
# Tags of regions whose script is not in the tag. Other Chinese is taken to be in simplified characters, which are no
# language here: its readers get what they ask for next, else English (docs/adr/0055).
_SCRIPTS: Final[Mapping[str, str]] = {"zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-mo": "zh-Hant"}

_current: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)
_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


def gettext(message: str, **values: object) -> str:
    """`message` in the language in use, with ``%(name)s`` replaced by `values`."""
    text = translation_of(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """The text for `number` in the language in use; ``%(num)s`` and `values` are replaced."""
    return plural_translation_of(singular, plural, number) % {"num": number, **values}


def translation_of(message: str) -> str:
    """`message` in the language in use, with its placeholders, for Jinja2, which replaces them itself."""
    translations = _translations()
    return message if translations is None else translations.gettext(message)


def plural_translation_of(singular: str, plural: str, number: int) -> str:
    """The text for `number` in the language in use, with its placeholders."""
    translations = _translations()
    if translations is None:
        return singular if number == 1 else plural
    return translations.ngettext(singular, plural, number)


def N_(message: str) -> str:  # noqa: N802  (the name that xgettext and Babel know)
    """`message` itself: marks a constant for the catalogues, which is translated where it is shown."""
    return message


def current_language() -> str:
    """The language in use, a key of :data:`LANGUAGES`."""
    return _current.get()


def use(language: str) -> None:
    """Use a language from now on, for this request; unknown ones are English."""
    _current.set(language if language in LANGUAGES else SOURCE_LANGUAGE)


@contextmanager
def language(tag: str) -> Iterator[None]:
    """Use a language within a block, for example for a mail to somebody else."""
    before = _current.set(tag if tag in LANGUAGES else SOURCE_LANGUAGE)
    try:
        yield
    finally:
        _current.reset(before)


def preferred(accept_language: str) -> str:
    """The language that suits an ``Accept-Language`` header best (RFC 9110, section 12.5.4), English if none does."""
    wanted = []
    for order, part in enumerate(accept_language.split(",")[:20]):
        tag, _, parameters = part.strip().partition(";")
        quality = _QUALITY.fullmatch(parameters.strip())
        wanted.append((-(float(quality[1]) if quality else 0.0 if parameters.strip() else 1.0), order, tag.lower()))
    known = {tag.lower(): tag for tag in LANGUAGES}
    known |= {tag: language for tag, language in _SCRIPTS.items() if language in LANGUAGES}
    for negative, _, tag in sorted(wanted):
        shortened = tag
        while shortened and negative:
            if shortened in known:
                return known[shortened]
            shortened = shortened.rpartition("-")[0]  # lookup by truncation, RFC 4647, section 3.4
    return SOURCE_LANGUAGE


def _translations() -> NullTranslations | None:
    tag = _current.get()
    return None if tag == SOURCE_LANGUAGE else _catalogue(tag)


@cache
def _catalogue(tag: str) -> NullTranslations:
    from gettext import GNUTranslations

    with (_FOLDER / f"{tag}.mo").open("rb") as file:
        return GNUTranslations(file)
