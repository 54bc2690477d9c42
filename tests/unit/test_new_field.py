"""A new field of a hit and a new trait are one line each: all that lies between the queue and the visits follows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

JOURNEY = Path(__file__).with_name("new_field_journey.py")


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
    add_after(declared, "    language: str | None = None\n", "    altitude: float | None = None\n")
    # What finds the value of the trait.
    add_after(
        house / "enrich" / "geolocation.py", "    network: str | None = None\n", "    altitude: float | None = None\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(JOURNEY)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().endswith("arrived"), done.stderr[-2000:]


def test_every_trait_has_a_source() -> None:
    """A trait that is declared and that nothing finds out would stay empty without anybody noticing."""
    from dataclasses import fields

    from chalicelib.enrich.geolocation import Location
    from chalicelib.enrich.user_agent import UserAgent
    from chalicelib.store.records import TRAITS

    found = {one.name for one in (*fields(UserAgent), *fields(Location))} | {"robot", "language"}
    assert found == set(TRAITS)
