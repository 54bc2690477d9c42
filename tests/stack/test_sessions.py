"""What the table of sessions holds of hits: sets, whatever comes together with what, fails, or is too much."""

from __future__ import annotations

import json
import math
import random
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from pynamodb.exceptions import PutError

from chalicelib import days
from chalicelib.aggregate import rollup_sums
from chalicelib.aggregate.build_day import refresh
from chalicelib.collect import hit
from chalicelib.collect.event import Event
from chalicelib.collect.urls import Location
from chalicelib.enrich import geolocation
from chalicelib.enrich.bots import is_spammer
from chalicelib.enrich.worker import consume
from chalicelib.store import aws, batch_write, dirty_hours, exclusions, hits, tables
from chalicelib.store.sites import Site, put_site
from tests.conftest import ON_LOCALSTACK
from tests.stack.counting import (
    FIREFOX,
    HOUR,
    THROTTLED,
    built,
    flood,
    forget_marks_left,
    messages,
    mirrored,
    new_site,
    sessions_answered,
    traffic,
    yesterday,
)

pytestmark = pytest.mark.usefixtures("local_aws")
DAY_S = 24 * 60 * 60


@pytest.fixture
def site() -> Iterator[Site]:
    """A new site, in a zone whose days begin at odd times."""
    yield (made := new_site())
    put_site(made)  # other tests read the sites, whose limits are never as low as here


def view(
    site: Site, number: int, *, hour: int = 1, address: str = "198.51.100.1", agent: str = FIREFOX, **more: Any
) -> Event:
    """A view of yesterday; more of the event's fields as they are."""
    t = days.day_start(yesterday(site), site.zone) + hour * HOUR + number * 1000
    seen = hit.View(f"v{hour}-{number}", Location("example.com", f"/{number}"), "script")
    event = hit.event(site, hit.client(address, agent), t, seen)
    return replace(event, **more)


@contextmanager
def batches_put() -> Iterator[list[int]]:
    """How many items each call meanwhile puts."""
    sizes: list[int] = []
    put = batch_write._put_batch

    def watched(items: Any) -> Any:
        sizes.append(len(items))
        return put(items)

    with patch.object(batch_write, "_put_batch", watched):
        yield sizes


def items(site: Site) -> list[tables.SessionItem]:
    return list(tables.SessionItem.query(hits.partition(site.id, yesterday(site))))


def test_a_batch_is_written_25_items_at_a_time_and_for_all_sites_together(site: Site) -> None:
    others = [new_site(), new_site()]
    events = [view(of, 1, address=f"203.0.113.{number}") for number in range(20) for of in (site, *others)]
    with batches_put() as sizes:
        consume(messages(events))
    assert sizes == [25, 25, 10]
    assert [len(items(of)) for of in (site, *others)] == [20] * 3


