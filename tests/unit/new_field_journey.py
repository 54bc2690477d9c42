"""A hit with new fields on its whole way: message, worker, packed record and traits, segment, list of visits.

`test_new_field` runs it as a program, in a copy of the program to which it has added the fields.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from unittest.mock import patch

from chalicelib.aggregate import compute_rollup
from chalicelib.aggregate.duckdb_engine import engine
from chalicelib.collect.event import Event, decode, encode
from chalicelib.enrich import geolocation, worker
from chalicelib.store.records import Traits, VisitorHour

NEW_FIELD: dict[str, Any] = {"volume": 70}
BEYOND_ITS_RANGE: dict[str, Any] = {"volume": 101}
NEW_TRAIT: dict[str, Any] = {"altitude": 12.5}


def travel() -> None:
    event = Event(
        kind="view", id="a", t=1_795_521_600_000, site="s", day="2026-11-24", hour=12, visitor="v", agent="",
        address="", tracker="script", page="/", **NEW_FIELD,
    )  # fmt: skip
    assert decode(encode([event])) == ([event], [])
    (refused,) = decode(encode([replace(event, **BEYOND_ITS_RANGE)]))[1]
    assert "volume" in refused.why.detail
    with patch.object(geolocation, "locate", lambda _: geolocation.Location(**NEW_TRAIT)):
        traits = replace(worker.traits("Firefox", ""), robot=False, robot_reason=None)
    records = frozenset([worker.record(event).pack()])
    with engine() as db:
        db.load([VisitorHour(date(2026, 11, 24), 12, "v", Traits.unpack(traits.pack()), records)], [])
        db.copy("FROM hits", db.scratch / "stored.parquet")
        db.load([], [(db.scratch / "stored.parquet").read_bytes()])
        db.sessionize()
        assert db.rows("SELECT volume, altitude, typeof(volume) FROM hits") == [(70, 12.5, "UTINYINT")]
        (visit,) = compute_rollup.latest_visits(db, 1)
    assert visit["altitude"] == 12.5


if __name__ == "__main__":
    travel()
    print("arrived")
