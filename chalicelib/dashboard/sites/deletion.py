"""The page of a deleted site: how far its deletion is, and afterwards the receipt."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from chalice import Response

from chalicelib import config
from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import deletion as site_deletion
from chalicelib.dashboard import formatting, render
from chalicelib.store import people
from chalicelib.store.deletions import Deletion
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request

# What was deleted, by the kinds of `store.site_kinds`.
KINDS: Final = {
    "hits": N_("Stored hits of visitors"),
    "identifiers": N_("Pointers from identifiers to visitors"),
    "salts": N_("Salts"),
    "files": N_("Files in the bucket"),
    "days": N_("Figures of days"),
    "months": N_("Figures of months"),
    "excluded_traffic": N_("Counters of excluded traffic"),
    "marks": N_("Marks of hours to be built"),
    "builds": N_("Leases of builds"),
    "people": N_("Roles of people"),
    "transfers": N_("Offers to other owners"),
    "sharing": N_("Shared links, badge and counter"),
    "teams": N_("Roles of teams"),
    "invitations": N_("Invitations"),
    "saved_segments": N_("Saved segments"),
    "annotations": N_("Annotations"),
    "administrator_changes": N_("Notes of changes by administrators"),
    "mentions": N_("Places in people’s orders of sites"),
    "settings": N_("Settings"),
    "other": N_("Other items"),
}


def show(request: Request, person: Person, deletion: str) -> Response:
    """``GET /deletions/{id}``."""
    found = site_deletion.find(person, deletion)
    began_by = people.get_person(found.by)
    return render.page(
        request,
        "sites/deletion.html",
        person=person,
        csrf=auth.csrf_token(request),
        deletion=found,
        began=formatting.moment(found.began),
        finished=formatting.moment(found.finished) if found.finished else "",
        kept_until=formatting.moment(found.finished + config.DELETION_RECEIPT_S) if found.finished else "",
        began_by=began_by.email if began_by else "",
        minutes=_minutes_left(found),
        removed=_removed(found),
    )


def _removed(deletion: Deletion) -> Sequence[tuple[str, int]]:
    """What was removed, in the order of :data:`KINDS`: label and number."""
    return [(_(label), deletion.removed[kind]) for kind, label in KINDS.items() if deletion.removed.get(kind)]


def _minutes_left(deletion: Deletion) -> int:
    """Minutes until the check may begin, rounded up, at least one."""
    return max(1, -(-(deletion.began + config.DELETION_SETTLE_S - int(time.time())) // 60))
