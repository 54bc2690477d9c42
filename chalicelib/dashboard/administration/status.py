"""The first page of the administration: the state of each part of the deployment, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.dashboard import formatting, render, sections
from chalicelib.operations import health
from chalicelib.operations.health import Health
from chalicelib.operations.part import Part, State
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request

PATH: Final = "/administration"
STATE_NAMES: Final[Mapping[State, str]] = {
    State.OK: N_("OK"),
    State.DEGRADED: N_("Needs attention"),
    State.FAILING: N_("Failing"),
}
_SENTENCES: Final[Mapping[State, str]] = {
    State.OK: N_("Everything works."),
    State.DEGRADED: N_("Everything works, but some parts need attention."),
    State.FAILING: N_("Some parts do not work."),
}
# Parts -> the page on which something can be done about them, relative to the root, and the text of its link.
_PAGES: Final[Mapping[str, tuple[str, str]]] = {
    "queue": ("administration/queue", N_("Queues")),
    "dead_letters": ("administration/queue", N_("Dead letters")),
    "aggregate": ("administration/schedule", N_("Schedule")),
    "salts": ("administration/schedule", N_("Schedule")),
    "deletions": ("administration/schedule", N_("Schedule")),
    "geoip": ("administration/geoip", N_("GeoIP databases")),
    "mail": ("administration/settings#mail", N_("Mail settings")),
}


class Row(NamedTuple):
    """A part on the page. `state`: for the style sheet; `word`: for people; `href`: ``""`` without a page."""

    title: str
    state: str
    word: str
    summary: str
    advice: str
    href: str
    link: str


def show(request: Request, person: Person) -> Response:
    """``GET /administration``."""
    return page(request, person, health.check())


def page(request: Request, person: Person, found: Health) -> Response:
    """The page of a check of the health."""
    rows = [_row(part) for part in found.parts]
    worst_first = sorted(rows, key=lambda row: row.state == State.OK.value)
    return render.page(
        request,
        "administration/status.html",
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(PATH),
        state=found.state.value,
        sentence=_(_SENTENCES[found.state]),
        checked_at=formatting.moment(found.checked_at),
        parts=worst_first,
    )


def _row(part: Part) -> Row:
    href, link = _PAGES.get(part.name, ("", ""))
    word = _(STATE_NAMES[part.state])
    return Row(part.title, part.state.value, word, part.summary, part.advice, href, _(link) if link else "")
