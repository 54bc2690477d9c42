"""The period picker: names, and the periods before and after."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.catalogue import PERIODS
from chalicelib.dashboard.reports import period_picker
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report.periods import Period

TODAY = date(2026, 11, 24)


def test_every_named_period_can_be_chosen() -> None:
    chosen = period_picker.pick(Period("7d", date(2026, 11, 18), TODAY), TODAY)
    offered = [(period.key, period.label, period.letter) for period in PERIODS.values() if period.offered]
    in_menu = [(choice.href.removeprefix("?period="), choice.label, choice.key) for choice in chosen.choices]
    assert [*in_menu, ("custom", "Custom", chosen.custom_key)] == offered
    assert [choice.label for choice in chosen.choices if choice.current] == ["Last 7 days"]
    assert (chosen.label, chosen.days) == ("Last 7 days", "18–24 Nov")


@pytest.mark.parametrize(
    ("name", "first", "last", "earlier", "later"),
    [
        ("today", TODAY, TODAY, "2026-11-23/2026-11-23", None),
        ("yesterday", date(2026, 11, 23), date(2026, 11, 23), "2026-11-22/2026-11-22", "2026-11-24/2026-11-24"),
        ("7d", date(2026, 11, 18), TODAY, "2026-11-11/2026-11-17", None),
        ("custom", date(2026, 11, 10), date(2026, 11, 19), "2026-10-31/2026-11-09", "2026-11-15/2026-11-24"),
        ("month", date(2026, 11, 1), TODAY, "2026-10-01/2026-10-31", None),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31), "2026-09-01/2026-09-30", "2026-11-01/2026-11-30"),
        ("custom", date(2026, 3, 1), date(2026, 3, 31), "2026-02-01/2026-02-28", "2026-04-01/2026-04-30"),
        ("year", date(2026, 1, 1), TODAY, "2025-01-01/2025-12-31", None),
        ("custom", date(2025, 1, 1), date(2025, 12, 31), "2024-01-01/2024-12-31", "2026-01-01/2026-12-31"),
        ("12mo", date(2025, 12, 1), TODAY, "2024-12-01/2025-11-30", None),
        ("custom", date(2024, 12, 1), date(2025, 11, 30), "2023-12-01/2024-11-30", "2025-12-01/2026-11-30"),
        ("custom", date(2026, 4, 1), date(2026, 6, 30), "2026-01-01/2026-03-31", "2026-07-01/2026-09-30"),
        ("custom", date(2026, 11, 20), date(2026, 11, 30), "2026-11-09/2026-11-19", None),
    ],
)
def test_earlier_and_later(name: str, first: date, last: date, earlier: str, later: str | None) -> None:
    chosen = period_picker.pick(Period(name, first, last), TODAY)

    def link(stretch: str) -> str:
        begin, end = stretch.split("/")
        return f"?period=custom&from={begin}&to={end}"

    assert chosen.earlier == link(earlier)
    assert chosen.later == (link(later) if later else None)


def test_a_period_that_is_offered_no_more_still_has_its_name() -> None:
    chosen = period_picker.pick(Period("90d", date(2026, 8, 27), TODAY), TODAY)
    assert chosen.label == "Last 90 days"
    assert not any("90d" in choice.href or choice.current for choice in chosen.choices)


def test_there_is_nothing_before_or_after_all_time() -> None:
    chosen = period_picker.pick(Period("all", date(2020, 2, 29), TODAY), TODAY)
    assert (chosen.earlier, chosen.later) == (None, None)


def test_custom_days_are_named_by_themselves() -> None:
    chosen = period_picker.pick(Period("custom", date(2026, 11, 10), date(2026, 11, 19)), TODAY)
    assert chosen.label == chosen.days == "10–19 Nov"


def test_other_parameters_are_kept() -> None:
    query = PageQuery((("from", "2026-11-01"), ("f", "is,country,DE")))
    chosen = period_picker.pick(Period("7d", date(2026, 11, 18), TODAY), TODAY, query)
    links = [*(choice.href for choice in chosen.choices), chosen.earlier or ""]
    assert all(link.endswith("&f=is%2Ccountry%2CDE") and link.count("from=") <= 1 for link in links)
    assert chosen.kept == (("f", "is,country,DE"),)
