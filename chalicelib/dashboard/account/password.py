"""The page on which one changes one's password."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from chalice import Response

from chalicelib.accounts.access import api_tokens, auth
from chalicelib.accounts.own_account import password_change
from chalicelib.dashboard import render, sections
from chalicelib.errors import BadRequest, Conflict, ShylightError, TooManyRequests
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/account/password"


def show(request: Request, person: Person) -> Response:
    """``GET /account/password``."""
    done = _("Your password was changed, and all other browsers were signed out.")
    return _page(request, person, done=done if request.query.get("done") == "changed" else "")


def change(request: Request, person: Person) -> Response:
    """``POST /account/password`` with present and password (and revoke_tokens).

    All sessions end; this browser gets a new one.
    """
    form = request.form()
    try:
        changed = password_change.change(
            person, form.get("present", ""), form.get("password", ""), request.source_ip, request.address
        )
    except (BadRequest, Conflict, TooManyRequests) as error:
        return _page(request, person, error=error)
    if "revoke_tokens" in form:
        api_tokens.revoke_all(changed)
    cookies = [auth.begin_session(request, changed), auth.remember_browser(request, changed)]
    return redirect(f"{request.root}account/password?done=changed", {"Set-Cookie": cookies})


def _page(request: Request, person: Person, *, error: ShylightError | None = None, done: str = "") -> Response:
    marked = (error.field or "") if error else ""
    return render.page(
        request,
        "account/password.html",
        error.status if error else HTTPStatus.OK,
        render.retry_after(error),
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account(PATH),
        errors={marked: error.message} if error and marked else {},
        alert=error.message if error and not marked else "",
        done=done,
        tokens=len(api_tokens.tokens_of(person)),
        has_password=person.password_hash is not None,
    )
