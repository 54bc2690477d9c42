"""How languages write numbers and dates, and what they call countries and languages, as the Unicode CLDR has it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from babel import Locale

from chalicelib import languages
from chalicelib.dashboard import countries
from translations.catalogues import BUILT

_FIELD: Final = re.compile(r"'([^']*)'|([A-Za-z])\2*")
# Letters of CLDR patterns -> fields of `locale_data.DateFields`.
_FIELDS: Final = {
    "d": "d", "M": "M", "L": "M", "MMM": "MMM", "LLL": "LLL", "y": "y", "E": "E", "ccc": "E", "EEE": "E",
}  # fmt: skip


def build(tag: str) -> Path:
    """Write the file of a language."""
    BUILT.mkdir(exist_ok=True)
    target = BUILT / f"{tag}.json"
    target.write_text(json.dumps(content(tag), ensure_ascii=False, indent=0), "utf-8")
    return target


def content(tag: str) -> dict[str, Any]:
    """What :class:`chalicelib.locale_data.LocaleData` has of a language."""
    locale = Locale.parse(tag, sep="-")
    symbols = locale.number_symbols["latn"]
    stand_alone, in_dates = locale.months["stand-alone"], locale.months["format"]
    weekdays = locale.days["stand-alone"]
    skeletons, intervals = locale.datetime_skeletons, locale.interval_formats
    return {
        "decimal": symbols["decimal"],
        "group": symbols["group"],
        "percent": locale.percent_formats[None].pattern.replace("#,##0", "{}"),
        "compact": _compact(locale),
        "months": [in_dates["abbreviated"][number] for number in range(1, 13)],
        "months_alone": [stand_alone["abbreviated"][number] for number in range(1, 13)],
        "weekdays": [weekdays["abbreviated"][number] for number in range(7)],
        "long_weekdays": [weekdays["wide"][number] for number in range(7)],
        "day": date_pattern(skeletons["MMMd"].pattern),
        "day_year": date_pattern(skeletons["yMMMd"].pattern),
        "weekday": date_pattern(skeletons["MMMEd"].pattern),
        "weekday_short": date_pattern(skeletons["Ed"].pattern),
        "month_year": date_pattern(skeletons["yMMM"].pattern),
        "days": {letter: stretch_pattern("".join(intervals["MMMd"][letter])) for letter in ("d", "M")},
        "days_year": {letter: stretch_pattern("".join(intervals["yMMMd"][letter])) for letter in ("d", "M", "y")},
        "countries": {code: locale.territories[code] for code in countries.codes()},
        "languages": _languages(locale.languages),
    }


def date_pattern(pattern: str) -> str:
    """A CLDR pattern of a date as a pattern of `locale_data`: ``{d}. {MMM}`` of ``d. MMM``."""
    return _FIELD.sub(lambda found: found[1] or f"{{{_FIELDS[found[0]]}}}", pattern)


def stretch_pattern(pattern: str) -> str:
    """A CLDR pattern of a stretch of days: ``{a.d}.–{b.d}. {b.MMM}`` of ``d.–d. MMM``.

    The last day begins with the first field that comes a second time.
    """
    seen: set[str] = set()
    last = False

    def field(found: re.Match[str]) -> str:
        nonlocal last
        if found[1] is not None:
            return found[1]
        name = _FIELDS[found[0]]
        last = last or name in seen
        seen.add(name)
        return f"{{{'b' if last else 'a'}.{name}}}"

    return _FIELD.sub(field, pattern)


def _compact(locale: Locale) -> list[tuple[int, str]]:
    """Powers of ten with a unit of their own, the largest first."""
    units = {}
    for power, pattern in locale.compact_decimal_formats["short"]["other"].items():
        zeros, unit = re.fullmatch(r"(0+)(.*)", pattern.pattern.replace("'", "")).groups()  # type: ignore[union-attr]
        if unit and len(zeros) == 1:
            units[int(power)] = unit
    return sorted(units.items(), reverse=True)


def _languages(names: Mapping[str, str]) -> dict[str, str]:
    found = {tag: names.get(tag.replace("-", "_")) for tag in languages.known()}
    return {tag: name for tag, name in found.items() if name}
