"""The signing key: the only secret of a deployment, created by CloudFormation, in Secrets Manager."""

from __future__ import annotations

import time

from chalicelib.config import SIGNING_KEY_CACHE_S, settings
from chalicelib.store import aws

# Name of the secret -> (key, monotonic second at which to ask again).
_cached: dict[str, tuple[bytes, float]] = {}


def signing_key() -> bytes:
    """The key from which all signing keys are derived; at most :data:`SIGNING_KEY_CACHE_S` seconds old."""
    name = settings().signing_key
    found = _cached.get(name)
    if found is None or found[1] <= time.monotonic():
        answer = aws.client("secretsmanager").get_secret_value(SecretId=name)
        found = (answer["SecretString"].encode("utf-8"), time.monotonic() + SIGNING_KEY_CACHE_S)
        _cached[name] = found
    return found[0]
