"""Run all benchmarks and write bench/results.json (``make bench``), or run some (``python -m bench tracker``)."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness.measurement import Section

RESULTS = Path(__file__).resolve().parent / "results.json"
PARTS = (
    "tracker",
    "package",
    "cold_start",
    "collector",
    "worker",
    "aggregation",
    "cost",
    "overview",
    "page_load",
    "year",
    "home",
    "questions",
    "large_day",
    "hit_to_dashboard",
    "faults",
)


def main(arguments: Sequence[str]) -> int:
    """Run the named benchmarks, all by default; gives the exit code."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}")
    wanted = set(parser.parse_args(arguments).parts or PARTS)
    if unknown := wanted - set(PARTS):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; use {', '.join(PARTS)}")
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    print(f"Measured on {machine}. Times depend on the machine and its load.", flush=True)
    parts = []
    for part in _measure(wanted):
        print("\n".join(part.lines()), flush=True)
        parts.append(part)
    over = [measurement for part in parts for measurement in part.measurements if measurement.over]
    print(f"\n{len(over)} over budget" if over else "\nAll within budget")
    if wanted == set(PARTS):
        _write(parts, machine)
        print(f"Written to {RESULTS.parent.name}/{RESULTS.name}")
    return 0


def _measure(wanted: set[str]) -> Iterator[Section]:
    from bench import hit_to_dashboard, large_day, package, tracker

    if "tracker" in wanted:
        yield tracker.measure()
    if "package" in wanted:
        yield package.measure()
    if "large_day" in wanted:
        yield large_day.measure()
    if wanted - {"tracker", "package", "large_day", "hit_to_dashboard", "faults"}:
        yield from _measure_program(wanted)
    if "hit_to_dashboard" in wanted:
        yield hit_to_dashboard.measure()
    if "faults" in wanted:
        from harness.faults import suite

        yield from suite.measure()


def _measure_program(wanted: set[str]) -> Iterator[Section]:
    from bench import (
        aggregation,
        cold_start,
        collector,
        cost,
        home,
        overview,
        page_load,
        questions,
        script_requests,
        worker,
        year,
    )
    from bench.local_aws import local_aws

    with local_aws() as cloud:
        if "cold_start" in wanted:
            yield cold_start.measure(cloud.environ({}))
        collected = aggregated = stored = None
        if wanted & {"collector", "cost"}:
            part, collected = collector.measure()
            yield part
        if wanted & {"worker", "cost"}:
            part, stored = worker.measure()
            yield part
        if wanted & {"aggregation", "cost"}:
            yield (aggregated := aggregation.measure())
        if collected and aggregated and stored and "cost" in wanted:
            yield (scripts := script_requests.measure())
            yield cost.measure(
                stored,
                collected,
                scripts.value(script_requests.AS_IT_IS),
                aggregation.refresh_ms_by_views(aggregated),
                aggregation.parquet_bytes_per_event(aggregated),
            )
        if "overview" in wanted:
            yield overview.measure()
        if "page_load" in wanted:
            yield page_load.measure()
        if "year" in wanted:
            yield year.measure()
        if "home" in wanted:
            yield home.measure()
        if "questions" in wanted:
            yield questions.measure()


def _write(parts: list[Section], machine: str) -> None:
    results = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "parts": {part.title: [measurement.as_json() for measurement in part.measurements] for part in parts},
    }
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
