"""Passwords, addresses and sign-up by mailed links: what people get, and what attackers do not."""

from __future__ import annotations

import json
import re
import statistics
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.config import EQUAL_ANSWER_S, LINK_LOOKUPS, MAILS_PER_ADDRESS
from chalicelib.dispatch import ROUTES
from chalicelib.routing import Right
from infra.http_client import Answer
from localstack import mail
from localstack.mail import Mail
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack.people import Browser, run, some_address

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack's SES is an older one, so nothing is mailed there")

MAKE = """
import json, sys, uuid
from chalicelib.accounts.people import people
from chalicelib.store import people as stored
made = stored.add_person(stored.Person(str(uuid.uuid4()), sys.argv[1], "Ada"))
print(people.set_password(made, sys.argv[2]).id)
"""
READ = """
import dataclasses, json, sys
from chalicelib.store import people
found = people.find_person(sys.argv[1])
print(json.dumps(found and dataclasses.asdict(found)))
"""
SET_SIGN_UP = """
import sys
from chalicelib.accounts import installation
installation.change(None, {"sign_up": sys.argv[1]})
"""
PASSWORD, NEW_PASSWORD = "old river stones", "new river stones"
PATIENCE_S = 60.0


class Someone:
    """A person with an account, a browser of theirs, and their mail."""

    def __init__(self, stack: Deployed, kind: str = "ada") -> None:
        self.stack = stack
        self.email = f"{kind}-{uuid.uuid4().hex}@Example.com"
        self.id = run(stack, MAKE, self.email, PASSWORD).strip()
        self.browser = Browser(stack.base_url)

    def signed_in(self) -> Browser:
        assert self.browser.sign_in(self.email, PASSWORD).status == 303
        return self.browser

    def stored(self) -> dict[str, Any]:
        return dict(json.loads(run(self.stack, READ, self.email)))


@pytest.fixture
def ada(stack: Deployed) -> Someone:
    return Someone(stack)


def mails_to(stack: Deployed, address: str) -> list[Mail]:
    return [one for one in mail.sent(stack.cloud) if one.recipients == (deliverable(address),)]


def deliverable(address: str) -> str:
    name, _, domain = address.partition("@")
    return f"{name}@{domain.lower()}"


def link_in(stack: Deployed, found: Mail, page: str) -> str:
    """The path of the link in a mail, which must begin with the deployment's own address."""
    (link,) = set(re.findall(r"https?://\S+", found.text)) - {stack.base_url}
    assert link.startswith(f"{stack.base_url}/{page}/")
    assert f'href="{link}"' in found.html
    return str(link.removeprefix(stack.base_url))


def ask_for_link(browser: Browser, email: str, headers: dict[str, str] | None = None) -> Answer:
    return browser.post("/forgot-password", {"X-Forwarded-For": some_address(), **(headers or {})}, email=email)


def csrf(browser: Browser, path: str = "/account") -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', browser.get(path).text)
    assert found
    return found[1]


def post(browser: Browser, path: str, **form: str) -> Answer:
    return browser.post(path, {"X-Forwarded-For": some_address()}, csrf=csrf(browser), **form)


# ── a forgotten password ─────────────────────────────────────────────────────────────────────────────────────


def test_a_forgotten_password_is_replaced_by_a_mailed_link(stack: Deployed, ada: Someone, browser: Browser) -> None:
    signed_in = ada.signed_in()
    assert "Forgot your password?" in browser.get("/sign-in").text
    assert ask_for_link(browser, ada.email.upper()).status == 200
    (sent,) = mails_to(stack, ada.email)
    path = link_in(stack, sent, "reset-password")
    for _ in range(3):  # mail scanners look, and looking changes nothing
        shown = browser.get(path)
        assert shown.status == 200
        assert shown.headers["referrer-policy"] == "no-referrer"
    assert ada.email in shown.text
    assert browser.post(path, password="short").status == 400
    assert browser.post(path, password="password2026").status == 400
    answer = browser.post(path, password=NEW_PASSWORD)
    assert (answer.status, browser.where(path, answer)) == (303, "/sign-in?done=password")
    assert not browser.cookies  # a link does not stand in for signing in
    assert browser.get(path).status == 404
    assert browser.post(path, password="another river").status == 404
    assert signed_in.get("/account").status == 303  # signed out
    assert browser.sign_in(ada.email, PASSWORD).status == 401
    assert browser.sign_in(ada.email, NEW_PASSWORD).status == 303
    assert "password" in mails_to(stack, ada.email)[-1].subject
    assert "was changed" in mails_to(stack, ada.email)[-1].subject


