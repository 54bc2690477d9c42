"""The state between the two steps of signing in: a signed cookie, which is no session.

Whoever has given the right password, or has used a sign-in link, gets it if they have a second factor.
"""

from __future__ import annotations

from chalicelib.accounts import signed_tokens
from chalicelib.accounts.access import sessions
from chalicelib.accounts.signed_tokens import Purpose
from chalicelib.config import SECOND_STEP_COOKIE, SECOND_STEP_LIFE_S
from chalicelib.errors import Unauthorized
from chalicelib.store import people
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _
from chalicelib.web import Request


def begin(request: Request, person: Person) -> str:
    """The ``Set-Cookie`` header after the first step."""
    token = signed_tokens.issue(Purpose.SECOND_STEP, person.id, SECOND_STEP_LIFE_S, epoch=person.epoch)
    return sessions.set_cookie(_cookie(request), token, SECOND_STEP_LIFE_S, request.secure)


def person_in(request: Request) -> Person:
    """The person who has done the first step in this browser.

    :raises Unauthorized: if nobody has, or too long ago, or the person's sessions were ended since.
    """
    claims = signed_tokens.read(Purpose.SECOND_STEP, request.cookies.get(_cookie(request), ""))
    person = people.get_person(str(claims["sub"])) if claims is not None else None
    if claims is None or person is None or person.epoch != claims.get("epoch"):
        raise Unauthorized(_("Please sign in."))
    return person


def end(request: Request) -> list[str]:
    """The ``Set-Cookie`` header that deletes the cookie, if there is one."""
    there = _cookie(request) in request.cookies
    return [sessions.set_cookie(_cookie(request), "", 0, request.secure)] if there else []


def _cookie(request: Request) -> str:
    return sessions.cookie_name_with_prefix(SECOND_STEP_COOKIE, request.secure)
