"""The pages of one's account and of those who have none yet, for the tests of pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from typing import Any
from unittest.mock import patch

from chalice import Response

from chalicelib.accounts.access import api_tokens, appearance, auth
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.one_time_links import RESET_PASSWORD, SIGN_UP, VERIFY_EMAIL, Link, invalid
from chalicelib.accounts.people.deletion import Plan
from chalicelib.accounts.sign_in import sign_up as signing_up
from chalicelib.accounts.sign_in.sign_in_ways import SignInWays
from chalicelib.dashboard import invalid_link
from chalicelib.dashboard.account import deletion as delete_account_page
from chalicelib.dashboard.account import password as password_page
from chalicelib.dashboard.account import preferences, profile
from chalicelib.dashboard.account import verify_email as verification
from chalicelib.dashboard.sign_in import first_step, password_reset, sign_up
from chalicelib.errors import BadRequest, Conflict, TooManyRequests, Unauthorized
from chalicelib.store.people import Person
from chalicelib.store.preferences import Preferences
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _
from tests.unit.dashboard import samples

LONG_ADDRESS = "ada@" + ".".join(["example" * 8] * 3) + ".example.com"
ADA = Person("1", "ada@example.com", "Ada <Lovelace>", password_hash="$argon2id$")
LONG = Person(
    "2",
    LONG_ADDRESS,
    "W" * 200,
    password_hash="$argon2id$",
    other_emails=("ada@example.com", "x" + LONG_ADDRESS),
    unverified_emails=("new@example.com", "y" + LONG_ADDRESS),
)
TOKEN = "A" * 64
NOTHING_ALONE = Plan((), (), last_administrator=False)
PASSWORDS = SignInWays()


@contextmanager
def _account(
    can_send: bool,
    tokens: int = 2,
    availability: signing_up.Availability = "open",
    ways: SignInWays = PASSWORDS,
) -> Iterator[None]:
    with ExitStack() as stack:
        for module, name, value in (
            (auth, "csrf_token", "token"),
            (mail, "can_send", can_send),
            (api_tokens, "tokens_of", [None] * tokens),
            (signing_up, "availability", availability),
            (first_step, "sign_in_ways", ways),
        ):
            stack.enter_context(patch.object(module, name, return_value=value))
        yield


def profile_page(person: Person = LONG, can_send: bool = True, **shown: Any) -> Response:
    """Name and addresses."""
    with _account(can_send):
        return profile._page(samples.request("/account"), person, **shown)


def profile_with_mistakes() -> Response:
    """After an address that was not accepted."""
    wrong = BadRequest(_("Enter an e-mail address, such as ada@example.com."), field="email")
    return profile_page(ADA, email="nonsense", error=wrong, form="add")


def delete_account(person: Person = LONG, plan: Plan = NOTHING_ALONE, error: Conflict | None = None) -> Response:
    """The page to delete one's account."""
    with _account(True):
        return delete_account_page.page(samples.request("/account/delete"), person, plan, error)


def preferences_form(chosen: Preferences | None = None, sites: tuple[Site, ...] = (), **shown: Any) -> Response:
    """The page of one's preferences."""
    person = dataclasses.replace(LONG, preferences=chosen or Preferences())

    def shown_page() -> Response:
        appearance.use(person)
        return preferences._page(samples.request("/account/preferences"), person, **shown)

    with _account(True), patch.object(auth, "sites_of", return_value=list(sites)):
        return copy_context().run(shown_page)


def password(person: Person = ADA, error: BadRequest | None = None, done: str = "", tokens: int = 2) -> Response:
    """The page to change one's password."""
    with _account(True, tokens):
        return password_page._page(samples.request("/account/password"), person, error=error, done=done)


def wrong_password() -> Response:
    """After a wrong password."""
    return password(error=BadRequest(_("The password is wrong."), field="present"), tokens=0)


def sign_in_form(can_send: bool = True, ways: SignInWays = PASSWORDS, **query: str) -> Response:
    """The sign-in form."""
    with _account(can_send, ways=ways):
        return first_step.form_page(samples.request("/sign-in", query), "sites")


def sign_in_again(entered: str) -> Response:
    """The sign-in form after a mistake."""
    with _account(True):
        wrong = Unauthorized(_("Wrong e-mail address or password."))
        return first_step.form_page(samples.request("/sign-in"), entered, entered, wrong)


def sign_in_link(person: Person = ADA, tokens: int = 2, error: BadRequest | None = None) -> Response:
    """The page behind a one-time sign-in link."""
    with _account(True, tokens):
        return first_step._link_page(samples.request(f"/sign-in/{TOKEN}"), person, error)


def forgot(email: str = "", can_send: bool = True, **shown: Any) -> Response:
    """The page to ask for a link with which one chooses a new password."""
    with _account(can_send):
        return password_reset._request_page(samples.request("/forgot-password"), email, **shown)