def test_a_new_password_makes_other_links_invalid(stack: Deployed, ada: Someone, browser: Browser) -> None:
    for _ in range(2):
        ask_for_link(browser, ada.email)
    first, second = (link_in(stack, one, "reset-password") for one in mails_to(stack, ada.email))
    assert browser.post(second, password=NEW_PASSWORD).status == 303
    assert browser.get(first).status == 404


def test_the_answer_and_its_time_do_not_tell_who_has_an_account(
    stack: Deployed, ada: Someone, browser: Browser
) -> None:
    nobody = f"nobody-{uuid.uuid4().hex}@example.com"
    times: dict[str, list[float]] = {ada.email: [], nobody: []}
    pages = {}
    for email in (ada.email, nobody) * 3:
        started = time.monotonic()
        answer = ask_for_link(browser, email)
        times[email].append(time.monotonic() - started)
        pages[email] = (answer.status, answer.text.replace(email, "…"))
    assert pages[ada.email] == pages[nobody]
    assert min(times[ada.email] + times[nobody]) >= EQUAL_ANSWER_S
    known, unknown = (statistics.median(times[email]) for email in (ada.email, nobody))
    assert abs(known - unknown) < EQUAL_ANSWER_S / 4
    assert len(mails_to(stack, ada.email)) == 3
    assert not mails_to(stack, nobody)


@pytest.mark.parametrize("email", ["", "x", "a@b@c", "ada@example.com\r\nBcc: all@example.com", "ada@example.com,b"])
def test_what_is_no_address_is_refused(stack: Deployed, browser: Browser, email: str) -> None:
    before = len(mail.sent(stack.cloud))
    assert ask_for_link(browser, email).status in (200, 400)
    assert len(mail.sent(stack.cloud)) == before


def test_no_header_leads_a_mailed_link_elsewhere(stack: Deployed, ada: Someone, browser: Browser) -> None:
    evil = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Prefix": "/evil",
        "X-Original-URL": "https://evil.example/",
        "X-Host": "evil.example",
        "Forwarded": "host=evil.example;proto=https",
        "Referer": "https://evil.example/",
    }
    assert ask_for_link(browser, ada.email, evil).status == 200
    assert ask_for_link(browser, ada.email, {"Host": "evil.example"}).status in (200, 400, 403, 404)
    sent = mails_to(stack, ada.email)
    assert sent
    for one in sent:
        link_in(stack, one, "reset-password")
        assert "evil" not in one.text + one.html + one.subject + one.sender


@pytest.mark.parametrize("known", [True, False])
def test_nobodys_mailbox_is_flooded(stack: Deployed, ada: Someone, browser: Browser, known: bool) -> None:
    email = ada.email if known else f"nobody-{uuid.uuid4().hex}@example.com"
    answers = [ask_for_link(browser, email) for _ in range(MAILS_PER_ADDRESS + 1)]
    assert [answer.status for answer in answers] == [200] * MAILS_PER_ADDRESS + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3600
    assert len(mails_to(stack, email)) == (MAILS_PER_ADDRESS if known else 0)


def test_links_cannot_be_guessed(stack: Deployed, ada: Someone, browser: Browser) -> None:
    ask_for_link(browser, ada.email)
    path = link_in(stack, mails_to(stack, ada.email)[0], "reset-password")
    here = {"X-Forwarded-For": some_address()}
    wrong = [browser.ask("GET", f"{path[:-4]}{number:04}", None, here).status for number in range(LINK_LOOKUPS + 1)]
    assert wrong == [404] * LINK_LOOKUPS + [429]
    assert browser.ask("GET", path, None, here).status == 429
    assert browser.get(path).status == 200  # elsewhere it is still valid


