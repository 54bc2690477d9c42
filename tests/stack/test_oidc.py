"""Signing in through a real OpenID Connect provider, on the deployed program."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.accounts.oidc import code_flow
from infra.http_client import Answer
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack import oidc_provider
from tests.stack.oidc_provider import CLIENT_ID, CLIENT_SECRET, parameters, refuse_at, sign_in_at
from tests.stack.people import Browser, run

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack's functions do not reach this machine's loopback")

CHANGE = """
import json, sys
from chalicelib.accounts import installation
installation.change(None, json.loads(sys.argv[1]))
"""
ADD = """
import sys, uuid
from chalicelib.accounts.people import people
from chalicelib.store.people import Person, add_person
email, password = sys.argv[1:]
person = add_person(Person(str(uuid.uuid4()), email))
if password:
    people.set_password(person, password)
"""
PASSWORD = "a password of some length"
NAME = "Example ID"
PATIENCE_S = 90


@pytest.fixture(scope="module")
def issuer(stack: Deployed) -> Iterator[str]:
    """A provider that the installation's settings name, with open sign-up; both are taken back afterwards."""
    with oidc_provider.running(code_flow.redirect_uri(stack.base_url)) as issuer:
        given = {
            "oidc_issuer": issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET,
            "oidc_name": NAME, "sign_up": "open",
        }  # fmt: skip
        run(stack, CHANGE, json.dumps(given))
        wait_for_provider(stack, shown=True)
        yield issuer
        run(stack, CHANGE, json.dumps({"oidc_issuer": "", "sign_up": "closed"}))
        wait_for_provider(stack, shown=False)


def wait_for_provider(stack: Deployed, *, shown: bool) -> None:
    """Until all running functions know the settings, which they cache."""
    deadline, seen = time.monotonic() + PATIENCE_S, 0
    while seen < 8:
        assert time.monotonic() < deadline, "the sign-in page does not follow the settings"
        seen = seen + 1 if (NAME in Browser(stack.base_url).get("/sign-in").text) == shown else 0
        time.sleep(0.2)


@pytest.fixture
def browser(stack: Deployed, issuer: str) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(stack.base_url)


def account(stack: Deployed, name: str, password: str = "") -> str:
    """The address of a new account."""
    email = f"{name}-{uuid.uuid4()}@example.com"
    run(stack, ADD, email, password)
    return email


def begin(browser: Browser, onward: str = "") -> str:
    """The URL of the provider's page to which the button on the sign-in page leads."""
    answer = browser.get("/sign-in/oidc" + (f"?{urlencode({'next': onward})}" if onward else ""))
    assert answer.status == 303, answer.text
    return answer.headers["location"]


def come_back(browser: Browser, url: str) -> Answer:
    """Open the URL to which the provider sends the browser."""
    return browser.get(url.removeprefix(browser.base_url))


def sign_in(browser: Browser, login: str, onward: str = "") -> Answer:
    return come_back(browser, sign_in_at(begin(browser, onward), login))


def csrf_in(page: Answer) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


def is_signed_in_as(browser: Browser, email: str) -> bool:
    answer = browser.get("/account/identities")
    return answer.status == 200 and email in answer.text


def test_the_sign_in_page_has_the_button(browser: Browser) -> None:
    page = browser.get("/sign-in?next=sites%2Fx").text
    assert f"Sign in with {NAME}" in page
    assert 'href="./sign-in/oidc?next=sites/x"' in page
    assert 'name="password"' in page


def test_a_new_person_signs_in_and_again(browser: Browser, stack: Deployed) -> None:
    login = f"new-{uuid.uuid4()}@example.com"
    answer = sign_in(browser, login, "account/identities")
    assert (answer.status, browser.where("/sign-in/oidc/callback", answer)) == (303, "/account/identities")
    assert is_signed_in_as(browser, login)
    assert set(browser.cookies) == {"shylight_session", "shylight_known"}
    again = Browser(stack.base_url)
    assert sign_in(again, login).status == 303
    assert is_signed_in_as(again, login)
    assert NAME in again.get("/account/identities").text


def test_an_identity_stays_the_same_when_its_address_changes(browser: Browser, stack: Deployed) -> None:
    login = f"moving-{uuid.uuid4()}@example.com"
    assert sign_in(browser, login).status == 303
    later = Browser(stack.base_url)
    assert sign_in(later, login).status == 303
    pages = [one.get("/account/identities").text for one in (browser, later)]
    emails = [re.findall(r"[0-9a-f-]{36}@example\.com", page) for page in pages]
    assert emails[0] == emails[1]
    assert emails[0]


def test_an_answer_works_once_and_in_its_browser_only(browser: Browser, stack: Deployed) -> None:
    url = sign_in_at(begin(browser), f"once-{uuid.uuid4()}@example.com")
    stolen = dict(browser.cookies)
    assert come_back(Browser(stack.base_url), url).status == 400
    other = Browser(stack.base_url)
    begin(other)
    assert come_back(other, url).status == 400
    assert come_back(browser, url).status == 303
    assert come_back(browser, url).status == 400
    copy = Browser(stack.base_url)
    copy.cookies = stolen
    answer = come_back(copy, url)
    assert answer.status == 400
    assert "shylight_session" not in copy.cookies
    assert "Start again" in answer.text


def test_a_code_is_worth_nothing_in_another_sign_in(browser: Browser, stack: Deployed) -> None:
    """The provider compares the PKCE verifier."""
    stolen = parameters(sign_in_at(begin(browser), f"victim-{uuid.uuid4()}@example.com"))["code"]
    attacker = Browser(stack.base_url)
    answer = parameters(sign_in_at(begin(attacker), f"attacker-{uuid.uuid4()}@example.com")) | {"code": stolen}
    assert attacker.get(f"/sign-in/oidc/callback?{urlencode(answer)}").status == 503
    assert "shylight_session" not in attacker.cookies


