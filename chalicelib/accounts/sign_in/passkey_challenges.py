"""The challenges that passkeys sign, and whom passkeys are for.

A challenge is in a signed cookie, so it is bound to the browser; its claims bind it to a person and a use. It expires
after minutes and works once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from chalicelib.accounts import signed_tokens
from chalicelib.accounts.access import sessions
from chalicelib.accounts.signed_tokens import Purpose
from chalicelib.config import PASSKEY_CHALLENGE_COOKIE, PASSKEY_CHALLENGE_LIFE_S
from chalicelib.errors import Unauthorized
from chalicelib.store import used_tokens
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _
from chalicelib.web import Request

_CHALLENGE_BYTES: Final = 32


class Use(Enum):
    """What a passkey is asked for."""

    ADD = "add"
    SIGN_IN = "sign-in"
    SECOND_STEP = "second-step"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom passkeys are for. `id`: the host; `origin`: scheme, host and port of the pages."""

    id: str
    origin: str


def relying_party(request: Request) -> RelyingParty | None:
    """Whom passkeys are for: the host of the deployment's public URL.

    None where browsers have no passkeys: for IP addresses, and over http except on the local machine.
    """
    parts = urlsplit(request.base_url.lower())
    host = parts.hostname or ""
    is_name = bool(host.strip("0123456789.")) and ":" not in host
    if not is_name or not (parts.scheme == "https" or host == "localhost" or host.endswith(".localhost")):
        return None
    return RelyingParty(host, f"{parts.scheme}://{parts.netloc}")


def issue(request: Request, use: Use, person: Person | None) -> tuple[bytes, str]:
    """A new challenge, and the ``Set-Cookie`` header that brings it back.

    :param person: who has to answer it; None for anybody.
    """
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    token = signed_tokens.issue(
        Purpose.PASSKEY_CHALLENGE,
        person.id if person else "",
        PASSKEY_CHALLENGE_LIFE_S,
        use=use.value,
        challenge=challenge.hex(),
    )
    return challenge, sessions.set_cookie(_cookie(request), token, PASSKEY_CHALLENGE_LIFE_S, request.secure)


def redeem(request: Request, use: Use, person: Person | None) -> bytes:
    """The challenge in the request's cookie, which is used up.

    :raises Unauthorized: if there is none, or it was issued for somebody else or another use, expired or was used.
    """
    claims = signed_tokens.read(Purpose.PASSKEY_CHALLENGE, request.cookies.get(_cookie(request), ""))
    expected = (person.id if person else "", use.value)
    ours = claims is not None and (claims["sub"], claims.get("use")) == expected
    if claims is None or not ours or not used_tokens.use(str(claims["jti"]), int(claims["exp"])):
        raise Unauthorized(_("The request for a passkey has expired. Try again."))
    return bytes.fromhex(str(claims["challenge"]))


def _cookie(request: Request) -> str:
    return sessions.cookie_name_with_prefix(PASSKEY_CHALLENGE_COOKIE, request.secure)
