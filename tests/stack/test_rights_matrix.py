"""Every route as everybody: who gets an answer, who has to sign in, who is refused, and for whom the site is not there.

The program runs in this process. `test_deployed_routes.py` asks each route of a deployment, too.

The expectations are written out here once more, so that neither a route nor a right can change unnoticed.
"""

from __future__ import annotations

import json
import re
import uuid
from functools import cache
from typing import Final, NamedTuple
from urllib.parse import urlencode

import pytest

from chalicelib.accounts.sites import site_settings
from chalicelib.dispatch import ROUTES
from chalicelib.routing import Right, Route, Scope
from infra.http_client import Answer
from tests.conftest import Deployed
from tests.stack.calls import FIREFOX
from tests.stack.people import Browser
from tests.stack.site_roles import PASSWORD, SharedSite, make_shared_site

# "shared link" is somebody who does not sign in, and has the addresses of what the site shares. The others have wrong
# ones.
CALLERS: Final = ("anonymous", "stranger", "viewer", "editor", "admin", "owner", "administrator", "shared link")
WHO_HAS: Final = {
    Right.PUBLIC: set(CALLERS),
    Right.SIGNED_IN: {"stranger", "viewer", "editor", "admin", "owner", "administrator"},
    Right.SITE_VIEW: {"viewer", "editor", "admin", "owner", "administrator"},
    Right.SITE_EDIT: {"editor", "admin", "owner", "administrator"},
    Right.SITE_ADMIN: {"admin", "owner", "administrator"},
    Right.SITE_OWN: {"owner", "administrator"},
    Right.TEAM_VIEW: {"viewer", "admin", "owner", "administrator"},
    Right.TEAM_ADMIN: {"admin", "owner", "administrator"},
    Right.TEAM_OWN: {"owner", "administrator"},
    Right.ADMINISTRATOR: {"administrator"},
    Right.SHARED_LINK: {"shared link"},
    Right.PUBLIC_PAGE: set(CALLERS),
    Right.COUNTER_KEY: {"shared link"},
}
# Those who are neither in the site nor in the team.
OUTSIDE: Final = {"site": {"stranger"}, "team": {"stranger", "editor"}}
SITE, PEOPLE = "/api/v1/sites/{site}", "/api/v1/sites/{site}/people"
TEAM, MEMBERS = "/api/v1/teams/{team}", "/api/v1/teams/{team}/members"


class Case(NamedTuple):
    """A request, and the right that it needs; `body` changes nothing, even where it is allowed."""

    route: Route
    right: Right
    body: dict[str, object]

    def __str__(self) -> str:
        return f"{self.route.method} {self.route.path} {json.dumps(self.body) if self.body else ''}".strip()


BY_NAME: Final = {f"{route.method} {route.path}": route for route in ROUTES}
# Requests that need more than their route.
STRICTER: Final = [
    Case(BY_NAME[f"DELETE {PEOPLE}/{{person}}"], Right.SITE_ADMIN, {}),  # of somebody else
    Case(BY_NAME[f"PUT {PEOPLE}/{{person}}"], Right.SITE_OWN, {"role": "owner"}),
    Case(BY_NAME["POST /sites/{site}/people/{person}/remove"], Right.SITE_ADMIN, {}),
    Case(BY_NAME["POST /sites/{site}/people/{person}"], Right.SITE_OWN, {"role": "owner"}),
    Case(BY_NAME[f"DELETE {MEMBERS}/{{person}}"], Right.TEAM_ADMIN, {}),
    Case(BY_NAME[f"PUT {MEMBERS}/{{person}}"], Right.TEAM_OWN, {"role": "owner"}),
    Case(BY_NAME["POST /teams/{team}/members/{person}/remove"], Right.TEAM_ADMIN, {}),
    Case(BY_NAME["POST /teams/{team}/members/{person}"], Right.TEAM_OWN, {"role": "owner"}),
    Case(BY_NAME[f"POST {SITE}/segments"], Right.SITE_EDIT, {"name": "x", "filters": ["is,bounce,no"], "shared": True}),
    Case(BY_NAME[f"PATCH {SITE}"], Right.SITE_ADMIN, {"status": "unknown"}),
    Case(BY_NAME[f"PATCH {SITE}"], Right.SITE_ADMIN, {"domain": ""}),
    Case(BY_NAME[f"PATCH {SITE}"], Right.SITE_ADMIN, {"retention_days": 0}),
    Case(BY_NAME[f"PATCH {SITE}"], Right.ADMINISTRATOR, {"script_inject": 0}),
    Case(BY_NAME["POST /sites/{site}/settings"], Right.SITE_ADMIN, {"status": "unknown"}),
    Case(BY_NAME["POST /sites/{site}/settings"], Right.SITE_ADMIN, {"domain": ""}),
]
ALWAYS: Final = {case.route for case in STRICTER if not case.body}
CASES: Final = [*(Case(route, route.right, {}) for route in ROUTES if route not in ALWAYS), *STRICTER]


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture(scope="module")
def site(stack: Deployed) -> SharedSite:
    return make_shared_site(stack)


