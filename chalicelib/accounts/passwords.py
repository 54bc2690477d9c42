"""Password hashes: argon2id.

64 MiB and two passes are more than each of OWASP's minimum configurations (46 MiB and one pass, 19 MiB and two). One
lane is used because a Lambda with 1 GB has little more than half a CPU, so lanes would only wait for each other. A hash
takes about 150 ms of CPU time and a sixteenth of the memory.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chalicelib.config import MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS
from chalicelib.errors import BadRequest
from chalicelib.translation import gettext as _

_PASSES = 2
_MEMORY_KIB = 64 * 1024
_LANES = 1


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)


def check_new(password: str) -> None:
    """Check the length of a new password.

    :raises BadRequest: if it is too short or too long.
    """
    if len(password) < MIN_PASSWORD_CHARS:
        raise BadRequest(
            _("A password needs at least %(number)s characters.", number=MIN_PASSWORD_CHARS),
            field="password",
        )
    if len(password) > MAX_PASSWORD_CHARS:
        raise BadRequest(
            _("A password may have at most %(number)s characters.", number=MAX_PASSWORD_CHARS),
            field="password",
        )


def hash_password(password: str) -> str:
    """The hash to store for `password`."""
    return _hasher().hash(_normalized(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` matches the hash `stored`.

    Without a stored hash the password is hashed anyway, so that the time does not reveal whether there is one.
    """
    if stored is None:
        hash_password(password)
        return False
    try:
        return _hasher().verify(stored, _normalized(password))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether `stored` was made with parameters other than the current ones."""
    return _hasher().check_needs_rehash(stored)


def _normalized(password: str) -> str:
    """The password in Unicode form NFKC, because keyboards differ, e.g. "é" as one character or two."""
    return unicodedata.normalize("NFKC", password)
