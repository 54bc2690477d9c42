"""The page of a site's settings and the page to install from, over HTTP: saving, mistakes, archiving, first hits."""

from __future__ import annotations

import html
import json
import re
import shlex
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.http_client import Answer
from tests.stack.calls import FIREFOX, NO_SITE, Caller, wait_for
from tests.stack.people import GRANT, Browser, create, run


@pytest.fixture
def caller(stack: Any, made: dict[str, Any]) -> Caller:
    """Programs of the administrator."""
    return Caller(stack.base_url, made["token"])


@pytest.fixture
def site(caller: Caller) -> str:
    """A site of the administrator."""
    return caller.new_site(f"{uuid.uuid4().hex[:12]}.example")


@pytest.fixture
def plain(stack: Any, made: dict[str, Any]) -> Browser:
    """A browser in which somebody who is no administrator is signed in."""
    browser = Browser(stack.base_url)
    assert browser.sign_in(made["plain"], made["plain_password"]).status == 303
    return browser


def own_site(plain: Browser, made: dict[str, Any], domain: str = "") -> str:
    body = {"name": "Mine", "domain": domain or f"{uuid.uuid4().hex[:12]}.example", "timezone": "UTC"}
    answer = create(plain, made["plain_token"], body)
    assert answer.status == 201
    return str(answer.json()["id"])