def test_a_link_is_for_its_purpose_alone(stack: Deployed, ada: Someone, browser: Browser) -> None:
    ask_for_link(browser, ada.email)
    token = link_in(stack, mails_to(stack, ada.email)[0], "reset-password").rpartition("/")[2]
    for page in ("sign-in", "verify-email", "sign-up"):
        assert browser.get(f"/{page}/{token}").status == 404
        assert browser.post(f"/{page}/{token}", password=NEW_PASSWORD).status == 404
    assert browser.get(f"/reset-password/{token}").status == 200


# ── forms of people who are not signed in ────────────────────────────────────────────────────────────────────


OPEN_FORMS = sorted(
    route.path for route in ROUTES
    if route.method == "POST" and route.right is Right.PUBLIC and not route.path.startswith(("/ingress/", "/api/"))
)  # fmt: skip


@pytest.mark.parametrize("path", OPEN_FORMS)
@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_sites_page_cannot_send_a_form(stack: Deployed, path: str, headers: dict[str, str]) -> None:
    person = Someone(stack, "csrf")
    browser = person.signed_in() if path == "/sign-out" else person.browser
    answer = browser.post(
        path.format(token="A" * 64, link="A" * 64, site=uuid.uuid4()),
        headers,
        email=person.email,
        password=PASSWORD,
        name="x",
    )
    assert answer.status == 403
    assert not mails_to(stack, person.email)


def test_signing_in_gives_a_session_of_its_own(ada: Someone) -> None:
    """Who plants a session in somebody's browser does not get into theirs."""
    ada.browser.cookies["shylight_session"] = "planted"
    first = dict(ada.signed_in().cookies)
    second = dict(ada.signed_in().cookies)
    assert len({"planted", first["shylight_session"], second["shylight_session"]}) == 3


# ── the name and the password ────────────────────────────────────────────────────────────────────────────────


def test_people_change_their_name_and_nothing_else(ada: Someone) -> None:
    browser = ada.signed_in()
    before = ada.stored()
    answer = post(browser, "/account", name="  Ada Lovelace ", admin="true", email="x@example.com", epoch="9", id="1")
    assert (answer.status, browser.where("/account", answer)) == (303, "/account?done=name")
    after = ada.stored()
    assert after.pop("name") == "Ada Lovelace"
    assert {name: after[name] for name in after if name != "version"} == {
        name: before[name] for name in after if name != "version"
    }


@pytest.mark.parametrize("name", ["Ada\r\nBcc: all@example.com", "Ada\x00", "\u202eadA", "W" * 101])
def test_names_that_could_be_more_than_a_name_are_refused(ada: Someone, name: str) -> None:
    answer = post(ada.signed_in(), "/account", name=name)
    assert answer.status == 400
    assert 'id="name-error"' in answer.text
    assert ada.stored()["name"] == "Ada"


def test_a_changed_password_signs_all_others_out(stack: Deployed, ada: Someone) -> None:
    other = Browser(stack.base_url)
    other.sign_in(ada.email, PASSWORD)
    browser = ada.signed_in()
    session = browser.cookies["shylight_session"]
    for present, new in (("wrong", NEW_PASSWORD), (PASSWORD, "short"), (PASSWORD, ada.email), ("", "")):
        assert post(browser, "/account/password", present=present, password=new).status == 400
    answer = post(browser, "/account/password", present=PASSWORD, password=NEW_PASSWORD)
    assert answer.status == 303
    assert browser.cookies["shylight_session"] != session
    assert "was changed" in browser.get("/account/password?done=changed").text
    assert other.get("/account").status == 303
    assert "was changed" in mails_to(stack, ada.email)[-1].subject
    assert browser.sign_in(ada.email, NEW_PASSWORD).status == 303


def test_the_present_password_cannot_be_guessed_by_who_has_a_session(ada: Someone) -> None:
    browser, here = ada.signed_in(), {"X-Forwarded-For": some_address()}
    form = {"csrf": csrf(browser), "present": "wrong", "password": NEW_PASSWORD}
    answers = [browser.post("/account/password", here, **form).status for _ in range(11)]
    assert answers == [400] * 10 + [429]


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────


