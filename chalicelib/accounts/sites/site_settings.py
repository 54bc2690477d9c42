"""A site's settings, under Shynet's names: validating and changing them.

Settings that affect ingest are validated by the code of `collect` that parses them there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.accounts import audit_log, input_fields
from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import new_site
from chalicelib.collect import client_ip
from chalicelib.collect.origins import parse_origin
from chalicelib.collect.site_rules import parse_networks
from chalicelib.collect.tracker_script import script_of
from chalicelib.errors import BadRequest, Forbidden, NotFound
from chalicelib.routing import Right
from chalicelib.store import site_changes
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

MAX_LIST_CHARS: Final = 10_000
MAX_SCRIPT_CHARS: Final = 16_384
MAX_PATTERN_CHARS: Final = 500
ACTIVE: Final = "active"
ARCHIVED: Final = "archived"
# The values of `proxies`: none, a number of hops, or a preset.
PROXIES: Final = ("", *(str(hops) for hops in range(1, client_ip.MAX_HOPS + 1)), *client_ip.PRESETS)
# The least and the most that a number may be.
RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "retention_days": (1, 3650),
    "max_address_hour": (10, 1_000_000),
    "max_visitor_hour": (10, 10_000),
    "max_day": (100, 100_000_000),
}
# A host in any script; `hostnames` decides which characters are valid.
_ORIGIN = re.compile(r"\*|(https?://)?(\*\.)?[\w.\-\[\]:]+(:\d{1,5})?", re.IGNORECASE)
_PARAMETER = re.compile(r"[^\s,&=#]{1,100}")


def change(actor: Person | None, site: Site, data: Mapping[str, object]) -> Site:
    """Store the settings in `data`, leaving the others unchanged; gives the changed site.

    The audit log gets the names of what has changed, not the values: they may name people and addresses.

    :param actor: who changes them.
    :raises BadRequest: if a setting is unknown or invalid, naming the field; nothing is changed then.
    :raises NotFound: if the site has been deleted.
    :raises Conflict: if others kept changing the site at the same time.
    """
    changed = site_changes.change_site(site.id, dict(_parsed(name, value) for name, value in data.items()))
    if changed is None:
        raise NotFound(_("This site has been deleted."))
    _record(actor, site, changed)
    return changed


def _record(actor: Person | None, before: Site, after: Site) -> None:
    now = values(after)
    names = [name for name, value in values(before).items() if value != now[name]]
    if "status" in names and after.active:
        audit_log.record(actor, "site.unarchive", site=after.id)
    elif "status" in names:
        audit_log.record(actor, "site.archive", site=after.id)
    others = ", ".join(sorted(name for name in names if name != "status"))
    if others:
        audit_log.record(actor, "site.change", site=after.id, settings=others)


def errors_in(data: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with the settings in `data`: setting -> message; empty if :func:`change` would accept them.

    :raises BadRequest: if a setting is unknown.
    """
    errors = {}
    for name, value in data.items():
        try:
            _parsed(name, value)
        except BadRequest as error:
            if name not in _PARSERS:
                raise
            errors[name] = error.message
    return errors


def forbidden_to(person: Person, site: Site) -> frozenset[str]:
    """The settings that `person` may not change, although they may edit the site."""
    rights = auth.rights_in(person, site)
    return frozenset(name for name, right in RIGHTS.items() if not (right in rights if right.of_site else person.admin))


def check_rights(person: Person, site: Site, data: Mapping[str, object]) -> None:
    """Check that `person` may change the settings in `data`; the route has checked SITE_EDIT.

    :raises Forbidden: if not, naming the field.
    """
    for name, right in RIGHTS.items():
        if name not in data:
            continue
        if right.of_site:
            auth.require(auth.role_of(person, site.id), right, name)
        elif not person.admin:
            raise Forbidden(
                _("Only administrators may set %(name)s: it runs on the site's pages.", name=name), field=name
            )


def values(site: Site) -> dict[str, object]:
    """The site's settings by name, as :func:`change` takes them."""
    shown: dict[str, object] = {name: getattr(site, field) for name, (field, _parse) in _PARSERS.items()}
    shown["status"] = ACTIVE if site.active else ARCHIVED
    return shown


def as_json(site: Site) -> dict[str, object]:
    """A site with all its settings and its script's integrity hash, as the API shows it."""
    shown: dict[str, object] = {"id": site.id, **values(site)}
    shown["active"] = site.active
    shown["script_integrity"] = script_of(site).integrity
    shown["created_at"] = datetime.fromtimestamp(site.created_at, UTC).isoformat()
    return shown


def _parsed(name: str, value: object) -> tuple[str, Any]:
    """The field of `Site` that a setting is stored in, and its value there."""
    if name not in _PARSERS:
        raise BadRequest(
            _("Unknown setting. The settings are %(names)s.", names=", ".join(_PARSERS)),
            field=input_fields.printable(name),
        )
    field, parse = _PARSERS[name]
    return field, parse(value, name)


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise BadRequest(_("%(name)s must be true or false.", name=name), field=name)
    return value


def _status(value: object, name: str) -> bool:
    if value not in (ACTIVE, ARCHIVED):
        raise BadRequest(
            _("%(name)s must be %(active)s or %(archived)s.", name=name, active=ACTIVE, archived=ARCHIVED), field=name
        )
    return value == ACTIVE


