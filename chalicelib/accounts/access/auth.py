"""Authentication and authorization: who sends a request, and what they may access."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeVar

from chalicelib.accounts import signing
from chalicelib.accounts.access import api_tokens, appearance, known_browsers, request_origin, sessions, team_rights
from chalicelib.accounts.access.api_tokens import Holder
from chalicelib.accounts.access.known_browsers import Browser
from chalicelib.accounts.access.sessions import Session
from chalicelib.config import MAX_FORM_BYTES, RECENT_SIGN_IN_S, SESSION_USED_EVERY_S, settings
from chalicelib.errors import Forbidden, NotFound, SignInTooOld, Unauthorized
from chalicelib.routing import FULL_ACCESS, Right, Route
from chalicelib.store import browser_sessions, credentials, people, sites, teams
from chalicelib.store.browser_sessions import BrowserSession
from chalicelib.store.people import Person, Role
from chalicelib.store.signing_key import keys_for, signing_key, signing_keys
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request

_Proof = TypeVar("_Proof")

# Of the header Authorization (RFC 6750), in lower case; the second where clients of Shynet call.
SCHEMES: Final = ("bearer",)
SHYNET_SCHEMES: Final = ("token", *SCHEMES)
_NO_SITE: Final = N_("There is no such site, or you have no access to it.")
# What a person may do with a site, by their role in it. Administrators of the installation may do what owners may.
_RIGHTS_OF: Final[Mapping[Role, frozenset[Right]]] = {
    "owner": frozenset({Right.SITE_VIEW, Right.SITE_EDIT, Right.SITE_ADMIN, Right.SITE_OWN}),
    "admin": frozenset({Right.SITE_VIEW, Right.SITE_EDIT, Right.SITE_ADMIN}),
    "editor": frozenset({Right.SITE_VIEW, Right.SITE_EDIT}),
    "viewer": frozenset({Right.SITE_VIEW}),
}


def signed_in_person(request: Request) -> Person:
    """The person who is signed in with the requesting browser.

    :raises Unauthorized: if nobody is signed in, or the session has ended.
    """
    session = session_of(request)
    person = _person_in(session) if session is not None else None
    if session is None or person is None or person.epoch != session.epoch:
        raise Unauthorized(_("Please sign in."))
    return person


def _person_in(session: Session) -> Person | None:
    """The person whose session it is, unless it has ended."""
    if not session.stored:
        return credentials.person_in_session(session.person_id, session.id)
    person, stored = browser_sessions.find(session.person_id, session.id)
    now = int(time.time())
    if stored is not None and now - stored.used_at >= SESSION_USED_EVERY_S:
        browser_sessions.mark_used(session.person_id, session.id, now)
    return person if stored is not None else None


def is_recent(request: Request, person: Person) -> bool:
    """Whether the person has signed in, or confirmed that it is them, within the last minutes."""
    session = session_of(request)
    proven = session.authenticated_at if session is not None and session.person_id == person.id else 0
    return 0 <= time.time() - proven < RECENT_SIGN_IN_S


def require_recent(request: Request, person: Person, back: str = "") -> None:
    """Check that :func:`is_recent` holds.

    Whoever finds a browser unlocked, or steals a cookie, must not be able to change how its owner signs in. The error
    leads a browser to the page that asks for the password or a passkey.

    :param back: the page to return to, as a path without a leading slash; by default the requested page.
    :raises SignInTooOld: if it is longer ago.
    """
    if not is_recent(request, person):
        page = back or (request.path.strip("/") if request.method == "GET" else request_origin.HOME)
        raise SignInTooOld(_("Confirm that it is you, then try again."), back=page)


def token_holder(request: Request, schemes: Collection[str] = SCHEMES) -> Holder:
    """Whom the request's API token belongs to, and what it allows. A signed-in browser may read (GET) without a token.

    :param schemes: the authentication schemes that are accepted, in lower case.
    :raises Unauthorized: without a valid ``Authorization: Bearer …``.
    """
    if "authorization" not in request.headers and request.method == "GET" and session_of(request) is not None:
        return Holder(signed_in_person(request), FULL_ACCESS)
    return api_tokens.holder_of(token_in(request, schemes))


def token_in(request: Request, schemes: Collection[str] = SCHEMES) -> str:
    """The API token that the request was sent with.

    :raises Unauthorized: if there is none.
    """
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in schemes or not token.strip():
        raise Unauthorized(_("Send an API token in the header 'Authorization: Bearer <token>'."))
    return token.strip()


def authorize(request: Request, right: Right, subject_id: str | None = None) -> tuple[Person, Site | Team | None]:
    """The person who asks for a page, and the site or team it is about. Handlers run only after this check.

    Requests other than GET also need the form's CSRF token.

    :param right: the right that the request needs.
    :param subject_id: the id of the site or team, for rights in one.
    :raises Unauthorized: if nobody is signed in.
    :raises Forbidden: if the person does not have the right, or the form is not from one of our pages.
    :raises NotFound: if the site or team does not exist or the person may not view it.
    """
    person = signed_in_person(request)
    appearance.use(person)
    if request.method != "GET":
        check_csrf(request, request.form(MAX_FORM_BYTES))  # the handler may allow less
    return person, _permit(person, right, subject_id)


def authorize_program(holder: Holder, route: Route, subject_id: str | None = None) -> Site | Team | None:
    """The site or team that a request to the API is about, if it is about one. Handlers run only after this check.

    :raises Forbidden: if the person does not have the right, or the token does not have the scope.
    :raises NotFound: if the site or team does not exist, or the person or the token has no access to it.
    """
    access = holder.access
    if route.scope is None or not access.has(route.scope):
        scope = route.scope.value if route.scope else ""
        error = Forbidden(f"This API token does not have the scope {scope}.")
        error.headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise error
    if access.sites is not None and not route.right.of_site and not route.filters_sites:
        raise Forbidden("This API token is limited to some sites, so it cannot be used for this.")
    if route.right.of_site and not access.reaches(sites.read_id(subject_id or "") or ""):
        raise NotFound(_(_NO_SITE))
    return _permit(holder.person, route.right, subject_id)


def _permit(person: Person, right: Right, subject_id: str | None) -> Site | Team | None:
    if right is Right.ADMINISTRATOR and not person.admin:
        raise Forbidden(_("Only administrators may do this."))
    if right.of_team:
        return team_rights.team_for(person, subject_id or "", right)
    return site_for(person, subject_id or "", right) if right.of_site else None


def site_for(person: Person, site_id: str, right: Right) -> Site:
    """The site with this id, for somebody who has this right in it.

    :raises NotFound: if it does not exist or the person may not view it.
    :raises Forbidden: if they do not have the right.
    """
    wanted = sites.read_id(site_id)
    role = role_of(person, wanted) if wanted is not None else None
    site = sites.get_site(wanted) if wanted is not None and role else None
    if site is None:
        raise NotFound(_(_NO_SITE))
    require(role, right)
    return site


def role_of(person: Person, site_id: str) -> Role | None:
    """The person's role in a site, or None; an administrator of the installation acts as an owner of every site."""
    return "owner" if person.admin else people.role_in(person.id, site_id)