def add_address(person: Someone, email: str, password: str = PASSWORD) -> Answer:
    return post(person.browser, "/account/addresses", action="add", email=email, password=password)


def test_an_address_counts_once_its_link_is_opened(stack: Deployed, ada: Someone, browser: Browser) -> None:
    mine, new = ada.signed_in(), f"second-{uuid.uuid4().hex}@example.com"
    assert add_address(ada, new, "a wrong password").status == 400
    assert not mails_to(stack, new)
    assert add_address(ada, new).status == 303
    assert "Not confirmed yet" in mine.get("/account").text
    assert browser.sign_in(new, PASSWORD).status == 401
    path = link_in(stack, mails_to(stack, new)[-1], "verify-email")
    for _ in range(2):
        assert new in browser.get(path).text
    assert browser.sign_in(new, PASSWORD).status == 401
    assert browser.post(path).status == 303  # from any browser
    assert browser.post(path).status == 404
    assert "Not confirmed yet" not in mine.get("/account").text
    assert new in mails_to(stack, ada.email)[-1].text  # the main address is told
    assert browser.sign_in(new, PASSWORD).status == 303
    assert post(mine, "/account/addresses", action="primary", email=new).status == 303
    assert new in mails_to(stack, ada.email)[-1].text  # and told again
    assert post(mine, "/account/addresses", action="remove", email=new).status == 400  # the main one stays
    assert post(mine, "/account/addresses", action="remove", email=ada.email).status == 303
    assert browser.sign_in(ada.email, PASSWORD).status == 401
    assert browser.sign_in(new, PASSWORD).status == 303
    assert ask_for_link(browser, new).status == 200
    assert "reset-password" in mails_to(stack, new)[-1].text


def test_nobody_learns_whose_an_address_is_by_adding_it(stack: Deployed, ada: Someone) -> None:
    owner = Someone(stack, "owner")
    free = f"free-{uuid.uuid4().hex}@example.com"
    ada.signed_in()
    answers = [add_address(ada, email) for email in (owner.email, free)]
    assert len({(answer.status, answer.headers["location"]) for answer in answers}) == 1
    (told,) = mails_to(stack, owner.email)
    assert "/verify-email/" not in told.text
    assert ada.email not in told.text
    assert "already" not in ada.browser.get("/account").text


def test_an_address_that_somebody_only_entered_belongs_to_who_confirms_it(
    stack: Deployed, ada: Someone, browser: Browser
) -> None:
    real, wanted = Someone(stack, "real"), f"wanted-{uuid.uuid4().hex}@example.com"
    ada.signed_in()
    real.signed_in()
    assert add_address(ada, wanted).status == add_address(real, wanted).status == 303
    of_ada, of_real = (link_in(stack, one, "verify-email") for one in mails_to(stack, wanted))
    assert browser.post(of_real).status == 303
    assert browser.post(of_ada).status == 409
    assert browser.sign_in(wanted, PASSWORD).status == 303
    assert wanted in real.browser.get("/account").text
    assert ada.stored()["other_emails"] == []


def test_a_removed_address_cannot_be_confirmed_anymore(stack: Deployed, ada: Someone, browser: Browser) -> None:
    mine, new = ada.signed_in(), f"gone-{uuid.uuid4().hex}@example.com"
    add_address(ada, new)
    path = link_in(stack, mails_to(stack, new)[-1], "verify-email")
    assert post(mine, "/account/addresses", action="remove", email=new).status == 303
    assert browser.get(path).status == 404
    assert browser.post(path).status == 404


@pytest.mark.parametrize("action", ["primary", "remove", "send"])
def test_addresses_of_others_are_not_there(stack: Deployed, ada: Someone, action: str) -> None:
    other = Someone(stack, "other")
    assert post(ada.signed_in(), "/account/addresses", action=action, email=other.email).status == 404
    assert post(ada.browser, "/account/addresses", action="promote", email=ada.email).status == 400


# ── signing up ───────────────────────────────────────────────────────────────────────────────────────────────


