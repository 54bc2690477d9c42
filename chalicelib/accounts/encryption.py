"""Encryption of the few secrets that must be stored readable: AES-256-GCM. Pure.

A sealed text names its format, so that another one can follow.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Final

_FORMAT: Final = "1."
_NONCE_BYTES: Final = 12


def seal(key: bytes, secret: bytes, context: str) -> str:
    """`secret` encrypted, as text.

    :param key: 32 bytes.
    :param context: what it belongs to, such as a person's id; it cannot be opened for another.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _FORMAT + base64.b64encode(nonce + AESGCM(key).encrypt(nonce, secret, context.encode())).decode()


def unseal(key: bytes, sealed: str, context: str) -> bytes | None:
    """The secret in a sealed text; None if it was sealed with another key or for another context, or was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        raw = base64.b64decode(sealed.removeprefix(_FORMAT), validate=True)
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode())
    except (InvalidTag, binascii.Error, ValueError):
        return None
