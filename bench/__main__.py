"""Measure everything, print it, and write bench/results.json: ``make bench``, or ``python -m bench tracker worker``."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness.measurement import Part

RESULTS = Path(__file__).resolve().parent / "results.json"
PARTS = ("tracker", "package", "imports", "collector", "worker", "aggregation", "cost", "overview", "faults")


def main(arguments: Sequence[str]) -> int:
    """Measure the named parts, all by default."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}")
    wanted = set(parser.parse_args(arguments).parts or PARTS)
    if unknown := wanted - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    print(f"Measured on {machine}. Times depend on the machine and on what else it does.", flush=True)
    parts = []
    for part in _measure(wanted):
        print("\n".join(part.lines()), flush=True)
        parts.append(part)
    over = [figure for part in parts for figure in part.figures if figure.over]
    print(f"\n{len(over)} over budget" if over else "\nAll within budget")
    if wanted == set(PARTS):
        _write(parts, machine)
        print(f"Written to {RESULTS.parent.name}/{RESULTS.name}")
    return 0


def _measure(wanted: set[str]) -> Iterator[Part]:
    from bench import package, tracker

    if "tracker" in wanted:
        yield tracker.measure()
    if "package" in wanted:
        yield package.measure()
    if wanted - {"tracker", "package", "faults"}:
        yield from _measure_program(wanted)
    if "faults" in wanted:
        from harness.faults import figures

        yield from figures.measure()


def _measure_program(wanted: set[str]) -> Iterator[Part]:
    from bench import aggregation, collector, cost, imports, overview, worker
    from bench.local_aws import local_aws

    with local_aws() as cloud:
        if "imports" in wanted:
            yield imports.measure(cloud.environ({}))
        collected = aggregated = stored = None
        if wanted & {"collector", "cost"}:
            yield (collected := collector.measure())
        if wanted & {"worker", "cost"}:
            part, stored = worker.measure()
            yield part
        if wanted & {"aggregation", "cost"}:
            yield (aggregated := aggregation.measure())
        if collected and aggregated and stored and "cost" in wanted:
            beacon_ms = next(figure.value for figure in collected.figures if figure.name == "a beacon: time")
            refresh_ms = next(f.value for f in aggregated.figures if f.name == "10,000 visits: one changed hour of it")
            yield cost.measure(stored, beacon_ms, refresh_ms)
        if "overview" in wanted:
            yield overview.measure()


def _write(parts: list[Part], machine: str) -> None:
    results = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "parts": {part.title: [figure.as_json() for figure in part.figures] for part in parts},
    }
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
