"""The list of a person's sessions, and ending them."""

from __future__ import annotations

import dataclasses

from chalicelib.accounts import audit_log
from chalicelib.accounts.access import auth, sessions
from chalicelib.errors import NotFound
from chalicelib.store import browser_sessions, people
from chalicelib.store.browser_sessions import BrowserSession
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _
from chalicelib.web import Request


def sessions_of(request: Request, person: Person) -> list[BrowserSession]:
    """The person's sessions: first that of the requesting browser, then the one that was used last."""
    current = auth.session_of(request)
    found = browser_sessions.sessions_of(person.id)
    if current is None:
        return found
    own = [session for session in found if session.id == current.id]
    # A session of an earlier version is not stored, and is known from its cookie alone.
    own = own or [BrowserSession(current.id, current.began, current.began, current.expires)]
    return own + [session for session in found if session.id != current.id]


def end(person: Person, session_id: str) -> None:
    """End one of the person's sessions.

    :raises NotFound: if there is no such session.
    """
    if session_id not in {session.id for session in browser_sessions.sessions_of(person.id)}:
        raise NotFound(_("There is no such session. It may have ended."))
    browser_sessions.end(person.id, session_id)
    audit_log.record(person, "person.end_session", subject=person.id)


def end_others(request: Request, person: Person) -> str:
    """End all sessions but the requesting browser's, which gets a new id; gives its ``Set-Cookie`` header.

    The person's epoch rises, so that sessions that are not stored end, too.

    :raises Conflict: if the person was changed at the same time.
    """
    current = auth.session_of(request)
    changed = end_all_of(person, person)
    return auth.begin_session(request, changed, current.authenticated_at if current is not None else 0)


def end_all(request: Request, person: Person) -> str:
    """End all sessions; gives the ``Set-Cookie`` header that deletes this browser's cookie.

    :raises Conflict: if the person was changed at the same time.
    """
    end_all_of(person, person)
    return sessions.cleared_cookie(request.secure)


def end_all_of(person: Person, actor: Person) -> Person:
    """End all sessions of a person; gives the person as stored.

    :param actor: the person themselves, or an administrator.
    :raises Conflict: if the person was changed at the same time.
    """
    changed = people.change_person(dataclasses.replace(person, epoch=person.epoch + 1))
    browser_sessions.end_all(person.id)
    audit_log.record(actor, "person.end_all_sessions", subject=person.id)
    return changed
