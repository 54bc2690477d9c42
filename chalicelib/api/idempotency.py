"""``Idempotency-Key``: a request that creates something can be sent again without creating it twice.

As in draft-ietf-httpapi-idempotency-key-header-07 of the IETF. The answer is kept for a day and sent again to the same
request with the same key. It is encrypted with a key that only the API token gives, which is not stored: an answer may
contain secrets, such as a new token, and names of people and sites that are deleted meanwhile. Requests that failed
have changed nothing and are not kept. See docs/adr/0039.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Final

from chalice import Response

from chalicelib import config
from chalicelib.accounts import encryption
from chalicelib.errors import BadRequest, Conflict, Unprocessable
from chalicelib.store import idempotency_keys
from chalicelib.store.people import Person
from chalicelib.web import Request, reply

HEADER: Final = "idempotency-key"
_NAME: Final = "Idempotency-Key"
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BARE = re.compile(r"[!#-~]+")


def once(request: Request, person: Person, token: str, act: Callable[[str], Response]) -> Response:
    """The answer of `act`, which gets the id for what it creates; or the stored one, if the request was sent before.

    :param token: the API token of the request.
    :raises BadRequest: if the key is malformed.
    :raises Unprocessable: if the key was sent with another request.
    :raises Conflict: if the first request with the key is still running, or was sent with another token.
    """
    key = read_key(request.headers[HEADER])
    digest = hashlib.sha256(key.encode()).hexdigest()
    now = int(time.time())
    use = idempotency_keys.begin(
        person.id, digest, fingerprint(request), now, config.IDEMPOTENCY_LEASE_S, config.IDEMPOTENCY_KEY_LIFE_S
    )
    if use.request != fingerprint(request):
        raise Unprocessable("This Idempotency-Key was sent with another request. Use a new one.", field=_NAME)
    if use.answer is not None:
        return _opened(use.answer, token, key)
    if not use.lease:
        raise Conflict("The first request with this Idempotency-Key is still running.", field=_NAME, retry_after=1)
    try:
        response = act(use.creation_id)
    except BaseException:
        idempotency_keys.give_back(person.id, digest, use.lease)
        raise
    idempotency_keys.finish(person.id, digest, use.lease, _sealed(response, token, key))
    return response


def read_key(header: str) -> str:
    """The key in a header: a string in quotes (RFC 9651), or the same without quotes, as many clients send it.

    :raises BadRequest: if it is malformed.
    """
    quoted = _QUOTED.fullmatch(header.strip())
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header.strip()
    if not 1 <= len(key) <= config.MAX_IDEMPOTENCY_KEY_CHARS or not (quoted or _BARE.fullmatch(key)):
        most = config.MAX_IDEMPOTENCY_KEY_CHARS
        raise BadRequest(
            f"Idempotency-Key must be 1 to {most} printable ASCII characters, such as a UUID.", field=_NAME
        )
    return key


def fingerprint(request: Request) -> str:
    """The SHA-256 of what the request asks for, in hex."""
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()


def _sealed(response: Response, token: str, key: str) -> bytes:
    body = response.body if isinstance(response.body, str) else response.body.decode()
    plain = json.dumps({"status": response.status_code, "body": body}).encode()
    return encryption.seal(_encryption_key(token, key), plain, _NAME).encode()


def _opened(sealed: bytes, token: str, key: str) -> Response:
    plain = encryption.unseal(_encryption_key(token, key), sealed.decode(), _NAME)
    if plain is None:
        raise Conflict("This Idempotency-Key was sent with another API token. Use a new key.", field=_NAME)
    stored = json.loads(plain)
    headers = {"Cache-Control": "no-store", "Idempotent-Replayed": "true"}
    return reply(stored["body"], "application/json", stored["status"], headers)


def _encryption_key(token: str, key: str) -> bytes:
    return hmac.digest(token.encode(), b"idempotency\n" + key.encode(), "sha256")
