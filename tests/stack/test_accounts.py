"""Nobody gets in without credentials, and each way in keeps its promises."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

import app as program
from chalicelib.config import SIGN_IN_ATTEMPTS, SIGN_IN_ATTEMPTS_PER_PERSON, SIGN_IN_PAUSE_S
from infra.http_client import Answer
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack.calls import Caller
from tests.stack.people import CHANGE_PASSWORD, GOOD_SITE, Browser, create, make_people, run, some_address

# What must answer somebody whom nobody knows: visitors' browsers, the monitoring, the doors themselves, what is shared.
PUBLIC = re.compile(
    r"/ingress/.*|/api/event|/api/v1/openapi\.json|/healthz|/static/.*|/sign-in(/.*)?|/sign-out"
    r"|/forgot-password|/reset-password/.*|/sign-up(/.*)?|/verify-email/.*|/second-step|/passkey(-options)?"
    r"|/docs/api|/shortcuts|(/api)?/{proxy\+}"
    r"|/share/.*|/public/.*|/badge/.*|/counter/.*"
    r"|/invitations/.*"
)
# What stands for the parameters of paths, beside the site.
PARAMETERS = {
    "token": "0" * 16,
    "person": str(uuid.uuid4()),
    "team": str(uuid.uuid4()),
    "invitation": str(uuid.uuid4()),
    "passkey": "0" * 32,
    "share": "public",
    "segment": "0" * 16,
    "annotation": "0" * 16,
    "transfer": str(uuid.uuid4()),
    "deletion": str(uuid.uuid4()),
    "letter": str(uuid.uuid4()),
}


@pytest.fixture(scope="module")
def site(stack: Any, made: dict[str, Any]) -> str:
    answer = create(Browser(stack.base_url), made["token"], GOOD_SITE)
    assert answer.status == 201
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
def made_here(in_process: Deployed) -> dict[str, Any]:
    """The people of the program in this process, where what is tested of every route is."""
    return make_people(in_process)


@pytest.fixture(scope="module")
def site_here(in_process: Deployed, made_here: dict[str, Any]) -> str:
    return str(create(Browser(in_process.base_url), made_here["token"], GOOD_SITE).json()["id"])


@pytest.fixture(scope="module")
def admin_here(in_process: Deployed, made_here: dict[str, Any]) -> Browser:
    """A browser in which the administrator is signed in."""
    browser = Browser(in_process.base_url)
    assert browser.sign_in(made_here["admin"], made_here["password"]).status == 303
    return browser


@pytest.fixture(scope="module")
def csrf_tokens(in_process: Deployed, made_here: dict[str, Any], admin_here: Browser) -> dict[str, str]:
    """The CSRF tokens of the administrator's session and of another one of theirs."""
    other = Browser(in_process.base_url)
    other.sign_in(made_here["admin"], made_here["password"])
    return {"own": csrf_in(admin_here.get("/sites")), "other": csrf_in(other.get("/sites"))}


# ── without credentials ──────────────────────────────────────────────────────────────────────────────────────


def closed_routes() -> Iterator[tuple[str, str]]:
    for path, methods in program.app.routes.items():
        if not PUBLIC.fullmatch(path):
            yield from ((method, path) for method in methods)


