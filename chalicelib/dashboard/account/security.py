"""The page of one's account about security: second factors, sessions, and what has changed lately."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from chalice import Response

from chalicelib import config
from chalicelib.accounts.access import auth, browser_sessions
from chalicelib.accounts.mailing import notices
from chalicelib.accounts.mailing.texts import SECURITY_CHANGES
from chalicelib.accounts.sign_in import passkey_challenges, second_factor
from chalicelib.dashboard import countries, formatting, render, sections
from chalicelib.errors import NotFound
from chalicelib.store.browser_sessions import BrowserSession
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/account/security"
# What the page confirms after a change, by the value of `done` in its query.
DONE: Final[Mapping[str, str]] = {
    "authenticator": N_("The authenticator app is set up. From now on, signing in takes a code of it."),
    "authenticator-removed": N_("The authenticator app was removed."),
    "passkey": N_("The passkey was added."),
    "passkey-renamed": N_("The passkey was renamed."),
    "passkey-removed": N_("The passkey was removed."),
    "session": N_("The session was ended."),
    "others": N_("All other sessions were ended."),
}
_OTHERS: Final = "others"
_ALL: Final = "all"


class SessionLine(NamedTuple):
    """A session as it is shown.

    :ivar client: browser and system; ``""`` if unknown.
    :ivar country: name; ``""`` if unknown.
    :ivar began, used: times.
    """

    id: str
    client: str
    country: str
    began: str
    used: str
    current: bool


def show(request: Request, person: Person) -> Response:
    """``GET /account/security``."""
    return page(request, person, done=DONE.get(request.query.get("done", ""), ""))


def end_sessions(request: Request, person: Person) -> Response:
    """``POST /account/sessions``: end the session in the field ``session``, ``others`` or ``all``."""
    wanted = request.form().get("session", "")
    if wanted == _ALL:
        return redirect(f"{request.root}sign-in", {"Set-Cookie": browser_sessions.end_all(request, person)})
    if wanted == _OTHERS:
        return done(request, _OTHERS, {"Set-Cookie": browser_sessions.end_others(request, person)})
    try:
        browser_sessions.end(person, wanted)
    except NotFound as error:
        return page(request, person, error.status, alert=error.message)
    return done(request, "session")


def done(request: Request, what: str, headers: Mapping[str, str] | None = None) -> Response:
    """Back to the page, which confirms the change. `what`: a key of :data:`DONE`."""
    return redirect(f"{request.root}account/security?done={what}", headers)


def page(request: Request, person: Person, status: int = HTTPStatus.OK, *, alert: str = "", done: str = "") -> Response:
    """The page."""
    factors = second_factor.factors_of(person)
    current = auth.session_of(request)
    return render.page(
        request,
        "account/security.html",
        status,
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account(PATH),
        alert=alert,
        done=_(done) if done else "",
        factors=factors,
        set_up_at=formatting.moment(factors.totp.created_at) if factors.totp is not None else "",
        passkeys=[
            (
                passkey,
                formatting.moment(passkey.created_at),
                formatting.moment(passkey.used_at) if passkey.used_at else "",
            )
            for passkey in factors.passkeys
        ],
        may_add_passkey=passkey_challenges.relying_party(request) is not None,
        max_passkey_name_chars=config.MAX_PASSKEY_NAME_CHARS,
        sessions=[
            session_line(session, current is not None and session.id == current.id)
            for session in browser_sessions.sessions_of(request, person)
        ],
        changes=[(_(SECURITY_CHANGES[notice.kind]), formatting.moment(notice.at)) for notice in notices.latest(person)],
    )


def session_line(session: BrowserSession, current: bool) -> SessionLine:
    """A session as it is shown."""
    client = _("%(browser)s on %(system)s", browser=session.browser, system=session.system)
    return SessionLine(
        id=session.id,
        client=client if session.browser and session.system else session.browser or session.system,
        country=countries.name_of(session.country) if session.country else "",
        began=formatting.moment(session.began_at),
        used=formatting.moment(session.used_at),
        current=current,
    )