def reset(person: Person = ADA, error: BadRequest | None = None) -> Response:
    """The page behind such a link."""
    link = Link(RESET_PASSWORD, TOKEN, person.id, person, {})
    with _account(True):
        return password_reset._form_page(samples.request(f"/reset-password/{TOKEN}"), link, error)


def sign_up_form(availability: signing_up.Availability = "open", **shown: Any) -> Response:
    """The page to sign up."""
    with _account(True, availability=availability):
        return sign_up._page(samples.request("/sign-up"), {"name": "W" * 200, "email": LONG_ADDRESS}, **shown)


def sign_up_link(error: BadRequest | None = None) -> Response:
    """The page behind the link that creates an account."""
    link = Link(SIGN_UP, TOKEN, "3", None, {"email": LONG_ADDRESS})
    return sign_up._link_page(samples.request(f"/sign-up/{TOKEN}"), link, error)


def verify_email() -> Response:
    """The page behind the link that confirms an address."""
    link = Link(VERIFY_EMAIL, TOKEN, LONG.id, LONG, {"email": LONG.unverified_emails[1]})
    asked = samples.request(f"/verify-email/{TOKEN}")
    with patch("chalicelib.accounts.one_time_links.find", return_value=link):
        return verification.show(asked, TOKEN)


def spent_link() -> Response:
    """The page of a link that is not valid."""
    return invalid_link.invalid_link(samples.request(f"/sign-in/{TOKEN}"), invalid())


def limited() -> Response:
    """After too many mails."""
    return forgot("ada@example.com", error=TooManyRequests(_("Please sign in."), retry_after=60))


# By path; each is as deep as the page's own, because links and style sheets are relative.
PAGES: dict[str, Callable[[], Response]] = {
    "/account": profile_page,
    "/account-saved": lambda: profile_page(ADA, done=_("Your name was saved.")),
    "/account-without-mail": lambda: profile_page(can_send=False),
    "/account-problem": lambda: profile_page(ADA, problem=_("No mail can be sent to this address.")),
    "/account-mistake": profile_with_mistakes,
    "/account-passwordless": lambda: profile_page(Person("1", "ada@example.com")),
    "/account/delete": delete_account,
    "/account/delete-sites": lambda: delete_account(
        plan=Plan((samples.SITE, samples.LONG_SITE), (samples.SITE, samples.LONG_SITE), last_administrator=False),
        error=Conflict(_("Please sign in."), field="delete_sites"),
    ),
    "/account/delete-wrong": lambda: delete_account(error=Conflict(_("Please sign in."), field="email")),
    "/account/delete-last": lambda: delete_account(plan=Plan((), (), last_administrator=True)),
    "/account/preferences": preferences_form,
    "/account/preferences-dark": lambda: preferences_form(
        Preferences("automatic", "America/Argentina/Buenos_Aires", "7d", samples.LONG_SITE.id, "dark", shortcuts=False),
        (samples.SITE, samples.LONG_SITE),
        done=_("Your preferences were saved."),
    ),
    "/account/preferences-light": lambda: preferences_form(
        Preferences(theme="light"), error=BadRequest(_("Please sign in."), field="theme")
    ),
    "/account/password": lambda: password(LONG, done=_("Your name was saved.")),
    "/account/password-wrong": wrong_password,
    "/account/password-none": lambda: password(Person("1", "ada@example.com")),
    "/sign-in": sign_in_form,
    "/sign-in-changed": lambda: sign_in_form(done="password"),
    "/sign-in-expired": lambda: sign_in_form(done="unsaved"),
    "/sign-in-without-mail": lambda: sign_in_form(can_send=False),
    "/sign-in/link": sign_in_link,
    "/sign-in/first": lambda: sign_in_link(Person("1", LONG_ADDRESS), 0),
    "/sign-in/spent": spent_link,
    "/forgot-password": forgot,
    "/forgot-password-sent": lambda: forgot(LONG_ADDRESS, sent=True),
    "/forgot-password-limited": limited,
    "/forgot-password-without-mail": lambda: forgot(can_send=False),
    "/reset-password/link": reset,
    "/reset-password/wrong": lambda: reset(LONG, BadRequest(_("The password is wrong."), field="password")),
    "/sign-up": sign_up_form,
    "/sign-up-wrong": lambda: sign_up_form(error=BadRequest(_("The password is wrong."), field="password")),
    "/sign-up-sent": lambda: sign_up_form(sent=True),
    "/sign-up-closed": lambda: sign_up_form("closed"),
    "/sign-up-invited": lambda: sign_up_form("invited"),
    "/sign-up-no-mail": lambda: sign_up_form("no mail"),
    "/sign-up/link": sign_up_link,
    "/sign-up/link-wrong": lambda: sign_up_link(BadRequest(_("The password is wrong."), field="password")),
    "/verify-email/link": verify_email,
}
