"""The tables of routes: every row has a right and a handler, and the right is checked before the handler runs."""

from __future__ import annotations

import base64
import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from chalice import Response

import app as program
from chalicelib import dispatch
from chalicelib.accounts.access import auth, team_rights
from chalicelib.accounts.access.api_tokens import Holder
from chalicelib.accounts.sharing import shared_access
from chalicelib.api import request_limit
from chalicelib.api.request_limit import Quota
from chalicelib.application import ShylightApp
from chalicelib.dispatch import ROUTES, handler_of, register
from chalicelib.errors import Forbidden, NotFound, Unauthorized
from chalicelib.routing import ADDRESS_PARAMETERS, FULL_ACCESS, Access, Right, Route, Scope
from chalicelib.store import people, sites, teams
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team, TeamRole
from chalicelib.web import Request, reply
from harness import lambda_requests
from tests.unit.dashboard import samples

PERSON = Person("1", "ada@example.com")
ADMIN = Person("2", "root@example.com", admin=True)
SITE_RIGHTS = [Right.SITE_VIEW, Right.SITE_EDIT, Right.SITE_ADMIN, Right.SITE_OWN]
TEAM_RIGHTS = [Right.TEAM_VIEW, Right.TEAM_ADMIN, Right.TEAM_OWN]
TEAM = Team("0d3c5f0e-93a0-4a3a-8a53-0f5ad1b6f9c1", "Editors", {})


def parameters_of(path: str) -> set[str]:
    return {part[1:-1] for part in path.split("/") if part.startswith("{")}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_handler_takes_what_dispatch_passes(route: Route) -> None:
    """The request; the person; the site or team of a right in one; the other parameters of the path."""
    given: list[Any] = [samples.request(route.path)]
    given += [] if route.right is Right.PUBLIC or route.right.of_address else [PERSON]
    named = parameters_of(route.path)
    if route.right.of_address:
        given += [samples.SITE] if route.right is Right.COUNTER_KEY else [samples.SITE, samples.LINK]
        named.remove(ADDRESS_PARAMETERS[route.right])
    if route.right.parameter:
        given.append(samples.SITE if route.right.of_site else TEAM)
        named.remove(route.right.parameter)
    inspect.signature(handler_of(route)).bind(*given, **dict.fromkeys(named, "x"))


def test_no_route_is_there_twice() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


def test_a_row_without_a_right_cannot_be_registered() -> None:
    app = ShylightApp(app_name="rights")
    with pytest.raises(TypeError, match="no right"):
        register(app, (Route("GET", "/x", "dashboard.reports.home:show", None),))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="site"):
        register(app, (Route("GET", "/x", "dashboard.reports.home:show", Right.SITE_VIEW),))
    with pytest.raises(ValueError, match="team"):
        register(app, (Route("GET", "/x/{site}", "dashboard.reports.home:show", Right.TEAM_VIEW),))
    for right in ADDRESS_PARAMETERS:
        with pytest.raises(ValueError, match="address"):
            register(app, (Route("GET", "/x/{other}", "dashboard.reports.home:show", right),))
    with pytest.raises(TypeError):
        Route("GET", "/x", "dashboard.reports.home:show")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("path", "right", "scope"),
    [
        ("/api/v1/x", Right.SIGNED_IN, None),
        ("/api/v1/x", Right.PUBLIC, Scope.SITES_READ),
        ("/x", Right.SIGNED_IN, Scope.SITES_READ),
    ],
)
def test_routes_of_the_api_that_are_not_public_need_a_scope_and_no_others(
    path: str, right: Right, scope: Scope | None
) -> None:
    with pytest.raises(TypeError, match="scope"):
        register(ShylightApp(app_name="scopes"), (Route("GET", path, "dashboard.reports.home:show", right, scope),))


def test_routes_that_create_something_take_an_idempotency_key() -> None:
    """Every POST of the API does, except for hits, which bring ids of their own."""
    posts = {route for route in ROUTES if route.method == "POST" and route.scope is not None}
    assert {route for route in ROUTES if route.creates} == {one for one in posts if one.scope is not Scope.HITS_WRITE}


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Callable[[Person | None, str | None, Access], None]:
    """Sets who asks, their role in the site, and what their token allows."""

    def be(
        person: Person | None,
        role: str | None = None,
        access: Access = FULL_ACCESS,
        team_role: TeamRole | None = None,
    ) -> None:
        def person_asking(_request: Request) -> Person:
            if person is None:
                raise Unauthorized("Please sign in.")
            return person

        monkeypatch.setattr(auth, "signed_in_person", person_asking)
        monkeypatch.setattr(auth, "token_holder", lambda request, *_: Holder(person_asking(request), access))
        monkeypatch.setattr(request_limit, "count", lambda _person: Quota(600, 599, 42))
        monkeypatch.setattr(people, "role_in", lambda _person, _site: role)
        monkeypatch.setattr(sites, "get_site", lambda _site: samples.SITE)
        members = {person.id: team_role} if person and team_role else {}
        monkeypatch.setattr(teams, "read", lambda _team: dataclasses.replace(TEAM, members=members))

    return be


