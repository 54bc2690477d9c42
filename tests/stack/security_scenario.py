"""Somebody makes their account secure: the part of the API's scenario about two-factor authentication and sessions."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING
from unittest.mock import patch
from urllib.parse import urlencode

from chalicelib import timed_cache
from chalicelib.accounts.access import auth
from chalicelib.accounts.sign_in import totp
from chalicelib.config import settings
from chalicelib.enrich import geoip_database
from chalicelib.store import aws, people, second_factors
from harness.soft_authenticator import SoftAuthenticator

if TYPE_CHECKING:
    from tests.stack.scenarios import Api

ORIGIN = "https://shylight.example"
AUTHENTICATOR = "/account/authenticator"


def secure_account(api: Api, email: str, password: str) -> None:
    """Set everything up, sign in with it, and remove it."""
    with suppress(aws.ClientError):  # the key is created with the first authenticator app
        aws.client("ssm").delete_parameter(Name=settings().encryption_key)
    timed_cache.reset_all()
    geoip_database.close_all()  # the first session in a container fetches the database
    with patch("chalicelib.accounts.access.session_origin.SESSION_COUNTRY_WAIT_S", 60):
        api.ask("POST /sign-in", 303, urlencode({"email": email, "password": password}))
    post = _poster(api)
    with patch.object(auth, "RECENT_SIGN_IN_S", 0):
        api.ask(f"GET {AUTHENTICATOR}", 303)
    with patch.object(auth, "SESSION_USED_EVERY_S", -1):
        api.ask("GET /confirm", 200)
    post("/confirm", 303, password=password)
    secret = _set_up_app(api, post)
    api.ask("GET /account/passkeys", 200)
    device = SoftAuthenticator(ORIGIN)
    credential = device.create(json.loads(post("/account/passkey-options", 200)))
    post("/account/passkeys", 303, name="Laptop", credential=credential)
    recovery = re.findall(r"(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}", post("/account/recovery-codes", 200))[0]
    _sign_in_again(api, device, email, password, secret, recovery)
    post("/account/sessions", 303, session="others")
    (other,) = re.findall(r'name="session" value="([\w-]{20,})"', _with_another_session(api, device))
    post("/account/sessions", 303, session=other)
    person = people.find_person(email)
    assert person is not None
    (passkey,) = second_factors.factors_of(person.id).passkeys
    post("/account/passkeys/{passkey}", 303, path_parameters={"passkey": passkey.id}, name="Phone")
    post("/account/passkeys/{passkey}", 303, path_parameters={"passkey": passkey.id}, remove="1")
    post(f"{AUTHENTICATOR}/remove", 303)
    post("/account/sessions", 303, session="all")


def _poster(api: Api) -> Callable[..., str]:
    def post(path: str, status: int, path_parameters: dict[str, str] | None = None, **form: str) -> str:
        csrf = re.search(r'name="csrf" value="([^"]+)"', api.ask("GET /account/security", 200))
        assert csrf
        body = urlencode({"csrf": csrf[1], **form})
        return api.ask(f"POST {path}", status, body, headers=None, query=None, **(path_parameters or {}))

    return post


def _set_up_app(api: Api, post: Callable[..., str]) -> bytes:
    page = api.ask(f"GET {AUTHENTICATOR}", 200)
    token, text = re.search(r'name="set_up" value="([^"]+)"', page), re.search(r'class="secret">([^<]+)<', page)
    assert token
    assert text
    secret = base64.b32decode(text[1].replace(" ", ""))
    post(AUTHENTICATOR, 400, set_up=token[1], code="0")
    post(AUTHENTICATOR, 200, set_up=token[1], code=totp.code_at(secret, int(time.time()) // 30))
    return secret


def _sign_in_again(
    api: Api, device: SoftAuthenticator, email: str, password: str, secret: bytes, recovery: str
) -> None:
    """With each of the second factors, and without a password."""
    first = urlencode({"email": email, "password": password})
    for code, status in (("000000", 401), (totp.code_at(secret, int(time.time()) // 30 + 1), 303), (recovery, 303)):
        api.cookie = ""
        api.ask("POST /sign-in", 303, first)
        api.ask("GET /second-step", 200)
        api.ask("POST /second-step", status, urlencode({"code": code}))
    api.cookie = ""
    api.ask("POST /passkey", 303, urlencode({"credential": _passkey(api, device)}))


def _with_another_session(api: Api, device: SoftAuthenticator) -> str:
    """The page about security, after the person has signed in with another browser."""
    own, api.cookie = api.cookie, ""
    api.ask("POST /passkey", 303, urlencode({"credential": _passkey(api, device)}))
    api.cookie = own
    return api.ask("GET /account/security", 200)


def _passkey(api: Api, device: SoftAuthenticator) -> str:
    return device.get(json.loads(api.ask("POST /passkey-options", 200, urlencode({"use": "sign-in"}))))
