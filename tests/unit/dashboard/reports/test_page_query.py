"""The queries of links: what they change, and what they carry over."""

from __future__ import annotations

from datetime import date

from chalicelib.dashboard.reports.page_query import PageQuery

GERMANY, BLOG = "is,country,DE", "contains,page,/blog"
QUERY = PageQuery((("period", "7d"), ("compare", "year"), ("f", GERMANY), ("f", BLOG)))


def test_a_link_keeps_what_it_does_not_change() -> None:
    assert QUERY.with_period("30d").href == "?period=30d&compare=year&f=is%2Ccountry%2CDE&f=contains%2Cpage%2C%2Fblog"
    of_days = QUERY.with_days(date(2026, 11, 1), date(2026, 11, 2)).without("f", "compare")
    assert of_days.href == "?period=custom&from=2026-11-01&to=2026-11-02"
    assert QUERY.without("f").changed(compare="none").href == "?compare=none&period=7d"


def test_a_filter_is_added_and_taken_away_again() -> None:
    once = QUERY.toggled("is,browser,Firefox")
    assert once.filters == [GERMANY, BLOG, "is,browser,Firefox"]
    assert once.toggled("is,browser,Firefox") == QUERY
    assert QUERY.toggled(GERMANY).filters == [BLOG]
    assert QUERY.with_filters([]).filters == []


def test_a_link_to_the_page_itself_never_keeps_its_query_by_mistake() -> None:
    assert PageQuery().href == "?"  # an empty one would mean the present query
    assert PageQuery().suffix == ""
    assert PageQuery((("f", "is,page,\ud800"),)).href == "?f=is%2Cpage%2C%3F"
