"""The secrets in the links of invitations. Pure.

A secret is a letter for the kind of place, its id (16 bytes, zero for the installation), the invitation's id (16 bytes)
and 32 random bytes, in base64url. The ids lead to the invitation, where only the SHA-256 of the whole secret is stored.
"""

from __future__ import annotations

import base64
import re
import secrets
from typing import Final
from uuid import UUID

from chalicelib.store.invitations import Kind, Place

_RANDOM_BYTES: Final = 32
_LETTERS: Final[dict[str, Kind]] = {"s": "site", "t": "team", "i": "installation"}
_LETTER_OF: Final = {kind: letter for letter, kind in _LETTERS.items()}
_NO_ID: Final = UUID(int=0)
_FORMAT: Final = re.compile(r"[sti][A-Za-z0-9_-]{86}")


def new(place: Place, invitation_id: str) -> str:
    """A new secret for an invitation: 87 characters, safe in URLs."""
    place_id = UUID(place.id) if place.id else _NO_ID
    raw = place_id.bytes + UUID(invitation_id).bytes + secrets.token_bytes(_RANDOM_BYTES)
    return _LETTER_OF[place.kind] + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read(token: str) -> tuple[Place, str] | None:
    """The place and the id of the invitation that `token` claims to belong to; None if it is malformed."""
    if not _FORMAT.fullmatch(token):
        return None
    raw = base64.urlsafe_b64decode(f"{token[1:]}==")
    place_id, invitation_id = UUID(bytes=raw[:16]), UUID(bytes=raw[16:32])
    return Place(_LETTERS[token[0]], "" if place_id == _NO_ID else str(place_id)), str(invitation_id)
