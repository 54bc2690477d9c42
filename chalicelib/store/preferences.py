"""What a person has chosen for themselves. Part of their profile item, see `store.people`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from chalicelib.config import DEFAULT_PERIOD

Theme = Literal["automatic", "light", "dark"]
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)
# The language that the browser asks for.
AUTOMATIC: Final = "automatic"


@dataclass(frozen=True, slots=True)
class Preferences:
    """A person's preferences.

    :ivar language: of pages and mails: ``automatic``, or a key of `translation.LANGUAGES`.
    :ivar timezone: IANA name; of times that are not a site's.
    :ivar period: of figures, until another one is chosen: one of `catalogue.PREFERABLE`.
    :ivar default_site: id of the site that the root address leads to; ``""``: to the list of sites.
    :ivar theme: ``automatic``: as the browser prefers.
    :ivar shortcuts: whether pages react to single keys.
    """

    language: str = AUTOMATIC
    timezone: str = "UTC"
    period: str = DEFAULT_PERIOD
    default_site: str = ""
    theme: Theme = "automatic"
    shortcuts: bool = True


def parse(stored: Mapping[str, Any]) -> Preferences:
    """The preferences in a stored profile; what it does not have is the default."""
    known = {entry.name for entry in dataclasses.fields(Preferences)}
    return Preferences(**{name: value for name, value in stored.items() if name in known})
