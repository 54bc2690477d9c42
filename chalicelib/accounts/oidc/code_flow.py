"""Signing in through the OpenID Connect provider of the installation's settings.

The authorization code flow with PKCE (RFC 7636), state and nonce. Everything that can go wrong at the provider is
written to the log; people are told what to do.
"""

from __future__ import annotations

import hmac
import time
from typing import Final, NoReturn
from urllib.parse import urlencode

import jwt

from chalicelib import outgoing_http
from chalicelib.accounts import throttle
from chalicelib.accounts.installation import client_secret_of, settings_of_installation
from chalicelib.accounts.oidc import browser_state, id_token, identities
from chalicelib.accounts.oidc import provider as oidc_provider
from chalicelib.accounts.oidc.browser_state import SignIn
from chalicelib.accounts.oidc.id_token import Expected, InvalidIdToken
from chalicelib.accounts.oidc.identities import Claims
from chalicelib.accounts.oidc.provider import Provider
from chalicelib.accounts.sign_in.sign_in_ways import provider_name
from chalicelib.config import PROVIDER_ATTEMPTS, PROVIDER_WINDOW_S
from chalicelib.errors import BadRequest, Forbidden, NotFound, Unavailable
from chalicelib.outgoing_http import RequestFailed
from chalicelib.store.installation import Installation
from chalicelib.structured_log import log_line
from chalicelib.translation import gettext as _
from chalicelib.web import Request

# Paths below the deployment's root.
START: Final = "sign-in/oidc"
CALLBACK: Final = "sign-in/oidc/callback"
_SCOPE: Final = "openid email profile"


def redirect_uri(address: str) -> str:
    """The redirect URI to register at the provider. `address`: the deployment's public URL."""
    return f"{address}/{CALLBACK}"


def begin(request: Request, onward: str) -> tuple[str, str]:
    """Begin a sign-in: the URL of the provider's page, and the ``Set-Cookie`` header that binds it to the browser.

    :param onward: the page to open afterwards.
    :raises NotFound: if no provider is set up.
    :raises Unavailable: if the provider does not answer as it should.
    """
    settings = _settings()
    try:
        provider = oidc_provider.provider_of(settings.oidc_issuer)
    except RequestFailed as failure:
        _give_up(settings, failure.message)
    sign_in, cookie = browser_state.begin(request, settings.oidc_issuer, settings.oidc_client_id, onward)
    asked = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": redirect_uri(request.address),
        "scope": _SCOPE,
        "state": sign_in.state,
        "nonce": sign_in.nonce,
        "code_challenge": sign_in.challenge,
        "code_challenge_method": "S256",
    }
    separator = "&" if "?" in provider.authorization_endpoint else "?"
    return f"{provider.authorization_endpoint}{separator}{urlencode(asked)}", cookie


def finish(request: Request) -> tuple[Claims, SignIn]:
    """Finish a sign-in with the provider's answer: what the provider says of the person, and the sign-in.

    :raises BadRequest: if the answer does not belong to a sign-in that this browser has begun, or was used already.
    :raises Forbidden: if the provider refused, or the person did.
    :raises NotFound: if no provider is set up.
    :raises TooManyRequests: after too many answers from one network that signed nobody in.
    :raises Unavailable: if the provider does not answer as it should.
    """
    settings = _settings()
    sign_in = _answered(request, settings)
    try:
        provider = oidc_provider.provider_of(settings.oidc_issuer)
        _check_sender(request, provider)
        code = request.query.get("code", "")
        if "error" in request.query or not code:
            _refused(settings, request.query.get("error", "no code"))
        return _claims(request, settings, provider, sign_in, code), sign_in
    except (RequestFailed, InvalidIdToken) as failure:
        _give_up(settings, str(failure))