def may_view(person: Person, site_id: str) -> bool:
    """Whether there is such a site and `person` may view it."""
    return role_of(person, site_id) is not None and sites.get_site(site_id) is not None


def require(role: Role | None, right: Right, field: str | None = None) -> None:
    """Check that a role includes a right in a site, for requests that need more than their route.

    :param field: the input field that needs the right.
    :raises NotFound: without a role.
    :raises Forbidden: if it does not.
    """
    if role is None:
        raise NotFound(_(_NO_SITE))
    if right not in _RIGHTS_OF[role]:
        able = " or ".join(name for name, rights in _RIGHTS_OF.items() if right in rights)
        raise Forbidden(
            _("Your role in this site is %(role)s; this requires the role %(roles)s.", role=role, roles=able),
            field=field,
        )


def rights_in(person: Person, site: Site) -> frozenset[Right]:
    """The rights of `person` in `site`: for links, so that pages have none that would be refused."""
    role = role_of(person, site.id)
    return _RIGHTS_OF[role] if role else frozenset()


def sites_of(person: Person) -> list[Site]:
    """The sites that `person` may view, by themselves or through teams, by name; an administrator may view all."""
    return sites_with(person, Right.SITE_VIEW)


def sites_with(person: Person, right: Right) -> list[Site]:
    """The sites in which `person` has a right, by themselves or through teams, by name."""
    if person.admin:
        return sites.list_sites()
    roles = [*people.roles_of(person.id).items()]
    roles += [entry for team in teams.of_person(person.id) for entry in team.sites.items()]
    return sites.get_sites(list({site_id for site_id, role in roles if right in _RIGHTS_OF[role]}))


