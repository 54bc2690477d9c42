"""What is built from the CLDR, and what the program makes of it."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from chalicelib import languages, locale_data, translation
from chalicelib.dashboard import countries, formatting
from chalicelib.dashboard.reports import value_names
from translations import catalogues, cldr

TODAY = date(2026, 11, 24)
SATURDAY = date(2026, 11, 14)


@pytest.mark.parametrize(
    ("pattern", "ours"),
    [
        ("d. MMM", "{d}. {MMM}"),
        ("E, d. MMM", "{E}, {d}. {MMM}"),
        ("y年M月d日", "{y}年{M}月{d}日"),
        ("d 'de' MMM", "{d} de {MMM}"),
    ],
)
def test_patterns_of_dates(pattern: str, ours: str) -> None:
    assert cldr.date_pattern(pattern) == ours


@pytest.mark.parametrize(
    ("pattern", "ours"),
    [
        ("d.–d. MMM", "{a.d}.–{b.d}. {b.MMM}"),
        ("d. MMM – d. MMM", "{a.d}. {a.MMM} – {b.d}. {b.MMM}"),
        ("y年M月d日至d日", "{a.y}年{a.M}月{a.d}日至{b.d}日"),
    ],
)
def test_patterns_of_stretches(pattern: str, ours: str) -> None:
    """The last day begins where a field comes a second time."""
    assert cldr.stretch_pattern(pattern) == ours


@pytest.mark.parametrize("tag", catalogues.TAGS)
def test_the_built_file_has_all_that_english_has(tag: str) -> None:
    data = locale_data.of(tag)
    for name in ("months", "months_alone", "weekdays", "long_weekdays", "days", "days_year"):
        assert len(getattr(data, name)) == len(getattr(locale_data.ENGLISH, name))
    assert set(data.countries) == set(countries.codes())
    assert len(set(languages.known()) - set(data.languages)) < 10  # those of which the CLDR has no name in the language


def in_language(tag: str) -> dict[str, str]:
    with translation.language(tag):
        return {
            "count": formatting.number(1_234_567),
            "mean": formatting.decimal(2.314),
            "percent": formatting.percent(0.4321),
            "small": formatting.share(1, 100_000),
            "short": formatting.short(12_345_678),
            "axis": formatting.axis(1_250_000),
            "size": formatting.size(1_250_000),
            "load": formatting.milliseconds(1240),
            "duration": formatting.duration(84),
            "days and hours": formatting.duration(93_600),
            "day": formatting.day(SATURDAY, year=True),
            "weekday": formatting.weekday(SATURDAY),
            "on an axis": formatting.weekday_short(SATURDAY),
            "hour": formatting.bucket(datetime(2026, 11, 14, 9, 5), "hour"),  # noqa: DTZ001  (on the site's clock)
            "days": formatting.days(SATURDAY, date(2026, 11, 20), TODAY),
            "months": formatting.days(date(2026, 10, 28), date(2026, 11, 3), TODAY),
            "years": formatting.days(date(2025, 12, 28), date(2026, 1, 3), TODAY),
            "month": formatting.month_year(SATURDAY),
            "list": formatting.day_list([SATURDAY, date(2026, 11, 15)]),
            "country": countries.name_of("de"),
            "language": languages.name_of("zh-Hant"),
            "day of the week": value_names.weekday("Saturday"),
            "channel": value_names.channel("Organic Search"),
        }


def test_german() -> None:
    change = formatting.delta(112, 100, ("more", "fewer"))
    assert change is not None
    assert change.amount == "12%"
    with translation.language("de"):
        change = formatting.delta(112, 100, ("more", "fewer"))
        assert change is not None
        assert change.amount == "12\xa0%"
    assert in_language("de") == {
        "count": "1.234.567",
        "mean": "2,31",
        "percent": "43,2\xa0%",
        "small": "<0,1\xa0%",
        "short": "12\xa0Mio.",
        "axis": "1,25\xa0Mio.",
        "size": "1,2 MB",
        "load": "1,24\xa0s",
        "duration": "1\xa0min 24\xa0s",
        "days and hours": "1\xa0d 2\xa0h",
        "day": "14. Nov. 2026",
        "weekday": "Sa, 14. Nov.",
        "on an axis": "Sa, 14.",
        "hour": "Sa, 14. Nov., 09:05",
        "days": "14.–20. Nov.",
        "months": "28. Okt.\u2009–\u20093. Nov.",
        "years": "28. Dez. 2025\u2009–\u20093. Jan. 2026",
        "month": "Nov. 2026",
        "list": "14. Nov. und 15. Nov.",
        "country": "Deutschland",
        "language": "Chinesisch (traditionell)",
        "day of the week": "Samstag",
        "channel": "Suche",
    }


def test_traditional_chinese() -> None:
    assert in_language("zh-Hant") == {
        "count": "1,234,567",
        "mean": "2.31",
        "percent": "43.2%",
        "small": "<0.1%",
        "short": "1,235萬",
        "axis": "125萬",
        "size": "1.2 MB",
        "load": "1.24 秒",
        "duration": "1 分 24 秒",
        "days and hours": "1 天 2 小時",
        "day": "2026年11月14日",
        "weekday": "11月14日週六",
        "on an axis": "14 週六",
        "hour": "11月14日週六 09:05",
        "days": "11月14日至20日",
        "months": "10月28日至11月3日",
        "years": "2025年12月28日至2026年1月3日",
        "month": "2026年11月",
        "list": "11月14日和11月15日",
        "country": "德國",
        "language": "繁體中文",
        "day of the week": "星期六",
        "channel": "自然搜尋",
    }
