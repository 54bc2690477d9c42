"""Changing one's name and preferences together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from chalicelib.accounts import audit_log, input_fields
from chalicelib.accounts.own_account import preferences
from chalicelib.accounts.people.people import person_name
from chalicelib.errors import BadRequest
from chalicelib.store import people
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _


def change(person: Person, data: Mapping[str, object], browser_language: str) -> Person:
    """Change the fields of `data`: all of them, or none; gives the person as stored.

    :param data: ``name``, and ``preferences``: an object with those to change.
    :param browser_language: for mails, if the language is to be chosen automatically.
    :raises BadRequest: if a field is unknown, or a value invalid, naming it.
    :raises Conflict: if the person was changed at the same time.
    """
    input_fields.check_names(data, ("name", "preferences"))
    name, wanted = data.get("name", person.name), data.get("preferences", {})
    if not isinstance(name, str):
        raise BadRequest(_("name must be text."), field="name")
    if not isinstance(wanted, Mapping):
        raise BadRequest(_("preferences must be an object."), field="preferences")
    chosen = preferences.with_preferences(person, preferences.parse(person, wanted), browser_language)
    changed = dataclasses.replace(chosen, name=person_name(name))
    if changed == person:
        return person
    stored = people.change_person(changed)
    if stored.name != person.name:
        audit_log.record(stored, "person.change_name", subject=stored.id)
    preferences.record(stored, person.preferences)
    return stored