@pytest.mark.parametrize(("method", "path"), list(closed_routes()))
@pytest.mark.parametrize("credentials", ["none", "unknown token", "forged cookie", "another scheme", "empty"])
def test_nothing_answers_without_credentials(
    in_process: Deployed, site_here: str, made_here: dict[str, Any], method: str, path: str, credentials: str
) -> None:
    browser = Browser(in_process.base_url)
    headers = {
        "none": {},
        "unknown token": {"Authorization": f"Bearer {made_here['token'][:-6]}AAAAAA"},
        "forged cookie": {"Cookie": "shylight_session=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."},
        "another scheme": {"Authorization": "Basic YTpi"},
        "empty": {"Authorization": "Bearer "},
    }[credentials]
    given = {"site": site_here, "share": "public", "token": "0" * 16}
    place = re.sub(r"{(\w+)}", lambda name: given.get(name[1], str(uuid.uuid4())), path)
    answer = browser.ask(method, place, b"{}" if method in ("POST", "PUT") else None, headers)
    if path == "/api/v1/dashboard":
        assert (answer.status, answer.body) == (403, b"" if method == "HEAD" else b"{}")  # as Shynet answers
    elif path.startswith("/api/") and method == "HEAD":
        assert (answer.status, answer.body) == (401, b"")
    elif path.startswith("/api/"):
        assert answer.status == 401
        assert set(answer.error) == {"code", "message"}
    elif answer.status == 303:
        assert browser.where(path, answer).startswith(("/sign-in", "/sites"))
    else:
        assert answer.status == 401
    assert site_here not in answer.body.decode()


def test_the_way_to_a_page_leads_through_the_door_and_on(browser: Browser, made: dict[str, Any], site: str) -> None:
    answer = browser.get(f"/sites/{site}?period=7d")
    assert answer.status in (303, 401)
    answer = browser.sign_in(made["admin"], made["password"], next=f"/sites/{site}?period=7d")
    assert answer.status == 303
    assert browser.where("/sign-in", answer) == f"/sites/{site}?period=7d"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "../../x"])
def test_signing_in_leads_nowhere_else(browser: Browser, made: dict[str, Any], elsewhere: str) -> None:
    answer = browser.sign_in(made["admin"], made["password"], next=elsewhere)
    assert (answer.status, browser.where("/sign-in", answer)) == (303, "/sites")


# ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_administrator_can_sign_in(stack: Any, browser: Browser) -> None:
    assert browser.sign_in(stack.admin_email, stack.admin_password).status == 303
    assert browser.get("/sites").status == 200


def test_making_an_administrator_again_changes_nothing(made: dict[str, Any]) -> None:
    assert made["unchanged"]


def test_a_session_is_a_cookie_that_scripts_cannot_read(browser: Browser, made: dict[str, Any]) -> None:
    answer = browser.sign_in(made["admin"].upper(), made["password"])
    assert answer.status == 303
    assert [cookie.split("=")[0] for cookie in answer.cookies] == ["shylight_session", "shylight_known"]
    for cookie in answer.cookies:
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert ("Secure" in cookie) == browser.base_url.startswith("https:")
    assert browser.get("/sites").status == 200
    assert browser.get("/api/v1/sites").status == 200
    assert browser.where("/sign-in", browser.get("/sign-in")) == "/sites"


def test_a_browsers_session_cannot_write_through_the_api(admin: Browser) -> None:
    assert admin.ask("POST", "/api/v1/sites", json.dumps(GOOD_SITE).encode()).status == 401


@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_password_says_the_same_whether_the_person_exists_or_not(
    browser: Browser, made: dict[str, Any], known: bool
) -> None:
    answer = browser.sign_in(made["plain"] if known else "nobody@example.com", "wrong password")
    assert answer.status == 401
    assert b"Wrong e-mail address or password" in answer.body
    assert not browser.cookies


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"email": "a@example.com"}, 400),
        ({"password": "x"}, 400),
        ({"email": "\x00", "password": "\x00"}, 401),
        ({"email": "a" * 5000 + "@example.com", "password": "x" * 5000}, 401),
        ({"email": "x", "password": "y" * 20_000}, 413),
    ],
)
def test_malformed_sign_ins_are_refused(browser: Browser, form: dict[str, str], status: int) -> None:
    assert browser.post("/sign-in", {"X-Forwarded-For": some_address()}, **form).status == status


