"""The audit log: who changed what in the installation and its sites. Kept for a year."""

from __future__ import annotations

from chalicelib.store import audit_log
from chalicelib.store.people import Person


def record(actor: Person | None, action: str, *, site: str = "", subject: str = "", **details: str) -> None:
    """Record a change, after it was made.

    :param actor: who made it; None for the command line of the deployment.
    :param action: ``area.verb``, e.g. ``site.archive``; documented in docs/audit-log.md.
    :param site: id of the site that it is about.
    :param subject: id of the person or thing that was changed. People by id, never by address.
    :param details: what else to know. Never secrets, and never anything of visitors.
    """
    audit_log.add(actor.id if actor else "", action, site, subject, details)
