"""What everybody else asks of accounts: who this is, and what they may see."""

from __future__ import annotations

import time

from chalicelib.accounts import browsers, origins, sessions, tokens
from chalicelib.accounts.browsers import Browser
from chalicelib.accounts.sessions import Session
from chalicelib.config import settings
from chalicelib.errors import Forbidden, NotFound, Unauthorized
from chalicelib.store import credentials, people, sites
from chalicelib.store.people import Person
from chalicelib.store.secrets import signing_key
from chalicelib.store.sites import Site
from chalicelib.web import Request


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
    person = tokens.person_with(token.strip())
    if person is None:
        raise Unauthorized("This API token is not known; it may have been revoked.")
    return person


def site_for(person: Person, site_id: str, *, to_change: bool = False) -> Site:
    """The site, if `person` may see it; with `to_change`, if they may also write to it.

    :raises NotFound: if there is none, or none that they may see.
    :raises Forbidden: if they may see it, but not change it.
    """
    wanted = sites.read_id(site_id)
    role = None
    if wanted is not None:
        role = "owner" if person.admin else people.role_in(person.id, wanted)
    site = sites.get_site(wanted) if wanted is not None and role else None
    if site is None:
        raise NotFound("There is no such site, or you have no access to it.")
    if to_change and role != "owner":
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
    origins.check_origin(request)
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
    token = request.cookies.get(browsers.cookie_name(request.secure))
    return browsers.unseal(token, signing_key(), settings().prefix) if token else None


def remember_browser(request: Request, person: Person) -> str:
    """The ``Set-Cookie`` header that lets this browser show that `person` has signed in in it."""
    token = browsers.seal(person.id, signing_key(), settings().prefix, int(time.time()))
    return browsers.cookie(token, request.secure)


def end_session(request: Request) -> str:
    """Sign this browser out, for good: a copy of its cookie is worthless too. The ``Set-Cookie`` header for it."""
    session = session_of(request)
    if session is not None:
        credentials.end_session(session.person_id, session.id, session.expires)
    return sessions.cleared_cookie(request.secure)
