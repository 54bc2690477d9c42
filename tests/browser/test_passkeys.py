"""Passkeys in Chromium, with its virtual authenticator: from adding one to signing in with it."""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

import app as program
from chalicelib import timed_cache
from chalicelib.accounts import passwords
from chalicelib.accounts.access import auth
from chalicelib.accounts.people import people
from chalicelib.accounts.sign_in import totp
from chalicelib.store import people as stored
from chalicelib.store import second_factors
from chalicelib.store.people import Person
from harness.local_server import LocalServer
from infra.aws_environment import Cloud

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

PASSWORD = "a password of some length"


@pytest.fixture(scope="module")
def server(local_aws: Cloud) -> Iterator[LocalServer]:
    server = LocalServer(program.app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHYLIGHT_PUBLIC_URL", server.url)
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", lambda: quick)
        timed_cache.reset_all()
        yield server
    server.close()


@pytest.fixture
def person(server: LocalServer) -> Person:
    made = stored.add_person(stored.Person(str(uuid.uuid4()), f"ada-{uuid.uuid4()}@example.com"))
    return people.set_password(made, PASSWORD)


class Device:
    """Chromium's virtual authenticator in a tab."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        self.id = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def set_verified(self, verified: bool) -> None:
        """Whether its user opens it."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": verified})


@pytest.fixture
def device(page: Page) -> Device:
    return Device(page)


def sign_in(page: Page, server: LocalServer, person: Person) -> None:
    page.goto(f"{server.url}/sign-in")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(page: Page, server: LocalServer, name: str = "Laptop") -> None:
    page.goto(f"{server.url}/account/security")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create a passkey").click()


def sign_out(page: Page, server: LocalServer) -> None:
    page.context.clear_cookies()
    page.goto(f"{server.url}/sign-in")


def test_a_passkey_is_added_and_signs_in(page: Page, server: LocalServer, person: Person, device: Device) -> None:
    sign_in(page, server, person)
    page.wait_for_url("**/sites")
    add_passkey(page, server)
    page.get_by_role("heading", name="Keep these codes in a safe place").wait_for()
    page.get_by_role("link", name="I have kept them").click()
    page.locator("b").get_by_text("Laptop", exact=True).wait_for()
    sign_out(page, server)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/sites")
    (kept,) = second_factors.factors_of(person.id).passkeys
    assert kept.used_at > 0
    assert kept.transports == ("internal",)


def test_a_passkey_is_the_second_step(page: Page, server: LocalServer, person: Person, device: Device) -> None:
    sign_in(page, server, person)
    page.wait_for_url("**/sites")
    add_passkey(page, server)
    page.get_by_role("link", name="I have kept them").click()
    sign_out(page, server)
    sign_in(page, server, person)
    page.wait_for_url("**/second-step?*")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/sites")


def test_the_same_device_is_not_added_twice_and_the_page_says_that_nothing_was_added(
    page: Page, server: LocalServer, person: Person, device: Device
) -> None:
    sign_in(page, server, person)
    page.wait_for_url("**/sites")
    add_passkey(page, server)
    page.get_by_role("link", name="I have kept them").click()
    add_passkey(page, server, "Again")
    page.get_by_text("No passkey was created. Try again.").wait_for()
    assert len(second_factors.factors_of(person.id).passkeys) == 1


def test_a_device_that_its_user_does_not_open_signs_nobody_in(
    page: Page, server: LocalServer, person: Person, device: Device
) -> None:
    sign_in(page, server, person)
    page.wait_for_url("**/sites")
    add_passkey(page, server)
    page.get_by_role("link", name="I have kept them").click()
    sign_out(page, server)
    device.set_verified(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("That did not work. Try again, or choose another way.").wait_for()
    assert page.url.endswith("/sign-in")


def test_a_passkey_confirms_who_one_is(
    page: Page, server: LocalServer, person: Person, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(page, server, person)
    page.wait_for_url("**/sites")
    add_passkey(page, server)
    page.get_by_role("link", name="I have kept them").click()
    monkeypatch.setattr(auth, "RECENT_SIGN_IN_S", 0)
    page.get_by_role("button", name="Create new codes").click()
    page.wait_for_url("**/confirm?next=account%2Fsecurity")
    monkeypatch.undo()
    page.get_by_role("button", name="Confirm with a passkey").click()
    page.wait_for_url("**/account/security")
    page.get_by_role("button", name="Create new codes").click()
    page.get_by_role("heading", name="Keep these codes in a safe place").wait_for()


def test_passkeys_are_renamed_and_removed(page: Page, server: LocalServer, person: Person, device: Device) -> None:
    sign_in(page, server, person)
    page.wait_for_url("**/sites")
    add_passkey(page, server)
    page.get_by_role("link", name="I have kept them").click()
    page.locator("summary").filter(has_text="Change").click()
    page.get_by_label("Name").fill("W" * 100)
    page.get_by_role("button", name="Rename").click()
    page.get_by_text("The passkey was renamed.").wait_for()
    page.locator("summary").filter(has_text="Change").click()
    page.get_by_role("button", name="Remove this passkey").click()
    page.get_by_text("The passkey was removed.").wait_for()
    assert not second_factors.factors_of(person.id).required


def test_an_authenticator_app_works_without_javascript(browser: Browser, server: LocalServer, person: Person) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(60_000)
    page = context.new_page()
    sign_in(page, server, person)
    page.wait_for_url("**/sites")
    page.goto(f"{server.url}/sign-in?next=account/security")
    page.get_by_role("link", name="Set up an authenticator app").click()
    secret = read_secret(page)
    assert page.locator("svg.qr").bounding_box()
    enter_code(page, secret, "Set up")
    page.get_by_role("heading", name="Keep these codes in a safe place").wait_for()
    code = re.findall(r"(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}", page.content())[0]
    sign_out(page, server)
    assert not page.get_by_role("button", name="passkey").is_visible()
    sign_in(page, server, person)
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("This code is wrong").wait_for()
    page.get_by_role("textbox", name="Code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/sites")
    context.close()


def read_secret(page: Page) -> bytes:
    return base64.b32decode(page.locator("code.secret").inner_text().replace(" ", ""))


def enter_code(page: Any, secret: bytes, button: str) -> None:
    page.get_by_role("textbox", name="Code").fill(totp.code_at(secret, int(time.time()) // 30))
    page.get_by_role("button", name=button).click()
