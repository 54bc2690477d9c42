"""Short-lived signed tokens (JWT) that carry a state from one request to the next.

Each purpose has its own audience and its own derived key, so that a token of one purpose is worth nothing for another:
the state between two steps of signing in is not a session, and a session is not such a state.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from chalicelib.accounts import signing
from chalicelib.config import settings
from chalicelib.store.signing_key import keys_for, signing_key

_REQUIRED: Final = ["iss", "aud", "sub", "jti", "iat", "exp"]


class Purpose(Enum):
    """What a token is for: its audience."""

    SECOND_STEP = "second step"
    AUTHENTICATOR = "authenticator set-up"
    PASSKEY_CHALLENGE = "passkey challenge"
    PROVIDER_SIGN_IN = "sign-in through the provider"
    PROVIDER_IDENTITY = "identity at the provider"
    SHARED_LINK = "shared link"


def issue(purpose: Purpose, subject: str, life_s: int, **claims: object) -> str:
    """A token about `subject`, such as a person's id, or ``""``, that expires after `life_s` seconds."""
    now = int(time.time())
    standard = {
        "iss": settings().prefix,
        "aud": purpose.value,
        "sub": subject,
        "jti": secrets.token_urlsafe(16),
        "iat": now,
        "exp": now + life_s,
    }
    return signing.encode(claims | standard, signing_key(), purpose.value)


def read(purpose: Purpose, token: str) -> Mapping[str, Any] | None:
    """The claims of a token; None unless it is signed by us, for this purpose, and not expired."""
    found = read_with_key(purpose, token)
    return found[0] if found is not None else None


def read_with_key(purpose: Purpose, token: str) -> tuple[Mapping[str, Any], bytes] | None:
    """As :func:`read`, with the signing key of the token, for whoever derives more from it."""
    if not token:
        return None
    audience = purpose.value
    for key in keys_for(signing.named_key(token)):
        claims = signing.decode(
            token, key.secret, audience, audience=audience, issuer=settings().prefix, required=_REQUIRED
        )
        if claims is not None:
            return claims, key.secret
    return None