def answer(monkeypatch: pytest.MonkeyPatch, right: Right, request: Request) -> bytes:
    """What a route with this right answers."""

    def handler(_request: Request, person: Person | None = None, subject: Site | Team | None = None) -> Response:
        return reply(f"{person.id if person else '-'} {subject.name if subject else '-'}", "text/plain")

    monkeypatch.setattr(dispatch, "handler_of", lambda _route: handler)
    named = {"site": samples.SITE.id, "team": TEAM.id}
    of_subject = {right.parameter: named[right.parameter]} if right.parameter else {}
    scope = Scope.SITES_READ if request.is_api else None
    route = Route("GET", f"/x/{{{right.parameter}}}", "x:y", right, scope)
    body: bytes = dispatch._answer(route)(request, **of_subject).body
    return body


def test_public_routes_ask_for_nobody(monkeypatch: pytest.MonkeyPatch, caller: Any) -> None:
    caller(None)
    assert answer(monkeypatch, Right.PUBLIC, samples.request("/x")) == b"- -"


@pytest.mark.parametrize("right", [right for right in Right if right is not Right.PUBLIC and not right.of_address])
@pytest.mark.parametrize("path", ["/x", "/api/v1/x"])
def test_every_other_right_needs_somebody(
    monkeypatch: pytest.MonkeyPatch, caller: Any, right: Right, path: str
) -> None:
    caller(None)
    with pytest.raises(Unauthorized):
        answer(monkeypatch, right, samples.request(path))


@pytest.mark.parametrize("right", ADDRESS_PARAMETERS)
def test_a_right_of_an_address_asks_for_nobody_but_for_the_address(
    monkeypatch: pytest.MonkeyPatch, caller: Any, right: Right
) -> None:
    """Whoever is signed in gets no further with a wrong address than anybody else."""
    asked: list[tuple[Right, str]] = []

    def find(_request: Request, wanted: Right, address: str) -> tuple[Site]:
        asked.append((wanted, address))
        if address != "right":
            raise shared_access.no_such_address()
        return (samples.SITE,)

    monkeypatch.setattr(shared_access, "authorize", find)
    monkeypatch.setattr(dispatch, "handler_of", lambda _route: lambda _request, site: reply(site.name, "text/plain"))
    answer = dispatch._answer(Route("GET", "/x", "x:y", right))
    for person in (None, ADMIN):
        caller(person, "owner")
        assert answer(samples.request("/x"), **{ADDRESS_PARAMETERS[right]: "right"}).body == b"Fieldnotes"
        with pytest.raises(NotFound):
            answer(samples.request("/x"), **{ADDRESS_PARAMETERS[right]: "wrong"})
    assert asked == [(right, "right"), (right, "wrong")] * 2


@pytest.mark.parametrize("path", ["/x", "/api/v1/x"])
@pytest.mark.parametrize(
    ("person", "role", "allowed"),
    [
        (PERSON, None, set()),
        (PERSON, "viewer", {Right.SITE_VIEW}),
        (PERSON, "editor", {Right.SITE_VIEW, Right.SITE_EDIT}),
        (PERSON, "admin", {Right.SITE_VIEW, Right.SITE_EDIT, Right.SITE_ADMIN}),
        (PERSON, "owner", set(SITE_RIGHTS)),
        (ADMIN, None, set(SITE_RIGHTS)),
    ],
)
def test_rights_in_a_site_follow_from_the_role(
    monkeypatch: pytest.MonkeyPatch, caller: Any, path: str, person: Person, role: str | None, allowed: set[Right]
) -> None:
    caller(person, role)
    for right in SITE_RIGHTS:
        request = samples.request(path)
        if right in allowed:
            assert answer(monkeypatch, right, request) == f"{person.id} {samples.SITE.name}".encode()
        else:
            with pytest.raises(NotFound if role is None else Forbidden):
                answer(monkeypatch, right, request)


