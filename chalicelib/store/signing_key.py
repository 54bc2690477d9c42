"""The signing key: the only secret of a deployment, created by CloudFormation, in Secrets Manager."""

from __future__ import annotations

from chalicelib.config import SIGNING_KEY_CACHE_S, settings
from chalicelib.store import aws
from chalicelib.timed_cache import TimedCache

_keys: TimedCache[str, bytes] = TimedCache()  # by the name of the secret


def signing_key() -> bytes:
    """The key from which all signing keys are derived; at most :data:`SIGNING_KEY_CACHE_S` seconds old."""
    name = settings().signing_key
    return _keys.get(name, lambda: _read(name), SIGNING_KEY_CACHE_S)


def _read(name: str) -> bytes:
    answer = aws.client("secretsmanager").get_secret_value(SecretId=name)
    return str(answer["SecretString"]).encode("utf-8")