def sign_up(browser: Browser, email: str, **form: str) -> Answer:
    form = {"name": "New", "email": email, "password": PASSWORD} | form
    return browser.post("/sign-up", {"X-Forwarded-For": some_address()}, **form)


@pytest.fixture(scope="module")
def is_open(stack: Deployed) -> Iterator[None]:
    """Anybody may sign up, in this file."""
    set_sign_up(stack, "open")
    yield
    set_sign_up(stack, "closed")


def set_sign_up(stack: Deployed, setting: str) -> None:
    """Change the setting, and wait until every running function has read it: they cache it."""
    run(stack, SET_SIGN_UP, setting)
    deadline, seen = time.monotonic() + PATIENCE_S, 0
    while seen < 8:
        assert time.monotonic() < deadline
        is_open = 'name="password"' in Browser(stack.base_url).get("/sign-up").text
        seen = seen + 1 if is_open == (setting == "open") else 0
        time.sleep(0.2)


def test_sign_up_is_closed_by_default(stack: Deployed, browser: Browser) -> None:
    email = f"early-{uuid.uuid4().hex}@example.com"
    assert "Ask an administrator" in browser.get("/sign-up").text
    assert sign_up(browser, email).status == 409
    assert not mails_to(stack, email)


@pytest.mark.usefixtures("is_open")
def test_an_account_exists_once_its_address_is_confirmed(stack: Deployed, browser: Browser) -> None:
    email = f"new-{uuid.uuid4().hex}@example.com"
    assert "Create an account" in browser.get("/sign-in").text
    for wrong in ({"email": "x"}, {"password": "short"}, {"name": "a\r\nb"}):
        assert sign_up(browser, **({"email": email} | wrong)).status == 400
    assert sign_up(browser, email, admin="true").status == 200
    assert browser.sign_in(email, PASSWORD).status == 401
    path = link_in(stack, mails_to(stack, email)[-1], "sign-up")
    for _ in range(2):
        assert email in browser.get(path).text
    # The owner of an address cannot confirm an account that somebody else prepared for it.
    assert browser.post(path, password="a guess of mine").status == 400
    assert browser.post(path).status == 400
    answer = browser.post(path, password=PASSWORD)
    assert (answer.status, browser.where(path, answer)) == (303, "/sites")
    assert browser.get("/account").status == 200
    assert browser.post(path, password=PASSWORD).status == 404
    stored = json.loads(run(stack, READ, email))
    assert (stored["name"], stored["admin"]) == ("New", False)
    assert Browser(stack.base_url).sign_in(email, PASSWORD).status == 303


@pytest.mark.usefixtures("is_open")
def test_signing_up_does_not_tell_who_has_an_account(stack: Deployed, ada: Someone, browser: Browser) -> None:
    free = f"free-{uuid.uuid4().hex}@example.com"
    pages, times = {}, {}
    for email in (ada.email, free):
        started = time.monotonic()
        answer = sign_up(browser, email)
        times[email] = time.monotonic() - started
        pages[email] = (answer.status, answer.text.replace(email, "…"))
    assert pages[ada.email] == pages[free]
    assert min(times.values()) >= EQUAL_ANSWER_S
    assert abs(times[ada.email] - times[free]) < EQUAL_ANSWER_S / 4
    (told,) = mails_to(stack, ada.email)
    assert "already" in told.text
    assert "/sign-up/" not in told.text


@pytest.mark.usefixtures("is_open")
def test_of_two_who_sign_up_with_an_address_one_gets_it(stack: Deployed, browser: Browser) -> None:
    email = f"raced-{uuid.uuid4().hex}@example.com"
    sign_up(browser, email)
    sign_up(browser, email, password=NEW_PASSWORD)
    first, second = (link_in(stack, one, "sign-up") for one in mails_to(stack, email))
    assert browser.post(first, password=PASSWORD).status == 303
    answer = Browser(stack.base_url).post(second, password=NEW_PASSWORD)
    assert answer.status == 409
    assert "Sign in with it" in answer.text
    assert Browser(stack.base_url).sign_in(email, PASSWORD).status == 303
