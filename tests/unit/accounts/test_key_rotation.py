"""Rotation of the signing key: who stays signed in, for how long, and what no key lets in."""

from __future__ import annotations

import base64
import dataclasses
import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from chalicelib import config, timed_cache
from chalicelib.accounts import passwords, signed_tokens, signing
from chalicelib.accounts.access import auth, known_browsers, sessions
from chalicelib.accounts.access.sessions import Session
from chalicelib.accounts.oidc import browser_state
from chalicelib.accounts.sharing import link_passwords, link_tokens, shared_links
from chalicelib.accounts.signed_tokens import Purpose
from chalicelib.config import settings
from chalicelib.enrich import geoip_database
from chalicelib.errors import Forbidden
from chalicelib.store import aws, browser_sessions, login_throttle, signing_key
from chalicelib.store.people import Person
from chalicelib.store.shared_links import SharedLink
from chalicelib.web import Request

PERSON = Person(str(uuid.uuid4()), "ada@example.com", epoch=7)
FIRST = "the first key, as CloudFormation generates it"


class Secrets:
    """Secrets Manager with one secret.

    :ivar reads: how often the secret was read.
    """

    def __init__(self) -> None:
        self.value = FIRST
        self.reads = 0
        self.fails = False

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803
        assert SecretId == settings().signing_key
        if self.fails:
            raise aws.ClientError({"Error": {"Code": "InternalServiceError"}}, "GetSecretValue")
        self.reads += 1
        return {"SecretString": self.value, "CreatedDate": datetime(2026, 11, 1, tzinfo=UTC)}

    def put_secret_value(self, SecretId: str, SecretString: str) -> None:  # noqa: N803
        assert SecretId == settings().signing_key
        self.value = SecretString


