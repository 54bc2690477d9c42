"""The pages about the security of one's account, and of signing in with a second factor, for the tests of pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from chalice import Response

from chalicelib.accounts import installation
from chalicelib.accounts.access import auth, browser_sessions
from chalicelib.accounts.access.sessions import Session
from chalicelib.accounts.mailing import notices
from chalicelib.accounts.mailing.texts import SECURITY_CHANGES
from chalicelib.accounts.oidc import identities
from chalicelib.accounts.sign_in import second_factor, second_step, totp
from chalicelib.accounts.sign_in.second_factor import SetUp
from chalicelib.accounts.sign_in.sign_in_ways import SignInWays
from chalicelib.dashboard.account import authenticator, passkeys
from chalicelib.dashboard.account import security as account_security
from chalicelib.dashboard.sign_in import confirm
from chalicelib.dashboard.sign_in import second_step as second_step_page
from chalicelib.errors import BadRequest, Unauthorized
from chalicelib.store.browser_sessions import BrowserSession
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person
from chalicelib.store.second_factors import Factors, Passkey, Totp
from chalicelib.store.security_notices import Notice
from chalicelib.translation import gettext as _
from tests.unit.dashboard.samples import NASTY, PERSON, request

NOW = 1_795_000_000  # 18 November 2026
LONG = Person("3", "w" * 60 + "@" + "w" * 60 + ".example", "W" * 200, password_hash="x")
SECRET = bytes(range(20))
NAMES = ("Laptop", "W" * 100, NASTY[0])
PASSKEYS = tuple(
    Passkey(f"{number:032}", b"id", b"key", name, created_at=NOW - 1000, used_at=NOW * (number % 2))
    for number, name in enumerate(NAMES)
)
EVERYTHING = Factors(Totp("1.x", 1, NOW), frozenset({"a", "b", "c"}), PASSKEYS)
NO_CODES = Factors(Totp("1.x", 1, NOW))
ONLY_PASSKEYS = Factors(passkeys=PASSKEYS[:1], recovery_digests=frozenset({"a"}))
SESSIONS = (
    BrowserSession("this", NOW - 7200, NOW, NOW + 1000, "Firefox", "Linux", "DE"),
    BrowserSession("other", NOW - 90_000, NOW - 80_000, NOW + 1000, NASTY[1], "W" * 100, "XX"),
    BrowserSession("unknown", NOW - 90_000, NOW - 90_000, NOW + 1000),
)
CHANGES = tuple(Notice(kind, NOW - number * 5000) for number, kind in enumerate(SECURITY_CHANGES))


@contextmanager
def account(factors: Factors) -> Iterator[None]:
    """Somebody with these second factors is signed in, and has done the first step of signing in."""
    session = Session("this", PERSON.id, 1, NOW, NOW, NOW)
    with ExitStack() as stack:
        for module, name, value in (
            (second_factor, "factors_of", lambda _: factors),
            (auth, "csrf_token", lambda _: "token"),
            (auth, "session_of", lambda _: session),
            (auth, "require_recent", lambda *_: None),
            (auth, "known_browser", lambda _: None),
            (notices, "latest", lambda _: list(CHANGES) if factors.required else []),
            (browser_sessions, "sessions_of", lambda *_: list(SESSIONS if factors.required else SESSIONS[:1])),
            (installation, "settings_of_installation", Installation),
        ):
            stack.enter_context(patch.object(module, name, value))
        yield


def security(factors: Factors = EVERYTHING, *, done: str = "", alert: str = "", person: Person = LONG) -> Response:
    """The page about the security of one's account."""
    with account(factors):
        if alert:
            return account_security.page(request("/account/security"), person, 409, alert=alert)
        return account_security.show(request("/account/security", {"done": done}), person)


def authenticator_app(error: str = "") -> Response:
    """The page that sets up an authenticator app; after a wrong code, if an error is given."""
    text = totp.as_text(SECRET)
    set_up = SetUp(text, totp.uri(SECRET, LONG.email, "W" * 100), "token")

    def refuse(*_: Any) -> Any:
        raise BadRequest(error)

    with (
        account(Factors()),
        patch.object(second_factor, "begin_set_up", lambda _: set_up),
        patch.object(second_factor, "resume_set_up", lambda *_: set_up),
        patch.object(second_factor, "finish_set_up", refuse),
    ):
        if error:
            return authenticator.finish(request("/account/authenticator", method="POST"), LONG)
        return authenticator.show(request("/account/authenticator"), LONG)


def recovery_codes() -> Response:
    """The page with new recovery codes."""
    codes = [f"ABCD-EFGH-IJKL-MNO{number}" for number in range(2, 8)]
    with account(EVERYTHING):
        return authenticator.show_codes(request("/account/recovery-codes"), LONG, codes)


def add_passkey(error: bool = False) -> Response:
    """The form for a new passkey."""
    with account(Factors()):
        if error:
            body = b"name=" + b"W" * 200
            return passkeys.add(request("/account/passkeys", method="POST", body=body), LONG)
        return passkeys.show_form(request("/account/passkeys"), LONG)


def second_step_of(factors: Factors = EVERYTHING, error: str = "") -> Response:
    """The second step of signing in."""

    def refuse(*_: Any) -> Any:
        raise Unauthorized(error)

    with (
        account(factors),
        patch.object(second_step, "person_in", lambda _: LONG),
        patch.object(second_factor, "check_code", refuse),
    ):
        if error:
            headers = {"origin": "https://abcd.execute-api.eu-central-1.amazonaws.com"}
            asked = request("/second-step", method="POST", body=b"code=1")
            object.__setattr__(asked, "headers", headers)
            return second_step_page.submit(asked)
        return second_step_page.show(request("/second-step"))


def confirmation(factors: Factors = EVERYTHING, person: Person = LONG, provider: str = "") -> Response:
    """The page that asks for a confirmation. `provider`: through which the person can sign in."""
    with (
        account(factors),
        patch.object(identities, "has_identity", return_value=bool(provider)),
        patch.object(confirm, "sign_in_ways", return_value=SignInWays(provider)),
    ):
        return confirm.show(request("/confirm", {"next": "account/security"}), person)


# By path; each is as deep as the page's own, because links and style sheets are relative.
PAGES: dict[str, Callable[[], Response]] = {
    "/second-step": second_step_of,
    "/second-step-passkey": lambda: second_step_of(ONLY_PASSKEYS),
    "/second-step-wrong": lambda: second_step_of(error=_("The password is wrong.")),
    "/confirm": confirmation,
    "/confirm-provider": lambda: confirmation(Factors(), PERSON, "Identity Provider of the " + "University" * 17),
    "/confirm-passwordless": lambda: confirmation(Factors(), PERSON),
    "/account/security": lambda: security(done="passkey"),
    "/account/security-new": lambda: security(Factors(), person=PERSON),
    "/account/security-no-codes": lambda: security(NO_CODES),
    "/account/security-passkey": lambda: security(ONLY_PASSKEYS, alert=_("The password is wrong.")),
    "/account/authenticator": authenticator_app,
    "/account/authenticator-wrong": lambda: authenticator_app(_("The password is wrong.")),
    "/account/recovery-codes": recovery_codes,
    "/account/passkeys": add_passkey,
    "/account/passkeys-wrong": lambda: add_passkey(error=True),
}
