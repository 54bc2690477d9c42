"""Validation of ID tokens (OpenID Connect Core, section 3.1.3.7).

PyJWT checks signature, issuer, audience and times. The rest is checked here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

from chalicelib import outgoing_http
from chalicelib.config import PROVIDER_CLOCK_SKEW_S, PROVIDER_KEYS_LIFE_S

# Only signatures that the provider alone can make: neither "none" nor HMAC, whose key we know too. -> the type of key
ALGORITHMS: Final[Mapping[str, str]] = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA",
    "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "EC", "ES384": "EC", "ES512": "EC",
    "EdDSA": "OKP",
}  # fmt: skip
_REQUIRED: Final = ["iss", "sub", "aud", "exp", "iat", "nonce"]
_MAX_SUBJECT_CHARS: Final = 255


class InvalidIdToken(Exception):
    """The ID token is not what it should be; the message says why, for the log."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must match.

    :ivar nonce: of the request.
    :ivar began: when the request was made, epoch seconds.
    :ivar access_token: that came with the ID token; ``""`` if none did.
    """

    issuer: str
    client_id: str
    nonce: str
    began: int
    access_token: str = ""


class SigningKeys(jwt.PyJWKClient):
    """The keys with which a provider signs, fetched when they are needed.

    They are kept for an hour. A token that names an unknown key makes them be fetched again, as the provider may have
    changed its keys; but not twice within half a minute.
    """

    def __init__(self, url: str, get_json: Callable[[str], dict[str, Any]] = outgoing_http.get_json) -> None:
        super().__init__(url, lifespan=PROVIDER_KEYS_LIFE_S)
        self._get_json = get_json

    def fetch_data(self) -> Any:
        """The provider's JWK Set.

        :raises RequestFailed: if it cannot be fetched.
        """
        document = self._get_json(self.uri)
        listed = document.get("keys")
        return {"keys": [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []}

    def get_signing_keys(self, refresh: bool = False) -> list[jwt.PyJWK]:
        """All keys for signatures, also without an id, which PyJWT leaves out."""
        keys = [key for key in self.get_jwk_set(refresh).keys if key.public_key_use in ("sig", None)]
        if not keys:
            raise jwt.PyJWKClientError("the provider has no signing keys")
        return keys

    @staticmethod
    def match_kid(signing_keys: list[jwt.PyJWK], kid: str | None) -> jwt.PyJWK | None:
        """The key with this id; without an id, the only key there is (OpenID Connect Core, section 10.1)."""
        if kid is None:
            return signing_keys[0] if len(signing_keys) == 1 else None
        return next((key for key in signing_keys if key.key_id == kid), None)


def claims_of(token: str, keys: SigningKeys, expected: Expected) -> Mapping[str, Any]:
    """The claims of a valid ID token.

    :raises InvalidIdToken: if it is not valid.
    :raises RequestFailed: if the provider's keys cannot be fetched.
    """
    try:
        header = jwt.get_unverified_header(token)
        algorithm = str(header.get("alg"))
        if algorithm not in ALGORITHMS:
            raise InvalidIdToken(f"the algorithm {algorithm[:40]!r} is not allowed")
        key = keys.get_signing_key(header.get("kid"))  # type: ignore[arg-type]  # match_kid knows None
        if key.key_type != ALGORITHMS[algorithm]:
            raise InvalidIdToken(f"the key is not one for {algorithm}")
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[algorithm],
            audience=expected.client_id,
            issuer=expected.issuer,
            leeway=PROVIDER_CLOCK_SKEW_S,
            options={"require": _REQUIRED, "enforce_minimum_key_length": True},
        )
        _check(claims, algorithm, expected)
    except (jwt.PyJWTError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidIdToken(f"{type(error).__name__}: {error}"[:300]) from error
    return claims


def _check(claims: Mapping[str, Any], algorithm: str, expected: Expected) -> None:
    subject, nonce, audience, party = (claims.get(name) for name in ("sub", "nonce", "aud", "azp"))
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT_CHARS:
        raise InvalidIdToken("the subject is invalid")
    if not isinstance(nonce, str) or not _equal(nonce, expected.nonce):
        raise InvalidIdToken("the nonce is another")
    if isinstance(audience, list) and len(audience) > 1 and party is None:
        raise InvalidIdToken("there are several audiences and no authorized party")
    if party is not None and party != expected.client_id:
        raise InvalidIdToken("the authorized party is another")
    if int(claims["iat"]) < expected.began - PROVIDER_CLOCK_SKEW_S:
        raise InvalidIdToken("it was issued before this sign-in began")
    given = claims.get("at_hash")
    if given is not None and not (isinstance(given, str) and _equal(given, at_hash(expected.access_token, algorithm))):
        raise InvalidIdToken("the access token is another")


def at_hash(access_token: str, algorithm: str) -> str:
    """The `at_hash` of an access token: half of its hash (OpenID Connect Core, section 3.1.3.6)."""
    digest = hashlib.new("sha512" if algorithm == "EdDSA" else f"sha{algorithm[-3:]}", access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