class Clock:
    """The time of the program, which the test sets forward."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._time, self._monotonic = time.time, time.monotonic

    def time(self) -> float:
        return self._time() + self.ahead

    def monotonic(self) -> float:
        return self._monotonic() + self.ahead


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    found = Secrets()
    timed_cache.reset_all()
    monkeypatch.setattr(aws, "client", lambda _service: found)
    monkeypatch.setattr(browser_sessions, "add", lambda *_: None)
    monkeypatch.setattr(geoip_database, "record", lambda *_: {})
    yield found
    timed_cache.reset_all()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("chalicelib.timed_cache.time.monotonic", made.monotonic)
    monkeypatch.setattr("chalicelib.store.signing_key.time.time", made.time)
    return made


def now() -> int:
    """Epoch seconds of the real clock, by which tokens expire."""
    return int(datetime.now(UTC).timestamp())


def request(cookie: str = "") -> Request:
    name, _, value = cookie.partition(";")[0].partition("=")
    headers = {"host": "stats.example"}
    cookies = {name: value} if name else {}
    return Request("POST", "/x", {}, {}, headers, b"", "192.0.2.1", "https://stats.example", cookies=cookies)


def with_token(token: str) -> Request:
    return request(sessions.cookie(token, secure=True))


def session_in(cookie: str) -> Session | None:
    return auth.session_of(request(cookie))


def rotate_elsewhere(keep_former: bool = True) -> None:
    """Rotate the key in another process: this one goes on with what it has read."""
    known = dict(signing_key._keys._entries)
    signing_key.rotate(keep_former=keep_former)
    signing_key._keys._entries.update(known)


def test_a_session_stays_valid_across_a_rotation_and_new_ones_are_signed_with_the_new_key(stored: Secrets) -> None:
    before = auth.begin_session(request(), PERSON)
    signing_key.rotate(keep_former=True)
    after = auth.begin_session(request(), PERSON)
    ids = [signing.named_key(cookie.partition("=")[2].partition(";")[0]) for cookie in (before, after)]
    assert ids == [signing_key.key_id(FIRST.encode()), signing_key.signing_keys()[0].id]
    assert session_in(before)
    assert session_in(after)


def test_forms_and_known_browsers_stay_valid_across_a_rotation(stored: Secrets) -> None:
    asked = request(auth.begin_session(request(), PERSON))
    form = {"csrf": auth.csrf_token(asked)}
    browser = request(auth.remember_browser(request(), PERSON))
    signing_key.rotate(keep_former=True)
    auth.check_csrf(asked, form)
    assert auth.known_browser(browser)
    assert auth.csrf_token(asked) != form["csrf"]


def test_a_step_of_signing_in_that_has_begun_can_be_finished_after_a_rotation(stored: Secrets) -> None:
    token = signed_tokens.issue(Purpose.SECOND_STEP, PERSON.id, 60)
    assert signing.named_key(token) == KID
    signing_key.rotate(keep_former=True)
    claims = signed_tokens.read(Purpose.SECOND_STEP, token)
    assert claims is not None
    assert claims["sub"] == PERSON.id
    signing_key.rotate(keep_former=False)
    assert signed_tokens.read(Purpose.SECOND_STEP, token) is None


def test_a_sign_in_through_a_provider_can_be_finished_after_a_rotation(stored: Secrets) -> None:
    """State, nonce and verifier stay those that the provider was sent."""
    begun, cookie = browser_state.begin(request(), "https://idp.example", "client", "sites")
    signing_key.rotate(keep_former=True)
    again = browser_state.begun(request(cookie))
    assert again == begun
    assert again is not None
    assert (again.state, again.nonce, again.verifier) == (begun.state, begun.nonce, begun.verifier)
    assert FIRST not in repr(begun)


def test_shared_links_stay_open_and_their_addresses_known_across_a_rotation(
    stored: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = link_tokens.token(str(uuid.uuid4()), "0" * 16, FIRST.encode())
    claim = link_tokens.read(token)
    assert claim is not None
    link = SharedLink(claim.site_id, claim.link_id, "Link", digest=link_tokens.digest(token), password_hash="x")
    for name in ("clear", "give_back"):
        monkeypatch.setattr(login_throttle, name, lambda *_: None)
    monkeypatch.setattr(login_throttle, "count_attempt", lambda *_: 0)
    monkeypatch.setattr(passwords, "matches", lambda *_: True)
    opened = request(link_passwords.unlock(request(), link, "a password"))
    signing_key.rotate(keep_former=True)
    assert link_passwords.is_unlocked(opened, link)
    assert shared_links.path_of(link) == f"share/{token}"
    signing_key.rotate(keep_former=False)
    assert not link_passwords.is_unlocked(opened, link)
    assert shared_links.path_of(link) is None


def test_the_former_key_ends_when_all_that_it_signed_has_expired(stored: Secrets, clock: Clock) -> None:
    auth.begin_session(request(), PERSON)
    signing_key.rotate(keep_former=True)
    clock.ahead = config.SESSION_LIFE_S + config.SIGNING_KEY_CACHE_S - 5
    assert len(signing_key.signing_keys()) == 2
    clock.ahead += 10
    assert len(signing_key.signing_keys()) == 1
    signing_key.rotate(keep_former=True)
    assert len(json.loads(stored.value)["keys"]) == 2  # the expired one is not kept


def test_several_rotations_in_a_row_sign_nobody_out(stored: Secrets) -> None:
    cookies = []
    for _ in range(4):
        cookies.append(auth.begin_session(request(), PERSON))
        signing_key.rotate(keep_former=True)
    assert all(session_in(cookie) for cookie in cookies)


def test_a_rotation_without_overlap_signs_everybody_out(stored: Secrets) -> None:
    asked = request(auth.begin_session(request(), PERSON))
    form = {"csrf": auth.csrf_token(asked)}
    signing_key.rotate(keep_former=True)
    signing_key.rotate(keep_former=False)
    assert auth.session_of(asked) is None
    assert FIRST not in stored.value
    fresh = request(auth.begin_session(request(), PERSON))
    with pytest.raises(Forbidden):
        auth.check_csrf(fresh, form)


def test_a_value_set_by_hand_is_a_key_and_signs_everybody_out(stored: Secrets, clock: Clock) -> None:
    signing_key.rotate(keep_former=True)
    cookie = auth.begin_session(request(), PERSON)
    stored.value = "set in the console"
    clock.ahead = config.SIGNING_KEY_CACHE_S + 1
    assert signing_key.signing_key() == b"set in the console"
    assert session_in(cookie) is None


@pytest.mark.parametrize("value", ["{", "[]", "{}", '{"keys": []}', '"x"', "null", "12"])
def test_any_text_is_a_key(stored: Secrets, value: str) -> None:
    stored.value = value
    assert signing_key.signing_keys() == (signing_key.SigningKey(value.encode(), 1_793_491_200),)


def test_tokens_of_earlier_versions_name_no_key_and_stay_valid(stored: Secrets) -> None:
    session = sessions.begin(PERSON.id, 7, now())
    token = sessions.encode(session, FIRST.encode(), settings().prefix)
    claims = jwt.decode(token, options={"verify_signature": False})
    old = jwt.encode(claims, signing.derive(FIRST.encode(), "session"), algorithm="HS256")
    assert signing.named_key(old) is None
    assert auth.session_of(with_token(old)) == session
    signing_key.rotate(keep_former=True)
    assert auth.session_of(with_token(old)) == session


class TestRunningFunctions:
    """What a process does that has read the key before the rotation."""

    def test_a_token_of_the_new_key_makes_it_read_the_secret_again(self, stored: Secrets, clock: Clock) -> None:
        signing_key.signing_keys()
        rotate_elsewhere()
        clock.ahead = config.SIGNING_KEY_REREAD_S + 1
        token = sessions.encode(sessions.begin(PERSON.id, 7, now()), newest(stored), settings().prefix)
        assert auth.session_of(with_token(token))
        assert stored.reads == 3  # the first, the rotation's, and this one

    def test_it_notices_the_new_key_by_itself_within_the_stated_time(self, stored: Secrets, clock: Clock) -> None:
        cookie = auth.begin_session(request(), PERSON)
        rotate_elsewhere(keep_former=False)
        assert session_in(cookie)
        clock.ahead = config.SIGNING_KEY_CACHE_S + 1
        assert session_in(cookie) is None

    def test_unknown_keys_make_it_read_the_secret_no_more_than_every_half_minute(
        self, stored: Secrets, clock: Clock
    ) -> None:
        signing_key.signing_keys()
        for second in range(65):
            clock.ahead = second
            forged = sessions.encode(sessions.begin("x", 1, now()), f"{second}".encode(), settings().prefix)
            assert auth.session_of(with_token(forged)) is None
        assert stored.reads == 3

    def test_unknown_keys_sign_nobody_out_while_the_secret_cannot_be_read(self, stored: Secrets, clock: Clock) -> None:
        cookie = auth.begin_session(request(), PERSON)
        clock.ahead = config.SIGNING_KEY_REREAD_S + 1
        stored.fails = True
        forged = sessions.encode(sessions.begin("x", 1, now()), b"forged", settings().prefix)
        with pytest.raises(aws.ClientError):
            auth.session_of(with_token(forged))
        assert session_in(cookie)


def newest(stored: Secrets) -> bytes:
    return str(json.loads(stored.value)["keys"][0]["secret"]).encode()


def forged(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    return jwt.encode(claims, key, algorithm="HS256", headers=header)


@pytest.fixture
def claims(stored: Secrets) -> dict[str, Any]:
    """Those of a valid session."""
    token = sessions.encode(sessions.begin(PERSON.id, 7, now()), FIRST.encode(), settings().prefix)
    read: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return read


SIGNING = signing.derive(FIRST.encode(), "session")
KID = signing_key.key_id(FIRST.encode())


def test_the_right_key_id_and_key_are_accepted(claims: dict[str, Any]) -> None:
    """So that the refusals below are not for another reason."""
    assert auth.session_of(with_token(forged({"kid": KID}, claims, SIGNING)))


@pytest.mark.parametrize(
    "kid",
    [
        "0" * 16, "", KID.upper(), f"{KID}\x00", f"{KID} ", "../../dev/null", "' OR 1=1 --", "é" * 8, "\ud800",
        "x" * 10_000, "http://evil.example/key",
    ],
)  # fmt: skip
def test_a_wrong_key_id_is_refused_even_with_the_right_key(claims: dict[str, Any], kid: str) -> None:
    """The id is only compared with the ids of our keys; it is no path, no query and no URL."""
    assert auth.session_of(with_token(forged({"kid": kid}, claims, SIGNING))) is None


@pytest.mark.parametrize("kid", [1, None, ["x"], {"x": 1}, True])
def test_a_key_id_that_is_no_text_is_refused(claims: dict[str, Any], kid: object) -> None:
    head, body, signature = forged({"kid": KID}, claims, SIGNING).split(".")
    header = json.dumps({"alg": "HS256", "typ": "JWT", "kid": kid}).encode()
    head = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    assert auth.session_of(with_token(f"{head}.{body}.{signature}")) is None


@pytest.mark.parametrize("header", [{"jku": "https://evil.example"}, {"jwk": {"kty": "oct", "k": "eA"}}, {"x5u": "x"}])
def test_a_key_that_the_token_brings_along_is_not_used(claims: dict[str, Any], header: dict[str, Any]) -> None:
    assert auth.session_of(with_token(forged({"kid": KID, **header}, claims, b"x" * 32))) is None


@pytest.mark.parametrize("key", [b"x" * 32, FIRST.encode(), KID.encode().ljust(32), SIGNING[::-1]])
def test_another_key_under_our_key_id_is_refused(claims: dict[str, Any], key: bytes) -> None:
    assert auth.session_of(with_token(forged({"kid": KID}, claims, key))) is None


def test_a_key_of_one_purpose_signs_nothing_for_another(claims: dict[str, Any]) -> None:
    other = signing.derive(FIRST.encode(), "known browser")
    assert auth.session_of(with_token(forged({"kid": KID}, claims, other))) is None


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_no_other_algorithm_is_accepted(claims: dict[str, Any], algorithm: str) -> None:
    key: Any = None if algorithm == "none" else SIGNING.ljust(64, b"\0")
    token = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": KID})
    assert auth.session_of(with_token(token)) is None


@pytest.mark.parametrize("change", [{"exp": 1}, {"aud": "known browser"}, {"iss": "shylight-prod"}])
def test_expired_and_foreign_tokens_are_refused_under_every_key(claims: dict[str, Any], change: dict[str, Any]) -> None:
    assert auth.session_of(with_token(forged({"kid": KID}, claims | change, SIGNING))) is None
    signing_key.rotate(keep_former=True)
    assert auth.session_of(with_token(forged({"kid": KID}, claims | change, SIGNING))) is None


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_that_was_tampered_with_is_refused(claims: dict[str, Any], part: int) -> None:
    parts = forged({"kid": KID}, claims, SIGNING).split(".")
    at = len(parts[part]) // 2
    changed = "A" if parts[part][at] != "A" else "B"
    parts[part] = parts[part][:at] + changed + parts[part][at + 1 :]
    assert auth.session_of(with_token(".".join(parts))) is None


def test_a_known_browser_is_no_session_and_the_other_way_round(stored: Secrets) -> None:
    browser = known_browsers.encode(PERSON.id, FIRST.encode(), settings().prefix, now())
    assert auth.session_of(with_token(browser)) is None
    token = sessions.encode(sessions.begin(PERSON.id, 7, now()), FIRST.encode(), settings().prefix)
    asked = dataclasses.replace(request(), cookies={known_browsers.cookie_name(True): token})
    assert auth.known_browser(asked) is None


def test_no_key_is_shown_where_objects_are_printed(stored: Secrets) -> None:
    assert FIRST not in repr(signing_key.signing_keys())
