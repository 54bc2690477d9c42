"""The pages of the people of the installation: the list, and one person."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.config import settings
from chalicelib.dashboard import formatting, render, role_names, sections
from chalicelib.errors import BadRequest, Conflict, ShylightError
from chalicelib.operations import people
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/administration/people"
PEOPLE_PER_PAGE: Final = 50
# Sites of a person that the page shows.
SITES_SHOWN: Final = 100
# What the page confirms after a change, by the value of `done` in its query.
DONE: Final[Mapping[str, str]] = {
    "make-administrator": N_("The person is an administrator now."),
    "unmake-administrator": N_("The person is no administrator any more."),
    "limit": N_("The limit of sites was changed."),
    "end-sessions": N_("The person was signed out everywhere."),
    "reset-second-factor": N_("The second factors were removed. The person is told by mail."),
    "deleted": N_("The account was deleted."),
}


def show_list(request: Request, person: Person) -> Response:
    """``GET /administration/people?search=…&cursor=…``.

    :raises BadRequest: if the cursor is invalid.
    """
    search = request.query.get("search", "").strip()
    found = people.find(search, request.query.get("cursor", ""), PEOPLE_PER_PAGE)
    return render.page(
        request,
        "administration/people.html",
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(PATH),
        rows=[(one, formatting.date_of(one.created_at) if one.created_at else "") for one in found.rows],
        search=search,
        further=found.next,
        is_first=not request.query.get("cursor"),
        done=render.confirmation(request, DONE),
    )


def show(request: Request, caller: Person, person: str) -> Response:
    """``GET /administration/people/{person}``."""
    return _page(request, caller, person, done=render.confirmation(request, DONE))


def change(request: Request, caller: Person, person: str) -> Response:
    """``POST /administration/people/{person}`` with `do`: one of :data:`DONE`, and for the limit `max_sites`."""
    person_id = people.person_with(person).id
    auth.require_recent(request, caller, f"administration/people/{person_id}")
    form = request.form()
    action = form.get("do", "")
    try:
        _act(caller, person_id, action, form)
    except (BadRequest, Conflict) as error:
        return _page(request, caller, person_id, error=error, entered=form.get("max_sites"))
    if action == "unmake-administrator" and person_id == caller.id:
        return redirect(f"{request.root}sites")
    return redirect(f"{request.root}administration/people/{person_id}?done={action}")


def _act(caller: Person, person_id: str, action: str, form: Mapping[str, str]) -> None:
    if action in ("make-administrator", "unmake-administrator"):
        people.change(caller, person_id, {"administrator": action == "make-administrator"})
    elif action == "limit":
        people.change(caller, person_id, {"max_sites": _limit(form.get("max_sites", ""))})
    elif action == "end-sessions":
        people.end_sessions(caller, person_id)
    elif action == "reset-second-factor":
        people.reset_second_factor(caller, person_id)
    else:
        raise BadRequest(_("Choose what to do with this person."), field="do")


def _limit(text: str) -> object:
    """The limit that was entered: a number, or nothing for that of everybody."""
    entered = text.strip()
    return int(entered) if entered.isascii() and entered.isdigit() and len(entered) < 10 else entered or None


def _page(
    request: Request,
    caller: Person,
    person_id: str,
    *,
    error: ShylightError | None = None,
    entered: str | None = None,
    done: str = "",
) -> Response:
    shown = people.details_of(people.person_with(person_id))
    one = shown.person
    limit = "" if one.max_sites is None else str(one.max_sites)
    return render.page(
        request,
        "administration/person.html",
        error.status if error else HTTPStatus.OK,
        person=caller,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(PATH),
        shown=shown,
        one=one,
        is_you=one.id == caller.id,
        created=formatting.date_of(one.created_at) if one.created_at else "",
        roles=[(site, role_names.name_of(role)) for site, role in shown.roles[:SITES_SHOWN]],
        more_sites=len(shown.roles) - SITES_SHOWN,
        teams=[(team, role_names.name_of(team.members.get(one.id, ""))) for team in shown.teams],
        limit=limit if entered is None else entered,
        usual_limit=settings().max_sites,
        most_sites=people.MAX_SITES,
        alert=render.sentence(error),
        field=error.field if error else None,
        done=done,
    )
