"""``/api/v1/tokens``: the caller's API tokens."""

from __future__ import annotations

from datetime import UTC, datetime

from chalice import Response

from chalicelib import config, pagination
from chalicelib.accounts.access import api_tokens, new_token
from chalicelib.accounts.access.api_tokens import ApiToken
from chalicelib.store.people import Person
from chalicelib.web import Request, reply, reply_json


def list_tokens(request: Request, person: Person) -> Response:
    """``GET /api/v1/tokens?limit=…&cursor=…``: the caller's tokens, without their secrets."""
    limit = pagination.read_limit(request.query, config.MAX_TOKENS, config.MAX_TOKENS)
    shown = [as_json(token) for token in api_tokens.tokens_of(person, request.access)]
    rows, further = pagination.part(shown, pagination.read_place(request.query), limit)
    return reply_json({"tokens": rows, "next": further})


def create(request: Request, person: Person) -> Response:
    """``POST /api/v1/tokens`` with name, scopes, sites and expires_at: 201, the token's data and the token itself."""
    token, secret = new_token.create(person, request.json(), request.access)
    return reply_json({**as_json(token), "token": secret}, 201)


def revoke(request: Request, person: Person, token: str) -> Response:
    """``DELETE /api/v1/tokens/{token}``: revokes the caller's token with this id; 204."""
    api_tokens.revoke_by_id(person, token, request.access)
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})


def as_json(token: ApiToken) -> dict[str, object]:
    """A token's public data."""
    scopes, sites = token.access.scopes, token.access.sites
    return {
        "id": token.id,
        "name": token.name,
        "prefix": token.prefix,
        "scopes": None if scopes is None else sorted(scope.value for scope in scopes),
        "sites": None if sites is None else sorted(sites),
        "created_at": _time(token.created_at),
        "expires_at": _time(token.access.expires_at),
        "last_used_at": _time(token.used_at),
    }


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
