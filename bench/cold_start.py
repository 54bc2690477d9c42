"""The CPU of a cold start, from the package that is deployed, with the first invocation.

Beside each function is what importing its frameworks alone takes, in the same way. Both are minimums: other programs on
the machine only add to them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from bench import overview, package
from demo.traffic.audience import Audience
from harness import beacons, cold_start
from harness.lambda_requests import event
from harness.measurement import Measurement, Section
from harness.sample_day import events_of_today, new_site
from localstack import dependencies

_RUNS = 5
_CLIENT = "; botocore.session.get_session().create_client('sqs', region_name='us-east-1')"
_OF_COLLECTOR = f"import chalice.app, botocore.session{_CLIENT}"
_OF_WORKER = f"import chalice.app, pynamodb.models, ua_parser, geoip2.database, botocore.session{_CLIENT}"
_OF_PAGES = f"import chalice.app, pynamodb.models, jinja2, jwt, botocore.session{_CLIENT}"
_OF_FIGURES = f"import chalice.app, pynamodb.models, duckdb, botocore.session{_CLIENT}"


@dataclass(frozen=True)
class _Function:
    """A function, or one use of it.

    :ivar name: in Lambda; :ivar handler: in app.py; :ivar frameworks: a statement that imports them.
    """

    title: str
    name: str
    handler: str
    event: Mapping[str, Any]
    frameworks: str
    budget_ms: float | None = None


def measure(environ: Mapping[str, str]) -> Section:
    """CPU per function, on this machine's kind of processor, against a local AWS."""
    with package.built(dependencies.architecture()) as archive, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        cold_start.unpack(archive, Path(folder))
        measurements = [
            measurement for function in _functions() for measurement in _measure(Path(folder), function, environ)
        ]
    return Section("Cold start (CPU, from the package, with the first invocation)", measurements)


def _functions() -> list[_Function]:
    beacon = beacons.beacon(new_site("collector").id, 1, Audience(Random(1)))
    site, _, cookie = overview.prepare()
    page = event("GET", "/sites/{site}", {"site": site}, query={"period": "30d"}, headers={"Cookie": cookie})
    local = "shylight-local"
    return [
        _Function("collector", f"{local}-collect", "collect", beacons.at_url(beacon), _OF_COLLECTOR, 300),
        _Function("a hit through API Gateway", local, "app", beacon, _OF_COLLECTOR),
        _Function("worker", f"{local}-worker", "worker", _batch(), _OF_WORKER, 450),
        _Function("report: the overview", local, "app", page, _OF_PAGES, 400),
        _Function("aggregation", f"{local}-aggregate", "aggregate", _SCHEDULED, _OF_FIGURES),
        _Function("expiry of salts", f"{local}-expire_salts", "expire_salts", _SCHEDULED, _OF_COLLECTOR),
    ]


def _measure(folder: Path, function: _Function, environ: Mapping[str, str]) -> list[Measurement]:
    starts, frameworks = [], []
    for _ in range(_RUNS):
        starts.append(cold_start.start(folder, function.name, function.handler, function.event, environ))
        frameworks.append(cold_start.imports(folder, function.frameworks, environ))
    best, own = min(starts, key=_cpu), min(frameworks, key=_cpu)
    return [
        Measurement(
            function.title,
            best.cpu_ms,
            "ms",
            function.budget_ms,
            f"of which its frameworks {own.cpu_ms:.0f}; {best.initialise_ms:.0f} before the first invocation",
        ),
        Measurement(f"{function.title}: files compiled", max(len(one.compiled) for one in starts), "", 0),
    ]


def _cpu(start: cold_start.ColdStart) -> float:
    return start.cpu_ms


def _batch() -> dict[str, Any]:
    """A batch from the queue."""
    from chalicelib.collect.event import encode

    events = events_of_today(new_site("worker"), 10)[:10]
    return {"Records": [{"messageId": str(number), "body": encode([one])} for number, one in enumerate(events)]}


_SCHEDULED: Mapping[str, Any] = {
    "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "000000000000",
    "time": "2026-01-01T00:00:00Z", "region": "us-east-1", "resources": [], "detail": {},
}  # fmt: skip