def check(settings: Installation) -> list[str]:
    """What would keep people from signing in with these settings; empty if nothing does. Asks the provider."""
    if not settings.oidc_issuer:
        return [_("Enter the provider's issuer.")]
    missing = [
        message
        for value, message in (
            (settings.oidc_client_id, _("Enter the client ID.")),
            (client_secret_of(settings), _("Enter the client secret.")),
        )
        if not value
    ]
    try:
        provider = oidc_provider.discover(settings.oidc_issuer)
    except RequestFailed as failure:
        return [*missing, failure.message]
    lacking = [
        _("The provider does not support what signing in needs (%(what)s).", what=what)
        for what in oidc_provider.shortcomings(provider)
    ]
    return [*missing, *lacking, *_unreachable(provider)]


def _unreachable(provider: Provider) -> list[str]:
    problems = []
    for url in filter(None, (provider.token_endpoint, provider.user_info_endpoint)):
        try:
            outgoing_http.check(url)
        except RequestFailed as failure:
            problems.append(failure.message)
    try:
        keys = provider.keys.get_signing_keys()
        if not any(key.key_type in id_token.ALGORITHMS.values() for key in keys):
            problems.append(_("The provider has no key for signatures of a supported kind."))
    except RequestFailed as failure:
        problems.append(failure.message)
    except jwt.PyJWTError:
        problems.append(_("The provider's keys cannot be read."))
    return problems


def _settings() -> Installation:
    settings = settings_of_installation()
    if not settings.has_provider:
        raise NotFound(_("Signing in through a provider is not set up here."))
    return settings


def _answered(request: Request, settings: Installation) -> SignIn:
    """The sign-in that an answer belongs to; it is used up."""
    sign_in = browser_state.begun(request)
    state = request.query.get("state", "")
    repeated = any(len(values) > 1 for values in request.query_lists.values())
    if (
        sign_in is None
        or repeated
        or not hmac.compare_digest(sign_in.state.encode(), state.encode("utf-8", "replace"))
        or (sign_in.issuer, sign_in.client_id) != (settings.oidc_issuer, settings.oidc_client_id)
        or not browser_state.use(sign_in)
    ):
        raise BadRequest(_("This sign-in has expired, or was begun in another browser or tab. Start again."))
    return sign_in


def _check_sender(request: Request, provider: Provider) -> None:
    """Check that the answer comes from the provider that was asked (RFC 9207), also if it is an error."""
    sender = request.query.get("iss")
    if sender is None and not provider.names_itself:
        return
    if sender != provider.issuer:
        raise RequestFailed("The answer names another issuer, or none.")


def _claims(request: Request, settings: Installation, provider: Provider, sign_in: SignIn, code: str) -> Claims:
    """Redeem the code; the claims of the ID token, or of the user info endpoint if the token lacks the address."""
    network = throttle.key("provider", throttle.network(request.source_ip))
    now = int(time.time())
    throttle.count(network, PROVIDER_ATTEMPTS, PROVIDER_WINDOW_S, now)
    tokens = oidc_provider.exchange(
        provider,
        settings.oidc_client_id,
        client_secret_of(settings),
        code,
        sign_in.verifier,
        redirect_uri(request.address),
    )
    expected = Expected(provider.issuer, settings.oidc_client_id, sign_in.nonce, sign_in.began, tokens.access_token)
    claims = id_token.claims_of(tokens.id_token, provider.keys, expected)
    subject = str(claims["sub"])
    if "email" not in claims:
        claims = oidc_provider.user_info(provider, tokens.access_token, subject) or claims
    throttle.give_back(network, now)
    return identities.read_claims(provider.issuer, subject, claims)


def _refused(settings: Installation, error: str) -> NoReturn:
    name = provider_name(settings)
    log_line(provider_sign_in="refused", reason=error[:40])
    if error == "access_denied":
        raise Forbidden(_("You cancelled signing in, or %(provider)s does not let you in.", provider=name))
    raise Forbidden(_("%(provider)s refused to sign you in. Try again, or ask an administrator.", provider=name))


def _give_up(settings: Installation, reason: str) -> NoReturn:
    log_line(provider_sign_in="failed", reason=reason)
    raise Unavailable(
        _(
            "Signing in with %(provider)s failed. Try again in a moment. If it fails again, tell an administrator: "
            "the reason is in the log.",
            provider=provider_name(settings),
        )
    )
