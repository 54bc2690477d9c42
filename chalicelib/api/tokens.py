"""``/api/v1/tokens``: the caller's API tokens."""

from __future__ import annotations

from datetime import UTC, datetime

from chalice import Response

from chalicelib.accounts import api_tokens
from chalicelib.store.people import Person
from chalicelib.web import Request, reply, reply_json


def list_tokens(_request: Request, person: Person) -> Response:
    """``GET /api/v1/tokens``: the caller's tokens, without their secrets."""
    shown = [
        {"id": one.id, "name": one.name, "created_at": datetime.fromtimestamp(one.created_at, UTC).isoformat()}
        for one in api_tokens.tokens_of(person)
    ]
    return reply_json({"tokens": shown})


def revoke(_request: Request, person: Person, token: str) -> Response:
    """``DELETE /api/v1/tokens/{token}``: revokes the caller's token with this id; 204."""
    api_tokens.revoke_by_id(person, token)
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})
