"""Creating sites: who may, and validating the name, domain and time zone."""

from __future__ import annotations

import ipaddress
import re
import time
import unicodedata
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from chalicelib.accounts import audit_log, installation
from chalicelib.config import MAX_SITE_NAME_CHARS, settings
from chalicelib.errors import BadRequest, Forbidden
from chalicelib.hostnames import normal_host
from chalicelib.store import site_changes
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

_MAX_DOMAIN_CHARS = 253  # RFC 1035
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# Names in the zone database that stand for the machine's own zone or for no zone.
_NOT_ZONES = {"localtime", "posixrules", "Factory"}
_HAS_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
# Control characters, lone surrogates, line breaks, and characters that change the text direction.
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
_BIDI_CONTROLS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and symbols that are blank: Hangul fillers, the blank Braille pattern, the musical null notehead.
_BLANK = set("\u115f\u1160\u3164\uffa0\u2800\U0001d159")


def may_create(person: Person) -> bool:
    """Whether `person` may create sites, by the settings of the installation."""
    return person.admin or installation.settings_of_installation().site_creators == "everybody"


def limit_of(person: Person) -> int:
    """How many sites `person` may own: a limit of their own that an administrator has set, or that of everybody."""
    return settings().max_sites if person.max_sites is None else person.max_sites


def create_site(
    person: Person, data: Mapping[str, object], site_id: str = "", like: Mapping[str, Any] | None = None
) -> Site:
    """Create a site of `person` from the fields `name`, `domain` and `timezone` of `data`; others are ignored.

    :param site_id: UUID for the site. If the person has that site already, because the request is being repeated, it is
        returned unchanged.
    :param like: further fields of `Site`, from `settings_copy.fields_of`.
    :raises BadRequest: if a field is missing or invalid, naming the field.
    :raises Forbidden: if only administrators may create sites.
    :raises Conflict: if the domain belongs to somebody else, or the person has the maximum number of sites.
    """
    if not may_create(person):
        raise Forbidden(_("Only administrators may create sites in this installation. Ask one to create it for you."))
    site = Site(
        id=site_id or str(uuid.uuid4()),
        name=site_name(data.get("name")),
        domain=domain(data.get("domain")),
        timezone=timezone(data.get("timezone")),
        created_at=int(time.time()),
        **(like or {}),
    )
    made = site_changes.add_site(site, person.id, limit_of(person))
    audit_log.record(person, "site.create", site=made.id)
    return made


def site_name(given: object, most: int = MAX_SITE_NAME_CHARS) -> str:
    """A name, of a site or something else: 1 to `most` printable characters, without surrounding white space."""
    text = _text(given, "name").strip()
    if not 1 <= len(text) <= most:
        raise BadRequest(
            _("name must have 1 to %(number)s characters.", number=most),
            field="name",
        )
    if has_controls(text):
        raise BadRequest(_("name must not contain control characters."), field="name")
    if is_blank(text):
        raise BadRequest(_("name must contain a visible character."), field="name")
    return text


def has_controls(text: str) -> bool:
    """Whether a text has line breaks, other control characters, or characters that change the text direction."""
    return any(unicodedata.category(character) in _UNPRINTABLE or character in _BIDI_CONTROLS for character in text)


def is_blank(text: str) -> bool:
    """Whether nothing of a text is visible."""
    return all(_is_invisible(character) or character.isspace() for character in text)


def domain(given: object) -> str:
    """A site's domain in lower case and ASCII (IDNA), from a host name or the URL of its home page.

    A port is allowed only for the local machine (``localhost:8000``), where it distinguishes sites.
    """
    text = _text(given, "domain").strip()
    if not text or len(text) > 2 * _MAX_DOMAIN_CHARS:
        raise _bad_domain(_("domain is missing.") if not text else _("domain is too long."))
    if "%" in text or any(character.isspace() or unicodedata.category(character)[0] == "C" for character in text):
        raise _bad_domain(_("domain must not contain spaces, encoded or invisible characters."))
    scheme = _HAS_SCHEME.match(text)
    if scheme and scheme.group().lower() not in ("http://", "https://"):
        raise _bad_domain(_("domain must be a website's (http or https)."))
    try:
        parts = urlsplit(text if scheme else f"//{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _bad_domain(_("domain is not a host name.")) from None
    if "@" in parts.netloc:
        raise _bad_domain(_("domain must not contain a user name."))
    if parts.path not in ("", "/") or "?" in text or "#" in text:
        raise _bad_domain(_("domain must not contain a path."))
    name = _host(host)
    if port is not None and not _is_loopback(name):
        raise _bad_domain(_("domain must not contain a port."))
    return f"{name}:{port}" if port is not None else name


def timezone(given: object) -> str:
    """A site's time zone: a name in the IANA time zone database."""
    text = _text(given, "timezone")
    if text not in _timezones():
        raise BadRequest(_("timezone must be the name of a time zone, such as Europe/Berlin or UTC."), field="timezone")
    return text


def _host(host: str) -> str:
    """A host name or IPv4 address, validated and normalized."""
    if host.isascii() and re.fullmatch(r"[0-9.]+", host):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise _bad_domain(_("domain is not a valid IP address.")) from None
    name = normal_host(host)
    if name is None:
        raise _bad_domain(_("domain is not a host name."))
    if name == "localhost":
        return name
    labels = name.split(".")
    if len(name) > _MAX_DOMAIN_CHARS or not all(_LABEL.fullmatch(label) for label in labels):
        raise _bad_domain(_("domain is not a host name."))
    if len(labels) < 2 or labels[-1].isdigit():
        raise _bad_domain(_("domain is incomplete."))
    return name


def _is_invisible(character: str) -> bool:
    """Whether a character is invisible by itself: joiners, combining marks, fillers and unassigned characters."""
    return unicodedata.category(character)[0] in "CM" or character in _BLANK


def _is_loopback(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost") or name.startswith("127.")


def _text(given: object, field: str) -> str:
    if given is None:
        raise BadRequest(_("%(field)s is missing.", field=field), field=field)
    if not isinstance(given, str):
        raise BadRequest(_("%(field)s must be a string.", field=field), field=field)
    return given


def _bad_domain(problem: str) -> BadRequest:
    advice = _("Enter the host name only, such as example.com.")
    return BadRequest(f"{problem} {advice}", field="domain")


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_ZONES
