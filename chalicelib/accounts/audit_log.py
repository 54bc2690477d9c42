"""The audit log: who changed what in the installation and its sites. Kept for a year."""

from __future__ import annotations

from chalicelib.store import audit_log, people
from chalicelib.store.audit_log import Entry
from chalicelib.store.people import Person

__all__ = ["Entry", "changes_by_administrators", "record"]


def record(actor: Person | None, action: str, *, site: str = "", subject: str = "", **details: str) -> None:
    """Record a change, after it was made.

    What an administrator of the installation changes in a site in which they have no role is also shown to the people
    who manage the site, see :func:`changes_by_administrators`.

    :param actor: who made it; None for the command line of the deployment.
    :param action: ``area.verb``, e.g. ``site.archive``; documented in docs/audit-log.md.
    :param site: id of the site that it is about.
    :param subject: id of the person or thing that was changed. People by id, never by address.
    :param details: what else to know. Never secrets, and never anything of visitors.
    """
    as_administrator = bool(site) and actor is not None and actor.admin and people.role_in(actor.id, site) is None
    audit_log.add(actor.id if actor else "", action, site, subject, details, as_administrator=as_administrator)


def changes_by_administrators(site_id: str, limit: int) -> list[Entry]:
    """What administrators of the installation changed in a site in which they had no role, the newest first."""
    return audit_log.by_administrators(site_id, limit)
