"""How numbers and dates are written in a language, and what it calls countries and languages.

English is stated here. The other languages are in ``locales/<tag>.json``, which ``python -m translations build`` makes
from the Unicode CLDR.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from chalicelib import translation

_FOLDER: Final = Path(__file__).with_name("locales")


@dataclass(frozen=True, slots=True)
class DateFields:
    """The parts of a date that patterns name, by the letters that the CLDR has for them."""

    d: int
    M: int
    y: int
    MMM: str
    LLL: str
    E: str


@dataclass(frozen=True, slots=True)
class LocaleData:
    """The conventions of a language.

    Patterns of dates name fields of :class:`DateFields`, as in ``{d} {MMM}``; those of stretches, of their first day
    ``a`` and their last day ``b``.

    :ivar percent: a percentage, with ``{}`` for the number.
    :ivar compact: powers of ten and what stands for them behind a number, the largest first.
    :ivar months: abbreviated, in dates; :ivar months_alone: without a day; :ivar weekdays: abbreviated, from Monday.
    :ivar long_weekdays: in full, from Monday.
    :ivar day, day_year, weekday, month_year: patterns of dates.
    :ivar weekday_short: the pattern of a day with its weekday where there is little room.
    :ivar days: patterns of stretches of this year, by the largest field in which the ends differ (``d``, ``M``).
    :ivar days_year: patterns of stretches with years, likewise (``d``, ``M``, ``y``).
    :ivar countries, languages: names by ISO 3166-1 and BCP 47; empty in English, whose names are elsewhere.
    """

    decimal: str
    group: str
    percent: str
    compact: tuple[tuple[int, str], ...]
    months: tuple[str, ...]
    months_alone: tuple[str, ...]
    weekdays: tuple[str, ...]
    long_weekdays: tuple[str, ...]
    day: str
    day_year: str
    weekday: str
    weekday_short: str
    month_year: str
    days: Mapping[str, str]
    days_year: Mapping[str, str]
    countries: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)

    def fields(self, value: date) -> DateFields:
        """The parts of a date."""
        month = value.month - 1
        return DateFields(
            value.day, value.month, value.year, self.months[month], self.months_alone[month],
            self.weekdays[value.weekday()],
        )  # fmt: skip

    def written(self, pattern: str, value: date) -> str:
        """A date in one of the patterns."""
        parts = self.fields(value)
        return pattern.format(d=parts.d, M=parts.M, y=parts.y, MMM=parts.MMM, LLL=parts.LLL, E=parts.E)

    def stretch(self, pattern: str, first: date, last: date) -> str:
        """A stretch of days in one of the patterns."""
        return pattern.format(a=self.fields(first), b=self.fields(last))


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ENGLISH: Final = LocaleData(
    decimal=".",
    group=",",
    percent="{}%",
    compact=((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k")),
    months=_MONTHS,
    months_alone=_MONTHS,
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    long_weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    day="{d} {MMM}",
    day_year="{d} {MMM} {y}",
    weekday="{E} {d} {MMM}",
    weekday_short="{E} {d} {MMM}",
    month_year="{MMM} {y}",
    days={"d": "{a.d}–{b.d} {b.MMM}", "M": "{a.d} {a.MMM} – {b.d} {b.MMM}"},
    days_year={
        "d": "{a.d}–{b.d} {b.MMM} {b.y}",
        "M": "{a.d} {a.MMM} – {b.d} {b.MMM} {b.y}",
        "y": "{a.d} {a.MMM} {a.y} – {b.d} {b.MMM} {b.y}",
    },
)


def current() -> LocaleData:
    """The conventions of the language in use."""
    tag = translation.current_language()
    return ENGLISH if tag == translation.SOURCE_LANGUAGE else of(tag)


@cache
def of(tag: str) -> LocaleData:
    """The conventions of another language than English."""
    content: dict[str, Any] = json.loads((_FOLDER / f"{tag}.json").read_text("utf-8"))
    for name in ("compact", "months", "months_alone", "weekdays", "long_weekdays"):
        content[name] = tuple(content[name])
    return LocaleData(**content)
