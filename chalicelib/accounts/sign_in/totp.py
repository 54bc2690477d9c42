"""Time-based one-time passwords of authenticator apps: RFC 6238 with SHA-1, six digits and 30 seconds. Pure.

These are the parameters that all apps support.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import struct
from typing import Final
from urllib.parse import quote, urlencode

_SECRET_BYTES: Final = 20  # RFC 4226, section 4: the length that is recommended
_DIGITS: Final = 6
_STEP_S: Final = 30
# The step before and the one after are accepted too, because clocks differ and typing takes time.
_STEPS: Final = (0, -1, 1)
_CODE: Final = re.compile(r"[0-9]{6}", re.ASCII)


def new_secret() -> bytes:
    """A new random secret."""
    return secrets.token_bytes(_SECRET_BYTES)


def as_text(secret: bytes) -> str:
    """A secret in base32, as people type it into an app."""
    return base64.b32encode(secret).decode()


def uri(secret: bytes, account: str, issuer: str) -> str:
    """The ``otpauth:`` URI that the QR code contains.

    Source: https://github.com/google/google-authenticator/wiki/Key-Uri-Format

    :param account: whose code it is, an e-mail address.
    :param issuer: the name of the installation.
    """
    label = quote(f"{issuer.replace(':', ' ')}:{account}", safe="@")
    return f"otpauth://totp/{label}?{urlencode({'secret': as_text(secret), 'issuer': issuer}, quote_via=quote)}"


def code_at(secret: bytes, step: int) -> str:
    """The code of a step of time: of ``epoch seconds // 30``."""
    digest = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def matching_step(secret: bytes, code: str, now: float) -> int | None:
    """The step of time that a code belongs to; None if it is not valid at `now` (epoch seconds)."""
    if not _CODE.fullmatch(code):
        return None
    present = int(now) // _STEP_S
    matching = [step for step in _STEPS if hmac.compare_digest(code_at(secret, present + step), code)]
    return present + matching[0] if matching else None
