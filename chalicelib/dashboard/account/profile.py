"""The page of one's name and e-mail addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.mailing.mail import Delivery
from chalicelib.accounts.own_account import addresses
from chalicelib.accounts.people import people
from chalicelib.dashboard import render, sections
from chalicelib.errors import BadRequest, Conflict, NotFound, ShylightError, TooManyRequests
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/account"
# What the page confirms, by the value of `done` in its query.
_DONE: Final[Mapping[str, str]] = {
    "name": N_("Your name was saved."),
    "add": N_("A mail with a link is on its way to the address. Open the link to confirm the address."),
    "send": N_("A mail with a link is on its way to the address. Open the link to confirm the address."),
    "verified": N_("The address is confirmed. You can sign in with it from now on."),
    "primary": N_("Your main address was changed."),
    "remove": N_("The address was removed."),
}
_ERRORS: Final = (BadRequest, Conflict, NotFound, TooManyRequests)


def show(request: Request, person: Person) -> Response:
    """``GET /account``."""
    return _page(request, person, done=render.confirmation(request, _DONE))


def save(request: Request, person: Person) -> Response:
    """``POST /account`` with name."""
    name = request.form().get("name", "")
    try:
        people.change_name(person, name)
    except _ERRORS as error:
        return _page(request, person, name=name, error=error, form="name")
    return redirect(f"{request.root}account?done=name")


def change_addresses(request: Request, person: Person) -> Response:
    """``POST /account/addresses`` with email and action: add (and password), send (the link again), primary, remove."""
    form = request.form()
    action, email = form.get("action", ""), form.get("email", "")
    handle = _ACTIONS.get(action)
    if handle is None:
        raise BadRequest(_("action must be one of: %(actions)s.", actions=", ".join(_ACTIONS)), field="action")
    try:
        delivery = handle(request, person, email, form.get("password", ""))
    except _ERRORS as error:
        return _page(request, person, email=email if action == "add" else "", error=error, form=action)
    if delivery is not None and not delivery:
        return _page(request, auth.signed_in_person(request), problem=delivery.problem)
    return redirect(f"{request.root}account?done={action}")


def _add(request: Request, person: Person, email: str, password: str) -> Delivery:
    return addresses.add(person, email, password, request.source_ip, request.address)


def _send(request: Request, person: Person, email: str, _password: str) -> Delivery:
    return addresses.send_again(person, email, request.source_ip, request.address)


def _make_primary(request: Request, person: Person, email: str, _password: str) -> None:
    addresses.make_primary(person, email, request.address)


def _remove(_request: Request, person: Person, email: str, _password: str) -> None:
    addresses.remove(person, email)


_ACTIONS: Final[Mapping[str, Callable[[Request, Person, str, str], Delivery | None]]] = {
    "add": _add,
    "send": _send,
    "primary": _make_primary,
    "remove": _remove,
}


def _page(
    request: Request,
    person: Person,
    *,
    name: str | None = None,
    email: str = "",
    error: ShylightError | None = None,
    form: str = "",
    problem: str = "",
    done: str = "",
) -> Response:
    """The page. `name`, `email`: as entered; `error`: of the form `form`; `problem`: why a mail was not sent."""
    marked = (error.field or "") if error and form in ("name", "add") else ""
    return render.page(
        request,
        "account/profile.html",
        error.status if error else HTTPStatus.OK,
        render.retry_after(error),
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account(PATH),
        name=person.name if name is None else name,
        addresses=addresses.addresses_of(person),
        email=email,
        errors={marked: error.message} if error and marked else {},
        alert=problem or (error.message if error and not marked else ""),
        done=done,
        can_send=mail.can_send(),
        has_password=person.password_hash is not None,
    )
