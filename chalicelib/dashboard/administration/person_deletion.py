"""The page on which an administrator deletes the account of a person."""

from __future__ import annotations

from http import HTTPStatus

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.dashboard import render, sections
from chalicelib.dashboard.administration.people import PATH
from chalicelib.errors import BadRequest, Conflict
from chalicelib.operations import people
from chalicelib.store.people import Person
from chalicelib.web import Request, redirect


def show(request: Request, caller: Person, person: str) -> Response:
    """``GET /administration/people/{person}/delete``: what will go, and the form."""
    return _page(request, caller, person)


def delete(request: Request, caller: Person, person: str) -> Response:
    """``POST /administration/people/{person}/delete`` with email, to confirm, and delete_sites or not."""
    person_id = people.person_with(person).id
    auth.require_recent(request, caller, f"administration/people/{person_id}/delete")
    form = request.form()
    try:
        people.delete(caller, person_id, form.get("email"), with_sites="delete_sites" in form)
    except (BadRequest, Conflict) as error:
        return _page(request, caller, person_id, error)
    if person_id == caller.id:
        return redirect(f"{request.root}sign-in?done=deleted", {"Set-Cookie": auth.end_session(request)})
    return redirect(f"{request.root}administration/people?done=deleted")


def _page(request: Request, caller: Person, person_id: str, error: BadRequest | Conflict | None = None) -> Response:
    person, plan = people.deletion_plan(caller, person_id)
    return render.page(
        request,
        "administration/person-deletion.html",
        error.status if error is not None else HTTPStatus.OK,
        person=caller,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(PATH),
        one=person,
        plan=plan,
        alert=error.message if error is not None and error.field is None else "",
        errors={error.field: error.message} if error is not None and error.field is not None else {},
    )
