"""The pages of the audit log: of the installation, and of one site."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import urlencode

from chalice import Response

from chalicelib.accounts import audit_log
from chalicelib.accounts.access import auth
from chalicelib.accounts.audit_log import Entry, Filter, Names
from chalicelib.api import csv_file
from chalicelib.api.audit_log import as_json
from chalicelib.dashboard import formatting, render, sections
from chalicelib.dashboard.administration import audit_log_texts
from chalicelib.dashboard.administration.usage import MonthChoice, month_name
from chalicelib.errors import BadRequest
from chalicelib.operations import usage
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _
from chalicelib.web import Request, reply_json

PATH: Final = "/administration/audit-log"
SITE_PATH: Final = "/sites/{site}/audit-log"
ENTRIES_PER_PAGE: Final = 50
# Entries of a file at most; they are read in parts.
MAX_EXPORTED: Final = 10_000
_PART: Final = 1_000
_FIELDS: Final = ("month", "site", "person", "action")
_COLUMNS: Final = (
    "at", "actor", "actor_name", "as_administrator", "action", "site", "site_name", "subject", "subject_name",
    "details",
)  # fmt: skip


class Line(NamedTuple):
    """An entry as it is shown.

    :ivar when: in the person's time zone.
    :ivar title: what was done, or ``""``; :ivar action: its code.
    :ivar by: who did it; :ivar about: the person or site that it is about, or ``""``.
    :ivar details: names and values.
    """

    at: str
    when: str
    title: str
    action: str
    by: str
    about: str
    site: Site | None
    details: tuple[tuple[str, str], ...]


def of_installation(request: Request, person: Person) -> Response:
    """``GET /administration/audit-log?month=…&site=…&person=…&action=…&cursor=…``.

    With ``format=csv`` or ``json``, all entries as a file.
    """
    return _page(request, person, None)


def of_site(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{site}/audit-log``, likewise."""
    return _page(request, person, site)


def _page(request: Request, person: Person, site: Site | None) -> Response:
    cursor = request.query.get("cursor", "")
    error: BadRequest | None = None
    lines: list[Line] = []
    further: str | None = None
    try:
        wanted = audit_log.read_filter(request.query, site)
        if request.query.get("format") in ("csv", "json"):
            return _file(request.query["format"], wanted)
        found = audit_log.find(wanted, cursor, ENTRIES_PER_PAGE)
        names = audit_log.names_in(found.entries)
        lines, further = [_line(entry, names, site) for entry in found.entries], found.next
    except BadRequest as invalid:
        error = invalid
    entered = {name: request.query.get(name, "") for name in _FIELDS if name != "site" or site is None}
    kept = {name: text for name, text in entered.items() if text}
    month = entered["month"] or ("" if site or entered["site"] else audit_log.this_month())
    return render.page(
        request,
        "administration/audit-log.html",
        error.status if error else HTTPStatus.OK,
        person=person,
        csrf=auth.csrf_token(request),
        site=site,
        sections=sections.of_site(person, site, SITE_PATH) if site else sections.of_administration(PATH),
        here=f"sites/{site.id}/audit-log" if site else PATH.removeprefix("/"),
        lines=lines,
        entered=entered,
        month=month,
        months=[MonthChoice(one, month_name(one)) for one in usage.recent_months()],
        actions=audit_log_texts.choices(),
        is_filtered=any(kept.get(name) for name in ("site", "person", "action")),
        further=f"?{urlencode({**kept, 'cursor': further})}" if further else "",
        is_first=not cursor,
        csv=f"?{urlencode({**kept, 'format': 'csv'})}",
        json=f"?{urlencode({**kept, 'format': 'json'})}",
        alert=render.sentence(error),
    )


def _line(entry: Entry, names: Names, site: Site | None) -> Line:
    of_site = names.sites.get(entry.site)
    by = _by(entry, names)
    return Line(
        entry.at,
        formatting.moment(int(datetime.fromisoformat(entry.at).timestamp())),
        audit_log_texts.title_of(entry.action),
        entry.action,
        _("%(name)s, as an administrator of the installation", name=by) if entry.as_administrator else by,
        "" if entry.subject in ("", entry.actor) else name_of(entry.subject, names) or entry.subject,
        of_site if site is None else None,
        tuple((name, _value(name, value, names)) for name, value in entry.details.items()),
    )


def _value(name: str, value: str, names: Names) -> str:
    """A detail as it is shown: people by name."""
    return (name_of(value, names) or value) if name == "person" else value


def _by(entry: Entry, names: Names) -> str:
    if not entry.actor:
        return _("Command line")
    return name_of(entry.actor, names) or _("Somebody whose account was deleted")


def name_of(identity: str, names: Names) -> str:
    """The name of a person, or their address; ``""`` if there is no such person."""
    person = names.people.get(identity)
    return (person.name or person.email) if person else ""


def _file(kind: str, wanted: Filter) -> Response:
    """All entries as a file.

    :raises BadRequest: if there are too many.
    """
    entries = _all(wanted)
    name = f"audit-log-{wanted.month or 'site'}.{kind}"
    if kind == "json":
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return reply_json({"entries": [as_json(entry) for entry in entries]}, 200, headers)
    return csv_file.reply_csv(name, _COLUMNS, _rows(entries, audit_log.names_in(entries)))


def _all(wanted: Filter) -> list[Entry]:
    entries: list[Entry] = []
    place: str | None = ""
    while place is not None:
        part = audit_log.find(wanted, place, _PART)
        entries += part.entries
        place = part.next
        if place is not None and len(entries) >= MAX_EXPORTED:
            message = _("More than %(number)s entries match. Choose a person or an action, or use the API, which gives "
                        "them in parts.", number=formatting.number(MAX_EXPORTED))  # fmt: skip
            raise BadRequest(message)
    return entries


def _rows(entries: Sequence[Entry], names: Names) -> list[tuple[str, ...]]:
    return [
        (
            entry.at,
            entry.actor,
            name_of(entry.actor, names),
            "yes" if entry.as_administrator else "no",
            entry.action,
            entry.site,
            names.sites[entry.site].name if entry.site in names.sites else "",
            entry.subject,
            name_of(entry.subject, names),
            json.dumps(dict(entry.details), ensure_ascii=False) if entry.details else "",
        )
        for entry in entries
    ]
