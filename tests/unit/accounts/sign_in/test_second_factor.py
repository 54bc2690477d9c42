"""Second factors without AWS: codes of authenticator apps, recovery codes, encryption, and whom passkeys are for."""

from __future__ import annotations

import base64
import dataclasses
import secrets
import time
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import config, timed_cache
from chalicelib.accounts import encryption, signed_tokens, signing
from chalicelib.accounts.access import sessions
from chalicelib.accounts.mailing import texts
from chalicelib.accounts.sign_in import recovery_codes, totp
from chalicelib.accounts.sign_in.passkey_challenges import RelyingParty, relying_party
from chalicelib.accounts.signed_tokens import Purpose
from chalicelib.store import signing_key
from chalicelib.web import Request

# RFC 6238, appendix B: the times and codes for SHA-1, of which six digits are used.
RFC_SECRET = b"12345678901234567890"
RFC_CODES = {
    59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037",
    20000000000: "353130",
}  # fmt: skip
KEY = secrets.token_bytes(32)


@pytest.mark.parametrize(("now", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard(now: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, now // 30) == code
    assert totp.matching_step(RFC_SECRET, code, now) == now // 30


@pytest.mark.parametrize(("seconds", "valid"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_the_step_before_and_after_are_valid(seconds: int, valid: bool) -> None:
    now = 1111111111 // 30 * 30
    assert (totp.matching_step(RFC_SECRET, totp.code_at(RFC_SECRET, now // 30), now + seconds) is not None) == valid


@given(st.text(max_size=10))
def test_what_is_no_code_matches_nothing(text: str) -> None:
    if totp.matching_step(RFC_SECRET, text, 59) is not None:
        assert text in {totp.code_at(RFC_SECRET, step) for step in (0, 1, 2)}


@pytest.mark.parametrize("code", ["٢٨٧٠٨٢", "287082 ", "287082\n", "28708", "0287082", "+28708"])
def test_digits_are_those_of_ascii(code: str) -> None:
    assert totp.matching_step(RFC_SECRET, code, 59) is None


@pytest.mark.parametrize("issuer", ["Acme", "Acme: Stats & Co?", "統計", "x" * 200])
def test_the_uri_names_account_and_issuer(issuer: str) -> None:
    parts = urlsplit(totp.uri(RFC_SECRET, "ada+x@example.com", issuer))
    label = unquote(parts.path.removeprefix("/"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert label == f"{issuer.replace(':', ' ')}:ada+x@example.com"
    assert parse_qs(parts.query) == {"secret": [base64.b32encode(RFC_SECRET).decode()], "issuer": [issuer]}


def test_recovery_codes_are_read_as_people_type_them() -> None:
    codes = recovery_codes.new_codes()
    assert len(set(codes)) == config.RECOVERY_CODES
    for code in codes:
        digest = recovery_codes.digest("ada", code)
        assert digest is not None
        for typed in (code.lower(), code.replace("-", ""), code.replace("-", " "), f" {code}\n"):
            assert recovery_codes.digest("ada", typed) == digest
        assert recovery_codes.digest("eve", code) != digest


@pytest.mark.parametrize(
    "text", ["", "123456", "ABCD-EFGH-IJKL-MNO", "ABCD-EFGH-IJKL-MNO1", "ABCD-EFGH-IJKL-MNOPQ", "é" * 16]
)
def test_what_is_no_recovery_code_has_no_digest(text: str) -> None:
    assert recovery_codes.digest("ada", text) is None


class TestEncryption:
    @given(st.binary(max_size=64), st.text(max_size=20))
    def test_what_is_sealed_can_be_opened(self, secret: bytes, context: str) -> None:
        context = context.encode("utf-8", "replace").decode()
        assert encryption.unseal(KEY, encryption.seal(KEY, secret, context), context) == secret

    def test_each_time_it_looks_different(self) -> None:
        assert encryption.seal(KEY, b"secret", "ada") != encryption.seal(KEY, b"secret", "ada")

    def test_another_key_or_person_cannot_open_it(self) -> None:
        sealed = encryption.seal(KEY, b"secret", "ada")
        assert encryption.unseal(secrets.token_bytes(32), sealed, "ada") is None
        assert encryption.unseal(KEY, sealed, "eve") is None

    @pytest.mark.parametrize("sealed", ["", "1.", "x", "1.AAAA", "1.é", f"1.{'A' * 64}"])
    def test_rubbish_is_not_opened(self, sealed: str) -> None:
        assert encryption.unseal(KEY, sealed, "ada") is None

    def test_a_changed_byte_is_noticed(self) -> None:
        raw = bytearray(base64.b64decode(encryption.seal(KEY, b"secret", "ada").removeprefix("1.")))
        for at in range(len(raw)):
            changed = bytes(raw[:at]) + bytes([raw[at] ^ 1]) + bytes(raw[at + 1 :])
            assert encryption.unseal(KEY, f"1.{base64.b64encode(changed).decode()}", "ada") is None


class TestSignedTokens:
    @pytest.fixture(autouse=True)
    def key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(signing_key, "_read", lambda _name: (signing_key.SigningKey(KEY, 0),))
        timed_cache.reset_all()

    def test_a_token_says_what_was_put_in(self) -> None:
        claims = signed_tokens.read(Purpose.SECOND_STEP, signed_tokens.issue(Purpose.SECOND_STEP, "ada", 60, epoch=3))
        assert claims is not None
        assert (claims["sub"], claims["epoch"]) == ("ada", 3)

    @pytest.mark.parametrize("issued", Purpose)
    @pytest.mark.parametrize("read", Purpose)
    def test_it_is_good_for_its_purpose_alone(self, issued: Purpose, read: Purpose) -> None:
        token = signed_tokens.issue(issued, "ada", 60)
        assert (signed_tokens.read(read, token) is not None) == (issued is read)

    @pytest.mark.parametrize("purpose", Purpose)
    def test_it_is_no_session_and_a_session_is_none(self, purpose: Purpose) -> None:
        prefix = config.settings().prefix
        assert sessions.decode(signed_tokens.issue(purpose, "ada", 60, epoch=1), KEY, prefix) is None
        session = sessions.encode(sessions.begin("ada", 1, int(time.time())), KEY, prefix)
        assert signed_tokens.read(purpose, session) is None

    def test_it_expires(self) -> None:
        assert signed_tokens.read(Purpose.SECOND_STEP, signed_tokens.issue(Purpose.SECOND_STEP, "ada", -1)) is None

    def test_what_a_caller_adds_replaces_nothing(self) -> None:
        token = signed_tokens.issue(Purpose.SECOND_STEP, "ada", 60, aud="browser", sub="eve", exp=2**40)
        claims = signed_tokens.read(Purpose.SECOND_STEP, token)
        assert claims is not None
        assert claims["sub"] == "ada"
        assert claims["exp"] <= time.time() + 60

    @pytest.mark.parametrize("claim", ["iss", "aud", "sub", "jti", "iat", "exp"])
    def test_every_claim_is_needed(self, claim: str) -> None:
        token = signed_tokens.issue(Purpose.SECOND_STEP, "ada", 60)
        claims = jwt.decode(token, options={"verify_signature": False})
        del claims[claim]
        key = signing.derive(KEY, Purpose.SECOND_STEP.value)
        assert signed_tokens.read(Purpose.SECOND_STEP, jwt.encode(claims, key, algorithm="HS256")) is None

    @pytest.mark.parametrize("algorithm", ["none", "HS512"])
    def test_the_algorithm_is_not_the_senders_to_choose(self, algorithm: str) -> None:
        claims = jwt.decode(signed_tokens.issue(Purpose.SECOND_STEP, "ada", 60), options={"verify_signature": False})
        key = "" if algorithm == "none" else signing.derive(KEY, Purpose.SECOND_STEP.value).ljust(64, b"\0")
        forged = jwt.encode(claims, key, algorithm=algorithm)
        assert signed_tokens.read(Purpose.SECOND_STEP, forged) is None


@pytest.mark.parametrize(
    ("base_url", "party"),
    [
        ("https://stats.example", RelyingParty("stats.example", "https://stats.example")),
        ("https://Stats.Example:8443/prod", RelyingParty("stats.example", "https://stats.example:8443")),
        ("https://abcd.execute-api.eu-central-1.amazonaws.com/prod",
         RelyingParty("abcd.execute-api.eu-central-1.amazonaws.com",
                      "https://abcd.execute-api.eu-central-1.amazonaws.com")),
        ("http://localhost:4566/restapis/x", RelyingParty("localhost", "http://localhost:4566")),
        ("http://stats.example", None),
        ("http://127.0.0.1:4566/restapis/x", None),
        ("https://192.0.2.1", None),
        ("https://[2001:db8::1]", None),
        ("", None),
    ],
)  # fmt: skip
def test_passkeys_are_for_the_public_url(base_url: str, party: RelyingParty | None) -> None:
    request = Request("GET", "/sign-in", {}, {}, {"host": "evil.example"}, b"", "192.0.2.1", base_url)
    assert relying_party(request) == party


@pytest.mark.parametrize("kind", texts.SECURITY_CHANGES)
def test_the_mail_about_a_change_says_what_was_changed(kind: str) -> None:
    content = texts.security_changed("Acme", kind, "https://stats.example/account/security")
    assert content.paragraphs == (texts.SECURITY_CHANGES[kind],)
    assert content.action is not None
    assert texts.security_changed("Acme", kind, "").action is None


def test_a_session_remembers_when_its_person_was_authenticated() -> None:
    session = sessions.begin("ada", 1, int(time.time()), authenticated_at=5)
    assert sessions.decode(sessions.encode(session, KEY, "i"), KEY, "i") == session
    assert session.authenticated_at == 5


def test_a_session_of_an_earlier_version_is_not_stored_and_was_authenticated_when_it_began() -> None:
    session = sessions.begin("ada", 1, int(time.time()))
    claims = jwt.decode(sessions.encode(session, KEY, "i"), options={"verify_signature": False})
    del claims["auth_time"]
    old = sessions.decode(jwt.encode(claims, signing.derive(KEY, "session")), KEY, "i")
    assert old == dataclasses.replace(session, stored=False)
