"""ID tokens are accepted only if everything about them is right."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.accounts.oidc import id_token
from chalicelib.accounts.oidc.id_token import Expected, InvalidIdToken, SigningKeys
from tests.unit.accounts.fake_provider import EC_KEY, OKP_KEY, OTHER_RSA_KEY, RSA_KEY, SHORT_RSA_KEY, jwk


@dataclass(frozen=True)
class Now:
    """A time in a token: seconds from when the token is made."""

    seconds: int = 0


def at_present(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Claims with times for `Now`."""
    now = int(time.time())
    return {name: now + value.seconds if isinstance(value, Now) else value for name, value in claims.items()}


ISSUER, CLIENT, NONCE, ACCESS = "https://idp.example", "client", "the nonce", "the access token"
GOOD: Mapping[str, Any] = {
    "iss": ISSUER, "sub": "1", "aud": CLIENT, "exp": Now(60), "iat": Now(), "nonce": NONCE,
}  # fmt: skip
PUBLIC_PEM = RSA_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def keys(*listed: Any) -> SigningKeys:
    return SigningKeys("https://idp.example/jwks", lambda _: {"keys": list(listed or [jwk(RSA_KEY)])})


def token(claims: Mapping[str, Any], key: Any = RSA_KEY, algorithm: str = "RS256", **header: Any) -> str:
    return jwt.encode(at_present(claims), key, algorithm, {"kid": "key-1", **header})


def unsigned(claims: Mapping[str, Any], header: Mapping[str, Any], secret: bytes = b"") -> str:
    """A token that PyJWT would refuse to make: HMAC with a public key as the secret, or no signature."""

    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    signed = f"{part(json.dumps(dict(header)).encode())}.{part(json.dumps(at_present(claims)).encode())}"
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{part(signature)}"


def expected() -> Expected:
    return Expected(ISSUER, CLIENT, NONCE, int(time.time()), ACCESS)


def is_valid(given: str, known: SigningKeys | None = None) -> bool:
    try:
        id_token.claims_of(given, known or keys(), expected())
    except InvalidIdToken:
        return False
    return True


def test_a_good_token() -> None:
    claims = id_token.claims_of(token(GOOD), keys(), expected())
    assert (claims["sub"], claims.keys()) == ("1", GOOD.keys())


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://evil.example"}, {"iss": ISSUER + "/"}, {"iss": None},
        {"aud": "another client"}, {"aud": []}, {"aud": None}, {"aud": ["another client"]}, {"aud": ""},
        {"aud": [CLIENT, "another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"azp": "another client"}, {"azp": ""}, {"azp": 1},
        {"exp": Now(-61)}, {"exp": None}, {"exp": "soon"}, {"exp": 1e400},
        {"iat": Now(120)}, {"iat": Now(-120)}, {"iat": None}, {"iat": "now"}, {"iat": 1e400}, {"iat": []},
        {"nbf": Now(120)},
        {"nonce": "another nonce"}, {"nonce": None}, {"nonce": ""}, {"nonce": 1}, {"nonce": [NONCE]}, {"nonce": "é"},
        {"sub": ""}, {"sub": None}, {"sub": 1}, {"sub": "x" * 256}, {"sub": ["1"]},
        {"at_hash": "another"}, {"at_hash": ""}, {"at_hash": 1},
        {"at_hash": id_token.at_hash("another access token", "RS256")},
        {"at_hash": id_token.at_hash(ACCESS, "RS512")},
    ],
    ids=str,
)  # fmt: skip
def test_tokens_with_wrong_claims(change: dict[str, Any]) -> None:
    assert not is_valid(token({name: value for name, value in (dict(GOOD) | change).items() if value is not None}))


@pytest.mark.parametrize(
    "change",
    [
        {"aud": [CLIENT]},
        {"azp": CLIENT},
        {"aud": [CLIENT, "another client"], "azp": CLIENT},
        {"exp": Now(-30)},
        {"iat": Now(30)},
        {"iat": Now(-30)},
        {"sub": "x" * 255},
        {"at_hash": id_token.at_hash(ACCESS, "RS256")},
    ],
    ids=str,
)
def test_tokens_whose_claims_may_differ(change: dict[str, Any]) -> None:
    """Clocks may differ by a minute; there may be other audiences if we are the authorized party."""
    assert is_valid(token(dict(GOOD) | change))


def test_at_hash_is_that_of_the_specification() -> None:
    """The example of OpenID Connect Core, appendix A.3."""
    assert id_token.at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256") == "77QmUPtjPfzWtF2AnpK9RQ"