def shown(page: str) -> dict[str, str]:
    """The form of the settings page, as a browser without JavaScript sends it when nothing is changed."""
    form = page.partition('<form method="post">')[2].partition("</form>")[0]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") != "checkbox" or " checked" in tag:
            fields[given["name"]] = html.unescape(given["value"])
    for name, text in re.findall(r'<textarea id="\w+" name="(\w+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        fields[name] = html.unescape(text).replace("\n", "\r\n")
    for name, options in re.findall(r'<select id="\w+" name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        (chosen,) = re.findall(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        fields[name] = chosen[0] if "value=" in options else chosen[1]
    return fields


def save(browser: Browser, site: str, form: dict[str, str], **changes: str) -> Answer:
    return browser.post(f"/sites/{site}/settings", None, **{**form, **changes})


def test_settings_are_saved_and_confirmed_and_nothing_else_changes(admin: Browser, caller: Caller, site: str) -> None:
    path = f"/sites/{site}/settings"
    assert f'href="../sites/{site}/settings"' in admin.get(f"/sites/{site}").text
    before = caller.api("GET", f"/sites/{site}").json()
    form = shown(admin.get(path).text)
    assert {"name", "version", "csrf", "origins", "proxies", "script_inject", "respect_dnt"} <= form.keys()
    same = save(admin, site, form)
    assert (same.status, admin.where(path, same)) == (303, f"{path}?done=saved")
    assert caller.api("GET", f"/sites/{site}").json() == before
    changes = {
        "name": "Renamed", "ignored_ips": "192.0.2.0/24\r\n2001:db8::/32", "respect_dnt": "false", "proxies": "2",
        "timezone": "Asia/Kathmandu", "max_day": "5000", "script_inject": "window.a = 'ä'\r\n",
    }  # fmt: skip
    saved = save(admin, site, form, **changes)
    assert saved.status == 303
    confirmed = admin.get(admin.where(path, saved))
    assert "Settings saved." in confirmed.text
    assert shown(confirmed.text)["ignored_ips"] == changes["ignored_ips"]
    after = caller.api("GET", f"/sites/{site}").json()
    expected = {
        "name": "Renamed", "ignored_ips": "192.0.2.0/24 2001:db8::/32", "respect_dnt": False, "proxies": "2",
        "timezone": "Asia/Kathmandu", "max_day": 5000, "script_inject": "window.a = 'ä'\n",
    }  # fmt: skip
    assert after == {**before, **expected, "script_integrity": after["script_integrity"]}


def test_mistakes_are_shown_and_nothing_is_saved(admin: Browser, caller: Caller, site: str) -> None:
    before = caller.api("GET", f"/sites/{site}").json()
    form = shown(admin.get(f"/sites/{site}/settings").text)
    answer = save(admin, site, form, name="Kept <b>", max_day="many", ignored_ips="192.0.2.1/24")
    assert answer.status == 400
    assert "Hits per day must be a whole number" in answer.text
    assert "Ignored IP addresses must be addresses" in answer.text
    entered = shown(answer.text)
    assert (entered["name"], entered["max_day"], entered["ignored_ips"]) == ("Kept <b>", "many", "192.0.2.1/24")
    assert caller.api("GET", f"/sites/{site}").json() == before


def test_a_long_script_fits_and_an_endless_one_is_too_large(admin: Browser, caller: Caller, site: str) -> None:
    form = shown(admin.get(f"/sites/{site}/settings").text)
    assert save(admin, site, form, script_inject="😀" * 16_000).status == 303
    assert caller.api("GET", f"/sites/{site}").json()["script_inject"] == "😀" * 16_000
    assert save(admin, site, form, script_inject="x" * 600_000).status == 413


def test_a_form_that_is_out_of_date_overwrites_nothing(admin: Browser, caller: Caller, site: str) -> None:
    form = shown(admin.get(f"/sites/{site}/settings").text)
    assert caller.api("PATCH", f"/sites/{site}", {"name": "Meanwhile"}).status == 200
    answer = save(admin, site, form, max_day="5000")
    assert answer.status == 409
    assert "Stored now: Meanwhile" in answer.text
    assert caller.api("GET", f"/sites/{site}").json()["name"] == "Meanwhile"
    assert save(admin, site, shown(answer.text), name="Meanwhile").status == 303
    stored = caller.api("GET", f"/sites/{site}").json()
    assert (stored["name"], stored["max_day"]) == ("Meanwhile", 5000)


def test_a_site_is_archived_and_made_active_again(
    admin: Browser, plain: Browser, caller: Caller, made: dict[str, Any], site: str
) -> None:
    path = f"/sites/{site}/settings"
    csrf = shown(admin.get(path).text)["csrf"]
    archived = admin.post(path, csrf=csrf, status="archived")
    assert "The site is archived." in admin.get(admin.where(path, archived)).text
    assert caller.api("GET", f"/sites/{site}").json()["status"] == "archived"
    assert "until it is made active again" in admin.get(f"/sites/{site}/install").text
    active = admin.post(path, csrf=csrf, status="active")
    assert "The site is active again." in admin.get(admin.where(path, active)).text
    domain = caller.api("GET", f"/sites/{site}").json()["domain"]
    assert admin.post(path, csrf=csrf, status="archived").status == 303
    own_site(plain, made, domain)
    refused = admin.post(path, csrf=csrf, status="active")
    assert refused.status == 409
    assert "belongs to an active site of another person" in refused.text
    assert caller.api("GET", f"/sites/{site}").json()["status"] == "archived"


def test_only_owners_may_change_settings_and_only_from_the_page(
    stack: Any, admin: Browser, plain: Browser, made: dict[str, Any], site: str
) -> None:
    path = f"/sites/{site}/settings"
    form = shown(admin.get(path).text)
    assert save(admin, site, form, csrf="wrong", name="Forged").status == 403
    assert admin.post(path, {"Origin": "https://evil.example"}, **{**form, "name": "Forged"}).status == 403
    assert Browser(stack.base_url).get(path).status == 303  # to sign in
    assert admin.get(f"/sites/{NO_SITE}/settings").status == 404
    csrf = re.findall(r'name="csrf" value="([^"]+)"', plain.get("/sites").text)[0]
    for page in ("settings", "install"):
        assert plain.get(f"/sites/{site}/{page}").status == 404
    assert plain.post(path, csrf=csrf, name="Taken").status == 404
    run(stack, GRANT, made["plain_id"], site)
    assert plain.get(path).status == 403
    assert plain.post(path, csrf=csrf, name="Taken").status == 403
    assert plain.get(f"/sites/{site}/install").status == 200
    assert "/settings" not in plain.get(f"/sites/{site}").text


def test_an_owner_who_is_no_administrator_changes_all_but_the_script(plain: Browser, made: dict[str, Any]) -> None:
    site = own_site(plain, made)
    form = shown(plain.get(f"/sites/{site}/settings").text)
    assert "script_inject" not in form
    assert save(plain, site, form, name="Mine still").status == 303
    assert save(plain, site, form | {"version": ""}, script_inject="alert(1)").status == 403
    assert plain.post(f"/sites/{site}/settings", csrf=form["csrf"], owner="somebody").status == 400


def test_the_install_page_notices_dropped_hits_and_the_first_one_that_counts(
    admin: Browser, caller: Caller, site: str
) -> None:
    path = f"/sites/{site}/install"
    assert "Waiting for the first visit" in admin.get(path).text
    view = {"idempotency": uuid.uuid4().hex, "location": "https://example.com/"}
    headers = {"Content-Type": "text/plain", "User-Agent": FIREFOX, "Accept": "*/*", "DNT": "1"}
    assert caller.call("POST", f"/ingress/{site}/script.js", json.dumps(view).encode(), headers).status == 204
    dropped = wait_for(lambda: admin.get(path).text, lambda page: "1 hit was dropped today" in page)
    assert "Waiting for the first visit" in dropped
    assert caller.beacon(site, view).status == 204
    wait_for(lambda: admin.get(path).text, lambda page: "Receiving hits" in page)


def test_the_command_for_servers_works_as_it_is_shown(
    admin: Browser, caller: Caller, made: dict[str, Any], site: str
) -> None:
    page = html.unescape(admin.get(f"/sites/{site}/install").text)
    (command,) = re.findall(r"<code>(curl .*?)</code>", page, re.DOTALL)
    words = shlex.split(command.replace("\\\n", " "))
    headers = dict(word.split(": ", 1) for at, word in enumerate(words) if words[at - 1] == "-H")
    headers["Authorization"] = headers["Authorization"].replace("YOUR-TOKEN", made["token"])
    where = urlsplit(words[1]).path
    body = words[words.index("-d") + 1].encode()
    answer = caller.call("POST", where[where.index("/api/") :], body, {"Accept": "*/*", **headers})
    assert (answer.status, answer.json()) == (202, {"accepted": 1})
