"""The key that encrypts the secrets of authenticator apps, and the client secret of the OpenID Connect provider.

An encrypted parameter of Systems Manager, which costs nothing and is created when the first of them is stored. It is
not derived from the signing key, which may be rotated. See docs/adr/0043 and 0048.
"""

from __future__ import annotations

import base64
import secrets
from typing import Final

from chalicelib.config import settings
from chalicelib.store import aws
from chalicelib.timed_cache import TimedCache

_BYTES: Final = 32
_CACHE_S: Final = 60 * 60

_keys: TimedCache[str, bytes] = TimedCache()  # by the name of the parameter


def encryption_key() -> bytes:
    """The key, 32 bytes; created if there is none."""
    name = settings().encryption_key
    return _keys.get(name, lambda: _read(name) or _create(name), _CACHE_S)


def _read(name: str) -> bytes | None:
    try:
        found = aws.client("ssm").get_parameter(Name=name, WithDecryption=True)
    except aws.ClientError as error:
        if aws.error_code(error) == "ParameterNotFound":
            return None
        raise
    return base64.b64decode(found["Parameter"]["Value"])


def _create(name: str) -> bytes:
    key = secrets.token_bytes(_BYTES)
    try:
        aws.client("ssm").put_parameter(
            Name=name,
            Description="Encrypts the secrets of authenticator apps and of the OpenID Connect provider. Without it, "
            "they have to be set up again.",
            Value=base64.b64encode(key).decode(),
            Type="SecureString",
            Overwrite=False,
        )
    except aws.ClientError as error:
        if aws.error_code(error) != "ParameterAlreadyExists":
            raise
        key = _read(name) or b""  # another request has just created it
        if not key:
            raise
    return key
