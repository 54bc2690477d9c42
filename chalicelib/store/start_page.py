"""The site that a person has chosen as their start page, in their preferences."""

from __future__ import annotations

import dataclasses
from typing import Final

from chalicelib.errors import Conflict
from chalicelib.store import people

_RACES: Final = 5


def take_out(person_partition: str, _sk: str, site_id: str) -> None:
    """Remove a site, which is being deleted, from a person's preferences.

    :raises Conflict: if the person kept being changed at the same time.
    """
    for _ in range(_RACES):
        person = people.get_person(person_partition.removeprefix("person#"))
        if person is None or person.preferences.default_site != site_id:
            return
        chosen = dataclasses.replace(person.preferences, default_site="")
        try:
            people.change_person(dataclasses.replace(person, preferences=chosen))
        except Conflict:
            continue
        return
    raise Conflict("A person is being changed; please try again.")