@pytest.fixture(scope="module")
def browsers(stack: Deployed, site: SharedSite) -> dict[str, Browser]:
    """A browser for each caller, signed in."""
    return {who: signed_in(stack, site, who) for who in CALLERS}


def signed_in(stack: Deployed, site: SharedSite, who: str) -> Browser:
    browser = Browser(stack.base_url)
    if who in site.people:
        assert browser.sign_in(site.people[who].email, PASSWORD).status == 303
    return browser


def send(browser: Browser, case: Case, site: SharedSite, token: str = "", who: str = "") -> Answer:
    """The answer to the request of a case: with a token, or by the session of `browser` with the form's CSRF token."""
    route = case.route
    given = {
        "site": site.id, "team": site.team, "person": str(uuid.uuid4()), "invitation": str(uuid.uuid4()),
        "token": "unknown", "identifier": "user-1", "file": "none",
        "passkey": "unknown", "transfer": site.id, "deletion": site.id, "letter": str(uuid.uuid4()),
        "table": "pages", "visit": "2026-11-24.visitor.view", "segment": "0" * 16, "share": "0" * 16,
        "annotation": "0" * 16,
        "link": site.link if who == "shared link" else f"{site.link[:-8]}AAAAAAAA",
    }  # fmt: skip
    if route.right is Right.COUNTER_KEY:
        key = site.counter if who == "shared link" else f"{site.counter[:-8]}AAAAAAAA"
        given["file"] = key + (".svg" if "badge" in route.path else ".json")
    path = re.sub(r"{(\w+)}", lambda name: given[name[1]], route.path)
    headers = {"User-Agent": FIREFOX} | ({"Authorization": f"Bearer {token}"} if token else {})
    if route.method == "GET":
        return browser.ask("GET", path, None, headers)
    if path.startswith(("/api/", "/ingress/")):
        return browser.ask(route.method, path, json.dumps(case.body).encode(), headers)
    headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": browser.origin}
    csrf = csrf_of(browser) if who in site.people else {}
    return browser.ask(route.method, path, urlencode(csrf | case.body).encode(), headers)


@cache
def csrf_of(browser: Browser) -> dict[str, str]:
    """The field of the forms of somebody's session; it is the same in all of them."""
    (token,) = set(re.findall(r'name="csrf" value="([^"]+)"', browser.get("/account/preferences").text))
    return {"csrf": token}


def outcome(case: Case, answer: Answer) -> str:
    """What became of the request."""
    assert answer.status < 500, answer.text
    is_sent_to_sign_in = answer.status == 303 and "sign-in" in answer.headers["location"]
    nobody_in_shynet = case.route.like_shynet and (answer.status, answer.text) == (403, "{}")
    if case.right is not Right.PUBLIC and (answer.status == 401 or is_sent_to_sign_in or nobody_in_shynet):
        return "has to sign in"
    if answer.status == 404 and "There is no such site, or you have no access to it." in answer.text:
        return "finds no site"
    if answer.status == 404 and case.right.of_team and "There is no such team, or you are not in it." in answer.text:
        return "finds no team"
    if answer.status == 404 and "There is no such page." in answer.text and case.right is not Right.PUBLIC:
        return "finds no page"
    return "is refused" if answer.status == 403 else "is answered"


def expected(case: Case, who: str) -> str:
    if who in WHO_HAS[case.right]:
        return "is answered"
    if case.right.of_address:
        return "finds no page"
    if who == "shared link":  # nothing of it counts elsewhere
        who = "anonymous"
    if who == "anonymous":
        return "has to sign in"
    place = case.route.right.parameter
    return f"finds no {place}" if place and who in OUTSIDE[place] else "is refused"