@pytest.mark.parametrize("path", ["/x", "/api/v1/x"])
@pytest.mark.parametrize(
    ("person", "role", "allowed"),
    [
        (PERSON, None, set()),
        (PERSON, "member", {Right.TEAM_VIEW}),
        (PERSON, "admin", {Right.TEAM_VIEW, Right.TEAM_ADMIN}),
        (PERSON, "owner", set(TEAM_RIGHTS)),
        (ADMIN, None, set(TEAM_RIGHTS)),
    ],
)
def test_rights_in_a_team_follow_from_the_role(
    monkeypatch: pytest.MonkeyPatch, caller: Any, path: str, person: Person, role: TeamRole | None, allowed: set[Right]
) -> None:
    caller(person, team_role=role)
    for right in TEAM_RIGHTS:
        request = samples.request(path)
        if right in allowed:
            assert answer(monkeypatch, right, request) == f"{person.id} {TEAM.name}".encode()
        else:
            with pytest.raises(NotFound if role is None else Forbidden):
                answer(monkeypatch, right, request)


@pytest.mark.parametrize("team_id", ["x", "", "../..", "0d3c5f0e-93a0-4a3a-8a53-0f5ad1b6f9c1#"])
def test_what_is_no_id_of_a_team_is_not_looked_up(monkeypatch: pytest.MonkeyPatch, caller: Any, team_id: str) -> None:
    caller(ADMIN)
    monkeypatch.setattr(teams, "read", lambda _team: pytest.fail("looked up"))
    with pytest.raises(NotFound):
        team_rights.team_for(ADMIN, team_id, Right.TEAM_VIEW)


def test_administrators_routes_are_theirs_alone(monkeypatch: pytest.MonkeyPatch, caller: Any) -> None:
    caller(PERSON)
    with pytest.raises(Forbidden):
        answer(monkeypatch, Right.ADMINISTRATOR, samples.request("/x"))
    caller(ADMIN)
    assert answer(monkeypatch, Right.ADMINISTRATOR, samples.request("/x")) == b"2 -"


def test_a_form_from_elsewhere_changes_nothing(monkeypatch: pytest.MonkeyPatch, caller: Any) -> None:
    """The forms of pages are checked before the handler runs; programs send a token, which no form can."""
    caller(PERSON, "owner", team_role="owner")

    def refuse(_request: Request, _form: dict[str, str]) -> None:
        raise Forbidden("This form has expired.")

    monkeypatch.setattr(auth, "check_csrf", refuse)
    for right in (Right.SIGNED_IN, *SITE_RIGHTS, *TEAM_RIGHTS):
        with pytest.raises(Forbidden, match="expired"):
            answer(monkeypatch, right, samples.request("/x", method="POST", body=b"name=x"))
        assert answer(monkeypatch, right, samples.request("/api/v1/x", method="POST", body=b"{}"))


OF_SITE = Route("GET", "/api/v1/x/{site}", "x:y", Right.SITE_VIEW, Scope.STATS_READ)
OF_PERSON = Route("GET", "/api/v1/x", "x:y", Right.SIGNED_IN, Scope.STATS_READ)
OTHER_SITE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, caller: Any) -> Callable[[Route, Access], Response]:
    """Asks an administrator's route with a token; the answer is what the handler gets as access."""

    def handler(request: Request, *_known: object) -> Response:
        return reply(repr(request.access), "text/plain")

    def send(route: Route, access: Access) -> Response:
        monkeypatch.setattr(dispatch, "handler_of", lambda _route: handler)
        caller(ADMIN, None, access)
        of_site = {"site": samples.SITE.id.upper()} if route.right.of_site else {}
        return dispatch._answer(route)(samples.request("/api/v1/x", method=route.method), **of_site)

    return send


@pytest.mark.parametrize("scope", Scope)
def test_a_token_needs_the_scope_of_the_route(ask: Any, scope: Scope) -> None:
    access = Access(frozenset({scope}))
    if scope is Scope.STATS_READ:
        assert ask(OF_SITE, access).body == repr(access).encode()
        return
    with pytest.raises(Forbidden, match="does not have the scope stats:read") as refused:
        ask(OF_SITE, access)
    assert refused.value.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="stats:read"'


