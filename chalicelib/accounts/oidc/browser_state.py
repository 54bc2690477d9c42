"""What a browser keeps while somebody is at the OpenID Connect provider, in signed cookies.

A sign-in has a random id. The state, the nonce and the PKCE verifier are computed from it with a key, so the cookie
binds them to the browser without containing them. The id works once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

from chalicelib.accounts import signed_tokens, signing
from chalicelib.accounts.access import sessions
from chalicelib.accounts.signed_tokens import Purpose
from chalicelib.config import (
    PROVIDER_IDENTITY_COOKIE,
    PROVIDER_IDENTITY_LIFE_S,
    PROVIDER_SIGN_IN_COOKIE,
    PROVIDER_SIGN_IN_LIFE_S,
)
from chalicelib.store import used_tokens
from chalicelib.web import Request


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in through the provider that has begun.

    :ivar id: random; not secret to the browser.
    :ivar issuer: the provider it began with.
    :ivar client_id: of this installation there.
    :ivar next: the page to open afterwards.
    :ivar began, expires: epoch seconds.
    :ivar key: the signing key it began with, which may be a former one by now.
    """

    id: str
    issuer: str
    client_id: str
    next: str
    began: int
    expires: int
    key: bytes = field(repr=False)

    @property
    def state(self) -> str:
        """The `state` of the request and of the answer."""
        return self._secret("state")

    @property
    def nonce(self) -> str:
        """The `nonce` of the request and of the ID token."""
        return self._secret("nonce")

    @property
    def verifier(self) -> str:
        """The PKCE verifier: 43 characters (RFC 7636, section 4.1)."""
        return self._secret("verifier")

    @property
    def challenge(self) -> str:
        """The PKCE challenge of the method S256."""
        return _base64url(hashlib.sha256(self.verifier.encode()).digest())

    def _secret(self, use: str) -> str:
        key = signing.derive(self.key, f"{Purpose.PROVIDER_SIGN_IN.value} {use}")
        return _base64url(hmac.new(key, self.id.encode(), hashlib.sha256).digest())


def begin(request: Request, issuer: str, client_id: str, onward: str) -> tuple[SignIn, str]:
    """A new sign-in, and the ``Set-Cookie`` header that binds it to the browser."""
    token = signed_tokens.issue(
        Purpose.PROVIDER_SIGN_IN, "", PROVIDER_SIGN_IN_LIFE_S, issuer=issuer, client_id=client_id, next=onward
    )
    begun = _read(token)
    if begun is None:
        raise RuntimeError("a token that was just signed cannot be read")
    return begun, sessions.set_cookie(_sign_in_cookie(request), token, PROVIDER_SIGN_IN_LIFE_S, request.secure)


def begun(request: Request) -> SignIn | None:
    """The sign-in that has begun in this browser, if it is signed by us and not expired."""
    return _read(request.cookies.get(_sign_in_cookie(request), ""))


def use(sign_in: SignIn) -> bool:
    """Use up a sign-in; gives whether this was the first time."""
    return used_tokens.use(sign_in.id, sign_in.expires)


def end(request: Request) -> str:
    """The ``Set-Cookie`` header that deletes the cookie of the sign-in."""
    return sessions.set_cookie(_sign_in_cookie(request), "", 0, request.secure)


@dataclass(frozen=True, slots=True)
class WaitingIdentity:
    """An identity that somebody has proven to be theirs, and that waits to be connected to their account.

    :ivar id: random; works once. :ivar person_id: the only person it may be connected to.
    """

    id: str
    person_id: str
    issuer: str
    subject: str
    email: str
    expires: int


def keep_identity(request: Request, person_id: str, issuer: str, subject: str, email: str) -> str:
    """The ``Set-Cookie`` header that keeps an identity in this browser until its owner connects it."""
    token = signed_tokens.issue(
        Purpose.PROVIDER_IDENTITY, person_id, PROVIDER_IDENTITY_LIFE_S, issuer=issuer, identity=subject, email=email
    )
    return sessions.set_cookie(_identity_cookie(request), token, PROVIDER_IDENTITY_LIFE_S, request.secure)


def waiting_identity(request: Request, person_id: str) -> WaitingIdentity | None:
    """The identity that waits in this browser for that person."""
    claims = signed_tokens.read(Purpose.PROVIDER_IDENTITY, request.cookies.get(_identity_cookie(request), ""))
    if claims is None or claims["sub"] != person_id:
        return None
    issuer, subject, email = (str(claims.get(name, "")) for name in ("issuer", "identity", "email"))
    return WaitingIdentity(str(claims["jti"]), person_id, issuer, subject, email, int(claims["exp"]))


def use_identity(identity: WaitingIdentity) -> bool:
    """Use up a waiting identity; gives whether this was the first time."""
    return used_tokens.use(identity.id, identity.expires)


def forget_identity(request: Request) -> str:
    """The ``Set-Cookie`` header that deletes the cookie of a waiting identity."""
    return sessions.set_cookie(_identity_cookie(request), "", 0, request.secure)


def _read(token: str) -> SignIn | None:
    found = signed_tokens.read_with_key(Purpose.PROVIDER_SIGN_IN, token)
    if found is None:
        return None
    claims, key = found
    issuer, client_id, onward = (str(claims.get(name, "")) for name in ("issuer", "client_id", "next"))
    return SignIn(str(claims["jti"]), issuer, client_id, onward, int(claims["iat"]), int(claims["exp"]), key)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _sign_in_cookie(request: Request) -> str:
    return sessions.cookie_name_with_prefix(PROVIDER_SIGN_IN_COOKIE, request.secure)


def _identity_cookie(request: Request) -> str:
    return sessions.cookie_name_with_prefix(PROVIDER_IDENTITY_COOKIE, request.secure)
