"""A new field of a hit and a new trait are one line each: all that lies between the queue and the visits follows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Sends a hit with the new fields the whole way: message, worker, packed record and traits, segment, list of visits.
_JOURNEY = """
from dataclasses import replace
from datetime import date
from unittest.mock import patch

from chalicelib.aggregate import metrics
from chalicelib.aggregate.duckdb_engine import engine
from chalicelib.collect.event import Event, decode, encode
from chalicelib.enrich import worker
from chalicelib.enrich.geolocation import Location
from chalicelib.store.visitor_hour import RecordMerge

event = Event(
    kind="view", id="a", t=1_795_521_600_000, site="s", day="2026-11-24", hour=12, visitor="v", agent="", address="",
    tracker="script", page="/", volume=70,
)
assert decode(encode([event])) == ([event], [])
assert decode(encode([replace(event, volume=101)]))[1]
record = worker.record(event)
merge = RecordMerge(10)
with patch("chalicelib.enrich.geolocation.locate", lambda _: Location(altitude=12.5)):
    merge.add([record.pack()], replace(worker.traits("Firefox", ""), robot=False, robot_reason=None).pack())
with engine() as db:
    db.load([merge.result(date(2026, 11, 24), 12, "v")], [])
    db.load([], [db.parquet("FROM hits")])
    db.sessionize()
    assert db.rows("SELECT volume, altitude, typeof(volume) FROM hits") == [(70, 12.5, "UTINYINT")]
    (visit,) = metrics.latest_visits(db, 1)
    assert visit["altitude"] == 12.5
print("arrived")
"""


def add_after(path: Path, line: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1, f"{path.name}: {line!r}"
    path.write_text(text.replace(line, line + new), encoding="utf-8")


def test_a_new_field_and_a_new_trait_are_one_line_each(tmp_path: Path) -> None:
    house = tmp_path / "chalicelib"
    shutil.copytree(ROOT / "chalicelib", house, ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
    declared = house / "store" / "records.py"
    text = declared.read_text(encoding="utf-8")
    of_hit, rest = text.split("\n\n\nHIT_FIELDS", 1)
    text = of_hit + "\n    volume: int | None = field(default=None, metadata=between(0, 100))\n\n\nHIT_FIELDS" + rest
    declared.write_text(text, encoding="utf-8")
    add_after(declared, "    timezone: str | None = None\n", "    altitude: float | None = None\n")
    # What finds the value of the trait.
    add_after(
        house / "enrich" / "geolocation.py", "    network: str | None = None\n", "    altitude: float | None = None\n"
    )
    done = subprocess.run([sys.executable, "-c", _JOURNEY], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("arrived"), done.stderr[-2000:]


def test_every_trait_has_a_source() -> None:
    """A trait that is declared and that nothing finds out would stay empty without anybody noticing."""
    from dataclasses import fields

    from chalicelib.enrich.geolocation import Location
    from chalicelib.enrich.user_agent import UserAgent
    from chalicelib.store.records import TRAITS

    found = {one.name for one in (*fields(UserAgent), *fields(Location))} | {"robot"}
    assert found == set(TRAITS)
