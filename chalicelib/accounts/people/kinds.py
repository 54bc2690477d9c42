"""What belongs to a person: each kind of items in ``core``, by their keys, and how a person is removed from one.

What is stored under a person's key needs an entry in :data:`OWN`, and what names a person elsewhere, by id or address,
one in :data:`ELSEWHERE`. tests/stack/test_person_deletion.py looks through all tables for what has neither, and so does
every deletion before it is done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, cast

from chalicelib.accounts.membership import teams
from chalicelib.store import (
    domains,
    invitations,
    person_data,
    provider_identities,
    saved_segments,
    site_annotations,
    site_changes,
    site_transfers,
)
from chalicelib.store.invitations import Kind as InvitationKind
from chalicelib.store.invitations import Place
from chalicelib.store.person_data import Found
from chalicelib.store.person_deletions import PersonDeletion

_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Kind(NamedTuple):
    """A kind of items.

    :ivar keys: patterns of partition key and sort key; ``{person}`` stands for the id.
    :ivar remove: removes the person from an item; True if there was something to remove.
    """

    name: str
    keys: tuple[str, str]
    remove: Callable[[PersonDeletion, Found], bool]


def _delete(_deletion: PersonDeletion, item: Found) -> bool:
    person_data.delete(item)
    return True


def _delete_membership(deletion: PersonDeletion, item: Found) -> bool:
    site_changes.leave(item.sk.removeprefix("site#"), deletion.person_id)
    return _delete(deletion, item)


def _leave_site(deletion: PersonDeletion, item: Found) -> bool:
    site_changes.leave(item.sk if item.pk == "site" else item.pk.removeprefix("site#"), deletion.person_id)
    return True


def _release_domain(deletion: PersonDeletion, item: Found) -> bool:
    """A domain without active sites; those that there are hand it over themselves."""
    return domains.disown(item.pk, deletion.person_id)


def _disconnect(deletion: PersonDeletion, item: Found) -> bool:
    provider_identities.disconnect(deletion.person_id, item.sk.removeprefix("identity#"))
    return _delete(deletion, item)


def _delete_pointer(deletion: PersonDeletion, item: Found) -> bool:
    """That an address or an identity is the person's, unless it is somebody else's by now."""
    return item.body == deletion.person_id and _delete(deletion, item)


def _withdraw_offer(deletion: PersonDeletion, item: Found) -> bool:
    """The offer of a site by the person, or to one of their addresses."""
    site_id = item.pk.removeprefix("site#") if item.sk == "transfer" else item.sk.removeprefix("transfer#")
    offer = site_transfers.get(site_id)
    if offer is None:  # expired
        return _delete(deletion, item)
    ours = deletion.person_id in (offer.giver, offer.offered_by) or _is_address(deletion, offer.email)
    return ours and site_transfers.remove(offer)


def _disown_segment(deletion: PersonDeletion, item: Found) -> bool:
    """A segment that the person shares with the people of a site stays, as nobody's."""
    site_id, segment_id = item.pk.removeprefix("site#"), item.sk.removeprefix("segment#")
    return saved_segments.disown(site_id, segment_id, deletion.person_id)


def _disown_annotation(deletion: PersonDeletion, item: Found) -> bool:
    """What the person noted on a date of a site stays, as nobody's."""
    return site_annotations.disown(item.pk.removeprefix("site#"), item.sk, deletion.person_id)


def _leave_teams(deletion: PersonDeletion, item: Found) -> bool:
    teams.forget_person(deletion.person_id)
    return _delete(deletion, item)


def _leave_team(deletion: PersonDeletion, item: Found) -> bool:
    teams.forget_member(item.pk.removeprefix("team#"), deletion.person_id)
    return True


def _delete_invitation(deletion: PersonDeletion, item: Found) -> bool:
    """An invitation that the person has sent or accepted, or that was sent to one of their addresses.

    The item is the invitation, or leads to it from the person or the address.
    """
    place, _hash, invitation_id = item.sk.removeprefix("invitation#").rpartition("#")
    kind, _hash, place_id = (place or item.pk).partition("#")
    invitation = invitations.get(Place(cast(InvitationKind, kind), place_id), invitation_id)
    if invitation is None:  # it has expired
        return _delete(deletion, item)
    ours = deletion.person_id in (invitation.invited_by, invitation.accepted_by)
    return (ours or _is_address(deletion, invitation.email)) and invitations.remove(invitation)


def _delete_sign_up(deletion: PersonDeletion, item: Found) -> bool:
    """A link to create an account with one of the addresses, which was mailed before there was this account."""
    return _is_address(deletion, _body(item).get("email")) and _delete(deletion, item)


