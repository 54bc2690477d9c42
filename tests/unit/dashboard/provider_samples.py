"""The pages of signing in through an OpenID Connect provider, for the tests of pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from unittest.mock import patch

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.oidc.browser_state import WaitingIdentity
from chalicelib.accounts.sign_in.sign_in_ways import SignInWays
from chalicelib.dashboard.account import identities
from chalicelib.dashboard.sign_in import provider as provider_sign_in
from chalicelib.errors import Conflict, Forbidden
from chalicelib.translation import gettext as _
from tests.unit.dashboard import account_samples, samples
from tests.unit.dashboard.account_samples import ADA, LONG, LONG_ADDRESS

LONG_PROVIDER: Final = "Identity Provider of the " + "University" * 17
CALLBACK: Final = "/sign-in/oidc/callback"
ROWS: Final = (
    identities.Row("0" * 64, "Example", "ada@example.com", "24 Nov 2026"),
    identities.Row("1" * 64, LONG_PROVIDER, LONG_ADDRESS, "1 Oct 2026"),
    identities.Row("2" * 64, "idp.example", "", "1 Oct 2026"),
)
WAITING: Final = WaitingIdentity("1", "1", "https://idp.example", "subject", LONG_ADDRESS, 0)


def page(
    rows: tuple[identities.Row, ...] = (),
    provider: str = "",
    waiting: WaitingIdentity | None = None,
    error: Conflict | None = None,
) -> Response:
    """The page of the identities with which somebody signs in."""
    asked = samples.request("/account/identities")
    with patch.object(auth, "csrf_token", return_value="token"):
        return identities.page(asked, LONG if rows else ADA, rows, provider, waiting, error)


def failed(message: str) -> Response:
    """After a sign-in that failed."""
    return provider_sign_in._problem(samples.request(CALLBACK), Forbidden(message))


def to_confirm(email: str = LONG_ADDRESS, provider: str = LONG_PROVIDER) -> Response:
    """After a sign-in whose address has an account already."""
    return provider_sign_in._to_confirm_page(samples.request(CALLBACK), email, provider, [])


PAGES: dict[str, Callable[[], Response]] = {
    "/sign-in/both": lambda: account_samples.sign_in_form(ways=SignInWays(LONG_PROVIDER)),
    "/sign-in/provider": lambda: account_samples.sign_in_form(ways=SignInWays("Example <b>", provider_only=True)),
    "/sign-in/oidc/failed": lambda: failed(
        _("Signing in with %(provider)s failed.", provider=f"<script> {LONG_PROVIDER}")
    ),
    "/sign-in/oidc/confirm": to_confirm,
    "/account/identities": lambda: page(ROWS, LONG_PROVIDER),
    "/account/identities/none": lambda: page((), "Example"),
    "/account/identities/no-provider": page,
    "/account/identities/waiting": lambda: page((), LONG_PROVIDER, WAITING, Conflict(_("It is taken."))),
}
