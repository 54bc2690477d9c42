"""Invitations over HTTP: from the mail to the membership, and what a link is not worth to others."""

from __future__ import annotations

import json
import re
import statistics
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.http_client import Answer, request
from localstack import mail
from tests.conftest import ON_LOCALSTACK, Deployed, needs_transactions
from tests.stack.people import Browser, run, some_address
from tests.stack.site_roles import PASSWORD, SharedSite, Someone, make_shared_site

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack's SES is an older one, so nothing is mailed there")

SET = """
import json, sys
from chalicelib.accounts import installation
installation.change(None, json.loads(sys.argv[1]))
"""
# Everything in the table `core`, as text.
DUMP = """
from chalicelib.store.tables import CoreItem
for item in CoreItem.scan():
    print(item.pk, item.sk, item.body)
"""
FORGET = """
import sys
from chalicelib.accounts.membership import invitations
from chalicelib.store import people
invitations.forget_person(people.get_person(sys.argv[1]))
"""
CACHED_S = 31.0  # the settings of the installation are cached in the function


class Inviting:
    """A shared site, calls by its people, and the mails that they cause."""

    def __init__(self, stack: Deployed) -> None:
        self.stack = stack
        self.made: SharedSite = make_shared_site(stack)

    def of(self, name: str) -> Someone:
        return self.made.people[name]

    def ask(self, who: str, method: str, path: str, body: object = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.of(who).token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return request(method, f"{self.stack.base_url.rstrip('/')}/api/v1{path}", data, headers)

    def invite(self, email: str, role: str = "editor", who: str = "owner") -> Answer:
        return self.ask(who, "POST", f"/sites/{self.made.id}/people", {"email": email, "role": role})

    def link(self, email: str) -> str:
        """The path of the link in the last mail to an address."""
        text = [one.text for one in mail.sent(self.stack.cloud) if one.recipients == (email,)][-1]
        (link,) = re.findall(r"https?://\S+/invitations/\S+", text)
        assert link.startswith(f"{self.stack.base_url}/")
        return str(link.removeprefix(self.stack.base_url))

    def roles(self) -> dict[str, str]:
        listed = self.ask("owner", "GET", f"/sites/{self.made.id}/people").json()["people"]
        return {one["email"]: one["role"] for one in listed}

    def states(self) -> dict[str, str]:
        listed = self.ask("owner", "GET", f"/sites/{self.made.id}/invitations").json()["invitations"]
        return {one["email"]: one["state"] for one in listed}

    def browser(self, name: str = "") -> Browser:
        """A browser, in which one of the people is signed in."""
        made = Browser(self.stack.base_url)
        if name:
            assert made.sign_in(self.of(name).email, PASSWORD).status == 303
        return made


@pytest.fixture
def site(stack: Deployed) -> Inviting:
    return Inviting(stack)


def new_address() -> str:
    return f"{uuid.uuid4().hex}@example.com"


def accept(browser: Browser, path: str, **form: str) -> Answer:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', browser.get(path).text)
    return browser.post(path, {"X-Forwarded-For": some_address()}, **({"csrf": found[1]} if found else {}), **form)


def test_somebody_with_an_account_signs_in_and_accepts(site: Inviting) -> None:
    stranger = site.of("stranger")
    answer = site.invite(stranger.email.upper())
    assert answer.status == 201
    assert "link" not in answer.json()
    path = site.link(stranger.email.upper().replace("@EXAMPLE.COM", "@example.com"))
    browser = site.browser()
    for _ in range(3):  # mail scanners look, and looking changes nothing
        shown = browser.get(path)
        assert shown.status == 200
        assert "Shared" in shown.text
        assert "Editor" in shown.text
        assert shown.headers["referrer-policy"] == "no-referrer"
    assert stranger.email not in site.roles()
    sent = browser.post(path)
    assert browser.where(path, sent) == f"/sign-in?next={path.strip('/').replace('/', '%2F')}"
    signed_in = browser.sign_in(stranger.email, PASSWORD, next=path)
    assert browser.where("/sign-in", signed_in) == path
    accepted = accept(browser, path)
    assert browser.where(path, accepted) == f"/sites/{site.made.id}"
    assert browser.get(f"/sites/{site.made.id}/settings").status == 200
    assert site.roles()[stranger.email] == "editor"
    assert site.states() == {stranger.email: "accepted"}
    csrf = re.findall(r'name="csrf" value="([0-9a-f]{64})"', browser.get("/sites").text)[0]
    for again in (browser.get(path), browser.post(path, csrf=csrf)):
        assert again.status == 404


def test_a_new_person_chooses_a_password_and_is_in(site: Inviting) -> None:
    """Sign-up is closed, so an administrator invites."""
    email = new_address()
    assert site.invite(email, "admin", "administrator").status == 201
    path, browser = site.link(email), site.browser()
    assert 'name="password"' in browser.get(path).text
    for wrong in ("short", "", email):
        assert accept(browser, path, name="New", password=wrong).status == 400
    assert not browser.cookies
    accepted = accept(browser, path, name="New Person", password="rivers and old stones")
    assert browser.where(path, accepted) == f"/sites/{site.made.id}"
    assert browser.get(f"/sites/{site.made.id}/people").status == 200
    assert site.roles()[email] == "admin"
    again = site.browser()
    assert again.sign_in(email, "rivers and old stones").status == 303
    assert site.browser().get(path).status == 404


def test_while_sign_up_is_closed_only_administrators_bring_new_people(site: Inviting) -> None:
    email = new_address()
    assert site.invite(email).status == 201
    path, browser = site.link(email), site.browser()
    assert 'name="password"' not in browser.get(path).text
    answer = browser.post(path, name="New", password="rivers and old stones")
    assert browser.where(path, answer).startswith("/sign-in?next=")
    assert browser.sign_in(email, "rivers and old stones").status == 401


def test_a_link_is_worth_nothing_to_somebody_else(site: Inviting) -> None:
    email = new_address()
    site.invite(email, who="administrator")
    path, browser = site.link(email), site.browser("stranger")
    shown = browser.get(path)
    assert f"This invitation is for {email}, and you are signed in as {site.of('stranger').email}." in shown.text
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', shown.text)
    assert csrf
    assert browser.post(path, csrf=csrf[1], name="x", password="rivers and old stones").status == 403
    token = path.rpartition("/")[2]
    assert site.ask("stranger", "POST", "/invitations", {"token": token}).status == 403
    assert site.of("stranger").email not in site.roles()
    assert site.states() == {email: "pending"}


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_make_a_browser_accept(site: Inviting, headers: dict[str, str]) -> None:
    stranger = site.of("stranger")
    site.invite(stranger.email)
    path = site.link(stranger.email)
    browser = site.browser("stranger")
    assert browser.post(path, headers).status == 403
    assert browser.post(path).status == 403  # without the form's token
    assert browser.post(path, csrf="0" * 64).status == 403
    assert stranger.email not in site.roles()


def test_programs_accept_with_the_token_of_the_link(site: Inviting) -> None:
    stranger = site.of("stranger")
    site.invite(stranger.email, "viewer")
    token = site.link(stranger.email).rpartition("/")[2]
    for wrong in ({}, {"token": 1}, {"token": token, "role": "admin"}, {"token": ["x"]}):
        assert site.ask("stranger", "POST", "/invitations", wrong).error["field"] == "token"
    answer = site.ask("stranger", "POST", "/invitations", {"token": token})
    assert (answer.status, answer.json()) == (200, {"to": "site", "id": site.made.id, "role": "viewer"})
    assert site.ask("stranger", "POST", "/invitations", {"token": token}).status == 404


def test_a_revoked_or_repeated_invitation_has_no_old_link(site: Inviting) -> None:
    stranger = site.of("stranger")
    invitation = site.invite(stranger.email).json()
    old, where = site.link(stranger.email), f"/sites/{site.made.id}/invitations/{invitation['id']}"
    assert site.ask("admin", "POST", where).status == 200
    new = site.link(stranger.email)
    assert old != new
    browser = site.browser("stranger")
    assert (browser.get(old).status, browser.get(new).status) == (404, 200)
    for who, status in (("viewer", 403), ("stranger", 404), ("admin", 204), ("admin", 404)):
        assert site.ask(who, "DELETE", where).status == status
    assert browser.get(new).status == 404
    assert site.states() == {}


def test_an_invitation_of_a_removed_admin_is_void(site: Inviting) -> None:
    """They could come back with another address otherwise."""
    stranger = site.of("stranger")
    site.invite(stranger.email, "admin", "admin")
    path = site.link(stranger.email)
    assert site.ask("owner", "DELETE", f"/sites/{site.made.id}/people/{site.of('admin').id}").status == 204
    browser = site.browser("stranger")
    assert browser.get(path).status == 404
    assert site.ask("stranger", "POST", "/invitations", {"token": path.rpartition("/")[2]}).status == 404


def test_an_invitation_tells_nobody_who_has_an_account(site: Inviting) -> None:
    """Neither by its answer nor by its time."""
    known, unknown = site.of("stranger").email, new_address()
    shown = []
    for email in (known, unknown):
        answer = site.invite(email, "viewer")
        varying = ("id", "email", "sent_at", "valid_until")
        shown.append((answer.status, {name: value for name, value in answer.json().items() if name not in varying}))
    assert shown[0] == shown[1]
    listed = site.ask("owner", "GET", f"/sites/{site.made.id}/invitations").json()["invitations"]
    assert len({(one["state"], one["mailed"]) for one in listed}) == 1


@pytest.mark.full
def test_inviting_takes_as_long_for_an_address_with_an_account(stack: Deployed) -> None:
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for _ in range(3):
        site = Inviting(stack)
        for number in range(5):
            for kind, email in (("known", site.of("stranger").email), ("unknown", f"{number}-{new_address()}")):
                started = time.perf_counter()
                site.invite(email, "viewer")
                times[kind].append(time.perf_counter() - started)
    medians = {kind: statistics.median(taken) for kind, taken in times.items()}
    assert max(medians.values()) < 2 * min(medians.values()), times


@needs_transactions
def test_many_who_accept_one_invitation_at_once_are_one(site: Inviting) -> None:
    stranger = site.of("stranger")
    site.invite(stranger.email)
    token = site.link(stranger.email).rpartition("/")[2]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _n: site.ask("stranger", "POST", "/invitations", {"token": token}), range(6)))
    assert sorted({answer.status for answer in answers}) in ([200], [200, 404])
    assert [answer.status for answer in answers].count(200) == 1
    assert site.roles()[stranger.email] == "editor"