def _list(value: object, name: str) -> str:
    """A list as a string separated by spaces, from a string separated by commas, spaces or lines, or a JSON list."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = "\n".join(value)
    return " ".join(_string(value, name, MAX_LIST_CHARS).replace(",", " ").split())


def _string(value: object, name: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise BadRequest(
            _("%(name)s must be a string of up to %(number)s characters.", name=name, number=most), field=name
        )
    return value


def _origins(value: object, name: str) -> str:
    text = _list(value, name) or "*"
    for part in text.split():
        if not _is_origin(part):
            raise BadRequest(
                _(
                    "%(name)s must be *, or hosts (example.com), wildcards (*.example.com) and origins "
                    "(https://example.com); %(entry)s is none of them.",
                    name=name,
                    entry=repr(part[:80]),
                ),
                field=name,
            )
    return text


def _is_origin(text: str) -> bool:
    try:
        parse_origin(text)
    except ValueError:
        return False
    return _ORIGIN.fullmatch(text.rstrip("/")) is not None


def _networks(value: object, name: str) -> str:
    text = _list(value, name)
    try:
        parse_networks(text)
    except ValueError as error:
        raise BadRequest(
            _("%(name)s must be addresses and networks, such as 192.0.2.0/24: %(error)s.", name=name, error=error),
            field=name,
        ) from None
    return text


def _proxies(value: object, name: str) -> str:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else "?"
    if text == "0":
        return ""
    if text in PROXIES:
        return text
    presets = ", ".join(client_ip.PRESETS)
    message = _("%(name)s must be empty, 1 to %(number)s hops, or one of %(presets)s.", name=name,
                number=client_ip.MAX_HOPS, presets=presets)  # fmt: skip
    raise BadRequest(message, field=name)


def _pattern(value: object, name: str) -> str:
    """A pattern for referrers; DuckDB matches it with RE2, whose running time is linear for any pattern."""
    text = _string(value, name, MAX_PATTERN_CHARS)
    if text and not _is_re2(text):
        raise BadRequest(
            _("%(name)s is not a regular expression (RE2 syntax: no look-around, no back-references).", name=name),
            field=name,
        )
    return text


def _is_re2(pattern: str) -> bool:
    import duckdb  # runs the pattern later; imported here because this setting is rarely changed

    try:
        duckdb.execute("SELECT regexp_matches('', ?)", [pattern]).fetchall()
    except duckdb.Error:
        return False
    return True


def _script(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_SCRIPT_CHARS:
        message = _("%(name)s must be JavaScript of up to %(number)s characters.", name=name, number=MAX_SCRIPT_CHARS)
        raise BadRequest(message, field=name)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise BadRequest(_("%(name)s must not contain lone surrogates.", name=name), field=name) from None
    return value


def _parameters(value: object, name: str) -> str:
    text = _list(value, name)
    if not all(_PARAMETER.fullmatch(part) and part.isprintable() for part in text.split()):
        raise BadRequest(_("%(name)s must be names of query parameters.", name=name), field=name)
    return text


def _number(value: object, name: str) -> int:
    least, most = RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadRequest(
            _("%(name)s must be a whole number from %(least)s to %(most)s.", name=name, least=least, most=most),
            field=name,
        )
    return value


# Setting -> field of Site, and its parser.
_PARSERS: Final[Mapping[str, tuple[str, Callable[[object, str], Any]]]] = {
    "name": ("name", lambda value, _name: new_site.site_name(value)),
    "domain": ("domain", lambda value, _name: new_site.domain(value)),
    "timezone": ("timezone", lambda value, _name: new_site.timezone(value)),
    "status": ("active", _status),
    "origins": ("origins", _origins),
    "respect_dnt": ("respect_dnt", _flag),
    "ignore_robots": ("ignore_robots", _flag),
    "collect_ips": ("collect_ips", _flag),
    "ignored_ips": ("ignored_ips", _networks),
    "hide_referrer_regex": ("hide_referrer_regex", _pattern),
    "script_inject": ("script_inject", _script),
    "proxies": ("proxies", _proxies),
    "kept_parameters": ("kept_parameters", _parameters),
    "hash_routing": ("hash_routing", _flag),
    "merge_trailing_slash": ("merge_trailing_slash", _flag),
    "retention_days": ("retention_days", _number),
    "max_address_hour": ("max_address_hour", _number),
    "max_visitor_hour": ("max_visitor_hour", _number),
    "max_day": ("max_day", _number),
}
NAMES: Final = tuple(_PARSERS)
# The right that a setting requires, where that is not SITE_EDIT: settings that end recording, delete hits, decide which
# site gets the events of a domain, or run code on the site's pages.
RIGHTS: Final[Mapping[str, Right]] = {
    "status": Right.SITE_ADMIN,
    "domain": Right.SITE_ADMIN,
    "retention_days": Right.SITE_ADMIN,
    "script_inject": Right.ADMINISTRATOR,
}
OF_SITE_ADMINS: Final = frozenset(name for name, right in RIGHTS.items() if right is Right.SITE_ADMIN)