class TestSignatures:
    @pytest.mark.parametrize(
        ("algorithm", "key"),
        [
            ("RS256", RSA_KEY), ("RS384", RSA_KEY), ("RS512", RSA_KEY), ("PS256", RSA_KEY), ("PS512", RSA_KEY),
            ("ES256", EC_KEY), ("EdDSA", OKP_KEY),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("names_it", [True, False])
    def test_every_asymmetric_algorithm(self, algorithm: str, key: Any, names_it: bool) -> None:
        known = keys(jwk(key, alg=algorithm) if names_it else jwk(key))
        claims = dict(GOOD) | {"at_hash": id_token.at_hash(ACCESS, algorithm)}
        assert is_valid(token(claims, key, algorithm), known)

    @pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "", None, "HS256", "RS1", "ES256K", ["RS256"], 1])
    def test_other_algorithms(self, algorithm: Any) -> None:
        assert not is_valid(unsigned(GOOD, {"alg": algorithm, "kid": "key-1"}))

    @pytest.mark.parametrize("algorithm", ["HS256", "RS256"])
    def test_the_public_key_is_no_secret(self, algorithm: str) -> None:
        assert not is_valid(unsigned(GOOD, {"alg": algorithm, "kid": "key-1"}, PUBLIC_PEM))

    def test_a_secret_among_the_public_keys_signs_nothing(self) -> None:
        for algorithm in ("HS256", "RS256"):
            forged = unsigned(GOOD, {"alg": algorithm, "kid": "key-1"}, b"x" * 32)
            assert not is_valid(forged, keys(jwk(b"x" * 32)))

    def test_another_key(self) -> None:
        assert not is_valid(token(GOOD, OTHER_RSA_KEY))

    def test_a_key_of_another_kind(self) -> None:
        assert not is_valid(token(GOOD, EC_KEY, "ES256"))
        assert not is_valid(token(GOOD, RSA_KEY), keys(jwk(EC_KEY)))

    def test_a_curve_of_another_size(self) -> None:
        key = ec.generate_private_key(ec.SECP384R1())
        assert not is_valid(token(GOOD, EC_KEY, "ES256"), keys(jwk(key)))

    def test_a_key_that_is_too_short(self) -> None:
        with pytest.warns(jwt.InsecureKeyLengthWarning):
            weak = token(GOOD, SHORT_RSA_KEY)
        assert not is_valid(weak, keys(jwk(SHORT_RSA_KEY)))

    def test_a_key_in_the_token_itself_is_ignored(self) -> None:
        forged = token(
            GOOD, OTHER_RSA_KEY, jwk=jwk(OTHER_RSA_KEY), jku="http://127.0.0.1:1/", x5u="http://127.0.0.1:1/"
        )
        assert not is_valid(forged)

    def test_a_key_for_encryption_signs_nothing(self) -> None:
        assert not is_valid(token(GOOD), keys(jwk(RSA_KEY, use="enc")))

    def test_unknown_critical_headers(self) -> None:
        assert not is_valid(token(GOOD, crit=["x"], x=1))

    @pytest.mark.parametrize("given", ["", "x", "a.b.c", "..", "a.b.c.d.e", "\x00", "é.é.é", "\ud800", "A" * 100_000])
    def test_rubbish(self, given: str) -> None:
        assert not is_valid(given)

    def test_changed_claims(self) -> None:
        head, _, signature = token(GOOD).split(".")
        changed = token(dict(GOOD) | {"sub": "2"}).split(".")[1]
        assert not is_valid(f"{head}.{changed}.{signature}")


class TestKeys:
    def test_a_token_without_key_id(self) -> None:
        """It is right if there is one key only (OpenID Connect Core, section 10.1)."""
        bare = jwt.encode(at_present(GOOD), RSA_KEY, "RS256")
        assert is_valid(bare, keys(jwk(RSA_KEY, kid=None)))
        assert is_valid(bare, keys(jwk(RSA_KEY), jwk(EC_KEY, "key-2", use="enc")))
        assert not is_valid(bare, keys(jwk(RSA_KEY), jwk(OTHER_RSA_KEY, "key-2")))

    def test_new_keys_are_fetched_when_they_are_used_and_no_more_often(self) -> None:
        listed, fetched = [jwk(RSA_KEY)], []

        def fetch(url: str) -> dict[str, Any]:
            fetched.append(url)
            return {"keys": listed}

        known = SigningKeys("https://idp.example/jwks", fetch)
        for _ in range(3):
            assert is_valid(token(GOOD), known)
        assert len(fetched) == 1
        listed[:] = [jwk(OTHER_RSA_KEY, "key-2")]
        assert is_valid(token(GOOD, OTHER_RSA_KEY, kid="key-2"), known)
        assert len(fetched) == 2
        assert not is_valid(token(GOOD), known), "a key that was withdrawn"
        for number in range(5):
            assert not is_valid(token(GOOD, kid=f"unknown-{number}"), known)
        assert len(fetched) == 2

    @pytest.mark.parametrize(
        "listed",
        [
            None, "x", [], [None], ["x"], [[]], [{}], [{"kty": 1}], [{"kty": "RSA"}], [{"kty": "RSA", "n": 1, "e": 2}],
            [{"kty": "EC", "crv": "P-256", "x": "!", "y": []}], [{"kty": "OKP", "crv": 1, "x": 1, "kid": "key-1"}],
            [{"kty": ["RSA"], "kid": "key-1"}], [{"kty": {}, "kid": {}}], [{"kty": "RSA", "alg": [], "kid": "key-1"}],
        ],
        ids=str,
    )  # fmt: skip
    def test_odd_key_sets_are_no_keys(self, listed: Any) -> None:
        known = SigningKeys("https://idp.example/jwks", lambda _: {"keys": listed})
        assert not is_valid(token(GOOD), known)

    def test_odd_keys_beside_the_right_one(self) -> None:
        assert is_valid(token(GOOD), keys({"kty": "unknown"}, "x", {"kty": "RSA", "kid": "key-1"}, jwk(RSA_KEY)))
