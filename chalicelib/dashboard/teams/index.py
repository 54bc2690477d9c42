"""The page of one's teams, on which one creates new ones."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.membership import teams
from chalicelib.dashboard import render, role_names, sections
from chalicelib.errors import BadRequest, Conflict, ShylightError
from chalicelib.store.people import Person
from chalicelib.store.teams import Team
from chalicelib.translation import N_, ngettext
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/teams"
_DONE: Final[Mapping[str, str]] = {
    "left": N_("You have left the team."),
    "deleted": N_("The team was deleted."),
}


class TeamRow(NamedTuple):
    """A team in the list. `role`: the caller's, as it is shown; `sentence`: how large the team is."""

    team: Team
    role: str
    sentence: str


def show(request: Request, person: Person) -> Response:
    """``GET /teams``."""
    return _page(request, person, done=render.confirmation(request, _DONE))


def create(request: Request, person: Person) -> Response:
    """``POST /teams`` with name: a new team, and on to its page."""
    name = request.form().get("name", "")
    try:
        team = teams.create(person, {"name": name})
    except (BadRequest, Conflict) as error:
        return _page(request, person, error=error, name=name)
    return redirect(f"{request.root}teams/{team.id}")


def _page(
    request: Request, person: Person, *, error: ShylightError | None = None, name: str = "", done: str = ""
) -> Response:
    return render.page(
        request,
        "teams/index.html",
        error.status if error else HTTPStatus.OK,
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account(PATH),
        rows=[_row(person, team) for team in teams.teams_of(person)],
        name=name,
        error=render.sentence(error),
        done=done,
    )


def _row(person: Person, team: Team) -> TeamRow:
    members, held = len(team.members), len(team.sites)
    return TeamRow(
        team,
        role_names.name_of(team.members.get(person.id, "")),
        _(
            "%(members)s, %(sites)s",
            members=ngettext("%(num)s member", "%(num)s members", members),
            sites=ngettext("%(num)s site", "%(num)s sites", held),
        ),
    )
