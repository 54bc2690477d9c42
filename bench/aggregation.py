"""The time to aggregate a site-day, by its number of visits: DuckDB and Python, without AWS calls."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from demo.traffic.arrivals import DIRECT, Arrival, pick_arrival
from demo.traffic.audience import Audience
from demo.traffic.sites import JOURNAL
from harness.measurement import Measurement, Section

if TYPE_CHECKING:
    from chalicelib.aggregate.rollup_sums import Rollup
    from chalicelib.store.records import VisitorHour

SIZES = (1_000, 10_000, 100_000)
VIEWS_PER_VISIT = 2.4  # see `visitor_hours`
_DAY = date(2026, 11, 20)
_START = 1_795_132_800_000  # its midnight, UTC


def changed_hour(visits: int) -> str:
    """The name of the measurement of a day of that many visits of which one hour has changed."""
    return f"{visits:,} visits: one changed hour"


def refresh_ms_by_views(measured: Section) -> dict[int, float]:
    """The time to update a day of which one hour has changed, by the page views of the day."""
    return {round(visits * VIEWS_PER_VISIT): measured.value(changed_hour(visits)) for visits in SIZES}


def parquet_bytes_per_event(measured: Section) -> float:
    """The size of the segments of the largest day per event; each page view is two."""
    visits = max(SIZES)
    return measured.value(_segments(visits)) * 1024 / (visits * VIEWS_PER_VISIT * 2)


def _segments(visits: int) -> str:
    return f"{visits:,} visits: segments"


def measure() -> Section:
    """The time to build a day from its hits, and to update it when one hour has changed."""
    from chalicelib.aggregate import compute_rollup, rollup_sums
    from chalicelib.aggregate.duckdb_engine import engine

    measurements: list[Measurement] = []
    for visits in SIZES:
        hours = list(visitor_hours(visits, _DAY, _START, random.Random(visits)))
        with engine() as db:
            started = time.perf_counter()
            db.load(hours, [])
            parquet = {hour: db.parquet(f"FROM hits WHERE hour = {hour} ORDER BY ALL") for hour in range(24)}
            db.sessionize()
            packed = rollup_sums.pack(compute_rollup.compute(db))
            whole = time.perf_counter() - started
            changed = [item for item in hours if item.hour == 12]
            clean = [data for hour, data in parquet.items() if hour != 12]
            started = time.perf_counter()
            db.load(changed, clean)
            db.parquet("FROM hits WHERE hour = 12 ORDER BY ALL")
            db.sessionize()
            rollup_sums.pack(compute_rollup.compute(db))
            again = time.perf_counter() - started
        measurements.append(Measurement(f"{visits:,} visits: the whole day, hits to rollup", whole * 1000, "ms"))
        measurements.append(Measurement(changed_hour(visits), again * 1000, "ms"))
        size = sum(map(len, parquet.values()))
        measurements.append(Measurement(_segments(visits), size / 1024, "KiB", note=f"rollup {len(packed):,} bytes"))
    return Section("Aggregation (of one site-day, in this process)", measurements)


def day_rollup(visits: int, day: date, start: int, rng: random.Random) -> tuple[Rollup, bytes, int]:
    """The rollup of a random day, the same packed, and its number of page views."""
    from chalicelib.aggregate import compute_rollup, rollup_sums
    from chalicelib.aggregate.duckdb_engine import engine

    with engine() as db:
        db.load(visitor_hours(visits, day, start, rng), [])
        db.sessionize()
        made = compute_rollup.compute(db)
    return made, rollup_sums.pack(made), made.totals.pageviews


def visitor_hours(visits: int, day: date, start: int, rng: random.Random) -> Iterator[VisitorHour]:
    """The stored hits of `visits` random visits of a day: on average 2.4 page views each, with their leaves.

    :param start: the day's beginning in epoch ms.
    """
    from chalicelib.store.records import LEAVE, VIEW, Record, Traits, VisitorHour

    people = [Audience(rng).person() for _ in range(min(visits, 2_000))]
    for number in range(visits):
        who, arrival = rng.choice(people), pick_arrival(rng, 47)
        hour = rng.randrange(24)
        t = start + hour * 3_600_000 + rng.randrange(2_400_000)
        traits = Traits(who.agent.browser, who.agent.system, who.agent.device, who.country or None, None, False)
        records = []
        for view in range(rng.choice((1, 1, 2, 3, 5))):
            id_, stay = f"0.{number:x}{view}", rng.randrange(2_000, 120_000)
            referrer, source = (arrival.shown_referrer, _named(arrival)) if view == 0 else (None, "")
            load = rng.randrange(200, 3_000)
            page = JOURNAL.page(rng).path
            records.append(Record(VIEW, id_, t, page, referrer, load, tracker="script", source=source).pack())
            records.append(Record(LEAVE, id_, t + stay, engagement=stay).pack())
            t += stay + 1_000
        yield VisitorHour(day, hour, f"{number:016x}", traits, frozenset(records))


def _named(arrival: Arrival) -> str | None:
    """The source as the worker stores it."""
    return None if arrival.source == DIRECT else arrival.source
