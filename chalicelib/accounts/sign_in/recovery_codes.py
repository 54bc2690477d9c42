"""Recovery codes: each replaces the second factor once. Pure.

A code has 80 random bits, so nobody can guess one, and its stored digest needs no slow hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Final

from chalicelib.config import RECOVERY_CODES

_BYTES: Final = 10
_CODE: Final = re.compile(r"[A-Z2-7]{16}")


def new_codes() -> list[str]:
    """New codes, as people write them down: ``ABCD-EFGH-IJKL-MNOP``."""
    return [_shown(base64.b32encode(secrets.token_bytes(_BYTES)).decode()) for _ in range(RECOVERY_CODES)]


def digest(person_id: str, given: str) -> str | None:
    """The digest of a code as it is stored, in hex; None if `given` does not look like a code."""
    code = re.sub(r"[\s-]", "", given).upper()
    if not _CODE.fullmatch(code):
        return None
    return hashlib.sha256(f"{person_id} {code}".encode()).hexdigest()


def _shown(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
