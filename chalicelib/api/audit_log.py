"""``/api/v1/administration/audit-log`` and ``/api/v1/sites/{site}/audit-log``: who changed what."""

from __future__ import annotations

from typing import Any

from chalice import Response

from chalicelib import pagination
from chalicelib.accounts import audit_log
from chalicelib.accounts.audit_log import Entry
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json

MAX_ROWS = 1000
_DEFAULT_ROWS = 100


def of_installation(request: Request, _caller: Person) -> Response:
    """``GET …?month=…&site=…&person=…&action=…&limit=…&cursor=…``: the entries of a month, or of a site."""
    return _reply(request, None)


def of_site(request: Request, _caller: Person, site: Site) -> Response:
    """``GET …?month=…&person=…&action=…&limit=…&cursor=…``: the entries about a site."""
    return _reply(request, site)


def as_json(entry: Entry) -> dict[str, Any]:
    """An entry. Fields that do not apply are null."""
    return {
        "at": entry.at,
        "id": entry.id,
        "actor": entry.actor or None,
        "as_administrator": entry.as_administrator,
        "action": entry.action,
        "site": entry.site or None,
        "subject": entry.subject or None,
        "details": dict(entry.details),
    }


def _reply(request: Request, site: Site | None) -> Response:
    limit = pagination.read_limit(request.query, _DEFAULT_ROWS, MAX_ROWS)
    place = request.query.get(pagination.cursor_parameter(request.query), "")
    found = audit_log.find(audit_log.read_filter(request.query, site), place, limit)
    return reply_json({"entries": [as_json(entry) for entry in found.entries], "next": found.next})
