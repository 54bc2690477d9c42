"""Password hashes: argon2id.

64 MiB and two passes in one lane are above each of OWASP's minimal choices (46 MiB and one pass, 19 MiB and two).
One lane, because a Lambda of 1 GB has little more than half a processor: lanes would only wait for each other. It
takes about 150 ms of processor time, and a sixteenth of the memory.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chalicelib.config import MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS
from chalicelib.errors import BadRequest

_PASSES = 2
_MEMORY_KIB = 64 * 1024
_LANES = 1


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)


def check_new(password: str) -> None:
    """Whether `password` will do as a new one.

    :raises BadRequest: if it is too short or too long.
    """
    if len(password) < MIN_PASSWORD_CHARS:
        raise BadRequest(f"A password needs at least {MIN_PASSWORD_CHARS} characters.", field="password")
    if len(password) > MAX_PASSWORD_CHARS:
        raise BadRequest(f"A password may have at most {MAX_PASSWORD_CHARS} characters.", field="password")


def hashed(password: str) -> str:
    """The hash to store for `password`."""
    return _hasher().hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one whose hash is `stored`.

    Without a stored hash the same work is done for nothing, so that the time does not tell whether there is one.
    """
    if stored is None:
        hashed(password)
        return False
    try:
        return _hasher().verify(stored, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether `stored` was made with other parameters than today's."""
    return _hasher().check_needs_rehash(stored)


def _normal(password: str) -> str:
    """One spelling for what keyboards spell differently, e.g. "é" as one character or two (NFKC)."""
    return unicodedata.normalize("NFKC", password)
