"""Signing in through a provider: the right way, and every answer that somebody could have forged."""

from __future__ import annotations

import dataclasses
import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from chalicelib import config, timed_cache
from chalicelib.accounts import signing
from chalicelib.accounts.oidc import browser_state, code_flow
from chalicelib.accounts.oidc.identities import Claims
from chalicelib.accounts.signed_tokens import Purpose
from chalicelib.errors import BadRequest, Forbidden, NotFound, TooManyRequests, Unavailable
from chalicelib.store import login_throttle, signing_key, used_tokens
from chalicelib.store.installation import Installation
from chalicelib.web import Request
from tests.unit.accounts.fake_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    EC_KEY,
    OTHER_RSA_KEY,
    RSA_KEY,
    SUBJECT,
    FakeProvider,
    jwk,
)

KEY = b"k" * 32
ADDRESS = "https://stats.example/prod"
DEPLOYED = config.Settings(stage="prod", account="123456789012")


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    timed_cache.reset_all()
    made = FakeProvider()
    yield made
    made.close()


class Site:
    """This installation as the provider sees it, with one browser."""

    def __init__(self, provider: FakeProvider) -> None:
        self.provider = provider
        self.settings = Installation(
            oidc_issuer=provider.issuer, oidc_client_id=CLIENT_ID, oidc_client_secret=CLIENT_SECRET, oidc_name="Example"
        )
        self.cookies: dict[str, str] = {}
        self.used: set[str] = set()
        self.attempts: Counter[str] = Counter()

    def request(self, query: dict[str, str] | None = None, **lists: list[str]) -> Request:
        every = {name: [value] for name, value in (query or {}).items()} | lists
        last = {name: values[-1] for name, values in every.items()}
        return Request("GET", "/x", last, every, {}, b"", "192.0.2.1", ADDRESS, self.cookies)

    def begin(self, onward: str = "sites") -> str:
        """The URL of the provider's page; the browser keeps the cookie."""
        url, cookie = code_flow.begin(self.request(), onward)
        pair, *attributes = cookie.split("; ")
        assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/"} <= set(attributes)
        name, _, value = pair.partition("=")
        assert name.startswith("__Host-")
        self.cookies[name] = value
        return url

    def answer(self, **changes: str | None) -> dict[str, str]:
        """The provider's answer to a new sign-in, with changes; None removes a parameter."""
        answer = self.provider.authorize(self.begin()) | changes
        return {name: value for name, value in answer.items() if value is not None}

    def finish(self, answer: dict[str, str]) -> Claims:
        return code_flow.finish(self.request(answer))[0]

    def use(self, token_id: str, expires: int) -> bool:
        assert expires > time.time()
        fresh = token_id not in self.used
        self.used.add(token_id)
        return fresh

    def count(self, key: str, limit: int, window_s: int, now: int) -> int:
        self.attempts[key] += 1
        return window_s if self.attempts[key] > limit else 0

    def give_back(self, key: str, now: int) -> None:
        self.attempts[key] -= 1


