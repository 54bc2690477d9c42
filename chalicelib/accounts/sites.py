"""Making sites: what a new one may be called, where it lives, and whose it is."""

from __future__ import annotations

import ipaddress
import re
import time
import unicodedata
import uuid
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from chalicelib.config import MAX_SITE_NAME_CHARS, settings
from chalicelib.errors import BadRequest
from chalicelib.hostnames import normal_host
from chalicelib.store import site_changes
from chalicelib.store.people import Person
from chalicelib.store.sites import Site

_MAX_DOMAIN_CHARS = 253  # RFC 1035
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# What a zone database calls a machine's own zone, and none at all.
_NO_PLACES = {"localtime", "posixrules", "Factory"}
_HAS_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
# Control characters, lone surrogates, line breaks, and marks that turn the direction of what follows.
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and symbols that are blank: fillers of Hangul, the empty pattern of Braille, a note without a head.
_BLANK = set("\u115f\u1160\u3164\uffa0\u2800\U0001d159")


def create(person: Person, data: Mapping[str, object]) -> Site:
    """A new site of `person`, from the fields `name`, `domain` and `timezone` of `data`; others are not looked at.

    :raises BadRequest: if one of them is missing or will not do; it names the field.
    :raises Conflict: if the domain is somebody else's, or the person has as many sites as one may.
    """
    site = Site(
        id=str(uuid.uuid4()),
        name=site_name(data.get("name")),
        domain=domain(data.get("domain")),
        timezone=timezone(data.get("timezone")),
        created_at=int(time.time()),
    )
    return site_changes.add_site(site, person.id, settings().max_sites)


def site_name(given: object) -> str:
    """A site's name: 1 to 100 printable characters, without surrounding space."""
    text = _text(given, "name").strip()
    if not 1 <= len(text) <= MAX_SITE_NAME_CHARS:
        raise BadRequest(f"name must have 1 to {MAX_SITE_NAME_CHARS} characters.", field="name")
    if any(unicodedata.category(character) in _UNPRINTABLE or character in _TURNING for character in text):
        raise BadRequest("name must not contain control characters.", field="name")
    if all(_is_unseen(character) or character.isspace() for character in text):
        raise BadRequest("name must have a character that can be seen.", field="name")
    return text


def domain(given: object) -> str:
    """A site's domain in lower case and ASCII (IDNA), from a host name or the address of its front page.

    A port is kept for this machine (``localhost:8000``), where sites are told apart by it; elsewhere it is refused.
    """
    text = _text(given, "domain").strip()
    if not text or len(text) > 2 * _MAX_DOMAIN_CHARS:
        raise _bad_domain("is missing" if not text else "is too long")
    if "%" in text or any(character.isspace() or unicodedata.category(character)[0] == "C" for character in text):
        raise _bad_domain("must not contain spaces, encoded or invisible characters")
    scheme = _HAS_SCHEME.match(text)
    if scheme and scheme.group().lower() not in ("http://", "https://"):
        raise _bad_domain("must be of a web site (http or https)")
    try:
        parts = urlsplit(text if scheme else f"//{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _bad_domain("is not a host name") from None
    if "@" in parts.netloc:
        raise _bad_domain("must not contain a user name")
    if parts.path not in ("", "/") or "?" in text or "#" in text:
        raise _bad_domain("must not contain a path")
    name = _host(host)
    if port is not None and not _is_this_machine(name):
        raise _bad_domain("must not contain a port")
    return f"{name}:{port}" if port is not None else name


def timezone(given: object) -> str:
    """A site's time zone: a name of the IANA database."""
    text = _text(given, "timezone")
    if text not in _timezones():
        raise BadRequest("timezone must be a name such as Europe/Berlin or UTC.", field="timezone")
    return text


def _host(host: str) -> str:
    """A host name or IPv4 address, checked and in its one spelling."""
    if host.isascii() and re.fullmatch(r"[0-9.]+", host):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise _bad_domain("is not a valid address") from None
    name = normal_host(host)
    if name is None:
        raise _bad_domain("is not a host name")
    if name == "localhost":
        return name
    labels = name.split(".")
    if len(name) > _MAX_DOMAIN_CHARS or not all(_LABEL.fullmatch(label) for label in labels):
        raise _bad_domain("is not a host name")
    if len(labels) < 2 or labels[-1].isdigit():
        raise _bad_domain("is not complete")
    return name


def _is_unseen(character: str) -> bool:
    """Whether nothing of a character can be seen by itself: joiners, marks, fillers, what is not assigned."""
    return unicodedata.category(character)[0] in "CM" or character in _BLANK


def _is_this_machine(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost") or name.startswith("127.")


def _text(given: object, field: str) -> str:
    if given is None:
        raise BadRequest(f"{field} is missing.", field=field)
    if not isinstance(given, str):
        raise BadRequest(f"{field} must be a string.", field=field)
    return given


def _bad_domain(what: str) -> BadRequest:
    return BadRequest(f"domain {what}; give the host name alone, such as example.com.", field="domain")


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACES
