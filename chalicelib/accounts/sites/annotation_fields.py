"""What is said of an annotation: reading and checking the fields, for programs and forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit

from chalicelib import config, days
from chalicelib.accounts import input_fields
from chalicelib.accounts.sites import new_site
from chalicelib.errors import BadRequest
from chalicelib.store import site_annotations
from chalicelib.store.site_annotations import KINDS, NOTE, Annotation, Kind
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

FIELDS: Final = ("text", "at", "url", "kind")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A time of day to the minute or finer, perhaps with its offset from UTC.
_TIME: Final = re.compile(_DAY.pattern + r"T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?")
_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Fields:
    """What is said of an annotation, all valid: see `store.site_annotations.Annotation`."""

    text: str
    at: str
    url: str
    kind: Kind


def read(data: Mapping[str, object], site: Site) -> Fields:
    """The fields of a new annotation; without `at`, it is about now.

    :raises BadRequest: if a field is missing, unknown or invalid, naming it.
    """
    input_fields.check_names(data, FIELDS)
    return Fields(
        _text(data.get("text")),
        _at(data["at"], site) if "at" in data else site_annotations.at_instant(days.now_ms()),
        _url(data.get("url")),
        _kind(data.get("kind", NOTE)),
    )


def read_changes(data: Mapping[str, object], site: Site, before: Annotation) -> Fields:
    """The fields of an annotation of which `data` changes some.

    :raises BadRequest: if a field is unknown or invalid, naming it.
    """
    input_fields.check_names(data, FIELDS)
    return Fields(
        _text(data["text"]) if "text" in data else before.text,
        _at(data["at"], site) if "at" in data else before.at,
        _url(data["url"]) if "url" in data else before.url,
        _kind(data["kind"]) if "kind" in data else before.kind,
    )


def _text(given: object) -> str:
    most = config.MAX_ANNOTATION_CHARS
    text = given.strip() if isinstance(given, str) else ""
    if not 1 <= len(text) <= most or new_site.is_blank(text):
        raise BadRequest(_("text must have 1 to %(number)s characters.", number=most), field="text")
    if new_site.has_controls(text):
        raise BadRequest(_("text must be one line, without control characters."), field="text")
    return text


def _at(given: object, site: Site) -> str:
    """A day of the site, or an instant; one without an offset from UTC is a time on the site's clock."""
    text = given.strip() if isinstance(given, str) else ""
    is_day = _DAY.fullmatch(text) is not None
    moment = _moment(text) if is_day or _TIME.fullmatch(text) else None
    if moment is None or not _EARLIEST <= moment.date() <= _LATEST:
        raise BadRequest(
            _("at must be a day such as 2026-11-26, or a time such as 2026-11-26T15:04:05Z, from 2000 to 2199."),
            field="at",
        )
    if is_day:
        return moment.date().isoformat()
    if moment.tzinfo is None:  # one that the clock skips is that much later; of one that it repeats, the first
        moment = moment.replace(tzinfo=site.calendar.zone_of(moment.date()))
    return site_annotations.at_instant(round(moment.timestamp() * 1000))


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _url(given: object) -> str:
    """Where to read more: an https address; ``""`` for none."""
    if given is None or given == "":
        return ""
    text = given.strip() if isinstance(given, str) else ""
    most = config.MAX_ANNOTATION_URL_CHARS
    if len(text) > most:
        raise BadRequest(_("url may have at most %(number)s characters.", number=most), field="url")
    try:
        parts = urlsplit(text)
        is_valid = parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid or new_site.has_controls(text) or any(character.isspace() for character in text):
        raise BadRequest(_("url must be an https address, such as https://example.com/releases/2.1."), field="url")
    return text


def _kind(given: object) -> Kind:
    for kind in KINDS:
        if isinstance(given, str) and given == kind:
            return kind
    raise BadRequest(_("kind must be one of %(kinds)s.", kinds=", ".join(KINDS)), field="kind")