@pytest.mark.parametrize("route", [one for one in ROUTES if one.scope], ids=lambda one: f"{one.method} {one.path}")
def test_every_route_takes_tokens_of_its_scope_alone(monkeypatch: Any, caller: Any, route: Route) -> None:
    monkeypatch.setattr(dispatch, "handler_of", lambda _route: lambda *_given, **_named: reply("", "text/plain"))
    answer, named = dispatch._answer(route), dict.fromkeys(parameters_of(route.path), "x")
    named |= {"site": samples.SITE.id} if "site" in named else {}
    named |= {"team": TEAM.id} if "team" in named else {}
    request = samples.request("/api/v1/x", method=route.method)
    for scope in Scope:
        caller(ADMIN, None, Access(frozenset({scope})))
        if scope is route.scope:
            assert answer(request, **named).status_code == 200
        elif route.like_shynet:
            refused = answer(request, **named)
            assert refused.status_code == 403
            assert b"does not have the scope" in refused.body
        else:
            with pytest.raises(Forbidden, match="does not have the scope"):
                answer(request, **named)


def test_a_token_that_is_limited_to_sites_finds_no_others(ask: Any) -> None:
    assert ask(OF_SITE, Access(sites=frozenset({samples.SITE.id, OTHER_SITE}))).status_code == 200
    with pytest.raises(NotFound, match="no such site"):
        ask(OF_SITE, Access(sites=frozenset({OTHER_SITE})))


def test_a_token_that_is_limited_to_sites_is_refused_where_nothing_keeps_it_to_them(ask: Any) -> None:
    limited = Access(sites=frozenset({samples.SITE.id}))
    for route in (OF_PERSON, OF_PERSON._replace(right=Right.ADMINISTRATOR)):
        with pytest.raises(Forbidden, match="limited to some sites"):
            ask(route, limited)
        assert ask(route, FULL_ACCESS).status_code == 200
    assert ask(OF_PERSON._replace(filters_sites=True), limited).status_code == 200


def test_answers_and_errors_tell_the_limit_of_requests(ask: Any) -> None:
    expected = {"RateLimit-Policy": '"person";q=600;w=60', "RateLimit": '"person";r=599;t=42'}
    assert expected.items() <= ask(OF_SITE, FULL_ACCESS).headers.items()
    with pytest.raises(NotFound) as refused:
        ask(OF_SITE, Access(sites=frozenset()))
    assert expected.items() <= refused.value.headers.items()


@pytest.mark.parametrize(("language", "title"), [("en", "Not found"), ("de", "Nicht gefunden")])
def test_an_address_without_a_route_gets_a_page(language: str, title: str) -> None:
    rest = "sites/1/no/page"
    asked = lambda_requests.event("GET", "/{proxy+}", {"proxy+": rest}, headers={"Accept-Language": language})
    asked["pathParameters"] = {"proxy": rest}  # as API Gateway names it
    answer = program.app(asked, lambda_requests.Context())
    page = base64.b64decode(answer["body"]).decode() if answer["isBase64Encoded"] else answer["body"]
    assert answer["statusCode"] == 404
    assert f"<h1>{title}</h1>" in page
    assert 'href="../../../sites"' in page
    assert answer["headers"]["Content-Security-Policy"]


def test_every_path_that_takes_get_takes_head() -> None:
    assert [path for path, methods in program.app.routes.items() if "GET" in methods and "HEAD" not in methods] == []


@pytest.mark.parametrize(
    ("path", "resource", "status"),
    [
        ("/api/v1/openapi.json", "/api/v1/openapi.json", 200),
        ("/api/v1/sites", "/api/v1/sites", 401),
        ("/sites", "/sites", 303),
        ("/static/none.css", "/static/{file}", 404),
        ("/nowhere", "/{proxy+}", 404),
    ],
)
def test_head_is_get_without_a_body(path: str, resource: str, status: int) -> None:
    asked = lambda_requests.event("GET", resource, {"file": "none.css", "proxy+": "nowhere"}) | {"path": path}
    got = program.app(asked, lambda_requests.Context())
    asked |= {"httpMethod": "HEAD", "requestContext": asked["requestContext"] | {"httpMethod": "HEAD"}}
    answer = program.app(asked, lambda_requests.Context())
    assert (answer["statusCode"], answer["headers"]) == (status, got["headers"])
    assert (answer["body"], answer["isBase64Encoded"]) == ("", False)


@pytest.mark.parametrize("path", ["/ingress/{site}/pixel.gif", "/ingress/{site}/{identifier}/pixel.gif"])
def test_head_of_a_pixel_is_handled_apart(path: str) -> None:
    """Each GET of it is a view."""
    assert program.app.routes[path]["HEAD"].view_name.endswith("pixel_headers")


def test_head_of_what_takes_no_get_says_so() -> None:
    asked = lambda_requests.event("HEAD", "/api/{proxy+}", {"proxy+": "event"})
    answer = program.app(asked, lambda_requests.Context())
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "OPTIONS, POST")
