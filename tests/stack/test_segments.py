"""The parts of a day in the bucket: in portions, large, late, lost, of an earlier release, and as others read them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest

from chalicelib import config, days
from chalicelib.aggregate import rollup_sums
from chalicelib.aggregate.build_day import refresh, refresh_until
from chalicelib.aggregate.duckdb_engine import engine
from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.collect.event import Event
from chalicelib.enrich.worker import consume
from chalicelib.errors import Unavailable
from chalicelib.operations.rebuild import rebuild_days
from chalicelib.report import day_tables, excluded_traffic, visits
from chalicelib.report.excluded_traffic import Drop
from chalicelib.report.periods import Period
from chalicelib.store import aws, dirty_hours, hits, rollups, segments
from chalicelib.store.segments import Manifest, SegmentLost
from chalicelib.store.sites import Site, put_site
from chalicelib.store.tables import MarkItem, SessionItem
from tests.stack.counting import built, forget_marks_left, messages, mirrored, new_site, traffic, yesterday
from tests.unit.aggregate.parquet_bytes import parquet_bytes

pytestmark = pytest.mark.usefixtures("local_aws")


@pytest.fixture
def site() -> Iterator[Site]:
    """A new site."""
    yield (made := new_site())
    put_site(made)


def closed_day(site: Site) -> date:
    return yesterday(site) - timedelta(days=2)


def manifest(site: Site, day: date) -> Manifest:
    stored = rollups.get(site.id, day)
    assert stored is not None
    assert stored.manifest is not None
    return stored.manifest


def forget_rows(site: Site, day: date) -> None:
    """As if `hot_days` were over."""
    for item in SessionItem.query(hits.partition(site.id, day)):
        item.delete()


def forget_marks(site: Site, day: date) -> None:
    for mark in dirty_hours.of_day(site.id, day):
        MarkItem(dirty_hours.bucket_of(site.id), dirty_hours._sort_key(site.id, day, mark.hour)).delete()
    forget_marks_left()


def take(site: Site, events: list[Event]) -> None:
    forget_marks_left()
    consume(messages(events))


def test_a_backlog_is_taken_up_in_portions(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    day = yesterday(site)
    events = traffic(site, day, visitors=30)
    expected = mirrored(site, day, events)
    monkeypatch.setattr(config, "WRITE_OVERLAP_S", 0)
    clock = iter(range(1_000_000, 2_000_000))
    with monkeypatch.context() as written:
        written.setattr("chalicelib.store.hits.time.time", lambda: next(clock))
        take(site, events)
    counted: list[int] = []
    while not counted or counted[-1] < len(events):
        assert not refresh_until(site, day, time.monotonic(), 20) or counted
        counted.append(manifest(site, day).records)
        assert dirty_hours.of_day(site.id, day)
    assert len(counted) > 3
    assert counted == sorted(set(counted))
    assert built(site, day) == expected


def test_a_large_day_is_several_parts_and_files(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    day = closed_day(site)
    events = traffic(site, day, visitors=40)
    expected = mirrored(site, day, events)
    monkeypatch.setattr(config, "PART_RECORDS", 60)
    for start in range(0, len(events), 50):
        take(site, events[start : start + 50])
        assert built(site, day) is not None
    assert built(site, day) == expected
    parts = manifest(site, day).parts
    assert len(parts) == -(-len(events) // 60)
    assert sum(part.records for part in parts) == len(events)
    assert len({part.age for part in parts}) == 1
    files = [key for key in keys(site) if "/visits-" in key]
    assert len(files) == len(parts)


@pytest.mark.parametrize("hot", [True, False])
def test_a_hit_for_a_closed_day_counts_whether_its_rows_are_there_or_not(site: Site, hot: bool) -> None:
    day = closed_day(site)
    events = traffic(site, day, visitors=20)
    expected = mirrored(site, day, events)
    take(site, events[:30])
    built(site, day)
    if not hot:
        forget_rows(site, day)
    take(site, events[20:])  # some of them once more
    assert built(site, day) == expected
    assert public_figures(site, day) == figures(rollup_sums.unpack(expected))


@pytest.mark.parametrize("damaged", [False, True])
def test_a_part_that_is_lost_is_made_again_from_the_table(site: Site, damaged: bool) -> None:
    day = closed_day(site)
    events = traffic(site, day, visitors=10)
    expected = mirrored(site, day, events)
    take(site, events[:-1])
    built(site, day)
    (part,) = manifest(site, day).parts
    key = segments.part_key(site.id, day, part.name)
    if damaged:
        data = bytearray(segments.read(key) or b"")
        data[part.places["hits"][0] + 100] ^= 1
        aws.client("s3").put_object(Bucket=config.settings().bucket, Key=key, Body=bytes(data))
    else:
        segments.delete([key])
    take(site, events[-1:])
    assert built(site, day) == expected
    assert manifest(site, day).lost == 0


def test_what_a_lost_part_had_and_nobody_else_has_is_told(site: Site) -> None:
    day = closed_day(site)
    events = traffic(site, day, visitors=10)
    take(site, events[:-1])
    built(site, day)
    forget_rows(site, day)
    (part,) = manifest(site, day).parts
    key = segments.part_key(site.id, day, part.name)
    data = segments.read(key) or b""
    segments.delete([key])
    take(site, events[-1:])
    built(site, day)
    assert manifest(site, day).lost == len(events) - 2  # one of as many is new
    assert manifest(site, day).records == 1
    rebuild_days(None, site, day, day)
    built(site, day)
    assert manifest(site, day).lost == len(events) - 2
    told = excluded_traffic.of_period(site, Period("custom", day, day)).dropped
    assert told == (Drop(day, "lost", "", len(events) - 2),)
    aws.client("s3").put_object(Bucket=config.settings().bucket, Key=key, Body=data)  # as from a backup
    rebuild_days(None, site, day, day)
    built(site, day)
    assert (manifest(site, day).lost, manifest(site, day).records) == (0, len(events))


def test_pages_say_that_a_part_is_lost(site: Site) -> None:
    day = closed_day(site)
    take(site, traffic(site, day, visitors=3))
    built(site, day)
    forget_marks(site, day)
    segments.delete([segments.part_key(site.id, day, part.name) for part in manifest(site, day).parts])
    with pytest.raises(Unavailable, match="missing or damaged"):
        visits.list_visits(site, Period("custom", day, day), 10, None)


def test_a_reader_whose_part_is_replaced_reads_the_new_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    day = closed_day(site)
    take(site, traffic(site, day, visitors=3))
    built(site, day)
    read, times = segments.read_part, iter((True, False, False))

    def replaced(*given: object) -> dict[str, bytes]:
        if next(times):
            raise SegmentLost("x")
        return read(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(segments, "read_part", replaced)
    with engine() as db:
        day_tables.load_days(db, site, rollups.without_figures(site.id, day, day))
        assert db.rows("SELECT count(*) > 0 FROM human_visits") == [(True,)]


def test_files_of_an_earlier_release_are_read_and_built_from(site: Site) -> None:
    for day, names in ((closed_day(site), ["days/{}/hits"]), (yesterday(site), ["hours/{}/hour=03/hits"])):
        events = traffic(site, day, visitors=10)
        expected = mirrored(site, day, events)
        take(site, events)
        stored = refresh(site, day)
        assert stored is not None
        shown = visits.list_visits(site, Period("custom", day, day), 100, None)
        write_as_before(site, day, names[0])
        rollups.put(site.id, replace(stored, manifest=None, build="old"), rollups.get(site.id, day))
        forget_marks(site, day)
        assert visits.list_visits(site, Period("custom", day, day), 100, None) == shown
        forget_rows(site, day)
        take(site, events[:1])
        assert built(site, day) == expected
        assert segments.old_keys(site.id, day) == []


def write_as_before(site: Site, day: date, name: str) -> None:
    """The hits of a day as an earlier release has stored them, and nothing else."""
    found = [segments.read_found(site.id, day, one)["hits"] for one in segments.list_parts(site.id, day)]
    with engine() as db:
        paths = db.stage("old", found)
        files = ", ".join(f"'{path}'" for path in paths)
        data = parquet_bytes(
            db, f"SELECT '{day.isoformat()}' AS day, *, 1 AS visit FROM read_parquet([{files}]) LIMIT 1000"
        )
    segments.delete([segments.part_key(site.id, day, one) for one in segments.list_parts(site.id, day)])
    key = "segments/" + name.format(f"site={site.id}/day={day.isoformat()}") + ".parquet"
    aws.client("s3").put_object(Bucket=config.settings().bucket, Key=key, Body=data)


def test_what_was_written_in_vain_is_removed_when_the_day_is_closed(site: Site) -> None:
    day = closed_day(site)
    events = traffic(site, day, visitors=5)
    take(site, events)
    built(site, day)
    segments.write_part(site.id, day, "0-of-a-build-that-died", {"hits": b"x"})
    take(site, events[:1])
    built(site, day)
    assert segments.list_parts(site.id, day) == [part.name for part in manifest(site, day).parts]


# ── As others read them ──


def keys(site: Site) -> list[str]:
    found = []
    for table in segments.PUBLIC:
        answer = aws.client("s3").list_objects_v2(
            Bucket=config.settings().bucket, Prefix=f"segments/{table}/site={site.id}/"
        )
        found += [one["Key"] for one in answer.get("Contents", [])]
    return found


def figures(rollup: Rollup) -> tuple[int, ...]:
    totals = rollup.totals
    return (totals.visitors, totals.visits, totals.pageviews, totals.bounces, totals.duration, totals.load_time)


def public_figures(site: Site, day: date) -> tuple[int, ...]:
    """The totals of a day as DuckDB counts them in the tables for others."""
    with engine() as db:  # for its folder
        paths: dict[str, list[str]] = {}
        for key in keys(site):
            table, _, of_day = key.split("/")[1:4]
            if of_day == f"day={day.isoformat()}":
                path = db.scratch / key.replace("/", "-")
                path.write_bytes(segments.read(key) or b"")
                paths.setdefault(table, []).append(str(path))
        with duckdb.connect() as reader:
            (of_visits,) = reader.execute(
                "SELECT count(*) FILTER (first_of_visitor), count(*), sum(pageviews), count(*) FILTER (bounce), "
                "sum(duration) FROM read_parquet(?)",
                [paths["visits"]],
            ).fetchall()
            (of_views,) = reader.execute(
                "SELECT count(*), coalesce(sum(load_time), 0) FROM read_parquet(?)", [paths["views"]]
            ).fetchall()
    assert of_visits[2] == of_views[0]
    return tuple(map(int, (*of_visits, of_views[1])))


def test_the_tables_for_others_are_there_once_a_day_is_closed_and_not_before(site: Site) -> None:
    today = days.day_of(days.now_ms(), site.zone)
    take(site, traffic(site, today, visitors=3))
    built(site, today)
    assert keys(site) == []
    day = closed_day(site)
    take(site, traffic(site, day, visitors=20))
    packed = built(site, day)
    assert public_figures(site, day) == figures(rollup_sums.unpack(packed))
    assert manifest(site, day).published