@pytest.mark.parametrize("body", [b"\xff\xfe", b"email=%ff&password=%ff", b"&" * 500, b"{}"])
def test_sign_ins_that_are_no_form_are_refused(browser: Browser, body: bytes) -> None:
    assert 400 <= browser.ask("POST", "/sign-in", body, {"X-Forwarded-For": some_address()}).status < 500


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_sign_a_browser_in(browser: Browser, made: dict[str, Any], headers: dict[str, str]) -> None:
    assert browser.post("/sign-in", headers, email=made["admin"], password=made["password"]).status == 403
    assert browser.post(f"/sign-in/{made['admin_link']}", headers).status == 403
    assert not browser.cookies


def test_guessing_is_slowed_down(browser: Browser) -> None:
    email = f"{uuid.uuid4()}@example.com"
    here = some_address()
    answers = [browser.sign_in(email, "a wrong guess", address=here) for _ in range(SIGN_IN_ATTEMPTS + 1)]
    assert [answer.status for answer in answers] == [401] * SIGN_IN_ATTEMPTS + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 15 * 60
    assert b"Too many attempts" in answers[-1].body


def test_a_good_sign_in_forgives_failed_ones(browser: Browser, made: dict[str, Any]) -> None:
    for _ in range(SIGN_IN_ATTEMPTS - 1):
        assert browser.sign_in(made["clumsy"], "a wrong guess").status == 401
    assert browser.sign_in(made["clumsy"], made["clumsy_password"]).status == 303
    assert browser.sign_in(made["clumsy"], "a wrong guess").status == 401
    assert browser.sign_in(made["clumsy"], "a wrong guess").status == 401


@pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack's gateway tells no client's address")
def test_guesses_from_many_networks_slow_others_down_and_never_shut_the_owner_out(
    stack: Any, browser: Browser, made: dict[str, Any]
) -> None:
    assert browser.sign_in(made["guessed"], made["guessed_password"]).status == 303
    anywhere = Browser(stack.base_url)
    for number in range(SIGN_IN_ATTEMPTS_PER_PERSON):
        guess = anywhere.sign_in(made["guessed"], "a wrong guess", address=f"198.51.{number}.7")
        assert guess.status == 401
    slowed = [anywhere.sign_in(made["guessed"], "a wrong guess", address=f"203.0.113.{number}") for number in range(3)]
    assert slowed[-1].status == 429
    assert 0 < int(slowed[-1].headers["retry-after"]) <= SIGN_IN_PAUSE_S
    # The owner's own browser is let pass, wherever it is, and tries by itself.
    assert browser.sign_in(made["guessed"], "mistyped", address="192.0.2.77").status == 401
    assert browser.sign_in(made["guessed"], made["guessed_password"], address="192.0.2.77").status == 303


@pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack's gateway tells no client's address")
def test_ten_guesses_from_one_network_keep_nobody_else_out(stack: Any, made: dict[str, Any]) -> None:
    thief, owner = Browser(stack.base_url), Browser(stack.base_url)
    for _ in range(SIGN_IN_ATTEMPTS):
        assert thief.sign_in(made["robbed"], "a wrong guess", address="198.51.100.66").status == 401
    assert thief.sign_in(made["robbed"], made["robbed_password"], address="198.51.100.66").status == 429
    assert owner.sign_in(made["robbed"], made["robbed_password"], address="192.0.2.3").status == 303


def test_a_browser_that_is_known_for_one_person_is_not_for_another(
    stack: Any, browser: Browser, made: dict[str, Any]
) -> None:
    assert browser.sign_in(made["plain"], made["plain_password"]).status == 303
    email = f"{uuid.uuid4()}@example.com"
    answers = [browser.sign_in(email, "a wrong guess", address="198.51.100.99") for _ in range(SIGN_IN_ATTEMPTS + 1)]
    assert answers[-1].status == 429