@pytest.fixture
def site(provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(provider)
    monkeypatch.setattr(signing_key, "_read", lambda _name: (signing_key.SigningKey(KEY, 0),))
    timed_cache.reset_all()
    monkeypatch.setattr(used_tokens, "use", made.use)
    monkeypatch.setattr(login_throttle, "count_attempt", made.count)
    monkeypatch.setattr(login_throttle, "give_back", made.give_back)
    monkeypatch.setattr(code_flow, "settings_of_installation", lambda: made.settings)
    return made


def without(settings: Installation, name: str) -> Installation:
    changes: dict[str, Any] = {name: ""}
    return dataclasses.replace(settings, **changes)


def reasons(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The reasons in the log."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [str(line["reason"]) for line in lines if "provider_sign_in" in line]


class TestTheRightWay:
    def test_signing_in(self, site: Site) -> None:
        assert site.finish(site.answer()) == Claims(site.provider.issuer, SUBJECT, "ada@example.com", "Ada")
        assert sum(site.attempts.values()) == 0
        assert site.provider.asked == ["/.well-known/openid-configuration", "/token", "/jwks"]

    def test_the_request(self, site: Site) -> None:
        site.provider.document = {"authorization_endpoint": site.provider.issuer + "/authorize?tenant=1"}
        url = site.begin()
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["tenant"] == "1"
        assert asked["redirect_uri"] == f"{ADDRESS}/sign-in/oidc/callback" == code_flow.redirect_uri(ADDRESS)
        assert asked["scope"].split() == ["openid", "email", "profile"]
        assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3

    def test_the_cookie_contains_no_secret_of_the_request(self, site: Site) -> None:
        site.begin()
        begun = browser_state.begun(site.request())
        assert begun is not None
        claims = json.dumps(jwt.decode(next(iter(site.cookies.values())), options={"verify_signature": False}))
        assert not [secret for secret in (begun.state, begun.nonce, begun.verifier) if secret in claims]
        assert 43 <= len(begun.verifier) <= 128

    def test_what_a_provider_says_about_itself_is_asked_for_once(self, site: Site) -> None:
        for _ in range(3):
            site.finish(site.answer())
        assert site.provider.asked.count("/.well-known/openid-configuration") == 1
        assert site.provider.asked.count("/jwks") == 1

    def test_a_provider_that_wants_the_secret_in_the_form(self, site: Site) -> None:
        site.provider.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        assert site.finish(site.answer()).subject == SUBJECT

    def test_an_address_that_only_the_user_info_endpoint_gives(self, site: Site) -> None:
        site.provider.claims = {"email_verified": True}
        site.provider.user = {"sub": SUBJECT, "email": "ada@example.com", "email_verified": True, "name": "Ada"}
        assert site.finish(site.answer()) == Claims(site.provider.issuer, SUBJECT, "ada@example.com", "Ada")

    def test_an_address_is_verified_only_by_who_gives_it(self, site: Site) -> None:
        site.provider.claims = {"email_verified": True}
        site.provider.user = {"sub": SUBJECT, "email": "ada@example.com"}
        assert site.finish(site.answer()).email == ""

    def test_a_provider_without_user_info(self, site: Site) -> None:
        site.provider.document = {"userinfo_endpoint": None}
        site.provider.claims = {}
        assert site.finish(site.answer()) == Claims(site.provider.issuer, SUBJECT, "", "")

    def test_a_provider_that_does_not_name_itself(self, site: Site) -> None:
        site.provider.document = {"authorization_response_iss_parameter_supported": None}
        assert site.finish(site.answer(iss=None)).subject == SUBJECT

    def test_the_provider_changes_its_keys(self, site: Site) -> None:
        site.finish(site.answer())
        site.provider.keys = [jwk(OTHER_RSA_KEY, "key-2")]
        site.provider.sign = lambda claims: jwt.encode(dict(claims), OTHER_RSA_KEY, "RS256", {"kid": "key-2"})
        assert site.finish(site.answer()).subject == SUBJECT

    def test_without_a_provider_there_is_nothing(self, site: Site) -> None:
        for setting in ("oidc_issuer", "oidc_client_id", "oidc_client_secret"):
            whole = site.settings
            site.settings = without(whole, setting)
            with pytest.raises(NotFound):
                site.begin()
            with pytest.raises(NotFound):
                site.finish({"code": "x", "state": "x"})
            site.settings = whole


class TestForgedAnswers:
    """Nothing of these reaches the provider's token endpoint."""

    @pytest.fixture(autouse=True)
    def _no_code_is_redeemed(self, site: Site) -> Iterator[None]:
        yield
        assert "/token" not in site.provider.asked

    @pytest.mark.parametrize("state", [None, "", "wrong", "é", "\x00"])
    def test_another_state(self, site: Site, state: str | None) -> None:
        with pytest.raises(BadRequest):
            site.finish(site.answer(state=state))

    def test_another_browser(self, site: Site) -> None:
        answer = site.answer()
        site.cookies.clear()
        with pytest.raises(BadRequest):
            site.finish(answer)

    def test_an_answer_to_another_sign_in(self, site: Site) -> None:
        """Somebody else's answer would sign them in as that person (login CSRF)."""
        others = site.answer()
        site.begin()
        with pytest.raises(BadRequest):
            site.finish(others)

    def test_a_cookie_that_we_did_not_sign(self, site: Site) -> None:
        answer = site.answer()
        ((name, value),) = site.cookies.items()
        claims = jwt.decode(value, options={"verify_signature": False})
        forged = jwt.encode(claims, signing.derive(b"x" * 32, Purpose.PROVIDER_SIGN_IN.value), "HS256")
        for wrong in (forged, jwt.encode(claims, "", "none"), value[:-3], "", "x"):
            site.cookies[name] = wrong
            with pytest.raises(BadRequest):
                site.finish(answer)

    def test_a_cookie_of_another_purpose(self, site: Site) -> None:
        answer = site.answer()
        ((name, value),) = site.cookies.items()
        claims = jwt.decode(value, options={"verify_signature": False})
        for purpose in Purpose:
            if purpose is not Purpose.PROVIDER_SIGN_IN:
                key = signing.derive(KEY, purpose.value)
                site.cookies[name] = jwt.encode(claims | {"aud": purpose.value}, key, "HS256")
                with pytest.raises(BadRequest):
                    site.finish(answer)

    def test_a_sign_in_that_took_too_long(self, site: Site) -> None:
        answer = site.answer()
        ((name, value),) = site.cookies.items()
        claims = jwt.decode(value, options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] <= 15 * 60
        key = signing.derive(KEY, Purpose.PROVIDER_SIGN_IN.value)
        site.cookies[name] = jwt.encode(claims | {"exp": int(time.time()) - 1}, key, "HS256")
        with pytest.raises(BadRequest):
            site.finish(answer)

    def test_parameters_that_come_twice(self, site: Site) -> None:
        answer = site.answer()
        for name in ("state", "code", "iss"):
            with pytest.raises(BadRequest):
                code_flow.finish(site.request(answer, **{name: ["other", answer[name]]}))

    def test_settings_that_changed_meanwhile(self, site: Site) -> None:
        answer = site.answer()
        site.settings = dataclasses.replace(site.settings, oidc_client_id="another")
        with pytest.raises(BadRequest):
            site.finish(answer)

    @pytest.mark.parametrize("issuer", ["https://evil.example", "", None])
    def test_another_provider_answers(self, site: Site, issuer: str | None) -> None:
        """A mix-up (RFC 9207): the code is somebody's, and must not be shown to the wrong provider."""
        with pytest.raises(Unavailable):
            site.finish(site.answer(iss=issuer))

    def test_another_provider_answers_although_ours_does_not_name_itself(self, site: Site) -> None:
        site.provider.document = {"authorization_response_iss_parameter_supported": None}
        with pytest.raises(Unavailable):
            site.finish(site.answer(iss="https://evil.example"))

    @pytest.mark.parametrize("error", ["access_denied", "server_error", "<script>", ""])
    def test_the_provider_refuses(self, site: Site, error: str, capsys: pytest.CaptureFixture[str]) -> None:
        answer = site.answer(code=None, error=error, error_description="Call 555-1234 and give your password")
        with pytest.raises(Forbidden) as raised:
            site.finish(answer)
        assert ("cancelled" in raised.value.message) == (error == "access_denied")
        assert "555" not in raised.value.message
        assert "script" not in raised.value.message
        assert reasons(capsys) == [error]

    def test_an_answer_without_a_code(self, site: Site) -> None:
        with pytest.raises(Forbidden):
            site.finish(site.answer(code=None))


class TestReplay:
    def test_an_answer_works_once(self, site: Site) -> None:
        answer = site.answer()
        site.finish(answer)
        with pytest.raises(BadRequest):
            site.finish(answer)

    def test_also_if_it_failed(self, site: Site) -> None:
        answer = site.answer(code="wrong")
        for expected in (Unavailable, BadRequest):
            with pytest.raises(expected):
                site.finish(answer)

    def test_a_code_in_another_browser_has_the_wrong_verifier(self, site: Site) -> None:
        stolen = site.answer()["code"]
        answer = site.answer(code=stolen)
        with pytest.raises(Unavailable):
            site.finish(answer)

    def test_guessing_codes_is_slowed_down(self, site: Site) -> None:
        for _ in range(config.PROVIDER_ATTEMPTS):
            with pytest.raises(Unavailable):
                site.finish(site.answer(code="wrong"))
        with pytest.raises(TooManyRequests):
            site.finish(site.answer())


class TestTokens:
    @pytest.mark.parametrize(
        "claims",
        [{"nonce": "another"}, {"nonce": None}, {"iss": "https://evil.example"}, {"aud": "x"}, {"exp": 1}, {"azp": "x"},
         {"at_hash": "x"}, {"sub": ""}],
        ids=str,
    )  # fmt: skip
    def test_wrong_claims(self, site: Site, claims: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
        site.provider.claims |= claims
        with pytest.raises(Unavailable) as raised:
            site.finish(site.answer())
        assert "in the log" in raised.value.message
        assert len(reasons(capsys)) == 1
        assert sum(site.attempts.values()) == 1

    def test_wrong_signatures(self, site: Site) -> None:
        for sign in (
            lambda claims: jwt.encode(dict(claims), "", "none"),
            lambda claims: jwt.encode(dict(claims), b"x" * 32, "HS256", {"kid": "key-1"}),
            lambda claims: jwt.encode(dict(claims), OTHER_RSA_KEY, "RS256", {"kid": "key-1"}),
            lambda claims: jwt.encode(dict(claims), EC_KEY, "ES256", {"kid": "key-1"}),
            lambda _: "rubbish",
        ):
            site.provider.sign = sign
            with pytest.raises(Unavailable):
                site.finish(site.answer())

    @pytest.mark.parametrize(
        "tokens",
        [{"id_token": None}, {"id_token": 1}, {"access_token": 1}, {"access_token": "a\r\nb"}, {"access_token": "é"}],
        ids=str,
    )
    def test_odd_answers_of_the_token_endpoint(self, site: Site, tokens: dict[str, Any]) -> None:
        site.provider.tokens = tokens
        with pytest.raises(Unavailable):
            site.finish(site.answer())

    @pytest.mark.parametrize("path", ["/token", "/jwks", "/me", "/.well-known/openid-configuration"])
    @pytest.mark.parametrize(
        "answer",
        [(302, b""), (500, b"{}"), (200, b""), (200, b"[]"), (200, b" " * 300_000)],
        ids=["302", "500", "empty", "list", "large"],
    )
    def test_a_provider_that_answers_badly(self, site: Site, path: str, answer: tuple[int, bytes]) -> None:
        site.provider.claims = {}
        site.provider.answers[path] = answer
        with pytest.raises(Unavailable):
            site.finish(site.answer())

    @pytest.mark.parametrize("subject", ["another", None, 1])
    def test_user_info_about_somebody_else(self, site: Site, subject: Any) -> None:
        site.provider.claims = {}
        site.provider.user = {"sub": subject, "email": "ada@example.com", "email_verified": True}
        with pytest.raises(Unavailable):
            site.finish(site.answer())


class TestDiscovery:
    @pytest.mark.parametrize(
        "document",
        [
            {"issuer": "https://evil.example"}, {"issuer": None}, {"issuer": 1},
            {"token_endpoint": None}, {"token_endpoint": 1}, {"token_endpoint": "/token"}, {"jwks_uri": None},
            {"authorization_endpoint": None}, {"authorization_endpoint": "javascript:alert(1)"},
            {"authorization_endpoint": "https://user@evil.example/"}, {"jwks_uri": "file:///etc/passwd"},
            {"userinfo_endpoint": "ftp://x.example/"}, {"token_endpoint": "https://x.example/\r\nX: y"},
            {"token_endpoint": "https://x.example/#x"},
        ],
        ids=str,
    )  # fmt: skip
    def test_documents_that_are_wrong(self, site: Site, document: dict[str, Any]) -> None:
        site.provider.document = document
        with pytest.raises(Unavailable):
            site.begin()
        assert code_flow.check(site.settings) != []

    def test_a_trailing_slash_makes_another_issuer(self, site: Site) -> None:
        site.settings = dataclasses.replace(site.settings, oidc_issuer=site.provider.issuer + "/")
        (problem,) = code_flow.check(site.settings)
        assert repr(site.provider.issuer) in problem

    @pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
    @pytest.mark.parametrize("url", ["https://10.0.0.1/", "https://169.254.169.254/", "https://[fd00:ec2::254]/x"])
    def test_endpoints_on_private_networks(self, site: Site, name: str, url: str) -> None:
        site.provider.document = {name: url}
        site.provider.claims = {}
        (problem,) = code_flow.check(site.settings)
        assert "not on the public internet" in problem
        with pytest.raises(Unavailable):
            site.finish(site.answer())

    def test_a_deployment_does_not_ask_its_own_machine(self, site: Site) -> None:
        with patch("chalicelib.outgoing_http.settings", return_value=DEPLOYED), pytest.raises(Unavailable):
            site.begin()
        assert site.provider.asked == []

    def test_a_failure_is_not_repeated_at_once(self, site: Site) -> None:
        site.provider.answers["/.well-known/openid-configuration"] = (500, b"")
        for _ in range(3):
            with pytest.raises(Unavailable):
                site.begin()
        assert len(site.provider.asked) == 1


class TestCheck:
    def test_a_good_provider(self, site: Site) -> None:
        assert code_flow.check(site.settings) == []

    @pytest.mark.parametrize("setting", ["oidc_issuer", "oidc_client_id", "oidc_client_secret"])
    def test_what_is_missing(self, site: Site, setting: str) -> None:
        (problem,) = code_flow.check(without(site.settings, setting))
        assert problem.startswith("Enter the ")

    @pytest.mark.parametrize(
        ("document", "named"),
        [
            ({"response_types_supported": ["id_token"]}, "response_types_supported: code"),
            ({"code_challenge_methods_supported": ["plain"]}, "S256"),
            ({"scopes_supported": ["openid"]}, "email"),
            ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "client_secret_basic"),
        ],
    )
    def test_what_the_provider_does_not_support(self, site: Site, document: dict[str, Any], named: str) -> None:
        site.provider.document = document
        (problem,) = code_flow.check(site.settings)
        assert named in problem

    @pytest.mark.parametrize("left_out", ["response_types_supported", "code_challenge_methods_supported"])
    def test_what_the_provider_does_not_say_is_not_held_against_it(self, site: Site, left_out: str) -> None:
        site.provider.document = {left_out: None}
        assert code_flow.check(site.settings) == []

    @pytest.mark.parametrize(
        "keys", [[], [jwk(b"x" * 32)], [jwk(RSA_KEY, use="enc")], ["x"]], ids=["none", "oct", "enc", "x"]
    )
    def test_a_provider_without_usable_keys(self, site: Site, keys: list[Any]) -> None:
        site.provider.keys = keys
        (problem,) = code_flow.check(site.settings)
        assert "key" in problem

    def test_an_address_that_does_not_exist(self, site: Site) -> None:
        settings = dataclasses.replace(site.settings, oidc_issuer="https://idp.invalid")
        with patch("chalicelib.outgoing_http.socket.getaddrinfo", side_effect=OSError):
            (problem,) = code_flow.check(settings)
        assert "idp.invalid" in problem
