"""The page for an error; somebody who has to sign in is sent to the sign-in page, and back afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlencode

from chalice import Response

from chalicelib.accounts.access import appearance, auth, sessions
from chalicelib.accounts.sharing.shared_access import Locked
from chalicelib.dashboard import render
from chalicelib.errors import QueryTooLarge, ShylightError, SignInTooOld, Unauthorized
from chalicelib.store import aws
from chalicelib.store.people import Person
from chalicelib.store.sites import read_id
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

T = TypeVar("T")

# Status -> title and what to do; the error's own message stands between them.
_ADVICE = {
    HTTPStatus.BAD_REQUEST: (N_("Invalid request"), N_("Go back, correct it and try again.")),
    HTTPStatus.FORBIDDEN: (N_("Not allowed"), N_("If you need access, ask an administrator.")),
    HTTPStatus.NOT_FOUND: (N_("Not found"), N_("Check the address, or go to your sites.")),
    HTTPStatus.CONFLICT: (N_("Changed by someone else"), N_("Go back, reload the page and try again.")),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (N_("Too large"), N_("Go back and send less at a time.")),
    HTTPStatus.TOO_MANY_REQUESTS: (N_("Too many attempts"), N_("Wait a moment, then try again.")),
    HTTPStatus.SERVICE_UNAVAILABLE: (N_("Not available right now"), N_("Try again in a moment.")),
}
_TOO_LARGE = (N_("This takes too long"), N_("Go back and choose a shorter period or other filters."))
_FAILED = (
    N_("Something went wrong"),
    N_("Try again in a moment. If it happens again, tell whoever runs this installation: the error is in its log."),
)
_OF_SITE: Final = re.compile(r"/sites/([^/]+)")
# Pages for people who do not sign in.
_OF_OTHERS: Final = ("/share/", "/public/")


class Way(NamedTuple):
    """A link that leads on."""

    title: str
    href: str


def show(request: Request, error: ShylightError) -> Response:
    """The page for `error`; somebody who has to sign in is sent there, and back afterwards.

    Whoever opens a shared link with a password is asked for it.
    """
    if isinstance(error, Locked):
        from chalicelib.dashboard.sharing import password_form

        return password_form.locked(request, error.link)
    if isinstance(error, Unauthorized):
        return _to_sign_in(request)
    if isinstance(error, SignInTooOld):
        return redirect(f"{request.root}confirm?{urlencode({'next': error.back})}")
    title, advice = _TOO_LARGE if isinstance(error, QueryTooLarge) else _ADVICE.get(error.status, _FAILED)
    person = _person(request, error)
    return render.page(
        request,
        "error.html",
        error.status,
        render.retry_after(error),
        code=int(error.status),
        title=_(title),
        message=error.message,
        advice=_(advice),
        ways=_ways(request, error, person),
        person=person,
        csrf=auth.csrf_token(request) if person else "",
    )


def _to_sign_in(request: Request) -> Response:
    """To the sign-in page, which says so if a session has ended, and back to what was asked for."""
    asked = {}
    if request.method == "GET" and request.path.strip("/"):
        asked["next"] = request.path + (f"?{_query(request)}" if request.query_lists or request.query else "")
    if request.cookies.get(sessions.cookie_name(request.secure)):
        asked["done"] = "expired" if request.method == "GET" else "unsaved"
    return redirect(f"{request.root}sign-in{'?' + urlencode(asked) if asked else ''}")


def _query(request: Request) -> str:
    """The query of a request; filters are in it several times."""
    return urlencode(request.query_lists or request.query, doseq=True, errors="replace")


def _person(request: Request, error: ShylightError) -> Person | None:
    """Who is signed in, for the bar on top; None if nobody is, or if what that is read from may have failed."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, QueryTooLarge):
        return None
    if request.path.startswith(_OF_OTHERS):
        return None
    try:
        person = _unless_aws_fails(lambda: auth.signed_in_person(request))
    except Unauthorized:
        return None
    if person is not None:
        appearance.use(person)
    return person


def _site(request: Request, person: Person) -> str | None:
    """The id of the site that a page is of, if the person may view it; None also if that could not be read."""
    of_site = _OF_SITE.match(request.path)
    site_id = read_id(of_site[1]) if of_site else None
    return site_id if site_id and _unless_aws_fails(lambda: auth.may_view(person, site_id)) else None


def _unless_aws_fails(read: Callable[[], T]) -> T | None:
    """What is read; None if AWS fails: the page of an error needs none of it."""
    try:
        return read()
    except Exception as failure:
        if not aws.failed(failure):
            raise
        return None


def _ways(request: Request, error: ShylightError, person: Person | None) -> list[Way]:
    """Where to go on, the likeliest first."""
    ways = []
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and request.method == "GET":
        again = f"?{_query(request)}" if request.query else ""
        ways.append(Way(_("Try again"), f"{request.root}{request.path.strip('/')}{again}"))
    if person and (site_id := _site(request, person)):
        ways.append(Way(_("Go to the overview"), f"{request.root}sites/{site_id}"))
    return [*ways, Way(_("Go to your sites"), f"{request.root}sites")]
