"""What everybody else asks of accounts: who this is, and what they may see."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from chalicelib.accounts import api_tokens, known_browsers, request_origin, sessions
from chalicelib.accounts.known_browsers import Browser
from chalicelib.accounts.sessions import Session
from chalicelib.config import settings
from chalicelib.errors import Forbidden, NotFound, Unauthorized
from chalicelib.routing import Right
from chalicelib.store import credentials, people, sites
from chalicelib.store.people import Person
from chalicelib.store.signing_key import signing_key
from chalicelib.store.sites import Site
from chalicelib.web import Request

# Role in a site -> what it lets one do there.
_RIGHTS_OF: Final[Mapping[str, frozenset[Right]]] = {
    "owner": frozenset({Right.SITE_VIEW, Right.SITE_EDIT, Right.SITE_OWN}),
    "viewer": frozenset({Right.SITE_VIEW}),
}


def viewer(request: Request) -> Person:
    """The person whose browser this is.

    :raises Unauthorized: if nobody is signed in there, or no longer.
    """
    session = session_of(request)
    person = credentials.person_in_session(session.person_id, session.id) if session else None
    if session is None or person is None or person.epoch != session.epoch:
        raise Unauthorized("Please sign in.")
    return person


def bearer(request: Request) -> Person:
    """The person as whom a program asks; a signed-in browser may read (GET), but not write, without a token.

    :raises Unauthorized: without a good ``Authorization: Bearer …``.
    """
    header = request.headers.get("authorization")
    if header is None and request.method == "GET" and session_of(request) is not None:
        return viewer(request)
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send an API token in the header 'Authorization: Bearer <token>'.")
    person = api_tokens.person_with(token.strip())
    if person is None:
        raise Unauthorized("This API token is not known; it may have been revoked.")
    return person


def authorize(request: Request, right: Right, site_id: str | None = None) -> tuple[Person, Site | None]:
    """Who asks, and the site they ask about, if they have the right to. The one place where rights are checked.

    Programs prove themselves by an API token, browsers by their session and, for whatever changes something, by the
    CSRF token of the form.

    :param site_id: for rights of a site.
    :raises Unauthorized: if it is nobody we know.
    :raises Forbidden: if they may not do this, or the form is not from one of our pages.
    :raises NotFound: if there is no such site, or none that they may see.
    """
    person = bearer(request) if request.is_api else viewer(request)
    if not request.is_api and request.method != "GET":
        check_csrf(request, request.form())
    if right is Right.ADMINISTRATOR and not person.admin:
        raise Forbidden("Only administrators may do this.")
    return person, _site(person, site_id or "", right) if right.of_site else None


def _site(person: Person, site_id: str, right: Right) -> Site:
    wanted = sites.read_id(site_id)
    role = None
    if wanted is not None:
        role = "owner" if person.admin else people.role_in(person.id, wanted)
    site = sites.get_site(wanted) if wanted is not None and role else None
    if site is None or role is None:
        raise NotFound("There is no such site, or you have no access to it.")
    if right not in _RIGHTS_OF[role]:
        raise Forbidden("You may look at this site, but not change it.")
    return site


def sites_of(person: Person) -> list[Site]:
    """The sites that `person` may see, by name; an administrator sees all."""
    return sites.list_sites() if person.admin else sites.get_sites(people.site_ids_of(person.id))


def csrf_token(request: Request) -> str:
    """What every form of this browser carries in its field ``csrf``; ``""`` where nobody is signed in."""
    session = session_of(request)
    return sessions.csrf_token(session, signing_key()) if session else ""


def check_csrf(request: Request, form: dict[str, str]) -> None:
    """Refuse a form that was not sent from one of our pages, in this session.

    :raises Forbidden: if it was not.
    """
    request_origin.check_origin(request)
    session = session_of(request)
    if session is None or not sessions.csrf_matches(session, signing_key(), form.get("csrf", "")):
        raise Forbidden("This form has expired. Please reload the page and send it again.")


def session_of(request: Request) -> Session | None:
    """The session that the browser's cookie holds, if we signed it and it is not over; asks no table."""
    token = request.cookies.get(sessions.cookie_name(request.secure))
    return sessions.unseal(token, signing_key(), settings().prefix) if token else None


def begin_session(request: Request, person: Person) -> str:
    """Sign `person` in; the ``Set-Cookie`` header that does it."""
    session = sessions.begin(person.id, person.epoch, int(time.time()))
    return sessions.cookie(sessions.seal(session, signing_key(), settings().prefix), request.secure)


def known_browser(request: Request) -> Browser | None:
    """What this browser shows for somebody having signed in in it before."""
    token = request.cookies.get(known_browsers.cookie_name(request.secure))
    return known_browsers.unseal(token, signing_key(), settings().prefix) if token else None


def remember_browser(request: Request, person: Person) -> str:
    """The ``Set-Cookie`` header that lets this browser show that `person` has signed in in it."""
    token = known_browsers.seal(person.id, signing_key(), settings().prefix, int(time.time()))
    return known_browsers.cookie(token, request.secure)


def end_session(request: Request) -> str:
    """Sign this browser out, for good: a copy of its cookie is worthless too. The ``Set-Cookie`` header for it."""
    session = session_of(request)
    if session is not None:
        credentials.end_session(session.person_id, session.id, session.expires)
    return sessions.cleared_cookie(request.secure)