@needs_transactions
def test_people_who_accept_at_once_are_all_in(site: Inviting, stack: Deployed) -> None:
    others = [Inviting(stack).of("stranger") for _ in range(4)]
    for one in others:
        assert site.invite(one.email, "viewer").status == 201
    tokens = [(one, site.link(one.email).rpartition("/")[2]) for one in others]

    def join(pair: tuple[Someone, str]) -> int:
        headers = {"Authorization": f"Bearer {pair[0].token}", "Content-Type": "application/json"}
        url = f"{stack.base_url.rstrip('/')}/api/v1/invitations"
        return request("POST", url, json.dumps({"token": pair[1]}).encode(), headers).status

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(join, tokens)) == [200] * 4
    assert {one.email for one in others} <= site.roles().keys()


def test_one_address_is_not_mailed_endlessly(site: Inviting) -> None:
    email = new_address()
    statuses = [site.invite(email, "viewer", who).status for who in ("owner", "admin") * 3]
    assert statuses == [201] * 5 + [429]
    refused = site.invite(email)
    assert 0 < int(refused.headers["retry-after"]) <= 24 * 60 * 60
    assert len([one for one in mail.sent(site.stack.cloud) if one.recipients == (email,)]) == 5


def test_a_mail_has_the_senders_address_and_no_link_but_ours(site: Inviting) -> None:
    evil = "Win at https://evil.example/pay"
    assert site.ask("owner", "PATCH", f"/sites/{site.made.id}", {"name": evil}).status == 200
    email = new_address()
    site.invite(email)
    (found,) = [one for one in mail.sent(site.stack.cloud) if one.recipients == (email,)]
    assert site.of("owner").email in found.text
    for part in (found.subject, found.text, found.html):
        assert "evil.example" not in part
    links = set(re.findall(r"https?://[^\s<\"]+", found.text))
    assert all(link.startswith(site.stack.base_url) for link in links)


