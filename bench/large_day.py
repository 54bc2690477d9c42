"""The memory and scratch space in which a day with as many records as a site may have is built and closed.

``measure`` runs this module as a program, so that nothing else is in its memory: ``python -m bench.large_day``.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from bench.aggregation import visitor_hours
from bench.bill import memory_mb
from bench.day_without_aws import DayWithoutAws
from harness.measurement import Measurement, Section

if TYPE_CHECKING:
    from chalicelib.store.records import VisitorHour

_RECORDS = 5_000_000
_RECORDS_A_VISIT = 4.8  # see `visitor_hours`: 2.4 page views with their leaves
_PORTION = 50_000  # visits
_SCRATCH_MB = 512
_MEASURED_EVERY_S = 0.05


def measure() -> Section:
    """Peak memory and peak scratch space of the builds of the largest day, taken up in portions and closed."""
    memory = memory_mb("aggregate")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environ = os.environ | {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory)}
        command = [sys.executable, "-m", "bench.large_day", folder]
        done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    note = f"{found['records']:,} records, taken up in portions; {found['parts']} parts when it is closed"
    return Section(
        "The largest day (of one site, in a process of its own, without AWS)",
        [
            Measurement("memory, peak", found["memory_mb"], "MB", memory, note),
            Measurement("scratch space, peak", found["scratch_mb"], "MB", _SCRATCH_MB),
        ],
    )


class DayOnDisk(DayWithoutAws):
    """A day whose hits and objects are in a folder, so that they take no memory."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        (folder / "objects").mkdir()

    def put(self, hours: Iterable[VisitorHour]) -> None:
        """See `DayWithoutAws`; each item is written as it comes."""
        self._second += 1
        files = {}
        for stored in hours:
            if stored.hour not in files:
                files[stored.hour] = (self._folder / f"hour-{stored.hour}").open("wb")
            pickle.dump(stored, files[stored.hour])
        for file in files.values():
            file.close()
        self._hours = {hour: [] for hour in files}

    def _read(self, _site: str, _day: date, hour: int, after: str = "") -> Iterator[tuple[str, VisitorHour]]:
        written = f"!{self._second:08x}"
        with (self._folder / f"hour-{hour}").open("rb") as file:
            while written >= after and file.peek(1):
                yield written, pickle.load(file)  # noqa: S301 (written above)

    def _path(self, key: str) -> Path:
        return self._folder / "objects" / key.replace("/", "!")

    def _get(self, key: str, span: str = "") -> bytes | None:
        first, _, last = span.removeprefix("bytes=").partition("-")
        with self._path(key).open("rb") as file:
            file.seek(int(first or 0))
            return file.read(int(last) - int(first) + 1 if last else -1)

    def _put(self, key: str, data: bytes, _content_type: str) -> None:
        self._path(key).write_bytes(data)

    def _keys(self, prefix: str) -> Iterator[str]:
        names = sorted(path.name.replace("!", "/") for path in (self._folder / "objects").iterdir())
        return iter([name for name in names if name.startswith(prefix)])

    def _delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._path(key).unlink(missing_ok=True)


class Scratch(threading.Thread):
    """Watches how large a folder becomes. `peak`: bytes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self._folder, self._done, self.peak = folder, threading.Event(), 0

    def run(self) -> None:
        """Measure until the end."""
        while not self._done.wait(_MEASURED_EVERY_S):
            self.peak = max(self.peak, sum(map(_size, self._folder.rglob("*"))))

    def end(self) -> None:
        """Measure no more."""
        self._done.set()
        self.join()


def _size(path: Path) -> int:
    try:
        return path.stat().st_blocks * 512 if path.is_file() else 0
    except FileNotFoundError:
        return 0


def main(folder: Path) -> dict[str, Any]:
    """Build and close the day in a folder; gives what it took."""
    (folder / "scratch").mkdir()
    tempfile.tempdir = str(folder / "scratch")
    scratch = Scratch(folder / "scratch")
    scratch.start()
    from chalicelib import days

    with DayOnDisk(folder) as stored:
        hours = visitor_hours(round(_RECORDS / _RECORDS_A_VISIT), stored.day, stored.start, random.Random(5))
        stored.build(hours, _PORTION)
        with patch.object(days, "now_ms", lambda: stored.start + 3 * 86_400_000):
            stored.refresh()
        manifest = stored.rollup.manifest
    scratch.end()
    if manifest is None or not manifest.published:
        raise RuntimeError("the day was not closed")
    return {
        "records": manifest.records,
        "parts": len(manifest.parts),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "scratch_mb": scratch.peak / 1024 / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
