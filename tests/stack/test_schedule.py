"""What happens by the clock: one day's trouble is not another's, and it does not go unseen."""

import json
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from bench.request import Context
from chalicelib import days
from chalicelib.aggregate import schedule
from chalicelib.aggregate.refresh import refresh
from chalicelib.store import marks
from chalicelib.store.segments import StaleWrite
from chalicelib.store.sites import Site, put_site

pytestmark = pytest.mark.usefixtures("local_aws")


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Site]:
    """Makes new sites with a mark for today; the only ones of which the schedule knows."""
    ours: set[str] = set()
    all_due = marks.all_due
    monkeypatch.setattr(marks, "all_due", lambda now: (mark for mark in all_due(now) if mark.site_id in ours))

    def make() -> Site:
        made = Site(str(uuid.uuid4()), "Test", "example.com")
        put_site(made)
        marks.leave(made.id, today(made), 0)
        ours.add(made.id)
        return made

    return make


def today(site: Site) -> date:
    return days.day_of(days.now_ms(), site.zone)


def failing(site: Site, error: Exception, refreshed: list[str]) -> Callable[[Site, date], Any]:
    """A refresh that fails for one site."""

    def attempt(given: Site, day: date) -> Any:
        if given.id == site.id:
            raise error
        refreshed.append(given.id)
        return refresh(given, day)

    return attempt


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_day_that_fails_holds_up_no_other_and_rings_the_alarm(
    marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, good = marked(), marked()
    refreshed: list[str] = []
    monkeypatch.setattr(schedule, "refresh", failing(broken, ValueError("no such luck"), refreshed))
    with pytest.raises(RuntimeError, match="1 site-days could not be refreshed"):
        schedule.refresh_marked(Context())
    assert refreshed == [good.id]
    assert told(capsys)["failed"] == 1
    assert marks.of_day(broken.id, today(broken))


def test_a_day_that_somebody_else_refreshes_is_no_failure(
    marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contended = marked()
    monkeypatch.setattr(schedule, "refresh", failing(contended, StaleWrite("later"), []))
    schedule.refresh_marked(Context())
    line = told(capsys)
    assert (line["busy"], line["failed"]) == (1, 0)
    assert marks.of_day(contended.id, today(contended))


def test_what_there_is_no_time_for_is_left_to_the_next_run(
    marked: Callable[[], Site], capsys: pytest.CaptureFixture[str]
) -> None:
    late = marked()

    class Over(Context):
        def get_remaining_time_in_millis(self) -> int:
            return 1_000

    assert schedule.refresh_marked(Over()) == 0
    assert told(capsys)["left"] == 1
    assert marks.of_day(late.id, today(late))
