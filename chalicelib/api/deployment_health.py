"""``GET /api/v1/health``: the state of each part of the deployment, for administrators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chalice import Response

from chalicelib.operations import health
from chalicelib.operations.health import Health
from chalicelib.store.people import Person
from chalicelib.web import Request, reply_json


def show(_request: Request, _person: Person) -> Response:
    """``GET /api/v1/health``: 200 also if a part fails; the body says so."""
    return reply_json(as_json(health.check()))


def as_json(found: Health) -> dict[str, Any]:
    """The report as the API and the command line give it."""
    parts = [
        {
            "name": part.name,
            "state": part.state.value,
            "summary": part.summary,
            "advice": part.advice,
            "figures": {name: _value(name, value) for name, value in part.figures.items()},
        }
        for part in found.parts
    ]
    return {"state": found.state.value, "checked_at": _time(found.checked_at), "parts": parts}


def _value(name: str, value: int | str | None) -> int | str | None:
    return _time(value) if name.endswith("_at") and isinstance(value, int) else value


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