def test_a_new_password_ends_other_links_and_revokes_tokens_if_asked(
    stack: Any, browser: Browser, made: dict[str, Any]
) -> None:
    page = browser.get(f"/sign-in/{made['reset_link']}")
    assert b"Revoke my API tokens too (2)" in page.body
    caller = Caller(stack.base_url, made["reset_tokens"][0])
    assert {token["name"] for token in caller.api("GET", "/tokens").json()["tokens"]} == {"one", "two"}
    answer = browser.post(f"/sign-in/{made['reset_link']}", password="an altogether new one", revoke_tokens="1")
    assert answer.status == 303
    assert Browser(stack.base_url).get(f"/sign-in/{made['reset_other_link']}").status == 404
    for token in made["reset_tokens"]:
        assert Caller(stack.base_url, token).api("GET", "/sites").status == 401


def test_a_token_can_be_revoked_by_its_person_alone(stack: Any, made: dict[str, Any]) -> None:
    owner = Caller(stack.base_url, made["revocable_token"])
    other = Caller(stack.base_url, made["token"])
    (token,) = owner.api("GET", "/tokens").json()["tokens"]
    assert made["revocable_token"] not in json.dumps(token)
    assert other.api("DELETE", f"/tokens/{token['id']}").status == 404
    assert owner.api("DELETE", f"/tokens/{token['id']}").status == 204
    assert owner.api("GET", "/tokens").status == 401


# ── signing out ──────────────────────────────────────────────────────────────────────────────────────────────


def csrf_in(answer: Answer) -> str:
    found = re.search(rb'name="csrf" value="([0-9a-f]{64})"', answer.body)
    assert found
    return found.group(1).decode()


def test_signing_out_ends_the_session_for_good(admin: Browser) -> None:
    copied = dict(admin.cookies)
    answer = admin.post("/sign-out", csrf=csrf_in(admin.get("/sites")))
    assert (answer.status, admin.where("/sign-out", answer)) == (303, "/sign-in")
    assert list(admin.cookies) == ["shylight_known"]
    assert admin.get("/api/v1/sites").status == 401
    admin.cookies = copied
    assert admin.get("/api/v1/sites").status == 401


def test_a_changed_password_ends_all_sessions(stack: Any, browser: Browser, made: dict[str, Any]) -> None:
    assert browser.sign_in(made["plain"], made["plain_password"]).status == 303
    run(stack, CHANGE_PASSWORD, made["plain"], made["plain_password"])
    assert browser.get("/api/v1/sites").status == 401
    assert browser.sign_in(made["plain"], made["plain_password"]).status == 303


FORMS = [
    "/sign-out", "/sites", "/sites/{site}/settings", "/account", "/account/addresses", "/account/password",
    "/account/preferences", "/account/delete",
    "/sites/{site}/people", "/sites/{site}/people/{person}", "/sites/{site}/people/{person}/remove",
    "/sites/{site}/invitations/{invitation}", "/sites/{site}/teams", "/sites/{site}/teams/{team}/remove",
    "/teams", "/teams/{team}", "/teams/{team}/delete", "/teams/{team}/members", "/teams/{team}/members/{person}",
    "/teams/{team}/members/{person}/remove", "/teams/{team}/invitations/{invitation}",
    "/teams/{team}/sites/{site}/remove", "/administration/invitations", "/administration/invitations/{invitation}",
    "/administration/people/{person}", "/administration/people/{person}/delete",
    "/administration/queue", "/administration/geoip", "/administration/settings", "/administration/settings/test-mail",
    "/account/identities",
    "/account/tokens", "/account/tokens/revoke", "/confirm", "/account/sessions", "/account/authenticator",
    "/account/authenticator/remove", "/account/recovery-codes", "/account/passkeys", "/account/passkey-options",
    "/account/passkeys/{passkey}",
    "/sites/{site}/segments", "/sites/{site}/segments/{segment}",
    "/sites/{site}/annotations", "/sites/{site}/annotations/{annotation}",
    "/sites/{site}/sharing", "/sites/{site}/sharing/{share}", "/sites/{site}/counter",
    "/sites/{site}/settings/copy", "/sites/{site}/ownership", "/transfers/{transfer}", "/arrange",
]  # fmt: skip


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("wrong", ["missing", "rubbish", "another session's", "another site's page"])
def test_no_form_works_without_its_token(
    admin_here: Browser, site_here: str, csrf_tokens: dict[str, str], path: str, wrong: str
) -> None:
    form = {"name": "CSRF", "domain": "csrf.example", "timezone": "UTC"}
    headers = {}
    if wrong == "rubbish":
        form["csrf"] = "ü" * 64
    elif wrong == "another session's":
        form["csrf"] = csrf_tokens["other"]
    elif wrong == "another site's page":
        form["csrf"], headers = csrf_tokens["own"], {"Origin": "https://evil.example"}
    assert admin_here.post(path.format(site=site_here, **PARAMETERS), headers, **form).status == 403
    assert b"csrf.example" not in admin_here.get("/api/v1/sites").body


