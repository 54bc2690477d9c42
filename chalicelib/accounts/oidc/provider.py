"""An OpenID Connect provider: what it says about itself, and the requests to it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

from chalicelib import outgoing_http
from chalicelib.accounts.oidc.id_token import SigningKeys
from chalicelib.config import PROVIDER_DOCUMENT_LIFE_S, PROVIDER_FAILURE_LIFE_S
from chalicelib.outgoing_http import RequestFailed
from chalicelib.timed_cache import TimedCache

_DOCUMENT: Final = "/.well-known/openid-configuration"
_BASIC: Final = "client_secret_basic"
_POST: Final = "client_secret_post"


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider's discovery document says.

    :ivar user_info_endpoint: ``""`` if there is none.
    :ivar keys: with which it signs ID tokens.
    :ivar secret_in_form: whether the client's secret is sent in the form, for providers that support no other way.
    :ivar names_itself: whether its answers contain the issuer (RFC 9207).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    user_info_endpoint: str
    keys: SigningKeys
    secret_in_form: bool
    names_itself: bool
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gives for a code."""

    id_token: str
    access_token: str


_providers: TimedCache[str, Provider | str] = TimedCache()  # by issuer; a text says why it failed


def provider_of(issuer: str) -> Provider:
    """The provider, as it was at most an hour ago.

    :raises RequestFailed: if it does not answer as it should; repeated for some seconds without asking it again.
    """
    known = _providers.peek(issuer)
    if known is None:
        life_s = PROVIDER_DOCUMENT_LIFE_S
        try:
            known = discover(issuer)
        except RequestFailed as failure:
            known, life_s = failure.message, PROVIDER_FAILURE_LIFE_S
        _providers.put(issuer, known, _providers.now() + life_s)
    if isinstance(known, str):
        raise RequestFailed(known)
    return known


def discover(issuer: str) -> Provider:
    """Ask a provider about itself (OpenID Connect Discovery, section 4).

    :raises RequestFailed: if the document is missing, another issuer's, or incomplete.
    """
    if urlsplit(issuer).query:
        raise RequestFailed("The issuer must not have a query.")
    document = outgoing_http.get_json(issuer.rstrip("/") + _DOCUMENT)
    if document.get("issuer") != issuer:
        raise RequestFailed(f"The provider says that its issuer is {str(document.get('issuer'))[:200]!r}.")
    authorization, token, keys = (
        _endpoint(document, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    )
    user_info = _endpoint(document, "userinfo_endpoint") if document.get("userinfo_endpoint") is not None else ""
    ways = _texts(document, "token_endpoint_auth_methods_supported") or [_BASIC]
    return Provider(
        issuer,
        authorization,
        token,
        user_info,
        SigningKeys(keys),
        secret_in_form=_BASIC not in ways and _POST in ways,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        document=document,
    )


def shortcomings(provider: Provider) -> list[str]:
    """What a provider says that it does not support, although signing in needs it; names from its document.

    Lists that it leaves out are not held against it.
    """
    needed = {
        "response_types_supported": "code",
        "code_challenge_methods_supported": "S256",
        "scopes_supported": "email",
    }
    lacking = [
        f"{name}: {value}"
        for name, value in needed.items()
        if value not in (_texts(provider.document, name) or [value])
    ]
    ways = _texts(provider.document, "token_endpoint_auth_methods_supported") or [_BASIC]
    if not {_BASIC, _POST} & set(ways):
        lacking.append(f"token_endpoint_auth_methods_supported: {_BASIC}")
    return lacking


def exchange(
    provider: Provider, client_id: str, client_secret: str, code: str, verifier: str, redirect_uri: str
) -> Tokens:
    """Exchange an authorization code for tokens.

    :raises RequestFailed: if the provider does not give any.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    headers = {}
    if provider.secret_in_form:
        form |= {"client_id": client_id, "client_secret": client_secret}
    else:  # RFC 6749, section 2.3.1: both are encoded before they are joined
        credentials = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    answer = outgoing_http.request(provider.token_endpoint, form, headers)
    if answer.status != 200:
        raise RequestFailed(f"The token endpoint answered {answer.status} ({_error_of(answer)}).")
    given = answer.json()
    id_token, access_token = given.get("id_token"), given.get("access_token", "")
    if not isinstance(id_token, str):
        raise RequestFailed("The token endpoint gave no ID token.")
    if not isinstance(access_token, str) or not access_token.isascii() or not access_token.isprintable():
        raise RequestFailed("The token endpoint gave an invalid access token.")
    return Tokens(id_token, access_token)


def user_info(provider: Provider, access_token: str, subject: str) -> Mapping[str, Any]:
    """The claims of the user info endpoint, for claims that the ID token lacks; ``{}`` if there is no such endpoint.

    :raises RequestFailed: if there is no answer, or it is about somebody else (OpenID Connect Core, section 5.3.2).
    """
    if not provider.user_info_endpoint or not access_token:
        return {}
    claims = outgoing_http.get_json(provider.user_info_endpoint, {"Authorization": f"Bearer {access_token}"})
    if claims.get("sub") != subject:
        raise RequestFailed("The user info endpoint answered about another subject.")
    return claims


def _endpoint(document: Mapping[str, Any], name: str) -> str:
    url = document.get(name)
    if not isinstance(url, str):
        raise RequestFailed(f"The provider's document has no {name}.")
    try:
        outgoing_http.check_form(url)
    except RequestFailed as failure:
        raise RequestFailed(f"The provider's {name} is invalid. {failure.message}") from failure
    return url


def _texts(document: Mapping[str, Any], name: str) -> list[str]:
    values = document.get(name)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _error_of(answer: outgoing_http.Answer) -> str:
    try:
        return str(answer.json().get("error"))[:40]
    except RequestFailed:
        return "no JSON"
