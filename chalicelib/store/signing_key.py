"""The signing key: the one secret of a deployment, made by CloudFormation and kept in Secrets Manager."""

from __future__ import annotations

import time

from chalicelib.config import SIGNING_KEY_CACHE_S, settings
from chalicelib.store import aws

# Name of the secret -> (key, monotonic second at which to ask again).
_cached: dict[str, tuple[bytes, float]] = {}


def signing_key() -> bytes:
    """The key that everything signed derives from, as it was at most :data:`SIGNING_KEY_CACHE_S` seconds ago."""
    name = settings().signing_key
    found = _cached.get(name)
    if found is None or found[1] <= time.monotonic():
        answer = aws.client("secretsmanager").get_secret_value(SecretId=name)
        found = (answer["SecretString"].encode("utf-8"), time.monotonic() + SIGNING_KEY_CACHE_S)
        _cached[name] = found
    return found[0]