def test_the_page_answers_poisoned_hosts_with_its_own_address(site: Inviting) -> None:
    email = new_address()
    headers = {
        "Authorization": f"Bearer {site.of('owner').token}",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
    }
    url = f"{site.stack.base_url.rstrip('/')}/api/v1/sites/{site.made.id}/people"
    answer = request("POST", url, json.dumps({"email": email, "role": "viewer"}).encode(), headers)
    assert answer.status == 201
    assert site.link(email).startswith("/invitations/")


def test_the_secret_of_a_link_is_stored_nowhere_and_people_can_be_forgotten(site: Inviting, stack: Deployed) -> None:
    stranger = site.of("stranger")
    site.invite(stranger.email)
    accepted = site.link(stranger.email).rpartition("/")[2]
    assert site.ask("stranger", "POST", "/invitations", {"token": accepted}).status == 200
    other = new_address()
    site.invite(other)
    pending = site.link(other).rpartition("/")[2]
    dump = run(stack, DUMP)
    assert accepted not in dump
    assert pending not in dump
    named = [line for line in dump.splitlines() if "invitation#" in line and stranger.email in line]
    assert not named  # an accepted invitation names its person by id only
    assert [line for line in dump.splitlines() if "invitation#" in line and stranger.id in line]
    for person in ("stranger", "owner"):
        run(stack, FORGET, site.of(person).id)
    left = [line for line in run(stack, DUMP).splitlines() if "invitation#" in line]
    assert not [line for line in left if site.of("owner").id in line or stranger.id in line or other in line]


