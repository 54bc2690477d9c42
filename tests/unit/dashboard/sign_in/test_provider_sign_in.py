"""The way back from the provider: to a session, to the second step, or to a page that says what to do."""

from __future__ import annotations

from typing import Any

import pytest
from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.oidc import browser_state, code_flow
from chalicelib.accounts.oidc import identities as oidc_people
from chalicelib.accounts.oidc.browser_state import SignIn
from chalicelib.accounts.oidc.identities import Claims, MustConfirm
from chalicelib.accounts.sign_in import invitation_acceptance, second_factor, second_step
from chalicelib.accounts.sign_in.sign_in_ways import SignInWays
from chalicelib.dashboard.account import identities
from chalicelib.dashboard.sign_in import invitation, provider
from chalicelib.errors import (
    Conflict,
    NotFound,
    ShylightError,
    SignInTooOld,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from chalicelib.store.people import Person
from chalicelib.store.second_factors import Factors, Totp
from tests.unit.dashboard import samples

ADA = Person("1", "ada@example.com", password_hash="x")
CLAIMS = Claims("https://idp.example", "1", "ada@example.com", "Ada")
CALLBACK = "/sign-in/oidc/callback"


class Answers:
    """What the functions below the page answer."""

    def __init__(self) -> None:
        self.next = "sites"
        self.person: Person | Exception = ADA
        self.present: Person | None = None
        self.factors = Factors()

    def person_for(self, _claims: Claims, present: Person | None) -> Person:
        assert present == self.present
        if isinstance(self.person, Exception):
            raise self.person
        return self.person

    def signed_in_person(self, _request: object) -> Person:
        if self.present is None:
            raise Unauthorized("Please sign in.")
        return self.present


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    made = Answers()
    begun = lambda _: (CLAIMS, SignIn("id", "https://idp.example", "client", made.next, 0, 1, b""))  # noqa: E731
    for module, name, answer in (
        (code_flow, "finish", begun),
        (oidc_people, "person_for", made.person_for),
        (auth, "signed_in_person", made.signed_in_person),
        (second_factor, "factors_of", lambda _: made.factors),
        (auth, "begin_session", lambda *_: "session=x"),
        (auth, "remember_browser", lambda *_: "known=x"),
        (second_step, "begin", lambda *_: "second_step=x"),
        (browser_state, "keep_identity", lambda *_: "identity=x"),
        (browser_state, "end", lambda *_: "sign_in=; Max-Age=0"),
        (provider, "sign_in_ways", lambda: SignInWays("Example")),
    ):
        monkeypatch.setattr(module, name, answer)
    return made


def finish() -> tuple[int, str, list[str]]:
    """Status, where it leads, and the names of the cookies that are set."""
    response: Response = provider.finish(samples.request(CALLBACK))
    cookies: Any = response.headers.get("Set-Cookie", [])
    return response.status_code, str(response.headers.get("Location", "")), [one.split("=")[0] for one in cookies]


@pytest.mark.usefixtures("answers")
def test_a_session() -> None:
    assert finish() == (303, "../../sites", ["session", "known", "sign_in"])


def test_the_provider_does_not_replace_a_second_factor(answers: Answers) -> None:
    answers.factors = Factors(totp=Totp("1.x", 1, 0))
    assert finish() == (303, "../../second-step?next=sites", ["second_step", "sign_in"])


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\\\evil.example", "../../x", "sign-in"]
)
def test_it_leads_nowhere_else(answers: Answers, onward: str) -> None:
    answers.next = onward
    assert finish()[1] == "../../sites"


def test_an_account_to_connect(answers: Answers) -> None:
    answers.person = MustConfirm(ADA)
    assert finish() == (200, "", ["identity", "sign_in"])
    answers.present = ADA
    assert finish() == (303, f"../../{identities.PATH}", ["identity", "sign_in"])


@pytest.mark.parametrize(
    "error", [Conflict("Taken."), Unavailable("It failed."), TooManyRequests("Wait.", retry_after=60)], ids=str
)
def test_what_went_wrong_is_told_and_nobody_signed_in(answers: Answers, error: ShylightError) -> None:
    answers.person = error
    assert finish() == (error.status, "", [])
    assert error.message in provider.finish(samples.request(CALLBACK)).body.decode()


@pytest.mark.parametrize("action", ["connect", "disconnect"])
def test_connecting_takes_a_recent_sign_in(monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    """Whoever finds a browser unlocked must not be able to add a way in for later."""

    def refuse(_request: object, person: Person, back: str) -> None:
        raise SignInTooOld("Confirm.", back=back)

    monkeypatch.setattr(auth, "require_recent", refuse)
    for name in ("connect", "disconnect"):
        monkeypatch.setattr(oidc_people, name, lambda *_: pytest.fail("it was changed"))
    asked = samples.request("/account/identities", method="POST", body=f"{action}=1".encode())
    with pytest.raises(SignInTooOld) as raised:
        identities.save(asked, ADA)
    assert raised.value.back == identities.PATH


@pytest.mark.parametrize("chosen", [True, False])
def test_an_invited_person_may_sign_in_instead_of_choosing_a_password(
    monkeypatch: pytest.MonkeyPatch, chosen: bool
) -> None:
    monkeypatch.setattr(invitation_acceptance, "find", lambda *_: object())
    monkeypatch.setattr(invitation, "_step", lambda *_: "create")
    monkeypatch.setattr(invitation_acceptance, "create_account", lambda *_: (_ for _ in ()).throw(NotFound("Created.")))
    monkeypatch.setattr(auth, "signed_in_person", lambda _: (_ for _ in ()).throw(Unauthorized("Please sign in.")))
    asked = samples.request("/invitations/abc", method="POST", body=b"sign_in=1" if chosen else b"name=x")
    response = invitation.accept(asked, "abc")
    if chosen:
        assert response.headers["Location"] == "../sign-in?next=invitations%2Fabc"
    else:
        assert response.status_code == 404
