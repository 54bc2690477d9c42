"""The fields of a shared link as people and programs send them: validated, as they are stored. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from chalicelib import catalogue
from chalicelib.accounts import input_fields, passwords
from chalicelib.accounts.sharing import embed_origins
from chalicelib.accounts.sites import new_site
from chalicelib.config import LATEST_T, MAX_EMBED_ORIGINS
from chalicelib.errors import BadRequest
from chalicelib.translation import gettext as _

# What a shared page can leave out: the cards of the overview. The list of visits is never in it.
HIDEABLE: Final = (*catalogue.CARDS, "events")
UNLISTED: Final = "unlisted"
PUBLIC: Final = "public"
ACCESSES: Final = (UNLISTED, PUBLIC)


def parsed(data: Mapping[str, object], now: int, allowed: Iterable[str]) -> dict[str, Any]:
    """The fields of `SharedLink` that `data` sets, with their values.

    :param now: epoch seconds. :param allowed: the names that `data` may have.
    :raises BadRequest: if a field is unknown or invalid, naming it.
    """
    fields: dict[str, Any] = {}
    for name, value in data.items():
        if name not in allowed:
            raise BadRequest(f"Unknown field. The fields are {', '.join(allowed)}.", field=input_fields.printable(name))
        if name in _PARSERS:
            field, parse = _PARSERS[name]
            fields[field] = parse(value)
    expires_at = fields.get("expires_at")
    if expires_at is not None and expires_at <= now:
        raise BadRequest(_("The expiry must lie in the future."), field="expires_at")
    return fields


def access(data: Mapping[str, object]) -> str:
    """The `access` in `data`, by default unlisted.

    :raises BadRequest: if it is invalid.
    """
    given = data.get("access", UNLISTED)
    if given not in ACCESSES:
        raise BadRequest(f"access must be one of {', '.join(ACCESSES)}.", field="access")
    return str(given)


def _password(value: object) -> str | None:
    """The hash of a new password; None for none."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadRequest("password must be a string, or null for none.", field="password")
    passwords.check_new(value)
    return passwords.hash_password(value)


def _expires_at(value: object) -> int | None:
    """A time (ISO 8601 with an offset) in epoch seconds; None for never."""
    if value is None:
        return None
    wrong = BadRequest("expires_at must be a time such as 2026-12-31T23:59:59+01:00, or null.", field="expires_at")
    if not isinstance(value, str):
        raise wrong
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise wrong from None
    if time.tzinfo is None:
        raise wrong
    try:
        seconds = time.timestamp()
    except (OverflowError, ValueError):
        raise wrong from None
    if seconds * 1000 >= LATEST_T:
        raise wrong
    return int(seconds)


def _hidden(value: object) -> tuple[str, ...]:
    """Cards, each once, in their order on the page."""
    given = _strings(value, "hidden")
    if not set(given) <= set(HIDEABLE):
        raise BadRequest(f"hidden must be a list of {', '.join(HIDEABLE)}.", field="hidden")
    return tuple(card for card in HIDEABLE if card in given)


def _origins(value: object) -> tuple[str, ...]:
    """Origins, each once, in the order in which they were given."""
    given = _strings(value, "embed_origins")
    if len(given) > MAX_EMBED_ORIGINS:
        raise BadRequest(
            _("At most %(most)s websites may embed a link.", most=MAX_EMBED_ORIGINS), field="embed_origins"
        )
    try:
        return tuple(dict.fromkeys(map(embed_origins.parse, given)))
    except ValueError:
        message = _("Enter the websites as https://example.com or https://*.example.com, without a path.")
        raise BadRequest(message, field="embed_origins") from None


def _strings(value: object, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise BadRequest(f"{name} must be a list of strings.", field=name)
    return value


def _indexed(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadRequest("indexed must be true or false.", field="indexed")
    return value


# Name of the field -> the field of `SharedLink`, and its parser.
_PARSERS: Final[Mapping[str, tuple[str, Callable[[object], Any]]]] = {
    "name": ("name", new_site.site_name),
    "password": ("password_hash", _password),
    "expires_at": ("expires_at", _expires_at),
    "hidden": ("hidden", _hidden),
    "embed_origins": ("embed_origins", _origins),
    "indexed": ("indexed", _indexed),
}
CHANGEABLE: Final = tuple(_PARSERS)
FIELDS: Final = ("access", *_PARSERS)