def test_administrators_invite_to_the_installation(site: Inviting) -> None:
    email = new_address()
    for who, status in (("owner", 403), ("administrator", 201)):
        assert site.ask(who, "POST", "/administration/invitations", {"email": email}).status == status
    path, browser = site.link(email), site.browser()
    accepted = accept(browser, path, name="", password="rivers and old stones")
    assert browser.where(path, accepted) == "/sites"
    assert browser.get("/sites").status == 200
    assert browser.get("/administration/invitations").status == 403
    listed = site.ask("administrator", "GET", "/administration/invitations").json()["invitations"]
    assert {one["state"] for one in listed if one["email"] == email} == {"accepted"}


def test_owners_see_what_an_administrator_changed(site: Inviting) -> None:
    where = f"/sites/{site.made.id}/people/{site.of('viewer').id}"
    assert site.ask("administrator", "PUT", where, {"role": "editor"}).status == 200
    assert site.ask("owner", "PUT", where, {"role": "viewer"}).status == 200
    shown = site.browser("owner").get(f"/sites/{site.made.id}/people").text
    assert shown.count("Administrator changed the role of a person.") == 1
    assert "Owner changed the role" not in shown
    assert "Administrator changed" not in site.browser("viewer").get(f"/sites/{site.made.id}/people").text


@pytest.mark.full
def test_without_a_sender_the_link_is_handed_over(site: Inviting, stack: Deployed) -> None:
    """And it proves no address: only an administrator's creates an account."""
    sender = mail.SENDER
    run(stack, SET, json.dumps({"mail_sender": "", "sign_up": "invited"}))
    try:
        time.sleep(CACHED_S)
        answers = {who: site.invite(new_address(), "viewer", who).json() for who in ("owner", "administrator")}
        known = site.invite(site.of("stranger").email, "viewer").json()
        assert not any(one["mailed"] for one in (*answers.values(), known))
        shows_form = {}
        for who, one in {**answers, "known": known}.items():
            assert one["problem"]
            path = one["link"].removeprefix(stack.base_url)
            shows_form[who] = 'name="password"' in site.browser().get(path).text
        assert shows_form == {"owner": False, "administrator": True, "known": False}
        page = site.browser("owner")
        where = f"/sites/{site.made.id}/people"
        csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.get(where).text)
        assert csrf
        shown = page.post(where, csrf=csrf[1], email=new_address(), role="viewer")
        assert shown.status == 200
        assert re.search(rf"{re.escape(stack.base_url)}/invitations/s[\w-]{{86}}", shown.text)
    finally:
        run(stack, SET, json.dumps({"mail_sender": sender, "sign_up": "closed"}))
        time.sleep(CACHED_S)
