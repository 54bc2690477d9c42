"""The page of the identities with which a person signs in through the OpenID Connect provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.installation import settings_of_installation
from chalicelib.accounts.oidc import browser_state, code_flow, identities
from chalicelib.accounts.oidc.browser_state import WaitingIdentity
from chalicelib.accounts.sign_in.sign_in_ways import provider_name
from chalicelib.dashboard import formatting, render, sections
from chalicelib.errors import BadRequest, Conflict, ShylightError
from chalicelib.store import provider_identities
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "account/identities"


class Row(NamedTuple):
    """An identity as the page shows it. `day`: on which it was connected."""

    digest: str
    provider: str
    email: str
    day: str


def show(request: Request, person: Person) -> Response:
    """``GET /account/identities``: those that are connected, and the one that waits for it."""
    return _page(request, person)


def save(request: Request, person: Person) -> Response:
    """``POST /account/identities`` with `connect`, `dismiss` or `disconnect` (and the identity's digest).

    :raises SignInTooOld: if the person has to confirm first that it is them.
    """
    form = request.form()
    if "dismiss" not in form:
        auth.require_recent(request, person, PATH)
    try:
        if "connect" in form:
            _connect(request, person)
        if "disconnect" in form:
            identities.disconnect(person, form["disconnect"])
    except (BadRequest, Conflict) as error:
        return _page(request, person, error)
    return redirect(request.root + PATH, {"Set-Cookie": browser_state.forget_identity(request)})


def _connect(request: Request, person: Person) -> None:
    waiting = browser_state.waiting_identity(request, person.id)
    if waiting is None:
        raise BadRequest(_("This has been confirmed already, or has expired. Start again."))
    identities.connect(person, waiting)


def _page(request: Request, person: Person, error: ShylightError | None = None) -> Response:
    settings = settings_of_installation()
    name = provider_name(settings)
    known = {settings.oidc_issuer: name} if name else {}
    rows = [
        Row(
            one.digest,
            known.get(one.issuer, urlsplit(one.issuer).hostname or one.issuer),
            one.email,
            formatting.date_of(one.connected_at),
        )
        for one in provider_identities.identities_of(person.id)
    ]
    return page(request, person, rows, name, browser_state.waiting_identity(request, person.id), error)


def page(
    request: Request,
    person: Person,
    rows: Sequence[Row],
    provider: str,
    waiting: WaitingIdentity | None,
    error: ShylightError | None = None,
) -> Response:
    """The page. `provider`: the provider's name, ``""`` if there is none."""
    return render.page(
        request,
        "account/identities.html",
        error.status if error else 200,
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account("/" + PATH),
        rows=rows,
        provider=provider,
        waiting=waiting,
        start=f"{code_flow.START}?next={PATH}",
        alert=error.message if error else "",
    )