def test_every_form_of_the_pages_is_among_those_tested() -> None:
    posts = {path for path, methods in program.app.routes.items() if "POST" in methods}
    posts -= {path for path in posts if path.startswith(("/ingress/", "/api/"))}
    posts -= {path for path in posts if PUBLIC.fullmatch(path) and path != "/sign-out"}  # checked by their origin
    assert posts == set(FORMS)


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_link_works_once_and_sets_the_first_password(browser: Browser, made: dict[str, Any]) -> None:
    path = f"/sign-in/{made['bare_link']}"
    assert browser.get(path).status == 200
    shown = browser.get(path)  # mail scanners look, and looking does not use it up
    assert shown.status == 200
    assert made["bare"].encode() in shown.body
    assert b'name="password"' in shown.body
    assert browser.post(path, password="short").status == 400
    assert browser.post(path).status == 400
    answer = browser.post(path, password="my first password")
    assert (answer.status, browser.where(path, answer)) == (303, "/sites")
    assert browser.get("/api/v1/sites").status == 200
    assert browser.get(path).status == 404
    again = Browser(browser.base_url)
    assert again.post(path, password="my second password").status == 404
    assert again.sign_in(made["bare"], "my first password").status == 303


def test_a_link_signs_in_whoever_has_a_password_already(browser: Browser, made: dict[str, Any]) -> None:
    path = f"/sign-in/{made['admin_link']}"
    assert b'name="password" required' not in browser.get(path).body
    assert browser.post(path).status == 303
    assert browser.get("/api/v1/sites").status == 200
    assert browser.post(path).status == 404


def test_of_many_who_use_a_link_at_once_one_gets_in(stack: Any, made: dict[str, Any]) -> None:
    with ThreadPoolExecutor(4) as crowd:
        ways = [crowd.submit(Browser(stack.base_url).post, f"/sign-in/{made['raced_link']}") for _ in range(4)]
    assert sorted(way.result().status for way in ways) == [303] + [404] * 3


def test_many_guesses_at_once_are_no_more_than_one_after_the_other(stack: Any) -> None:
    email, here = f"{uuid.uuid4()}@example.com", some_address()
    with ThreadPoolExecutor(4) as crowd:
        ways = [crowd.submit(Browser(stack.base_url).sign_in, email, "a wrong guess", address=here) for _ in range(16)]
    assert sorted(way.result().status for way in ways) == [401] * SIGN_IN_ATTEMPTS + [429] * (16 - SIGN_IN_ATTEMPTS)


@pytest.mark.parametrize("token", ["x", "A" * 64, "ä" * 64, "\x00", "%", " ", "a" * 5000])
def test_unknown_links_are_refused(browser: Browser, token: str) -> None:
    assert browser.get(f"/sign-in/{quote(token, safe='')}").status == 404
    assert browser.post(f"/sign-in/{quote(token, safe='')}", password="a long enough one").status == 404


def test_an_expired_link_is_refused(browser: Browser, made: dict[str, Any]) -> None:
    assert browser.get(f"/sign-in/{made['expired_link']}").status == 404
    assert browser.post(f"/sign-in/{made['expired_link']}").status == 404
    assert not browser.cookies
