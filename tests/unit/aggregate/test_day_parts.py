"""The parts of several days as relations."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.aggregate import compute_rollup, day_parts
from chalicelib.aggregate.duckdb_engine import Engine, engine
from chalicelib.aggregate.staged_parts import StagedPart
from chalicelib.report import filters, narrowing
from tests.unit.report.visit_records import DAY, VISITORS

DAY_MS = 86_400_000


def part_of(db: Engine, day: date) -> StagedPart:
    """The visits of DAY, as they would be on another one."""
    db.load([replace(one, day=day) for one in VISITORS], [])
    later = (day - DAY).days * DAY_MS
    db.execute(f"CREATE OR REPLACE TEMP TABLE moved AS SELECT * REPLACE (t + {later} AS t) FROM hits")
    db.execute("CREATE OR REPLACE TEMP VIEW hits AS FROM moved")
    db.sessionize()
    return day_parts.write_public(db, day)


@pytest.mark.parametrize("table", ["human_visits", "human_views", "custom_events"])
def test_the_rows_since_a_day_are_read_from_the_files_of_these_days_only(table: str) -> None:
    days = [DAY + timedelta(days=number) for number in range(3)]
    with engine() as db:
        day_parts.define(db, [part_of(db, day) for day in days])
        for day in days:
            since = db.since(table)(day.isoformat())
            assert [one for one in days if f"{one.isoformat()}-" in since] == [one for one in days if one >= day]
            expected = db.rows(f"SELECT id, day FROM {table} WHERE day >= '{day}' ORDER BY ALL")
            assert expected
            assert db.rows(f"SELECT id, day FROM ({since}) ORDER BY ALL") == expected


@pytest.mark.parametrize("texts", [[], ["is,country,FR"], ["is,page,/a"]])
def test_the_latest_visits_of_several_days_are_those_of_all_of_them(texts: list[str]) -> None:
    with engine() as db:
        day_parts.define(db, [part_of(db, DAY + timedelta(days=number)) for number in range(3)])
        narrowing.narrow(db, filters.parse(texts))
        every = db.rows(f"SELECT day, id, pageviews FROM {narrowing.LISTED} ORDER BY started DESC")
        for most in range(1, len(every) + 2):
            found = compute_rollup.latest_visits(db, most, listed=narrowing.LISTED)
            assert [(one["day"], one["id"], one["pageviews"]) for one in found] == every[:most]
