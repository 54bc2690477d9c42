"""Telling people that the ways in which they sign in have changed, so that they notice a change that is not theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.store import security_notices
from chalicelib.store.people import Person
from chalicelib.store.security_notices import Notice
from chalicelib.translation import N_

# Kind of a change -> what people are told.
KINDS: Final[Mapping[str, str]] = {
    "authenticator_added": N_("An authenticator app was set up."),
    "authenticator_removed": N_("The authenticator app was removed."),
    "passkey_added": N_("A passkey was added."),
    "passkey_removed": N_("A passkey was removed."),
    "recovery_codes_created": N_("New recovery codes were created."),
    "recovery_code_used": N_("A recovery code was used to sign in."),
    "second_factor_reset": N_("An administrator removed your authenticator app, passkeys and recovery codes."),
}
_SHOWN: Final = 10


def security_changed(person: Person, kind: str) -> None:
    """Tell `person` of a change.

    :param kind: a key of :data:`KINDS`.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind} is not a kind of notice")
    security_notices.add(person.id, kind)


def latest(person: Person) -> list[Notice]:
    """The latest changes, newest first."""
    return [notice for notice in security_notices.latest(person.id, _SHOWN) if notice.kind in KINDS]
