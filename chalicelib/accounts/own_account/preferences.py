"""Changing one's preferences."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final

from chalicelib import catalogue, translation
from chalicelib.accounts import audit_log, input_fields
from chalicelib.accounts.access import auth, request_origin
from chalicelib.accounts.sites import new_site
from chalicelib.errors import BadRequest
from chalicelib.store import people
from chalicelib.store.people import Person
from chalicelib.store.preferences import AUTOMATIC, THEMES, Preferences
from chalicelib.store.sites import read_id
from chalicelib.translation import gettext as _


def parse(person: Person, data: Mapping[str, object]) -> Preferences:
    """The person's preferences with the changes in `data`, by name.

    :raises BadRequest: if a name is unknown, or a value invalid, naming it.
    """
    for name in data:
        if name not in _PARSERS:
            shown = input_fields.printable(name)
            raise BadRequest(f"There is no such preference; there are {', '.join(_PARSERS)}.", field=shown)
    changes: dict[str, Any] = {name: _PARSERS[name](person, value) for name, value in data.items()}
    return dataclasses.replace(person.preferences, **changes)


def change(person: Person, data: Mapping[str, object], browser_language: str) -> Person:
    """Change preferences; gives the person as stored.

    :param data: the preferences to change, by name.
    :param browser_language: for mails, if the language is to be chosen automatically.
    :raises BadRequest: if a name is unknown, or a value invalid, naming it.
    :raises Conflict: if the person was changed at the same time.
    """
    changed = parse(person, data)
    if changed == person.preferences:
        return person
    stored = people.change_person(with_preferences(person, changed, browser_language))
    record(stored, person.preferences)
    return stored


def with_preferences(person: Person, changed: Preferences, browser_language: str) -> Person:
    """The person with other preferences, which also decide the language of their mails."""
    language = person.language
    if changed.language != person.preferences.language:
        language = browser_language if changed.language == AUTOMATIC else changed.language
    return dataclasses.replace(person, language=language, preferences=changed)


def record(person: Person, before: Preferences) -> None:
    """Record which preferences were changed, if any."""
    old, new = dataclasses.asdict(before), dataclasses.asdict(person.preferences)
    names = [name for name in new if new[name] != old[name]]
    if names:
        audit_log.record(person, "person.change_preferences", subject=person.id, preferences=", ".join(names))


def home_of(person: Person) -> str:
    """The page that the root address leads to, as a path without a leading slash.

    The list of sites, if the person has lost access to the site that they chose.
    """
    site_id = person.preferences.default_site
    if site_id and auth.may_view(person, site_id):
        return f"sites/{site_id}"
    return request_origin.HOME


def _language(_person: Person, given: object) -> str:
    return _one_of("language", given, (AUTOMATIC, *translation.LANGUAGES))


def _timezone(_person: Person, given: object) -> str:
    return new_site.timezone(given)


def _period(_person: Person, given: object) -> str:
    return _one_of("period", given, catalogue.PREFERABLE)


def _default_site(person: Person, given: object) -> str:
    site_id = read_id(given) if isinstance(given, str) else None
    if given != "" and (site_id is None or not auth.may_view(person, site_id)):
        raise BadRequest(_("default_site must be the id of a site that you have access to."), field="default_site")
    return site_id or ""


def _theme(_person: Person, given: object) -> str:
    return _one_of("theme", given, THEMES)


def _shortcuts(_person: Person, given: object) -> bool:
    if not isinstance(given, bool):
        raise BadRequest(_("shortcuts must be true or false."), field="shortcuts")
    return given


def _one_of(name: str, given: object, choices: tuple[str, ...]) -> str:
    if not isinstance(given, str) or given not in choices:
        raise BadRequest(_("%(name)s must be one of: %(choices)s.", name=name, choices=", ".join(choices)), field=name)
    return given


_PARSERS: Final[Mapping[str, Callable[[Person, object], object]]] = {
    "language": _language,
    "timezone": _timezone,
    "period": _period,
    "default_site": _default_site,
    "theme": _theme,
    "shortcuts": _shortcuts,
}
