"""The pages of API tokens and of the API itself, with sample data."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch
from urllib.parse import urlencode

from chalice import Response

from chalicelib.accounts.access import api_tokens, auth
from chalicelib.accounts.access.api_tokens import ApiToken
from chalicelib.dashboard import api_docs
from chalicelib.dashboard.account import api_tokens as api_tokens_page
from chalicelib.routing import FULL_ACCESS, Access, Scope
from chalicelib.store.people import Person
from tests.unit.dashboard import samples

API_TOKENS = (
    ApiToken("1", "Of before", "", FULL_ACCESS, 1_760_000_000, 1_795_000_000),
    ApiToken("2", "Nightly <report>", "shy_Qm9va3Nh", Access(frozenset({Scope.STATS_READ})), 1_795_000_000),
    ApiToken(
        "3", "W" * 100, "shy_________", Access(frozenset(Scope), frozenset({samples.SITE.id, "gone"}), 4_000_000_000), 0
    ),
    ApiToken("4", "Expired", "shy_12345678", Access(frozenset({Scope.HITS_WRITE}), expires_at=1), 0),
)


def tokens(
    *listed: ApiToken, form: dict[str, str] | None = None, secret: str = "", done: str = "", recent: bool = True
) -> Response:
    """The page of one's API tokens; after a form, if one is given, or with a new token."""
    asked = samples.request(
        "/account/tokens", {"done": done}, "GET" if form is None else "POST", urlencode(form or {}).encode()
    )
    with (
        patch.object(auth, "csrf_token", return_value="token"),
        patch.object(auth, "is_recent", return_value=recent),
        patch.object(auth, "sites_of", return_value=[samples.SITE, samples.LONG_SITE]),
        patch.object(api_tokens, "tokens_of", return_value=list(listed)),
    ):
        if secret:
            return api_tokens_page.page(asked, samples.PERSON, made=listed[0], secret=secret)
        return (api_tokens_page.show if form is None else api_tokens_page.create)(asked, samples.PERSON)


def docs(person: Person | None = None) -> Response:
    """The page that shows the API."""
    with (
        patch.object(api_docs, "_person", return_value=person),
        patch.object(auth, "csrf_token", return_value="x"),
    ):
        return api_docs.show(samples.request("/docs/api"))


PAGES: dict[str, Callable[[], Response]] = {
    "/account/tokens": lambda: tokens(*API_TOKENS, done="revoked"),
    "/account/tokens/none": lambda: tokens(),
    "/account/tokens/confirm": lambda: tokens(*API_TOKENS, recent=False),
    "/account/tokens/new": lambda: tokens(*API_TOKENS, secret="shy_" + "x" * 72),
    "/account/tokens/wrong": lambda: tokens(form={"name": '"><b>' * 40, "scope stats:read": "on"}),
    "/docs/api": lambda: docs(),
    "/docs/api/signed-in": lambda: docs(samples.PERSON),
}
