"""Rotation of the signing key. Only the command line has the permission to write the secret."""

from __future__ import annotations

from chalicelib.accounts import audit_log
from chalicelib.store import signing_key
from chalicelib.store.people import Person


def rotate(actor: Person | None, *, sign_everybody_out: bool = False) -> str:
    """Create a new signing key; gives its public id.

    :param sign_everybody_out: whether all sessions end. Otherwise, what was signed with former keys stays valid.
    """
    key = signing_key.rotate(keep_former=not sign_everybody_out)
    audit_log.record(actor, "signing_key.rotate", sign_everybody_out=str(sign_everybody_out).lower())
    return key.id
