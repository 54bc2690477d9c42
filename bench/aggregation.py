"""The time to build a site-day, by what it has so far and by what is new: DuckDB and Python, without AWS calls."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from bench.day_without_aws import DayWithoutAws
from demo.traffic.arrivals import DIRECT, Arrival, pick_arrival
from demo.traffic.audience import Audience
from demo.traffic.sites import JOURNAL
from harness.measurement import Measurement, Section

if TYPE_CHECKING:
    from chalicelib.aggregate.rollup_sums import Rollup
    from chalicelib.store.records import VisitorHour

# Page views of a day so far, and the budget for an update of it, CPU ms.
SIZES = {10_000: 300, 100_000: 500, 1_000_000: 1_500}
VIEWS_PER_VISIT = 2.4  # see `visitor_hours`
_UPDATES_A_DAY = 288
_RUNS = 5
_PORTION = 60_000  # visitors' hours that are stored at once


def _update(views: int) -> str:
    return f"{views:,} views so far: an update, CPU"


def refresh_ms_by_views(measured: Section) -> dict[int, float]:
    """The CPU time to update a day, by the page views of the day."""
    return {views: measured.value(_update(views)) for views in SIZES}


def parquet_bytes_per_event(measured: Section) -> float:
    """The size of the segments of the largest day per event; each page view is two."""
    return measured.value(_segments(max(SIZES))) * 1024 / (max(SIZES) * 2)


def _segments(views: int) -> str:
    return f"{views:,} views: segments"


def measure() -> Section:
    """The CPU time to build a day from its hits, and to update it with what five minutes bring."""
    measurements: list[Measurement] = []
    for views, budget in SIZES.items():
        visits, rng = round(views / VIEWS_PER_VISIT), random.Random(views)
        with DayWithoutAws() as stored:
            whole = stored.build(visitor_hours(visits, stored.day, stored.start, rng), _PORTION) * 1000
            new = max(1, visits // _UPDATES_A_DAY)
            runs = []
            for run in range(_RUNS):
                # The visitors are new: `visitor_hours` numbers them.
                come = itertools.islice(
                    visitor_hours(visits + (run + 1) * new, stored.day, stored.start, rng), visits + run * new, None
                )
                runs.append(stored.build(come, _PORTION) * 1000)
            size = stored.size
        note = f"mean of {_RUNS} updates with {new:,} visits each, merging of parts included"
        measurements.append(Measurement(f"{views:,} views: from nothing, CPU", whole, "ms"))
        measurements.append(Measurement(_update(views), sum(runs) / _RUNS, "ms", budget, note))
        measurements.append(Measurement(_segments(views), size / 1024, "KiB"))
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
