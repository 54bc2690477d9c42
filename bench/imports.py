"""The import time of a cold start of the collector, in new processes with compiled bytecode."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.measurement import Measurement, Section

ROOT = Path(__file__).resolve().parent.parent
_RUNS = 9
_BASE = "import chalice, botocore.session"
# Everything that a beacon needs, as app.py imports it for the first one.
_COLLECTOR = f"{_BASE}; import app; from chalicelib.collect import function_url, ingress"


def measure(environ: Mapping[str, str]) -> Section:
    """Import times. The two programs alternate, so that other load on the machine affects both."""
    base, collector = [], []
    for _ in range(_RUNS + 1):
        base.append(_time(_BASE, environ))
        collector.append(_time(_COLLECTOR, environ))
    # The first run may compile bytecode. The minimum is the program's own time; other programs only add to it.
    baseline, whole = min(base[1:]), min(collector[1:])
    spread = statistics.median(collector[1:]) - whole
    return Section(
        "Cold start of the collector (imports)",
        [
            Measurement("import chalice, botocore.session", baseline, "ms"),
            Measurement(
                "the collector, in addition", whole - baseline, "ms", 60, f"minimum of {_RUNS} runs, ± {spread:.0f} ms"
            ),
            Measurement("both, as a multiple of the first", whole / baseline, "times"),
        ],
    )


def _time(statement: str, environ: Mapping[str, str]) -> float:
    """CPU ms of a statement in a new process."""
    program = f"import time; t = time.process_time(); {statement}; print((time.process_time() - t) * 1000)"
    clean = {name: value for name, value in {**os.environ, **environ}.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=clean, capture_output=True, text=True, check=True
    )
    return float(done.stdout)
