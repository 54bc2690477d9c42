"""Shortcuts: each key that is listed is on the pages, and no other, unless the person has turned them off."""

from __future__ import annotations

import re
from contextvars import copy_context
from datetime import timedelta
from typing import Any

from chalicelib.accounts.access import appearance
from chalicelib.catalogue import PERIODS
from chalicelib.dashboard import static_files
from chalicelib.dashboard.reports import comparison_picker, interval_links, shortcuts
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report import comparisons
from chalicelib.report.periods import Period
from chalicelib.report.stats_question import StatsQuestion
from chalicelib.store.people import Person
from chalicelib.store.preferences import Preferences
from tests.unit.dashboard import report_samples, samples

LETTERS = {period.letter for period in PERIODS.values() if period.offered}
FILTERS = ("is,country,DE", "is,browser,Firefox")


def keys(page: Any) -> list[str]:
    return re.findall(r'data-key="([^"]*)"', page.body.decode())


def test_a_page_has_each_listed_key_once() -> None:
    on_overview = keys(samples.overview(samples.full(), filters=FILTERS))
    assert sorted([*on_overview, shortcuts.LATER]) == sorted([*LETTERS, *shortcuts.ACTIONS])
    on_table = keys(report_samples.table("pages", query={"f": FILTERS[0], "period": "last_month"}))
    assert {shortcuts.LATER, shortcuts.SEARCH, shortcuts.CLEAR} < {*on_table} < LETTERS | {*shortcuts.ACTIONS}
    assert len({*on_table}) == len(on_table)


def test_the_list_has_the_keys_and_says_what_they_do() -> None:
    page = shortcuts.show(samples.request("/shortcuts")).body.decode()
    listed = re.findall(r"<dt>(.*?)</dt><dd><kbd>(.*?)</kbd>", page)
    assert [(label, key) for label, key in listed if key in LETTERS] == [
        (period.label, period.letter) for period in PERIODS.values() if period.offered
    ]
    assert listed[-1] == ("Show these shortcuts", "?")
    assert len(listed) == len(LETTERS) + len(shortcuts.ACTIONS)


def test_readers_of_a_shared_page_are_not_sent_to_preferences() -> None:
    (link,) = re.findall(r'href="([^"]*)" data-sheet', samples.shared(samples.full()).body.decode())
    assert link == "../shortcuts?shared=1"
    assert "account/preferences" not in shortcuts.show(samples.request("/shortcuts", {"shared": "1"})).body.decode()
    assert "account/preferences" in shortcuts.show(samples.request("/shortcuts")).body.decode()


def test_all_keys_differ() -> None:
    assert not LETTERS & {*shortcuts.ACTIONS}


def test_whoever_turned_them_off_gets_neither_keys_nor_the_script() -> None:
    def show() -> str:
        appearance.use(Person("1", "ada@example.com", "Ada", preferences=Preferences(shortcuts=False)))
        return str(samples.overview(samples.full(), filters=FILTERS).body.decode())

    page = copy_context().run(show)
    assert "data-key" not in page
    assert "<kbd" not in page
    assert "keyboard." not in page
    assert "keyboard." in samples.overview(samples.full()).body.decode()


def test_pages_without_figures_have_no_script_for_keys() -> None:
    assert "keyboard." not in samples.settings().body.decode()


def question(kind: str, interval: Any = "day", days: int = 60) -> StatsQuestion:
    period = Period("custom", samples.TODAY - timedelta(days - 1), samples.TODAY)
    return StatsQuestion(period, (), interval, comparisons.parse({"compare": kind}, period))


def test_one_key_stops_comparing_and_begins_again() -> None:
    def by_key(kind: str) -> list[str]:
        choices = comparison_picker.pick(question(kind), PageQuery((("compare", kind),))).choices
        return [choice.href for choice in choices if choice.key == shortcuts.COMPARE]

    assert by_key("previous") == by_key("year") == ["?compare=none"]
    assert by_key("none") == ["?"]


def test_one_key_goes_through_the_intervals() -> None:
    seen, interval = [], "day"
    for _ in range(3):
        (following,) = [one for one in interval_links.links(question("none", interval), PageQuery()) if one.key]
        interval = following.href.removeprefix("?interval=")
        seen.append(interval)
    assert seen == ["week", "month", "day"]


def test_the_script_names_no_key_of_the_list() -> None:
    """Which keys there are is said by the pages alone."""
    script = static_files.assets()["keyboard.js"].content.decode()
    assert not re.findall(r'"([A-Z])"', script)
