"""Links that filter by a value: what they add, what they take away, and which values have none."""

from __future__ import annotations

import dataclasses
from urllib.parse import parse_qsl

import pytest

from chalicelib import config
from chalicelib.catalogue import METRICS
from chalicelib.dashboard.reports import breakdowns
from chalicelib.dashboard.reports.filter_links import FilterLinks
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report import filters
from chalicelib.report.filters import EVENT, FIELDS, IDENTIFIER
from tests.unit.dashboard import samples


def query(*texts: str) -> PageQuery:
    return PageQuery((("period", "7d"), *(("f", text) for text in texts)))


def asked(href: str) -> list[tuple[str, str]]:
    return parse_qsl(href.removeprefix("?"), keep_blank_values=True)


@pytest.mark.parametrize("value", ["DE", "", "a,b", "is,x,y", "a&f=b", "%2C", "ü#?", "\n", "x" * 500])
def test_a_value_is_added_at_the_end_and_taken_away_again(value: str) -> None:
    field = FIELDS["browser"]
    link = FilterLinks(query("is,page,/a")).to(field, value)
    assert link is not None
    assert not link.active
    assert asked(link.href) == [("period", "7d"), ("f", "is,page,/a"), ("f", f"is,browser,{value}")]
    (_, condition) = filters.parse([text for name, text in asked(link.href) if name == "f"])
    assert (condition.operator, condition.field, condition.values) == ("is", field, (value,))
    again = FilterLinks(PageQuery(tuple(asked(link.href)))).to(field, value)
    assert again is not None
    assert again.active
    assert asked(again.href) == asked(query("is,page,/a").href)
    assert asked(again.exclude)[2:] == [("f", f"is_not,browser,{value}")]


def test_a_filter_for_a_value_takes_the_place_of_one_against_it() -> None:
    link = FilterLinks(query("is_not,country,DE", "is_not,country,FR")).to(FIELDS["country"], "DE")
    assert link is not None
    assert asked(link.href)[1:] == [("f", "is_not,country,FR"), ("f", "is,country,DE")]


@pytest.mark.parametrize(
    ("field", "entered", "stored"),
    [
        ("page", "/m%C3%BCnchen", "/münchen"),
        ("hostname", "MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("referrer", "https://münchen.example/a", "https://xn--mnchen-3ya.example/a"),
        ("source", "google", "Google"),
        ("utm_medium", "EMAIL", "email"),
    ],
)
def test_a_row_knows_the_filter_that_matches_it_in_another_spelling(field: str, entered: str, stored: str) -> None:
    link = FilterLinks(query(f"is,{field},{entered}")).to(FIELDS[field], stored)
    assert link is not None
    assert (link.active, asked(link.href)) == (True, [("period", "7d")])


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("contains,page,/a", "page", "/a"),
        ("is,entry_page,/a", "page", "/a"),
        ("is,browser,firefox", "browser", "Firefox"),
    ],
)
def test_other_filters_do_not_make_a_row_active(text: str, field: str, value: str) -> None:
    link = FilterLinks(query(text)).to(FIELDS[field], value)
    assert link is not None
    assert not link.active


def test_a_value_that_no_filter_can_have_has_no_link() -> None:
    links = FilterLinks(query())
    assert links.to(FIELDS["page"], "x" * config.MAX_FILTER_CHARS) is not None
    assert links.to(FIELDS["page"], "x" * (config.MAX_FILTER_CHARS + 1)) is None
    full = FilterLinks(query(*(f"is,page,/{number}" for number in range(config.MAX_FILTERS))))
    assert full.to(FIELDS["country"], "DE") is None
    active = full.to(FIELDS["page"], "/0")
    assert active is not None  # it can still be taken away
    assert active.active


def test_rows_events_and_identifiers_filter_and_the_sum_of_others_does_not() -> None:
    stats = samples.full()
    links = FilterLinks(query("is,country,DE"))
    rankings = {
        one.key: one for card in breakdowns.cards(stats, METRICS["visitors"], links=links) for one in card.rankings
    }
    (germany, unknown, *_) = rankings["countries"].shown
    assert germany.filter is not None
    assert germany.filter.active
    assert unknown.filter is not None
    assert asked(unknown.filter.href)[-1] == ("f", "is,country,")
    others = rankings["pages"].others
    assert others is not None
    assert others.filter is None
    for field in (EVENT, IDENTIFIER):
        link = links.to(field, "a,b")
        assert link is not None
        assert asked(link.href)[-1] == ("f", f"is,{field.name},a,b")


def test_a_shared_page_has_no_filters() -> None:
    """They could be used to ask for what a link hides."""
    body = samples.shared(dataclasses.replace(samples.full(), latest=())).body.decode()
    assert "f=is" not in body
    assert 'class="filter"' not in body
