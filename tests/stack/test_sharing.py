"""Shared links over HTTP: whoever has the address sees the figures, and nothing else; and what attackers try."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.config import COUNTER_CACHE_S, SIGN_IN_ATTEMPTS
from infra.http_client import Answer
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack.calls import Caller, wait_for
from tests.stack.people import Browser, some_address

PASSWORD = "a password of some length"


class Site:
    """A site with a page view, and calls of its owner."""

    def __init__(self, stack: Deployed, caller: Caller) -> None:
        self.stack = stack
        self.caller = caller
        self.id = caller.new_site(f"{uuid.uuid4().hex[:12]}.example")

    def api(self, method: str, path: str, body: object = None) -> Answer:
        return self.caller.api(method, f"/sites/{self.id}{path}", body)

    def share(self, **data: Any) -> dict[str, Any]:
        answer = self.api("POST", "/shares", {"name": "Link", **data})
        assert answer.status == 201, answer.body
        link: dict[str, Any] = answer.json()
        return link

    def path(self, link: dict[str, Any]) -> str:
        """The path of a link below the deployment's root."""
        return re.sub(r"^.*?(?=/(share|public)/)", "", link["url"])

    def visit(self, page: str = "/secret-page", identifier: str = "user-4711") -> None:
        """A view that the figures count."""
        answer = self.caller.beacon(self.id, {"location": f"https://x.example{page}"}, identifier=identifier)
        assert answer.status == 204
        wait_for(lambda: self.caller.stats(self.id), lambda stats: stats["metrics"]["pageviews"])


@pytest.fixture(scope="module")
def site(stack: Deployed, caller: Caller) -> Site:
    made = Site(stack, caller)
    made.visit()
    return made


@pytest.fixture
def stranger(stack: Deployed) -> Browser:
    return Browser(stack.base_url)


def without_places(page: str) -> str:
    """An error page without what repeats its own address."""
    return re.sub(r"(\.\./)+", "", page)


# ── links ──


