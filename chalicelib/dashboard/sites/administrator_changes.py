"""What administrators of the installation changed in a site that they do not belong to, for those who manage it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from chalicelib.accounts import audit_log
from chalicelib.dashboard import formatting
from chalicelib.store import people
from chalicelib.store.sites import Site
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

MAX_SHOWN: Final = 50
_SENTENCES: Final[Mapping[str, str]] = {
    "invitation.send": N_("%(name)s invited somebody."),
    "invitation.revoke": N_("%(name)s revoked an invitation."),
    "site_person.change_role": N_("%(name)s changed the role of a person."),
    "site_person.remove": N_("%(name)s removed a person."),
    "site_team.give": N_("%(name)s gave a team access to the site."),
    "site_team.take": N_("%(name)s took the site from a team."),
}
_ANY_CHANGE: Final = N_("%(name)s changed the site (%(action)s).")


class Change(NamedTuple):
    """A change. `at`: ISO 8601; `when`: in the site's time zone, as it is shown."""

    at: str
    when: str
    sentence: str


def of_site(site: Site) -> list[Change]:
    """The latest changes, the newest first."""
    found = audit_log.changes_by_administrators(site.id, MAX_SHOWN)
    known = {person.id: person for person in people.get_people({entry.actor for entry in found})}
    changes = []
    for entry in found:
        actor = known.get(entry.actor)
        name = (actor.name or actor.email) if actor else _("A former administrator")
        at = datetime.fromisoformat(entry.at).astimezone(site.zone)
        sentence = _(_SENTENCES.get(entry.action, _ANY_CHANGE), name=name, action=entry.action)
        changes.append(Change(entry.at, formatting.date_time(at), sentence))
    return changes
