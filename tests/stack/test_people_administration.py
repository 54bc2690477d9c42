"""Administrators over HTTP: people, sites, usage and the audit log; and what owners see of it."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from typing import Any

import pytest

from infra.http_client import Answer
from tests.conftest import Deployed
from tests.stack.calls import Caller, wait_for
from tests.stack.people import Browser, run
from tests.stack.site_roles import PASSWORD, SharedSite, make_shared_site

FACTOR = """
import sys
from chalicelib.store import second_factors
second_factors.add_totp(sys.argv[1], "sealed", 1)
second_factors.set_recovery_digests(sys.argv[1], {"digest"})
"""
ROTATE = """
import sys
from chalicelib.accounts.access import api_tokens
from chalicelib.store.people import get_person
api_tokens.revoke(api_tokens.issue(get_person(sys.argv[1]), "from the command line"))
"""
PEOPLE = "/administration/people"


@pytest.fixture(scope="module")
def site(stack: Deployed) -> SharedSite:
    return make_shared_site(stack)


@pytest.fixture(scope="module")
def boss(stack: Deployed, site: SharedSite) -> Caller:
    """An administrator without a role in the site."""
    return Caller(stack.base_url, site.people["administrator"].token)


def browser_of(stack: Deployed, site: SharedSite, who: str) -> Browser:
    browser = Browser(stack.base_url)
    assert browser.sign_in(site.people[who].email, PASSWORD).status == 303
    return browser


def csrf_in(answer: Answer) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def entries(caller: Caller, path: str, **query: object) -> list[dict[str, Any]]:
    answer = caller.api("GET", path, **query)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


def test_people_are_found_by_address_and_by_name(boss: Caller, site: SharedSite) -> None:
    viewer = site.people["viewer"]
    for text in (viewer.email, viewer.email.upper(), viewer.email[7:30]):
        found = wait_for(
            lambda text=text: boss.api("GET", PEOPLE, search=text).json()["people"],  # type: ignore[misc]
            lambda people: people,
        )
        assert [one["id"] for one in found] == [viewer.id]
    assert boss.api("GET", PEOPLE, search="nobody at all").json() == {"people": [], "next": None}


def test_a_list_goes_on_where_it_stopped(boss: Caller) -> None:
    place, seen = "", []
    while True:
        part = boss.api("GET", PEOPLE, limit=3, **({"cursor": place} if place else {})).json()
        seen += [one["email"] for one in part["people"]]
        if not part["next"]:
            break
        place = part["next"]
    assert len(seen) == len(set(seen)) >= 6
    assert seen == sorted(seen, key=str.casefold)


@pytest.mark.parametrize("cursor", ["x", "bm9uZQ", "WzEsMl0", "W10", "WyJhIiwiYiIsImMiXQ" + "A" * 50])
def test_a_cursor_that_no_answer_has_given_is_refused(boss: Caller, cursor: str) -> None:
    answer = boss.api("GET", PEOPLE, cursor=cursor)
    assert answer.status == 400
    assert answer.error["field"] == "cursor"


def test_an_administrator_sees_what_a_person_has_and_no_secret(stack: Deployed, boss: Caller, site: SharedSite) -> None:
    owner = site.people["owner"]
    shown = boss.api("GET", f"{PEOPLE}/{owner.id}")
    assert {one["id"]: one["role"] for one in shown.json()["sites"]}[site.id] == "owner"
    assert [one["id"] for one in shown.json()["teams"]] == [site.team]
    assert shown.json()["second_factor"] == {"authenticator": False, "passkeys": 0, "recovery_codes": 0}
    page = browser_of(stack, site, "administrator").get(f"/administration/people/{owner.id}")
    for text in (shown.text, page.text):
        assert owner.email in text
        assert "argon2" not in text
        assert "shy_" not in text
    assert boss.api("GET", f"{PEOPLE}/{uuid.uuid4()}").status == 404


def test_a_person_becomes_an_administrator_and_stops_being_one(stack: Deployed, boss: Caller, site: SharedSite) -> None:
    stranger = site.people["stranger"]
    theirs = browser_of(stack, site, "stranger")
    assert theirs.get("/administration/people").status == 403
    assert boss.api("PATCH", f"{PEOPLE}/{stranger.id}", {"administrator": True}).json()["administrator"] is True
    assert theirs.get("/administration/people").status == 200
    assert boss.api("PATCH", f"{PEOPLE}/{stranger.id}", {"administrator": False}).json()["administrator"] is False
    assert theirs.get("/administration/people").status == 403
    actions = [one["action"] for one in entries(boss, "/administration/audit-log", person=stranger.id)]
    assert actions[:2] == ["person.unmake_administrator", "person.make_administrator"]


def test_a_limit_of_sites_holds_for_that_person_alone(stack: Deployed, boss: Caller, site: SharedSite) -> None:
    stranger = site.people["stranger"]
    theirs = Caller(stack.base_url, stranger.token)
    assert boss.api("PATCH", f"{PEOPLE}/{stranger.id}", {"max_sites": 1}).json()["max_sites"] == 1
    theirs.new_site(f"{uuid.uuid4().hex}.example")
    more = {"name": "More", "domain": f"{uuid.uuid4().hex}.example", "timezone": "UTC"}
    assert theirs.api("POST", "/sites", more).status == 409
    assert boss.api("PATCH", f"{PEOPLE}/{stranger.id}", {"max_sites": None}).json()["max_sites"] is None
    assert theirs.api("POST", "/sites", more).status == 201


def test_a_person_is_signed_out_everywhere(stack: Deployed, boss: Caller, site: SharedSite) -> None:
    editor = site.people["editor"]
    browsers = [browser_of(stack, site, "editor") for _ in range(2)]
    assert boss.api("GET", f"{PEOPLE}/{editor.id}").json()["sessions"] >= 2
    assert boss.api("DELETE", f"{PEOPLE}/{editor.id}/sessions").status == 204
    assert [browser.get("/sites").status for browser in browsers] == [303, 303]
    assert Caller(stack.base_url, editor.token).api("GET", "/sites").status == 200  # tokens stay


def test_second_factors_that_are_lost_are_removed(stack: Deployed, boss: Caller, site: SharedSite) -> None:
    viewer = site.people["viewer"]
    run(stack, FACTOR, viewer.id)
    before = boss.api("GET", f"{PEOPLE}/{viewer.id}").json()["second_factor"]
    assert before == {"authenticator": True, "passkeys": 0, "recovery_codes": 1}
    browser = browser_of(stack, site, "administrator")
    page = f"/administration/people/{viewer.id}"
    answer = browser.post(page, csrf=csrf_in(browser.get(page)), do="reset-second-factor")
    assert (answer.status, browser.where(page, answer)) == (303, f"{page}?done=reset-second-factor")
    after = boss.api("GET", f"{PEOPLE}/{viewer.id}").json()["second_factor"]
    assert after == {"authenticator": False, "passkeys": 0, "recovery_codes": 0}


def test_an_account_is_deleted_once_its_address_is_entered(stack: Deployed) -> None:
    site = make_shared_site(stack)
    browser, owner = browser_of(stack, site, "administrator"), site.people["owner"]
    page = f"/administration/people/{owner.id}/delete"
    shown = browser.get(page)
    assert "Shared" in shown.text  # a site that they own alone
    csrf = csrf_in(shown)
    assert browser.post(page, csrf=csrf).status == 400
    assert browser.post(page, csrf=csrf, email="another@example.com").status == 400
    assert browser.post(page, csrf=csrf, email=owner.email).status == 409
    answer = browser.post(page, csrf=csrf, email=owner.email, delete_sites="1")
    assert (answer.status, browser.where(page, answer)) == (303, "/administration/people?done=deleted")
    assert browser.get(page).status == 404
    assert Caller(stack.base_url, owner.token).api("GET", "/sites").status == 401
    assert browser.get(f"/sites/{site.id}").status == 404


def test_sites_are_listed_with_owner_and_state(boss: Caller, stack: Deployed, site: SharedSite) -> None:
    owner = Caller(stack.base_url, site.people["owner"].token)

    def listed() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = boss.api("GET", "/administration/sites", search=site.domain).json()["sites"]
        return [one for one in found if one["id"] == site.id]

    (before,) = wait_for(listed, lambda found: found)
    assert (before["status"], before["owner"]["id"]) == ("active", site.people["owner"].id)
    assert owner.api("PATCH", f"/sites/{site.id}", {"status": "archived"}).status == 200
    assert [one["status"] for one in listed()] == ["archived"]
    assert owner.api("PATCH", f"/sites/{site.id}", {"status": "active"}).status == 200


def test_owners_see_what_an_administrator_has_changed_in_their_site(
    stack: Deployed, boss: Caller, site: SharedSite
) -> None:
    assert boss.api("PATCH", f"/sites/{site.id}", {"ignored_ips": "192.0.2.77", "max_day": 500}).status == 200
    owner = Caller(stack.base_url, site.people["owner"].token)
    path = f"/sites/{site.id}/audit-log"
    (entry,) = wait_for(lambda: entries(owner, path, action="site.change"), lambda found: found)
    assert entry["actor"] == site.people["administrator"].id
    assert entry["as_administrator"] is True
    assert entry["details"] == {"settings": "ignored_ips, max_day"}
    page = browser_of(stack, site, "owner").get(path)
    assert "as an administrator of the installation" in page.text
    assert "192.0.2.77" not in page.text
    assert {one["site"] for one in entries(owner, path)} == {site.id}
    assert {one["action"] for one in entries(boss, "/administration/audit-log", site=site.id)} >= {
        "site.create",
        "site.change",
    }


def test_the_log_of_a_site_has_nothing_of_another(stack: Deployed, site: SharedSite) -> None:
    """An owner asks for the entries of another site, and for a person in it."""
    other = make_shared_site(stack)
    owner = Caller(stack.base_url, site.people["owner"].token)
    path = f"/sites/{site.id}/audit-log"
    assert owner.api("GET", f"/sites/{other.id}/audit-log").status == 404
    assert {one["site"] for one in entries(owner, path, site=other.id)} <= {site.id}
    assert entries(owner, path, person=other.people["owner"].id) == []


def test_what_the_command_line_does_with_tokens_is_in_the_log(stack: Deployed, boss: Caller, site: SharedSite) -> None:
    person = site.people["viewer"].id
    run(stack, ROTATE, person)
    found = [
        one for one in entries(boss, "/administration/audit-log", limit=200) if one["details"] == {"person": person}
    ]
    assert [(one["action"], one["actor"]) for one in found[:2]] == [("token.revoke", None), ("token.create", None)]


def test_the_log_is_given_as_files(stack: Deployed, site: SharedSite) -> None:
    browser = browser_of(stack, site, "administrator")
    path = "/administration/audit-log"
    as_csv = browser.get(f"{path}?format=csv&action=person.make_administrator")
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(as_csv.body.decode(), newline="")))
    assert {row["action"] for row in rows} <= {"person.make_administrator"}
    assert {one["action"] for one in browser.get(f"{path}?format=json").json()["entries"]} >= {"site.create"}
    assert browser.get(f"{path}?format=csv&month=2026-13").status == 400


def test_hits_and_dropped_hits_are_counted_as_usage(stack: Deployed, boss: Caller, site: SharedSite) -> None:
    """A page view and its leave are two records; a hit with DNT is excluded."""
    caller = Caller(stack.base_url)
    view = {"location": f"https://{site.domain}/", "idempotency": uuid.uuid4().hex}
    assert caller.beacon(site.id, view).status == 204
    headers = {"User-Agent": "Mozilla/5.0", "DNT": "1", "Content-Type": "text/plain"}
    assert caller.call("POST", f"/ingress/{site.id}/script.js", json.dumps(view).encode(), headers).status == 204

    def used() -> list[dict[str, Any]]:
        boss.api("GET", f"/sites/{site.id}/stats", period="today")  # builds the day
        found: list[dict[str, Any]] = boss.api("GET", "/administration/usage").json()["sites"]
        return [one for one in found if one["id"] == site.id and one["hits"] and one["excluded"]]

    (row,) = wait_for(used, lambda found: found)
    assert (row["hits"], row["excluded"], row["domain"]) == (1, 1, site.domain)
    assert row["cost"] > 0
    assert row["requests"] == 3  # the hit, the dropped one, and the script
    excluded = boss.api("GET", "/administration/excluded").json()
    assert {"dnt"} <= {one["reason"] for one in excluded["reasons"]}
    assert [one["hits"] for one in excluded["sites"] if one["id"] == site.id] == [1]
    listed = boss.api("GET", "/administration/sites", search=site.domain).json()["sites"]
    assert [one["hits"] for one in listed if one["id"] == site.id] == [1]
    assert boss.api("GET", "/administration/usage", month="2020-01").json()["sites"] == []
