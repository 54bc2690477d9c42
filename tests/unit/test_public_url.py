"""Where the deployment is: as its settings or API Gateway say, never as a request says of itself."""

import json
from collections.abc import Iterator
from contextvars import copy_context
from types import SimpleNamespace
from typing import Any

import pytest
from chalice import Response
from chalice.app import Request as ChaliceRequest

import app
from chalicelib import config
from chalicelib import public_url as address
from chalicelib.accounts.access import auth, session_origin
from chalicelib.accounts.access.session_origin import SessionOrigin
from chalicelib.accounts.mailing import mail, notices
from chalicelib.accounts.mailing.texts import SECURITY_CHANGES
from chalicelib.application import serve
from chalicelib.store import browser_sessions, security_notices
from chalicelib.store.people import Person
from chalicelib.web import Request, read_request, reply_json

ACCOUNT = "123456789012"
GATEWAY = "abcd.execute-api.eu-central-1.amazonaws.com"
FORGED = {
    "Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "Accept": "*/*",
    "Forwarded": "host=evil.example;proto=http",
}  # fmt: skip


@pytest.fixture
def public_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def say(url: str) -> None:
        monkeypatch.setenv("SHYLIGHT_PUBLIC_URL", url)
        config.settings.cache_clear()

    monkeypatch.setenv("SHYLIGHT_ACCOUNT", ACCOUNT)
    say("")
    yield say
    monkeypatch.undo()
    config.settings.cache_clear()


def event(path: str, route: str, whole: str | None = None, **context: object) -> dict[str, Any]:
    """What API Gateway sends the function of a REST API, with what a stranger can put into it."""
    return {
        "resource": route, "path": path, "httpMethod": "GET", "headers": FORGED, "multiValueHeaders": {},
        "queryStringParameters": None, "multiValueQueryStringParameters": None, "stageVariables": None, "body": None,
        "isBase64Encoded": False,
        "pathParameters": {name[1:-1]: "x" for name in route.split("/") if name.startswith("{")} or None,
        "requestContext": {
            "httpMethod": "GET", "resourcePath": route, "path": whole or path, "domainName": GATEWAY, "stage": "prod",
            "identity": {"sourceIp": "192.0.2.1"}, **context,
        },
    }  # fmt: skip


def answered(sent: dict[str, Any]) -> dict[str, Any]:
    function = SimpleNamespace(invoked_function_arn=f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:x")
    answer: dict[str, Any] = app.app(sent, function)
    return answer


def location(sent: dict[str, Any]) -> str:
    return str(answered(sent)["headers"]["Location"])


@pytest.mark.usefixtures("public_url")
@pytest.mark.parametrize(
    ("path", "whole", "domain", "home"),
    [
        ("/", "/prod/", GATEWAY, f"https://{GATEWAY}/prod/sites"),
        ("/", "/prod", GATEWAY, f"https://{GATEWAY}/prod/sites"),
        ("/", "/", "stats.example.com", "https://stats.example.com/sites"),
        ("/stats", "/stats", "www.example.com", "https://www.example.com/stats/sites"),
        ("/stats/", "/stats/", "www.example.com", "https://www.example.com/stats/sites"),
    ],
)
def test_without_a_setting_it_is_where_the_gateway_says(path: str, whole: str, domain: str, home: str) -> None:
    assert location(event(path, "/", whole, domainName=domain)) == home


def test_a_setting_comes_first(public_url: Any) -> None:
    public_url("https://stats.example.com")
    assert location(event("/", "/", "/prod/")) == "https://stats.example.com/sites"
    public_url("http://127.0.0.1:4566/restapis/x")
    assert location(event("/", "/", "/prod/")) == "http://127.0.0.1:4566/restapis/x/sites"


@pytest.mark.usefixtures("public_url")
@pytest.mark.parametrize("domain", [None, "", "evil.example/x", "a b", "evil.example:80@x", 5, ["x"]])
def test_if_nobody_tells_it_fails_closed_and_says_what_to_do(domain: object) -> None:
    sent = event("/", "/", "/prod/", domainName=domain)
    answer = answered(sent)
    assert answer["statusCode"] == 500
    assert "SHYLIGHT_PUBLIC_URL" in answer["body"]
    assert "evil" not in json.dumps(answer)
    assert address.is_https_only(sent["requestContext"])


@pytest.mark.usefixtures("public_url")
@pytest.mark.parametrize(
    ("path", "route", "whole", "prefix", "below"),
    [
        ("/sites/x", "/sites/{site}", "/prod/sites/x", "/prod", "/sites/x"),
        ("/sites/x", "/sites/{site}", "/sites/x", "", "/sites/x"),
        ("/stats/sites/x", "/sites/{site}", "/stats/sites/x", "/stats", "/sites/x"),
        ("/a/b/api/v1/sites", "/api/v1/sites", "/a/b/api/v1/sites", "/a/b", "/api/v1/sites"),
        ("/sites/sites", "/sites/{site}", "/prod/sites/sites", "/prod", "/sites/sites"),
        ("/ingress/x/a/b/script.js", "/ingress/{site}/{identifier}/script.js", "/prod/ingress/x/a/b/script.js", "/prod",
         "/ingress/x/a/b/script.js"),
    ],
)  # fmt: skip
def test_a_stage_and_the_base_path_of_a_custom_domain_are_no_part_of_our_paths(
    path: str, route: str, whole: str, prefix: str, below: str
) -> None:
    assert address.split_root(event(path, route, whole)) == (prefix, below)


@pytest.mark.parametrize(
    ("url", "secure"), [("", True), ("https://stats.example.com", True), ("http://127.0.0.1:4566/x", False)]
)
def test_cookies_are_secure_unless_the_deployment_is_said_to_be_over_http(
    url: str, secure: bool, public_url: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_url(url)
    monkeypatch.setattr(auth, "signing_key", lambda: b"a signing key for tests, 32 bytes")
    monkeypatch.setattr(browser_sessions, "add", lambda _person_id, _session: None)
    monkeypatch.setattr(session_origin, "origin_of", lambda _request: SessionOrigin("", "", ""))
    asked = SimpleNamespace(current_request=ChaliceRequest(event("/sign-in", "/sign-in", "/prod/sign-in")))
    request = read_request(asked)  # type: ignore[arg-type]
    assert request.secure is secure
    cookie = auth.begin_session(request, Person("p", "ada@example.com"))
    assert ("; Secure" in cookie) is secure
    assert cookie.startswith("__Host-") is secure


@pytest.mark.parametrize(
    ("url", "linked"),
    [("", f"https://{GATEWAY}/prod/account/security"), ("https://x.example", "https://x.example/account/security")],
)
def test_a_notice_of_a_change_links_to_where_the_change_was_made(
    url: str, linked: str, public_url: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    public_url(url)
    monkeypatch.setattr(security_notices, "add", lambda *_: None)
    monkeypatch.setattr(mail, "can_send", lambda: True)
    monkeypatch.setattr(mail, "send", lambda *_, link, **__: sent.append(link))

    def change(_request: Request) -> Response:
        notices.security_changed(Person("p", "ada@example.com"), next(iter(SECURITY_CHANGES)))
        return reply_json({})

    asked = SimpleNamespace(current_request=ChaliceRequest(event("/account", "/account", "/prod/account")))
    copy_context().run(serve, asked, change)  # type: ignore[arg-type]
    assert sent == [linked]
    copy_context().run(notices.security_changed, Person("p", "ada@example.com"), next(iter(SECURITY_CHANGES)))
    assert sent[1:] == [f"{url}/account/security" if url else ""]  # outside of a request


ANSWERS = [
    ("/", "/", 303),
    ("/api/v1/openapi.json", "/api/v1/openapi.json", 200),
    ("/api/v1/sites", "/api/v1/sites", 401),
    ("/static/none.css", "/static/{file}", 404),
    ("/sites", "/sites", 303),
    ("/nowhere", "/nowhere", 405),
]


@pytest.mark.parametrize(("path", "route", "status"), ANSWERS)
@pytest.mark.parametrize(
    ("url", "https_only"),
    [
        ("", True),
        ("https://stats.example.com", True),
        ("http://stats.example.com", False),
        ("http://127.0.0.1:4566/restapis/x", False),
        ("https://localhost:8443", False),
        ("https://127.0.0.1", False),
        ("https://[::1]:8443", False),
    ],
)
def test_every_answer_is_what_it_says_and_over_https_stays_there(
    path: str, route: str, status: int, url: str, https_only: bool, public_url: Any
) -> None:
    public_url(url)
    answer = answered(event(path, route, f"/prod{path}"))
    assert answer["statusCode"] == status
    assert answer["headers"]["X-Content-Type-Options"] == "nosniff"
    assert answer["headers"].get("Strict-Transport-Security") == ("max-age=31536000" if https_only else None)
    assert "evil.example" not in json.dumps(answer)


@pytest.mark.parametrize(
    ("path", "whole", "rest", "found"),
    [
        ("/a/b/c", "/prod/a/b/c", "a/b/c", ("/prod", "/a/b/c")),
        ("/stats/a/b", "/stats/a/b", "a/b", ("/stats", "/a/b")),
        ("/a", "/prod/a", "a", ("/prod", "/a")),
        ("/a/b/", "/prod/a/b/", "a/b/", ("/prod", "/a/b/")),
    ],
)
def test_a_route_that_matches_anything_has_all_segments_that_are_ours(
    path: str, whole: str, rest: str, found: tuple[str, str]
) -> None:
    sent = event(path, "/{proxy+}", whole)
    sent["pathParameters"] = {"proxy": rest}
    assert address.split_root(sent) == found