@pytest.mark.parametrize(
    "change", [{"state": "x"}, {"iss": "https://evil.example"}, {"iss": ""}, {"code": ""}], ids=str
)
def test_changed_answers_sign_nobody_in(browser: Browser, change: dict[str, str]) -> None:
    answer = parameters(sign_in_at(begin(browser), f"changed-{uuid.uuid4()}@example.com")) | change
    assert browser.get(f"/sign-in/oidc/callback?{urlencode(answer)}").status in (400, 403, 503)
    assert "shylight_session" not in browser.cookies


def test_somebody_who_cancels_is_told_so(browser: Browser) -> None:
    answer = come_back(browser, refuse_at(begin(browser)))
    assert answer.status == 403
    assert "You cancelled signing in" in answer.text


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "../../x", "sign-in"])
def test_signing_in_leads_nowhere_else(browser: Browser, onward: str) -> None:
    answer = sign_in(browser, f"onward-{uuid.uuid4()}@example.com", onward)
    assert browser.where("/sign-in/oidc/callback", answer) == "/sites"


def test_another_sites_page_leads_to_the_sign_in_page_first(browser: Browser) -> None:
    answer = browser.ask("GET", "/sign-in/oidc", None, {"Sec-Fetch-Site": "cross-site"})
    assert browser.where("/sign-in/oidc", answer) == "/sign-in?next=sites"
    assert not browser.cookies


def test_an_address_that_is_not_verified_gets_no_account(browser: Browser, stack: Deployed) -> None:
    email = account(stack, "unverified")
    for login in (email, f"unverified-{uuid.uuid4()}@example.com"):
        answer = sign_in(Browser(stack.base_url), login)
        assert answer.status == 403
        assert "is verified" in answer.text


def test_an_account_with_a_password_is_connected_after_its_owner_has_signed_in(
    browser: Browser, stack: Deployed
) -> None:
    email = account(stack, "ada", PASSWORD)
    answer = sign_in(browser, email)
    assert answer.status == 200
    assert "Sign in and connect" in answer.text
    assert "shylight_session" not in browser.cookies

    assert browser.sign_in(email, PASSWORD).status == 303
    page = browser.get("/account/identities")
    assert "Connect this identity?" in page.text
    assert browser.post("/account/identities", connect="1", csrf="wrong").status == 403
    csrf = csrf_in(page)
    kept = dict(browser.cookies)
    assert browser.post("/account/identities", connect="1", csrf=csrf).status == 303
    assert "shylight_identity" not in browser.cookies
    browser.cookies = kept
    assert browser.post("/account/identities", connect="1", csrf=csrf).status == 400, "it works once"

    fresh = Browser(stack.base_url)
    assert sign_in(fresh, email).status == 303
    assert is_signed_in_as(fresh, email)


def test_an_identity_can_only_be_connected_to_the_account_it_waits_for(browser: Browser, stack: Deployed) -> None:
    """Somebody else who signs in with the same browser is not offered it."""
    victim, other = account(stack, "victim", PASSWORD), account(stack, "other", PASSWORD)
    assert sign_in(browser, victim).status == 200
    assert browser.sign_in(other, PASSWORD).status == 303
    page = browser.get("/account/identities")
    assert "Connect this identity?" not in page.text
    assert browser.post("/account/identities", connect="1", csrf=csrf_in(page)).status == 400


def test_somebody_who_is_signed_in_connects_and_disconnects(browser: Browser, stack: Deployed) -> None:
    email, login = account(stack, "grace", PASSWORD), f"unverified-{uuid.uuid4()}@idp.example"
    assert browser.sign_in(email, PASSWORD).status == 303
    answer = sign_in(browser, login)
    assert browser.where("/sign-in/oidc/callback", answer) == "/account/identities"
    page = browser.get("/account/identities")
    assert browser.post("/account/identities", connect="1", csrf=csrf_in(page)).status == 303
    fresh = Browser(stack.base_url)
    assert sign_in(fresh, login).status == 303
    assert is_signed_in_as(fresh, email)

    page = browser.get("/account/identities")
    digest = re.search(r'name="disconnect" value="([0-9a-f]{64})"', page.text)
    assert digest
    assert browser.post("/account/identities", disconnect=digest[1], csrf=csrf_in(page)).status == 303
    assert sign_in(Browser(stack.base_url), login).status == 403


def test_nobody_connects_an_identity_of_another_account(browser: Browser, stack: Deployed) -> None:
    login = f"taken-{uuid.uuid4()}@example.com"
    assert sign_in(Browser(stack.base_url), login).status == 303
    email = account(stack, "late", PASSWORD)
    assert browser.sign_in(email, PASSWORD).status == 303
    answer = sign_in(browser, login)
    assert answer.status == 409
    assert is_signed_in_as(browser, email)


def test_an_account_without_a_password_is_connected_by_its_verified_address(browser: Browser, stack: Deployed) -> None:
    email = account(stack, "invited")
    assert sign_in(browser, email.upper()).status == 303
    assert is_signed_in_as(browser, email)


def test_the_settings_are_found_good(stack: Deployed, issuer: str) -> None:
    code = """
import json
from chalicelib.accounts.oidc import code_flow
from chalicelib.store import installation
print(json.dumps(code_flow.check(installation.read())))
"""
    problems: list[Any] = json.loads(run(stack, code))
    assert problems == []