def test_hits_of_several_sites_mixed_are_those_of_each(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.store.hit_queue.send_to_dead_letters", lambda *_: None)
    monkeypatch.setattr(batch_write, "_FIRST_PAUSE_S", 0.01)
    day, others = yesterday(site), [new_site(), new_site()]
    events = traffic(site, day, visitors=20)
    mixed = [replace(event, site=of) for event in events for of in (site.id, others[0].id, others[1].id, "gone")]
    random.Random(3).shuffle(mixed)

    def leave_some(call: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        ((table, requests),) = json.loads(call["body"])["RequestItems"].items()
        aws.client("dynamodb").batch_write_item(RequestItems={table: requests[::2]})
        return 200, {"UnprocessedItems": {table: requests[1::2]} if requests[1::2] else {}}

    with sessions_answered(leave_some):
        consume(messages(mixed))
    assert built(site, day) == built(others[0], day) == built(others[1], day) == mirrored(site, day, events)


def test_a_named_visitor_is_pointed_to_once_a_day_and_holds_up_nobody(site: Site) -> None:
    events = [view(site, 1, hour=hour, identifier="bob") for hour in range(3)]
    events += [view(site, 1, address=f"203.0.113.{number}") for number in range(20)]
    with batches_put() as sizes:
        consume(messages(events))
    assert sizes == [24]
    consume(messages(events[:1]))
    assert len([item for item in items(site) if item.identified]) == 1


def test_a_visitor_is_pointed_to_though_the_first_try_failed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_write, "_PATIENCE_S", 0.0)
    event = view(site, 1, identifier="bob")
    with sessions_answered(lambda _: THROTTLED), pytest.raises(PutError):
        consume(messages([event]))
    consume(messages([event]))
    assert hits.visitors_with_identifier(site.id, "bob") == [(yesterday(site), event.visitor)]


def test_what_is_known_of_a_visitor_is_not_forgotten_by_a_delivery_that_knows_less(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = messages([view(site, 1)])
    for found in (geolocation.Location(country="DE", city="Berlin"), geolocation.Location()):
        with monkeypatch.context() as known:
            known.setattr(geolocation, "locate", lambda _, found=found: found)
            consume(batch)
    figures = rollup_sums.unpack(built(site, yesterday(site)))
    assert figures.tables["cities"] == [["Berlin, DE", 1, 1, 1]]  # type: ignore[comparison-overlap]
    assert figures.totals.pageviews == 1


def spam() -> str:
    """A referrer that is on the list of spammers."""
    from importlib import resources

    lines = resources.files("chalicelib.enrich").joinpath("spammers.txt").read_text().splitlines()
    host = next(line for line in lines if line and is_spammer(line))
    return f"https://{host}/"


@pytest.mark.parametrize("ignore_robots", [False, True])
def test_what_is_known_of_a_visitor_does_not_depend_on_what_came_together(site: Site, ignore_robots: bool) -> None:
    put_site(site := replace(site, ignore_robots=ignore_robots))
    day = yesterday(site)
    events = [
        view(site, 1, hint="prefetch"), view(site, 2, hint="preview"), view(site, 3), view(site, 4, referrer=spam()),
        view(site, 5, address="203.0.113.9"),
    ]  # fmt: skip
    for batch in ([event] for event in events[::-1]):
        consume(messages(batch))
    consume(messages(events[2:] + events[:2]))
    assert built(site, day) == mirrored(site, day, events)
    assert rollup_sums.unpack(built(site, day)).totals.pageviews == 2


def test_items_of_the_old_layout_are_part_of_an_hour(site: Site) -> None:
    event = view(site, 1)
    consume(messages([event]))
    (item,) = items(site)
    pk, sk = item.pk, f"01#{event.visitor}"
    old = {"pk": {"S": pk}, "sk": {"S": sk}, "browser": {"S": "Firefox"}, "hits": {"SS": [*item.hits]}}
    aws.client("dynamodb").put_item(TableName=tables.SessionItem.Meta.table_name, Item=old)
    read = list(hits.read(site.id, yesterday(site), 1))
    assert [(written == "", len(hour.records)) for written, hour in read] == [(False, 1), (True, 1)]
    assert [hour.visitor for _, hour in read] == [event.visitor] * 2
    assert rollup_sums.unpack(built(site, yesterday(site))).totals.pageviews == 1


def test_what_was_written_after_a_build_is_read_without_the_rest_of_the_hour(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, clock in enumerate((1_000_000, 1_000_100, 1_000_130)):
        monkeypatch.setattr("chalicelib.store.hits.time.time", lambda clock=clock: clock)
        consume(messages([view(site, number, address=f"203.0.113.{number}")]))
    read = list(hits.read(site.id, yesterday(site), 1))
    assert [int(written[1:], 16) for written, _ in read] == [1_000_000, 1_000_100, 1_000_130]
    after = hits.resume_after(read[-1][0])
    assert (
        list(hits.read(site.id, yesterday(site), 1, after)) == read[1:]
    )  # those of the last 40 s may have been missed


def test_hits_live_until_segments_surely_have_them_and_pointers_as_long_as_the_site_keeps_hits(site: Site) -> None:
    before = int(time.time())
    consume(messages([view(site, 1, identifier="bob")]))
    end = days.day_end(yesterday(site), site.zone) // 1000
    pointer, hit = sorted(items(site), key=lambda item: item.identified is None)
    assert pointer.expires == end + (site.retention_days + 2) * DAY_S
    assert 0 <= hit.expires - before - 35 * DAY_S <= 60  # the day is over, so they live from now on


def test_hits_do_not_live_longer_than_the_site_keeps_them(site: Site) -> None:
    put_site(short := replace(site, retention_days=7))
    consume(messages([view(short, 1)]))
    end = days.day_end(yesterday(site), site.zone) // 1000
    assert [item.expires for item in items(short)] == [end + 9 * DAY_S]


def test_a_dead_table_is_given_up_in_time_however_many_batches_there_are(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_write, "_PATIENCE_S", -1.0)
    asked: list[object] = []

    def refuse(call: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        asked.append(call)
        return THROTTLED

    events = [view(site, 1, address=f"203.0.113.{number}") for number in range(60)]
    with sessions_answered(refuse), pytest.raises(PutError):
        consume(messages(events))
    assert len(asked) == 1


def test_a_part_of_a_visitors_hits_that_was_stored_is_counted_though_another_was_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    class RefusedError(PutError):
        cause_response_code, cause_response_message = "ValidationException", "no"

    put = batch_write._put_batch

    def refuse_pointers(items: list[tables.SessionItem]) -> list[tables.SessionItem]:
        if any(item.identified for item in items):
            raise RefusedError("no")
        return put(items)

    buried: list[str] = []
    monkeypatch.setattr(
        "chalicelib.store.hit_queue.send_to_dead_letters", lambda body, reason, detail="": buried.append(reason)
    )
    monkeypatch.setattr(batch_write, "_put_batch", refuse_pointers)
    consume(messages([view(site, 1, identifier="bob")]))
    assert buried == ["unstorable"]
    assert rollup_sums.unpack(built(site, yesterday(site))).totals.pageviews == 1


def test_an_hour_of_more_than_an_item_holds_is_stored_in_several(site: Site) -> None:
    day = yesterday(site)
    view = traffic(site, day, visitors=1)[0]
    consume(messages([replace(view, id=f"x{number}", page=f"/{number:04d}" + "ü" * 500) for number in range(900)]))
    assert len(items(site)) == 3
    assert rollup_sums.unpack(built(site, day)).totals.pageviews == 900


@pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack takes items of any size")
def test_a_hit_that_can_never_be_stored_is_put_aside_and_the_rest_is_stored(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = yesterday(site)
    events = traffic(site, day, visitors=3)
    buried: list[str] = []
    monkeypatch.setattr(
        "chalicelib.store.hit_queue.send_to_dead_letters", lambda body, reason, detail="": buried.append(reason)
    )
    monkeypatch.setattr(hits, "_ITEM_BYTES", 1 << 30)
    who = hit.client("203.0.113.9", FIREFOX)
    first = hit.event(site, who, events[0].t, hit.View("x", Location("example.com", "/"), "script"))
    huge = [replace(first, id=f"x{number}", page="/" + f"{number:04d}" + "x" * 1000) for number in range(450)]
    consume(messages([*events[:5], *huge, *events[5:]]))
    assert buried == ["unstorable"] * math.ceil(len(huge) / 20)
    assert built(site, day) == mirrored(site, day, events)


def test_hits_of_a_site_that_is_gone_are_put_aside_with_the_reason(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    events = traffic(site, yesterday(site), visitors=1)
    buried: list[str] = []
    monkeypatch.setattr(
        "chalicelib.store.hit_queue.send_to_dead_letters", lambda body, reason, detail="": buried.append(reason)
    )
    consume(messages([replace(event, site=str(uuid.uuid4())) for event in events]))
    assert buried == ["no_such_site"] * math.ceil(len(events) / 20)


def test_a_store_that_fails_raises_so_that_the_batch_comes_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_write, "_PATIENCE_S", 0.0)
    events = traffic(site, yesterday(site), visitors=2)
    with sessions_answered(lambda _: THROTTLED), pytest.raises(PutError, match="ProvisionedThroughputExceeded"):
        consume(messages(events))
    consume(messages(events))
    assert built(site, yesterday(site)) == mirrored(site, yesterday(site), events)


def test_a_write_that_is_throttled_is_tried_again_before_the_whole_batch_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_write, "_FIRST_PAUSE_S", 0.05)
    events = traffic(site, yesterday(site), visitors=8)
    refusals = iter(range(aws.ATTEMPTS + 1))  # more than botocore's own attempts at one call
    with sessions_answered(lambda _: THROTTLED if next(refusals, None) is not None else None):
        consume(messages(events))
    assert next(refusals, None) is None
    assert built(site, yesterday(site)) == mirrored(site, yesterday(site), events)


def test_what_dynamodb_leaves_of_a_batch_is_written_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_write, "_FIRST_PAUSE_S", 0.01)
    events = traffic(site, yesterday(site), visitors=8)
    asked: list[int] = []

    def leave_some(call: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        ((table, requests),) = json.loads(call["body"])["RequestItems"].items()
        asked.append(len(requests))
        taken, left = requests[:4], requests[4:]
        aws.client("dynamodb").batch_write_item(RequestItems={table: taken})
        return 200, {"UnprocessedItems": {table: left} if left else {}}

    with sessions_answered(leave_some):
        consume(messages(events))
    assert len(asked) > 1
    assert asked == sorted(asked, reverse=True)
    assert built(site, yesterday(site)) == mirrored(site, yesterday(site), events)


def test_what_dynamodb_goes_on_leaving_fails_the_batch(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_write, "_PATIENCE_S", 0.0)
    with (
        sessions_answered(lambda call: (200, {"UnprocessedItems": json.loads(call["body"])["RequestItems"]})),
        pytest.raises(PutError, match="did not write all items"),
    ):
        consume(messages(traffic(site, yesterday(site), visitors=1)))


def test_of_a_visitors_hour_that_is_too_full_the_same_is_kept_and_counted_in_whatever_order_it_comes(
    site: Site,
) -> None:
    day = yesterday(site)
    put_site(site := replace(site, max_visitor_hour=10))
    events = [*flood(site, day, 30), *traffic(site, day, visitors=2)]
    twice = messages(events) * 2
    random.Random(7).shuffle(twice)
    for start in range(0, len(twice), 11):
        consume(twice[start : start + 11])
        if start % 2 == 0:
            refresh(site, day)
    stored = rollup_sums.unpack(built(site, day))
    assert stored.beyond == {0: 20}
    assert {page for page, *_ in stored.tables["pages"]} >= {f"/{number}" for number in range(10)}
    assert rollup_sums.pack(stored) == mirrored(site, day, events)


def test_what_is_left_out_of_a_running_day_is_told(site: Site) -> None:
    put_site(site := replace(site, max_visitor_hour=10))
    today = days.day_of(days.now_ms(), site.zone)
    consume(messages(flood(site, today, 15)))
    assert rollup_sums.unpack(built(site, today)).beyond == {0: 5}


def test_what_is_beyond_visitors_limits_has_a_limit_too(site: Site) -> None:
    put_site(site := replace(site, max_visitor_hour=10, max_day=20))
    day = yesterday(site)
    consume(messages(flood(site, day, 29)))
    built(site, day)
    assert not exclusions.is_full(site, day)
    exclusions._full.clear()
    consume(messages(flood(site, day, 30)))
    built(site, day)
    exclusions._full.clear()
    assert exclusions.is_full(site, day)


def test_what_was_left_out_of_an_hour_is_still_told_when_another_hour_is_built_anew(site: Site) -> None:
    day = yesterday(site)
    put_site(site := replace(site, max_visitor_hour=10))
    first, later = flood(site, day, 15), flood(site, day, 12)
    consume(messages(first))
    built(site, day)
    forget_marks_left()
    for mark in dirty_hours.of_day(site.id, day):
        dirty_hours.clear(mark)
    consume(messages([replace(event, hour=5, t=event.t + 5 * HOUR) for event in later]))
    assert rollup_sums.unpack(built(site, day)).beyond == {0: 5, 5: 2}


def test_a_limit_that_was_raised_counts_what_it_had_left_out(site: Site) -> None:
    day = yesterday(site)
    put_site(site := replace(site, max_visitor_hour=10))
    events = flood(site, day, 15)
    consume(messages(events))
    assert rollup_sums.unpack(built(site, day)).totals.pageviews == 10
    put_site(site := replace(site, max_visitor_hour=1000))
    forget_marks_left()
    consume(messages(events[:1]))
    stored = rollup_sums.unpack(built(site, day))
    assert (stored.totals.pageviews, stored.beyond) == (15, {})


def test_what_can_never_be_stored_is_put_aside_once_though_its_batch_comes_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = ["not an event", *messages(traffic(site, yesterday(site), visitors=1))]
    buried: list[str] = []
    monkeypatch.setattr(
        "chalicelib.store.hit_queue.send_to_dead_letters", lambda body, reason, detail="": buried.append(reason)
    )
    with monkeypatch.context() as patch:
        patch.setattr(dirty_hours, "mark", lambda *_: (_ for _ in ()).throw(RuntimeError("the mark is refused")))
        with pytest.raises(RuntimeError):
            consume(batch)
    consume(batch)
    assert buried == ["not_json"]