def csrf_token(request: Request) -> str:
    """The CSRF token for the field ``csrf`` of every form; ``""`` if nobody is signed in."""
    session = session_of(request)
    return sessions.csrf_token(session, signing_key()) if session else ""


def check_csrf(request: Request, form: dict[str, str]) -> None:
    """Check that a form was sent from one of our pages, in this session.

    :raises Forbidden: if it was not.
    """
    request_origin.check_origin(request)
    session = session_of(request)
    given = form.get("csrf", "")
    if session is None or not any(sessions.csrf_matches(session, key.secret, given) for key in signing_keys()):
        raise Forbidden(_("This form has expired. Reload the page and submit it again."))


def session_of(request: Request) -> Session | None:
    """The session in the browser's cookie, if it is signed by us and not expired; reads no table."""
    return _verified(request.cookies.get(sessions.cookie_name(request.secure)), sessions.decode)


def begin_session(request: Request, person: Person, authenticated_at: int | None = None) -> str:
    """Sign `person` in; gives the ``Set-Cookie`` header for it. The browser's session before, if any, ends.

    :param authenticated_at: when the person proved who they are, epoch seconds; None for now.
    """
    from chalicelib.accounts.access import session_origin  # loads the reader of GeoIP databases

    _end(session_of(request))
    session = sessions.begin(person.id, person.epoch, int(time.time()), authenticated_at)
    origin = session_origin.origin_of(request)
    browser_sessions.add(
        person.id,
        BrowserSession(
            session.id, session.began, session.began, session.expires, origin.browser, origin.system, origin.country
        ),
    )
    return sessions.cookie(sessions.encode(session, signing_key(), settings().prefix), request.secure)


def known_browser(request: Request) -> Browser | None:
    """The known browser in the request's cookie, if a person has signed in with it before."""
    return _verified(request.cookies.get(known_browsers.cookie_name(request.secure)), known_browsers.decode)


def _verified(token: str | None, decode: Callable[[str, bytes, str], _Proof | None]) -> _Proof | None:
    """What a signed cookie says, if one of our keys has signed it and it has not expired."""
    if not token:
        return None
    issuer = settings().prefix
    read = (decode(token, key.secret, issuer) for key in keys_for(signing.named_key(token)))
    return next((proof for proof in read if proof is not None), None)


def remember_browser(request: Request, person: Person) -> str:
    """The ``Set-Cookie`` header that marks this browser as one in which `person` has signed in."""
    token = known_browsers.encode(person.id, signing_key(), settings().prefix, int(time.time()))
    return known_browsers.cookie(token, request.secure)


def end_session(request: Request) -> str:
    """Sign this browser out, which also invalidates copies of its cookie; gives the ``Set-Cookie`` header for it."""
    _end(session_of(request))
    return sessions.cleared_cookie(request.secure)


def _end(session: Session | None) -> None:
    if session is not None and session.stored:
        browser_sessions.end(session.person_id, session.id)
    elif session is not None:
        credentials.end_session(session.person_id, session.id, session.expires)
