"""What a cold start of the hit path imports, in fresh processes with compiled files at hand."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.measurement import Figure, Part

ROOT = Path(__file__).resolve().parent.parent
_RUNS = 9
_BASE = "import chalice, botocore.session"
# Everything that a beacon needs, as app.py imports it when the first one comes.
_COLLECTOR = f"{_BASE}; import app; from chalicelib.collect import ingress"


def measure(environ: Mapping[str, str]) -> Part:
    """Import times; the two programs take turns, so that whatever else the machine does hits both."""
    base, collector = [], []
    for _ in range(_RUNS + 1):
        base.append(_time(_BASE, environ))
        collector.append(_time(_COLLECTOR, environ))
    # The first run may have to compile. The least is the program's own time; the rest is other programs'.
    baseline, whole = min(base[1:]), min(collector[1:])
    spread = statistics.median(collector[1:]) - whole
    return Part(
        "Cold start of the hit path (imports)",
        [
            Figure("import chalice, botocore.session", baseline, "ms"),
            Figure(
                "the collector, beyond that", whole - baseline, "ms", 60, f"least of {_RUNS} runs, ± {spread:.0f} ms"
            ),
            Figure("the collector, whole, as a multiple of that", whole / baseline, "times"),
        ],
    )


def _time(statement: str, environ: Mapping[str, str]) -> float:
    """CPU ms of a statement in a fresh process."""
    program = f"import time; t = time.process_time(); {statement}; print((time.process_time() - t) * 1000)"
    clean = {name: value for name, value in {**os.environ, **environ}.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=clean, capture_output=True, text=True, check=True
    )
    return float(done.stdout)