def test_whoever_has_the_link_sees_the_figures_and_neither_visits_nor_identifiers(
    site: Site, stranger: Browser
) -> None:
    link = site.share(name="A secret name")
    assert link["last_opened"] is None
    page = stranger.get(f"{site.path(link)}?period=today")
    assert page.status == 200
    assert "/secret-page" in page.text
    for secret in ("user-4711", "Latest visits", "A secret name", site.id, site.stack.admin_email, "csrf"):
        assert secret not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert not page.cookies
    (listed,) = (one for one in site.api("GET", "/shares").json()["shares"] if one["id"] == link["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", listed["last_opened"])
    assert stranger.get(f"{site.path(link)}?period=fortnight").status == 400


def test_a_link_gives_no_access_to_anything_else(site: Site, stranger: Browser) -> None:
    token = site.path(site.share()).rpartition("/")[2]
    for path in (f"/sites/{site.id}", f"/sites/{site.id}/sharing", "/sites"):
        assert stranger.get(path).status == 303
    headers = {"Authorization": f"Bearer {token}"}
    for path in (f"/api/v1/sites/{site.id}/stats", f"/api/v1/sites/{site.id}/visits", "/api/v1/sites"):
        assert stranger.ask("GET", path, None, headers).status == 401
        assert stranger.ask("GET", path, None, {"Cookie": f"shylight_session={token}"}).status == 401


def test_revoked_expired_unknown_and_malformed_links_get_one_answer(site: Site, stranger: Browser) -> None:
    revoked = site.share()
    path = site.path(revoked)
    assert stranger.get(path).status == 200
    assert site.api("DELETE", f"/shares/{revoked['id']}").status == 204
    assert site.api("DELETE", f"/shares/{revoked['id']}").status == 404
    other = site.path(site.share())
    wrong = [path, other[:-4] + "AAAA", "/share/x", f"/share/{'a' * 64}", f"/share/{site.id}", "/public/x",
             f"/public/{uuid.uuid4()}", f"/public/{site.id}", f"/share/{revoked['id']}"]  # fmt: skip
    answers = [stranger.get(one) for one in wrong]
    assert {(answer.status, without_places(answer.text)) for answer in answers} == {
        (404, without_places(answers[0].text))
    }
    posted = [stranger.post(one, password=PASSWORD) for one in wrong]
    assert {answer.status for answer in posted} == {404}


def test_a_link_stops_working_when_it_expires(site: Site, stranger: Browser) -> None:
    link = site.share(expires_at=(datetime.now(UTC) + timedelta(seconds=3)).isoformat())
    wait_for(lambda: stranger.get(site.path(link)), lambda answer: answer.status == 404, 60)
    assert site.api("PATCH", f"/shares/{link['id']}", {"expires_at": None}).status == 200
    assert stranger.get(site.path(link)).status == 200


def test_a_hidden_table_is_left_out(site: Site, stranger: Browser) -> None:
    link = site.share(hidden=["pages"])
    page = stranger.get(f"{site.path(link)}?period=today").text
    assert "/secret-page" not in page
    assert "card-sources" in page


def test_the_public_page_is_open_while_its_owners_want_it(caller: Caller, stack: Deployed, stranger: Browser) -> None:
    site = Site(stack, caller)
    assert stranger.get(f"/public/{site.id}").status == 404
    link = site.share(access="public", indexed=True)
    page = stranger.get(f"/public/{site.id}")
    assert page.status == 200
    assert "No visits yet." in page.text
    assert 'content="index, nofollow"' in page.text
    assert site.api("POST", "/shares", {"name": "Another", "access": "public"}).error["field"] == "access"
    assert site.api("DELETE", f"/shares/{link['id']}").status == 204
    assert stranger.get(f"/public/{site.id}").status == 404


# ── frames ──


def test_only_named_websites_may_embed_a_link_and_nothing_else_may_be_embedded(site: Site, stranger: Browser) -> None:
    link = site.share(embed_origins=["https://blog.example", "*.example.org"])
    assert link["embed_origins"] == ["https://blog.example", "https://*.example.org"]
    answer = stranger.get(site.path(link))
    assert "; frame-ancestors https://blog.example https://*.example.org; " in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers
    for path in ("/sign-in", f"/share/{'a' * 64}"):
        assert "; frame-ancestors 'none'; " in stranger.get(path).headers["content-security-policy"]


@pytest.mark.parametrize(
    "origin",
    ["https://a.example\r\nSet-Cookie: x=1", "https://a.example; script-src *", "*", "'self'", "https://a.example x"],
)
def test_an_origin_cannot_write_another_header_or_rule(site: Site, origin: str) -> None:
    answer = site.api("POST", "/shares", {"name": "Link", "embed_origins": [origin]})
    assert (answer.status, answer.error["field"]) == (400, "embed_origins")


# ── passwords ──


def test_a_password_has_to_be_entered_once_and_only_for_its_link(
    site: Site, stack: Deployed, stranger: Browser
) -> None:
    link, other = site.share(password=PASSWORD), site.share(password=PASSWORD)
    path = site.path(link)
    locked = stranger.get(f"{path}?period=today")
    assert locked.status == 401
    assert "/secret-page" not in locked.text
    assert stranger.post(path, password="wrong password").status == 401
    assert not stranger.cookies
    answer = stranger.post(f"{path}?period=today", password=PASSWORD)
    assert (answer.status, stranger.where(path, answer)) == (303, f"{path}?period=today")
    (cookie,) = answer.cookies
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    page = stranger.get(f"{path}?period=today")
    assert "/secret-page" in page.text
    assert (page.headers["cache-control"], page.headers["vary"]) == ("no-store", "Cookie")
    assert stranger.get(site.path(other)).status == 401
    assert Browser(stack.base_url).get(path).status == 401
    assert site.api("PATCH", f"/shares/{link['id']}", {"password": "another password"}).json()["has_password"]
    assert stranger.get(path).status == 401
    assert not site.api("PATCH", f"/shares/{link['id']}", {"password": None}).json()["has_password"]
    assert stranger.get(path).status == 200


def test_guessing_the_password_of_a_link_is_slowed_down(site: Site, stack: Deployed) -> None:
    path, here = site.path(site.share(password=PASSWORD)), some_address()
    guess = {"X-Forwarded-For": here}
    answers = [Browser(stack.base_url).post(path, guess, password="a wrong guess") for _ in range(SIGN_IN_ATTEMPTS + 1)]
    assert [answer.status for answer in answers] == [401] * SIGN_IN_ATTEMPTS + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert Browser(stack.base_url).post(path, guess, password=PASSWORD).status == 429


@pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack's gateway tells no client's address")
def test_guesses_from_one_network_keep_nobody_else_out(site: Site, stack: Deployed) -> None:
    path = site.path(site.share(password=PASSWORD))
    for _ in range(SIGN_IN_ATTEMPTS):
        Browser(stack.base_url).post(path, {"X-Forwarded-For": "198.51.100.71"}, password="a wrong guess")
    assert Browser(stack.base_url).post(path, {"X-Forwarded-For": "192.0.2.71"}, password=PASSWORD).status == 303


def test_another_sites_page_cannot_send_a_password(site: Site, stranger: Browser) -> None:
    path = site.path(site.share(password=PASSWORD))
    assert stranger.post(path, {"Origin": "https://evil.example"}, password=PASSWORD).status == 403
    assert not stranger.cookies


# ── badge and counter ──


def test_badge_and_counter_are_off_until_they_are_switched_on(site: Site, stranger: Browser) -> None:
    assert site.api("GET", "/counter").json() == {"active": False, "counter_url": None, "badge_url": None}
    switched = site.api("PUT", "/counter", {"active": True}).json()
    counter, badge = (
        re.sub(r"^.*?(?=/(counter|badge)/)", "", switched[f"{name}_url"]) for name in ("counter", "badge")
    )
    answer = stranger.get(f"{counter}?period=today")
    assert answer.status == 200
    assert {name: answer.json()[name] for name in ("period", "visitors", "pageviews")} == {
        "period": "today", "visitors": 1, "pageviews": 1,
    }  # fmt: skip
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == f"public, max-age={COUNTER_CACHE_S}"
    known = stranger.ask("GET", f"{counter}?period=today", None, {"If-None-Match": answer.headers["etag"]})
    assert (known.status, known.body) == (304, b"")
    for period in ("7d", "30d", "all"):
        assert stranger.get(f"{counter}?period={period}").json()["visitors"] == 1
    image = stranger.get(f"{badge}?label=%3Cscript%3E&metric=pageviews")
    assert (image.status, image.headers["content-type"]) == (200, "image/svg+xml; charset=utf-8")
    assert "&lt;script&gt;: 1 in 30 days" in image.text
    wrong = stranger.get(f"{counter}?period=year")
    assert (wrong.status, wrong.error["field"], wrong.headers["access-control-allow-origin"]) == (400, "period", "*")
    assert site.api("PUT", "/counter", {"active": False}).json()["active"] is False
    gone = [stranger.get(path) for path in (counter, badge)]
    assert [answer.status for answer in gone] == [404, 404]
    assert all(answer.headers["cache-control"] == "no-store" for answer in gone)


def test_badges_tell_nobody_which_sites_there_are(site: Site, stranger: Browser) -> None:
    key = site.api("PUT", "/counter", {"active": True}).json()["counter_url"].rpartition("/")[2].removesuffix(".json")
    names = [site.id, str(uuid.uuid4()), key[:-4] + "AAAA", "a" * 40, "x", "", key + "A"]
    answers = [
        stranger.get(f"/{kind}/{name}.{end}") for name in names for kind, end in (("badge", "svg"), ("counter", "json"))
    ]
    answers += [stranger.get(f"/badge/{key}.json"), stranger.get(f"/counter/{key}.svg"), stranger.get(f"/badge/{key}")]
    assert {(answer.status, answer.body) for answer in answers} == {(404, answers[0].body)}


@pytest.mark.parametrize("body", [{}, {"active": "yes"}, {"active": True, "key": "x"}, {"active": None}])
def test_the_counter_is_switched_by_one_field(site: Site, body: dict[str, object]) -> None:
    assert site.api("PUT", "/counter", body).status == 400


# ── the page on which links are managed ──


def csrf_in(answer: Answer) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', answer.text)
    assert found
    return found[1]


def test_links_are_created_changed_and_revoked_on_their_page(site: Site, stack: Deployed, stranger: Browser) -> None:
    admin = Browser(stack.base_url)
    assert admin.sign_in(stack.admin_email, stack.admin_password).status == 303
    page = f"/sites/{site.id}/sharing"
    csrf = csrf_in(admin.get(page))
    nasty = '<script>alert(1)</script>"'
    form = {"csrf": csrf, "name": nasty, "password": PASSWORD, "expires_on": "2126-12-31", "show_pages": "on"}
    created = admin.post(page, None, **form)
    assert created.status == 303
    shown = admin.get(admin.where(page, created).partition("#")[0])
    assert "The link is created." in shown.text
    assert "<script>alert" not in shown.text
    (link,) = (one for one in site.api("GET", "/shares").json()["shares"] if one["name"] == nasty)
    assert (link["hidden"], link["has_password"]) == (["sources", "places", "devices", "events"], True)
    assert json.dumps(link["url"])[1:-1] in shown.text
    assert stranger.get(site.path(link)).status == 401
    changed = admin.post(
        f"{page}/{link['id']}", csrf=csrf, name="Renamed", remove_password="on", expires_on="2126-12-31"
    )
    assert changed.status == 303
    after = stranger.get(site.path(link))
    assert after.status == 200
    wrong = admin.post(f"{page}/{link['id']}", csrf=csrf, name="Renamed", embed_origins="https://a.example/path")
    assert (wrong.status, "Nothing was saved." in wrong.text) == (400, True)
    assert admin.post(f"{page}/{link['id']}", csrf=csrf, do="revoke").status == 303
    assert stranger.get(site.path(link)).status == 404
    assert admin.post(f"{page}/{link['id']}", csrf=csrf, do="revoke").status == 404
    for active, sentence in (("true", "are switched on"), ("false", "are switched off")):
        switched = admin.post(f"/sites/{site.id}/counter", csrf=csrf, active=active)
        assert sentence in admin.get(admin.where(f"/sites/{site.id}/counter", switched).partition("#")[0]).text