def test_all_rights_and_settings_are_in_the_matrix() -> None:
    assert set(WHO_HAS) == set(Right)
    assert {case.route for case in CASES} == set(ROUTES)
    settings = {name: case.right for case in STRICTER for name in case.body if case.route.method == "PATCH"}
    assert settings == site_settings.RIGHTS


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_route_answers_those_who_have_its_right(
    stack: Deployed, site: SharedSite, browsers: dict[str, Browser], case: Case
) -> None:
    """Programs by token, pages by session, where the API's GET routes are open to both."""
    of_api = case.route.path.startswith("/api/")
    ends_session = case.route.path == "/sign-out"
    by_token, by_session = {}, {}
    for who in CALLERS:
        if of_api:
            token = site.people[who].token if who in site.people else ""
            by_token[who] = outcome(case, send(Browser(stack.base_url), case, site, token, who))
        if not of_api or case.route.method == "GET":
            browser = signed_in(stack, site, who) if ends_session else browsers[who]
            by_session[who] = outcome(case, send(browser, case, site, who=who))
    wanted = {who: expected(case, who) for who in CALLERS}
    assert by_token in ({}, wanted)
    assert by_session in ({}, wanted)


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.right is not Right.PUBLIC and case.route.path.startswith("/api/")],
    ids=str,
)
def test_a_session_alone_changes_nothing_over_the_api(
    site: SharedSite, browsers: dict[str, Browser], case: Case
) -> None:
    """Another site's page can make a browser send its cookies, but not a token."""
    if case.route.method == "GET":
        assert outcome(case, send(browsers["administrator"], case, site, "shy_wrong")) == "has to sign in"
    else:
        assert outcome(case, send(browsers["administrator"], case, site)) == "has to sign in"


OF_PROGRAMS: Final = [case for case in CASES if case.right is not Right.PUBLIC and case.route.path.startswith("/api/")]


def test_every_scope_is_in_the_matrix() -> None:
    assert {case.route.scope for case in OF_PROGRAMS} == set(Scope)


@pytest.mark.parametrize("case", OF_PROGRAMS, ids=str)
def test_a_token_of_one_scope_opens_the_routes_of_that_scope_and_no_others(
    stack: Deployed, site: SharedSite, case: Case
) -> None:
    """The tokens are those of an administrator, who may do everything; the other scope is the next one of the list.

    `tests/unit/test_dispatch.py` tries every scope on every route.
    """
    scopes = list(Scope)
    needed = scopes.index(case.route.scope or scopes[0])
    other = scopes[(needed + 1) % len(scopes)]
    browser = Browser(stack.base_url)
    found = {one: outcome(case, send(browser, case, site, site.scoped[one.value])) for one in (scopes[needed], other)}
    assert found == {scopes[needed]: "is answered", other: "is refused"}


@pytest.mark.parametrize("case", OF_PROGRAMS, ids=str)
def test_a_token_that_is_limited_to_another_site_does_not_reach_this_one(
    stack: Deployed, site: SharedSite, case: Case
) -> None:
    answer = send(Browser(stack.base_url), case, site, site.elsewhere)
    if case.route.right.of_site:
        assert outcome(case, answer) == "finds no site"
    else:
        assert outcome(case, answer) == ("is answered" if case.route.filters_sites else "is refused")
        assert site.id not in answer.text


@pytest.mark.parametrize("who", [who for who in CALLERS if who not in ("anonymous", "administrator", "shared link")])
def test_the_matrix_changed_nothing(stack: Deployed, site: SharedSite, who: str) -> None:
    """Nobody got or lost a role by a request that was refused or invalid."""
    headers = {"Authorization": f"Bearer {site.people['owner'].token}"}
    listed = Browser(stack.base_url).ask("GET", f"/api/v1/sites/{site.id}/people", None, headers).json()["people"]
    assert {one["id"]: one["role"] for one in listed}.get(site.people[who].id) == (None if who == "stranger" else who)
    in_team = Browser(stack.base_url).ask("GET", f"/api/v1/teams/{site.team}/members", None, headers).json()["members"]
    expected = {"owner": "owner", "admin": "admin", "viewer": "member"}.get(who)
    assert {one["id"]: one["role"] for one in in_team}.get(site.people[who].id) == expected
