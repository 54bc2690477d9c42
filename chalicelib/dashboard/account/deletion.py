"""The page to delete one's account."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.people import deletion
from chalicelib.accounts.people.deletion import Plan
from chalicelib.dashboard import render, sections
from chalicelib.errors import BadRequest, Conflict
from chalicelib.store.people import Person
from chalicelib.web import Request, redirect

PATH: Final = "/account/delete"


def show(request: Request, person: Person) -> Response:
    """``GET /account/delete``: what will go, and the form."""
    auth.require_recent(request, person)
    return page(request, person, deletion.plan_of(person))


def delete(request: Request, person: Person) -> Response:
    """``POST /account/delete`` with email, the main address as a confirmation, and delete_sites or not."""
    auth.require_recent(request, person, PATH.removeprefix("/"))
    try:
        form = request.form()
        deletion.delete(person, person, form.get("email"), with_sites="delete_sites" in form)
    except (BadRequest, Conflict) as error:
        return page(request, person, deletion.plan_of(person), error)
    return redirect(f"{request.root}sign-in?done=deleted", {"Set-Cookie": auth.end_session(request)})


def page(request: Request, person: Person, plan: Plan, error: BadRequest | Conflict | None = None) -> Response:
    """The page. `error`: of the form."""
    return render.page(
        request,
        "account/deletion.html",
        error.status if error is not None else HTTPStatus.OK,
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account("/account"),
        plan=plan,
        alert=error.message if error is not None and error.field is None else "",
        errors={error.field: error.message} if error is not None and error.field is not None else {},
    )
