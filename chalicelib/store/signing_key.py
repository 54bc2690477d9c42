"""The signing keys: the current one signs, former ones verify what they signed until it expires. In Secrets Manager.

The secret is a JSON object ``{"keys": [{"secret", "created_at", "valid_until"?}, …]}``, the current key first. Any
other text is a single key: CloudFormation creates the secret that way, and whoever replaces the value by hand
invalidates all that was signed. See docs/adr/0041.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib.config import SESSION_LIFE_S, SIGNING_KEY_CACHE_S, SIGNING_KEY_REREAD_S, settings
from chalicelib.store import aws
from chalicelib.timed_cache import TimedCache

_SECRET_BYTES: Final = 48
# What a running Lambda signs with the former key, until it knows the new one, is valid as long as anything else.
_OVERLAP_S: Final = SESSION_LIFE_S + SIGNING_KEY_CACHE_S

_keys: TimedCache[str, tuple[SigningKey, ...]] = TimedCache()  # by the name of the secret
_just_read: TimedCache[str, bool] = TimedCache()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key from which the keys for each purpose are derived.

    :ivar created_at: epoch seconds.
    :ivar valid_until: of a former key, epoch seconds; None for the current one.
    """

    secret: bytes = field(repr=False)
    created_at: int
    valid_until: int | None = None

    @property
    def id(self) -> str:
        """What names the key in the header ``kid`` of a token; see :func:`key_id`."""
        return key_id(self.secret)


def key_id(secret: bytes) -> str:
    """The public name of a key: 16 hexadecimal digits that reveal nothing about it."""
    return hmac.new(secret, b"shylight key id", hashlib.sha256).hexdigest()[:16]


def signing_key() -> bytes:
    """The current key's secret; a rotation is noticed within :data:`SIGNING_KEY_CACHE_S` seconds."""
    return signing_keys()[0].secret


def signing_keys() -> tuple[SigningKey, ...]:
    """The current key, and the former ones that are still valid."""
    name = settings().signing_key
    now = time.time()
    found = _keys.get(name, lambda: _read(name), SIGNING_KEY_CACHE_S)
    return tuple(key for key in found if key.valid_until is None or now < key.valid_until)


def keys_for(named: str | None) -> tuple[SigningKey, ...]:
    """The keys that may have signed a token.

    An unknown id may be that of a new key, so the secret is read again, but at most every :data:`SIGNING_KEY_REREAD_S`
    seconds, because anybody can send unknown ids.

    :param named: the key id in the token's header; None if it has none, as in tokens of earlier versions.
    """
    if named is None:
        return signing_keys()
    found = _with_id(named)
    name = settings().signing_key
    if not found and _just_read.peek(name) is None:
        _keys.put(name, _read(name), _keys.now() + SIGNING_KEY_CACHE_S)
        found = _with_id(named)
    return found


def rotate(*, keep_former: bool) -> SigningKey:
    """Create a new current key; gives it. For the command line: functions may only read the secret.

    :param keep_former: whether former keys stay valid until everything that they signed has expired. If not, all
        sessions end.
    """
    name, now = settings().signing_key, int(time.time())
    new = SigningKey(secrets.token_urlsafe(_SECRET_BYTES).encode(), now)
    former: list[SigningKey] = []
    if keep_former:
        current, *others = _read(name)
        former = [replace(current, valid_until=now + _OVERLAP_S), *others]
    kept = [key for key in former if key.valid_until is not None and now < key.valid_until]
    value = json.dumps({"keys": [_as_json(key) for key in (new, *kept)]})
    aws.client("secretsmanager").put_secret_value(SecretId=name, SecretString=value)
    _keys.forget(name)
    return new


def _with_id(named: str) -> tuple[SigningKey, ...]:
    return tuple(key for key in signing_keys() if key.id == named)


def _read(name: str) -> tuple[SigningKey, ...]:
    answer = aws.client("secretsmanager").get_secret_value(SecretId=name)
    _just_read.put(name, True, _just_read.now() + SIGNING_KEY_REREAD_S)
    return _parse(answer)


def _parse(answer: Mapping[str, Any]) -> tuple[SigningKey, ...]:
    text = str(answer["SecretString"])
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not found.get("keys"):
        return (SigningKey(text.encode("utf-8"), int(answer["CreatedDate"].timestamp())),)
    return tuple(
        SigningKey(str(one["secret"]).encode("utf-8"), int(one["created_at"]), one.get("valid_until"))
        for one in found["keys"]
    )


def _as_json(key: SigningKey) -> dict[str, object]:
    given = {"secret": key.secret.decode("utf-8"), "created_at": key.created_at, "valid_until": key.valid_until}
    return {name: value for name, value in given.items() if value is not None}
