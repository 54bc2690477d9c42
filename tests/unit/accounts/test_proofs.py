"""Accounts without AWS: sessions, forms, where to go next, passwords, bearer secrets."""

from __future__ import annotations

import dataclasses
import re
import time
import uuid
from typing import Any
from urllib.parse import unquote, urlsplit

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib import config, timed_cache
from chalicelib.accounts import passwords, secret_tokens, signing, throttle
from chalicelib.accounts.access import auth, request_origin, sessions
from chalicelib.accounts.people import people
from chalicelib.enrich import geoip_database
from chalicelib.errors import BadRequest, Forbidden
from chalicelib.store import browser_sessions, signing_key
from chalicelib.web import Request, read_cookies

KEY = b"a signing key for tests, 32 bytes"
PERSON = str(uuid.uuid4())


def request(base_url: str = "https://stats.example/api", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    headers = {"host": "stats.example", **named}
    return Request("POST", "/sign-in", {}, {}, headers, b"", "192.0.2.1", base_url, domain="gateway.example")


def encoded(character: str, times: int) -> str:
    """A character percent-encoded so many times over."""
    for _ in range(times):
        character = "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "replace"))
    return character


def as_a_browser_goes(base: str, location: str) -> tuple[str, str]:
    """Host and path of a relative URL, as browsers resolve one: https://url.spec.whatwg.org/#url-parsing."""
    text = "".join(char for char in location.strip("".join(map(chr, range(33)))) if char not in "\t\r\n")
    way = re.split("[?#]", text, maxsplit=1)[0].replace("\\", "/")
    assert not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", way), "another scheme"
    start = urlsplit(base)
    if way.startswith("//"):
        return way[2:].split("/")[0], "/"
    steps = [] if way.startswith("/") else start.path.split("/")[1:-1]
    for step in way.split("/"):
        dots = step.lower().replace("%2e", ".")
        if dots == "..":
            del steps[-1:]
        elif dots != ".":
            steps.append(step)
    return start.netloc, "/" + "/".join(steps)


class TestSessions:
    def test_a_session_survives_the_cookie(self) -> None:
        session = sessions.begin(PERSON, 3, int(time.time()))
        assert sessions.decode(sessions.encode(session, KEY, "shylight-test"), KEY, "shylight-test") == session

    def test_two_sessions_differ_in_one_second(self) -> None:
        assert sessions.begin(PERSON, 1, 0).id != sessions.begin(PERSON, 1, 0).id

    @pytest.mark.parametrize(("key", "issuer"), [(b"another key", "shylight-test"), (KEY, "shylight-prod")])
    def test_a_cookie_of_another_deployment_is_worth_nothing(self, key: bytes, issuer: str) -> None:
        sealed = sessions.encode(sessions.begin(PERSON, 1, int(time.time())), KEY, "shylight-test")
        assert sessions.decode(sealed, key, issuer) is None

    def test_a_session_ends_by_itself(self) -> None:
        old = sessions.begin(PERSON, 1, int(time.time()) - config.SESSION_LIFE_S - 1)
        assert sessions.decode(sessions.encode(old, KEY, "i"), KEY, "i") is None

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "\x00", "é.é.é"])
    def test_rubbish_is_no_session(self, token: str) -> None:
        assert sessions.decode(token, KEY, "i") is None

    @pytest.mark.parametrize("algorithm", ["none", "HS512"])
    def test_the_algorithm_is_not_the_senders_to_choose(self, algorithm: str) -> None:
        session = sessions.begin(PERSON, 1, int(time.time()))
        claims = jwt.decode(sessions.encode(session, KEY, "i"), options={"verify_signature": False})
        key: Any = None if algorithm == "none" else signing.derive(KEY, "session").ljust(64, b"\0")
        assert sessions.decode(jwt.encode(claims, key, algorithm=algorithm), KEY, "i") is None

    @pytest.mark.parametrize("claim", ["iss", "aud", "sub", "jti", "iat", "exp", "epoch"])
    def test_every_claim_is_needed(self, claim: str) -> None:
        sealed = sessions.encode(sessions.begin(PERSON, 1, int(time.time())), KEY, "i")
        claims = jwt.decode(sealed, options={"verify_signature": False})
        del claims[claim]
        assert sessions.decode(jwt.encode(claims, signing.derive(KEY, "session")), KEY, "i") is None

    def test_keys_for_two_purposes_differ(self) -> None:
        assert signing.derive(KEY, "session") != signing.derive(KEY, "csrf")

    def test_a_csrf_token_is_good_for_its_session_alone(self) -> None:
        mine, yours = sessions.begin(PERSON, 1, 0), sessions.begin(PERSON, 1, 0)
        assert sessions.csrf_matches(mine, KEY, sessions.csrf_token(mine, KEY))
        assert not sessions.csrf_matches(yours, KEY, sessions.csrf_token(mine, KEY))
        assert not sessions.csrf_matches(mine, b"other", sessions.csrf_token(mine, KEY))

    @pytest.mark.parametrize("given", ["", "é", "\ud800", "0" * 64])
    def test_other_csrf_tokens_are_refused(self, given: str) -> None:
        assert not sessions.csrf_matches(sessions.begin(PERSON, 1, 0), KEY, given)


