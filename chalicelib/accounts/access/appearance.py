"""How pages look to the person who opened them: their preferences, for the running request.

`dispatch` runs each request in a context of its own, so that nobody gets the preferences of somebody else.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib import translation
from chalicelib.store.people import Person
from chalicelib.store.preferences import AUTOMATIC, Preferences

_current: ContextVar[Preferences] = ContextVar("preferences", default=Preferences())  # noqa: B039  (immutable)
_UTC: Final = ZoneInfo("UTC")


def use(person: Person) -> None:
    """Show what follows in this request as the person prefers it."""
    _current.set(person.preferences)
    if person.preferences.language != AUTOMATIC:
        translation.use(person.preferences.language)


def current() -> Preferences:
    """The preferences of the person who is signed in; the defaults if nobody is."""
    return _current.get()


def zone() -> ZoneInfo:
    """The time zone for times that are not a site's; UTC if the zone database no longer has the chosen one."""
    try:
        return ZoneInfo(_current.get().timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return _UTC