def _keep(_deletion: PersonDeletion, _item: Found) -> bool:
    return False


_PERSON: Final = "person#{person}"
# Under the person's own key.
OWN: Final = (
    Kind("profile", (_PERSON, "profile"), _delete),
    Kind("sites", (_PERSON, rf"site#{_UUID}"), _delete_membership),
    Kind("order of sites", (_PERSON, "site-order"), _delete),
    Kind("saved segments", (_PERSON, rf"segment#{_UUID}#.+"), _delete),
    Kind("teams", (_PERSON, "teams"), _leave_teams),
    Kind("invitations", (_PERSON, r"invitation#.+"), _delete_invitation),
    Kind("tokens", (_PERSON, r"token#[0-9a-f]+"), _delete),
    Kind("requests", (_PERSON, r"requests#\d+"), _delete),
    Kind("idempotency keys", (_PERSON, r"idempotency#[0-9a-f]+"), _delete),
    Kind("links", (_PERSON, r"link#[a-z-]+#[0-9a-f]+"), _delete),
    Kind("sessions", (_PERSON, r"session#.+"), _delete),
    Kind("ended sessions", (_PERSON, r"ended#.+"), _delete),
    Kind("authenticator app", (_PERSON, "factor#totp"), _delete),
    Kind("recovery codes", (_PERSON, "factor#recovery"), _delete),
    Kind("passkeys", (_PERSON, r"factor#passkey#.+"), _delete),
    Kind("notices", (_PERSON, r"notice#.+"), _delete),
    Kind("identities", (_PERSON, r"identity#[0-9a-f]+"), _disconnect),
)
# Elsewhere, by the id or an address of the person.
ELSEWHERE: Final = (
    Kind("addresses", (r"email#.+", "person"), _delete_pointer),
    Kind("whose identity", (r"identity#[0-9a-f]+", "person"), _delete_pointer),
    Kind("people of a site", (rf"site#{_UUID}", "people"), _leave_site),
    Kind("owner of a site", ("site", _UUID), _leave_site),
    Kind("owner of a domain", (r"domain#.+", "sites"), _release_domain),
    Kind("shared segments", (rf"site#{_UUID}", r"segment#.+"), _disown_segment),
    Kind("annotations", (rf"site#{_UUID}", r"annotation#.+"), _disown_annotation),
    Kind("offers of sites", (rf"site#{_UUID}", "transfer"), _withdraw_offer),
    Kind("offers to addresses", (r"email#.+", rf"transfer#{_UUID}"), _withdraw_offer),
    Kind("members of a team", (rf"team#{_UUID}", "team"), _leave_team),
    Kind("invitations to sites", (rf"site#{_UUID}", r"invitation#.+"), _delete_invitation),
    Kind("invitations to teams", (rf"team#{_UUID}", r"invitation#.+"), _delete_invitation),
    Kind("invitations to the installation", ("installation", r"invitation#.+"), _delete_invitation),
    Kind("invitations of addresses", (r"email#.+", r"invitation#.+"), _delete_invitation),
    Kind("links to sign up", (r"person#.+", r"link#sign-up#[0-9a-f]+"), _delete_sign_up),
)
# What stays: somebody else may have entered one of the addresses; entries of the audit log and receipts have ids only.
KEPT: Final = (
    Kind("profiles of others", (r"person#.+", "profile"), _keep),
    Kind("links of others", (r"person#.+", r"link#verify-email#[0-9a-f]+"), _keep),
    Kind("audit log", (r"audit#\d{4}-\d\d", r".+"), _keep),
    Kind("receipts of sites", ("deletion", _UUID), _keep),
    Kind("receipts", ("deletion", rf"person#{_UUID}"), _keep),
)


def kind_of(person_id: str, item: Found) -> Kind | None:
    """The kind of an item that belongs to a person or names one; None for what is declared nowhere."""
    for kind in (*OWN, *ELSEWHERE, *KEPT):
        patterns = (pattern.replace("{person}", re.escape(person_id)) for pattern in kind.keys)
        if all(re.fullmatch(*each, re.DOTALL) for each in zip(patterns, (item.pk, item.sk), strict=True)):
            return kind
    return None


def _is_address(deletion: PersonDeletion, email: object) -> bool:
    return isinstance(email, str) and email.casefold() in {one.casefold() for one in deletion.addresses}


def _body(item: Found) -> Mapping[str, Any]:
    try:
        body = json.loads(item.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