class TestCookie:
    def test_over_https_it_is_bound_to_the_host(self) -> None:
        cookie = sessions.cookie("t", secure=True)
        assert cookie.startswith("__Host-shylight_session=t; ")
        assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))
        assert "Domain" not in cookie

    def test_over_http_it_is_not_secure_so_that_it_comes_back(self) -> None:
        cookie = sessions.cookie("t", secure=False)
        assert cookie.startswith("shylight_session=t; ")
        assert {"Path=/", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Secure" not in cookie

    @pytest.mark.parametrize(
        "neighbour", ['prefs={"a":1,"b":2}', "consent=a b", "flag", "é=1", "expires=never", "path=/", "a b=1", "=x"]
    )
    def test_a_session_is_found_beside_any_cookie_of_a_neighbour(self, neighbour: str) -> None:
        cookies = read_cookies(f"{neighbour}; {sessions.cookie_name(True)}=h.eyJ9.s-_; {neighbour}")
        assert cookies[sessions.cookie_name(True)] == "h.eyJ9.s-_"

    def test_signing_out_clears_the_cookie_of_the_same_name(self) -> None:
        assert sessions.cleared_cookie(True).startswith("__Host-shylight_session=; Max-Age=0; Path=/; ")
        assert sessions.cleared_cookie(False).startswith("shylight_session=; Max-Age=0; Path=/; ")


class TestSessionOf:
    @pytest.fixture(autouse=True)
    def key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(signing_key, "_read", lambda _name: (signing_key.SigningKey(KEY, 0),))
        timed_cache.reset_all()
        monkeypatch.setattr(browser_sessions, "add", lambda *_: None)
        monkeypatch.setattr(geoip_database, "record", lambda *_: {})

    def asked(self, base_url: str, cookie: str) -> Request:
        name, _, value = cookie.partition(";")[0].partition("=")
        return dataclasses.replace(request(base_url), cookies={name: value})

    @pytest.mark.parametrize("base_url", ["https://stats.example", "http://127.0.0.1:4566/restapis/x"])
    def test_a_browser_brings_back_the_session_that_it_was_given(self, base_url: str) -> None:
        given = auth.begin_session(request(base_url), people.Person(PERSON, "ada@example.com", epoch=7))
        session = auth.session_of(self.asked(base_url, given))
        assert session is not None
        assert (session.person_id, session.epoch) == (PERSON, 7)
        assert auth.csrf_token(self.asked(base_url, given)) == sessions.csrf_token(session, KEY)

    def test_a_cookie_that_a_neighbouring_host_could_plant_is_ignored_over_https(self) -> None:
        given = auth.begin_session(request("http://stats.example"), people.Person(PERSON, "ada@example.com"))
        assert auth.session_of(self.asked("https://stats.example", given)) is None

    def test_nobody_has_no_csrf_token(self) -> None:
        assert auth.csrf_token(request()) == ""


class TestOrigin:
    @pytest.mark.parametrize(
        "headers",
        [
            {"sec_fetch_site": "same-origin", "origin": "https://stats.example"},
            {"sec_fetch_site": "same-origin", "origin": "null"},
            {"sec_fetch_site": "none"},
            {"origin": "https://stats.example"},
            {"origin": "HTTPS://Stats.Example"},
            {"origin": "https://gateway.example"},
            {},
        ],
    )
    def test_our_own_pages_may_post(self, headers: dict[str, str]) -> None:
        request_origin.check_origin(request(**headers))

    @pytest.mark.parametrize(
        "headers",
        [
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site", "origin": "https://stats.example"},
            {"sec_fetch_site": "", "origin": "https://stats.example"},
            {"origin": "https://evil.example"},
            {"origin": "http://stats.example"},
            {"origin": "https://stats.example:8443"},
            {"origin": "https://stats.example.evil.example"},
            {"origin": "https://evil.example", "host": "evil.example", "x_forwarded_host": "evil.example"},
            {"origin": "http://gateway.example"},
            {"origin": "https://"},
            {"origin": "://"},
            {"origin": "null"},
            {"origin": ""},
        ],
    )
    def test_other_sites_pages_may_not(self, headers: dict[str, str]) -> None:
        with pytest.raises(Forbidden):
            request_origin.check_origin(request(**headers))


class TestNext:
    @pytest.mark.parametrize(
        ("given", "path"),
        [
            (None, "sites"),
            ("", "sites"),
            ("/", "sites"),
            ("/sites", "sites"),
            ("sites/1?period=7d&from=2026-11-01", "sites/1?period=7d&from=2026-11-01"),
            ("/sites/1?a=b:c#d", "sites/1?a=b:c#d"),
            ("/sites/ä", "sites/%C3%A4"),
        ],
    )
    def test_a_path_of_ours_is_kept(self, given: str | None, path: str) -> None:
        assert request_origin.next_path(given) == path

    @pytest.mark.parametrize(
        "given",
        [
            "https://evil.example/",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/%5cevil.example",
            "/%2fevil.example",
            "javascript:alert(1)",
            "/javascript:alert(1)",
            "../../other",
            "/sites/../../x",
            "/%2e%2e/x",
            "./x",
            "/sites\r\nSet-Cookie: a=b",
            "/si\ttes",
            " //evil.example",
            "/sites//x",
            "/sign-in",
            "/sign-out",
            "/sites/" + "x" * 3000,
            "?x",
            "x%3F/../../..//evil.com/",
            "x%253F/../../..//evil.com/",
            "x%2523/../..",
            "sites/%252e%252e/%252e%252e/x",
            "sites/%25252e%25252e%25252f%25252e%25252e",
            "sites/.%2e/x",
            "sites/a%252fb",
            "sites/a%5c..%5cb",
            "sites/a%09b",
            "sites/a%250d%250ab",
            "sites;x=1/../..",
            "sites/a@b:c",
            "sites/",
            "%73ign-in",
        ],
    )
    def test_anything_else_leads_home(self, given: str) -> None:
        assert request_origin.next_path(given) == "sites"

    @given(
        st.lists(
            st.sampled_from(
                ["..", ".", "/", "\\", "%", "?", "#", ":", "//", "sites", "x", "@", ";", "e.com", "\t", "é"]
            )
        ).map("".join)
        | st.text(max_size=30),
        st.lists(st.integers(0, 3), min_size=1, max_size=8),
        st.sampled_from(["./", "../", "../../"]),
    )
    @example("x?/../../..//evil.com/", [2, 0, 0], "../")
    def test_wherever_a_browser_goes_from_there_is_below_the_root(
        self, text: str, encodings: list[int], root: str
    ) -> None:
        given = "".join(encoded(char, encodings[at % len(encodings)]) for at, char in enumerate(text))
        below = request_origin.next_path(given)
        base = f"https://stats.example/prod/{'x/' * (root.count('..'))}sign-in"
        for decoded in range(4):
            host, path = as_a_browser_goes(base, root + below)
            assert host == "stats.example"
            assert path.startswith("/prod/")
            assert len(path) > len("/prod/")
            way, mark, rest = request_origin._split(below)
            below = unquote(way) + mark + rest  # as somebody on the way may decode it
            assert decoded < 3 or unquote(way) == way


class TestPasswords:
    def test_a_hash_is_of_its_password_alone(self) -> None:
        stored = passwords.hash_password("correct horse battery")
        assert stored.startswith("$argon2id$")
        assert passwords.matches(stored, "correct horse battery")
        assert not passwords.matches(stored, "correct horse batterx")
        assert not passwords.needs_rehash(stored)

    def test_a_hash_with_older_parameters_is_noticed(self) -> None:
        assert passwords.needs_rehash("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43)

    @pytest.mark.parametrize("stored", [None, "", "rubbish", "$argon2id$v=19$rubbish"])
    def test_without_a_proper_hash_nothing_matches(self, stored: str | None) -> None:
        assert not passwords.matches(stored, "whatever it is")

    def test_one_letter_typed_in_two_ways_is_one(self) -> None:
        assert passwords.matches(passwords.hash_password("caf\u00e9 au lait"), "cafe\u0301 au lait")

    @pytest.mark.parametrize("password", ["", "123456789", "x" * 1025])
    def test_too_short_and_too_long_ones_are_refused(self, password: str) -> None:
        with pytest.raises(BadRequest) as refusal:
            passwords.check_new(password)
        assert refusal.value.field == "password"

    @pytest.mark.parametrize(
        "password", ["tree-river", "four words make one " * 51, "ein Satz mit Umlauten: äöü", "9472650138"]
    )
    def test_long_and_unusual_ones_are_accepted(self, password: str) -> None:
        passwords.check_new(password, "Ada", "ada@example.com")

    @pytest.mark.parametrize(
        "password",
        [
            "1234567890", "0987654321", "12345678901234", "abcdefghijkl", "qwertyuiop", "asdfghjklasdf", "1q2w3e4r5t6y",
            "aaaaaaaaaa", "x" * 1024, "abababababab", "password123", "P@ssw0rd!2024", "PASSWORDPASSWORD", "!!letmein!!",
            "administrator", "shylight2026", "Welcome12345", "ada@example.com", "Lovelace1815", "lovelacelovelace",
            "１２３４５６７８９０",
        ],
    )  # fmt: skip
    def test_what_is_guessed_first_is_refused(self, password: str) -> None:
        with pytest.raises(BadRequest) as refusal:
            passwords.check_new(password, "Lovelace", "ada@example.com")
        assert refusal.value.field == "password"
        assert "easy to guess" in refusal.value.message


class TestBearers:
    def test_a_secret_leads_to_its_person(self) -> None:
        secret = secret_tokens.new_secret(PERSON)
        assert len(secret) == 64
        assert secret_tokens.person_of(secret) == PERSON
        assert secret != secret_tokens.new_secret(PERSON)
        assert secret not in secret_tokens.digest(secret)

    @pytest.mark.parametrize("given", ["", "x", "x" * 63, "x" * 65, "ä" * 64, "x" * 63 + "=", "x" * 64 + "\n"])
    def test_what_has_another_shape_leads_nowhere(self, given: str) -> None:
        assert secret_tokens.person_of(given) is None


class TestEmail:
    @pytest.mark.parametrize(
        "given", ["ada@example.com", " ada@example.com\n", "a+b@x.co.uk", "root@localhost", "ü@ä.de"]
    )
    def test_addresses(self, given: str) -> None:
        assert people.email_address(given) == given.strip()

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "ada",
            "@x.de",
            "a@",
            "a b@x.de",
            "a@b@c",
            "a@x..de",
            "a@.de",
            "a\x00@x.de",
            "\ud800@x.de",
            "a@\udfff.de",
            "a" * 250 + "@x.de",
        ],
    )
    def test_what_is_none(self, given: str) -> None:
        with pytest.raises(BadRequest) as refusal:
            people.email_address(given)
        assert refusal.value.field == "email"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_attempts_are_counted_by_network(address: str, network: str) -> None:
    assert throttle.network(address) == network
