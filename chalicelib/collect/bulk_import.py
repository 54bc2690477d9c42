"""Import of hits from a site's own backend, current or past. They use the same queue and worker as all hits.

A past day gets a new salt for an hour, so that visitors are recognized within an import, but not after it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from chalicelib import config, days
from chalicelib.collect import custom_events, validation
from chalicelib.collect.accept_language import first_language
from chalicelib.collect.event import Event, encode_all
from chalicelib.collect.hit import Client, CustomEvent, Leave, View, client, event
from chalicelib.collect.screen import read_screen
from chalicelib.collect.site_rules import IGNORED_ADDRESS, is_ignored
from chalicelib.collect.urls import Location, optional_location, required_location
from chalicelib.collect.validation import read, read_by, read_within
from chalicelib.collect.visitor import normal_address
from chalicelib.errors import BadRequest, Conflict
from chalicelib.store import exclusions, hit_queue
from chalicelib.store.sites import Site

_TRACKER = "api"
_DAY_MS = 24 * days.HOUR_MS
# The clock of a sender may be ahead by this time.
_AHEAD_MS = 5 * 60 * 1000


def accept(site: Site, body: dict[str, Any]) -> int:
    """Queue the hits of ``{"hits": [...]}``, all or none; returns the number of accepted views and events.

    Hits from ignored IP addresses are counted as excluded traffic instead.

    A view is ``{t?, url, user_agent?, ip?, language?, id?, referrer?, load_time?, engagement?, scroll?, screen_width?,
    identifier?}``: `t` in epoch ms or ISO 8601 with an offset (now, if it is missing), the other times in ms. A custom
    event is ``{t?, event, props?, revenue?, interactive?, url?, user_agent?, ip?, language?, id?, identifier?}``.

    :raises BadRequest: naming the first invalid field, e.g. ``hits[3].t``.
    :raises Conflict: if the site is archived.
    :raises Unavailable: if the queue fails; all hits can be sent again if each has an `id`.
    """
    if not site.active:
        raise Conflict("The site is archived: nothing is recorded. Set its status to active first.")
    hits = body.get("hits")
    if not isinstance(hits, list) or not hits:
        raise BadRequest("hits must be a list of at least one hit.", field="hits")
    if len(hits) > config.MAX_IMPORT_HITS:
        raise BadRequest(f"hits may be at most {config.MAX_IMPORT_HITS} at a time; send more calls.", field="hits")
    now = days.now_ms()
    events: list[Event] = []
    ignored: list[date] = []
    for number, given in enumerate(hits):
        where = f"hits[{number}]."
        if not isinstance(given, dict):
            raise BadRequest(f"hits[{number}] must be an object.", field=f"hits[{number}]")
        hit = parse(site, given, where)
        made = _events(site, hit, now if hit.t is None else hit.t)
        if hit.who.address and is_ignored(site.ignored_ips, hit.who.address):
            ignored.append(date.fromisoformat(made[0].day))
        else:
            events += made
    hit_queue.send_all(encode_all(events))
    for day in ignored:
        exclusions.count_dropped(site.id, day, IGNORED_ADDRESS)
    return len(hits) - len(ignored)


@dataclass(frozen=True, slots=True)
class ImportedHit:
    """One hit of an import.

    :ivar t: epoch ms at which it happened; None for now.
    :ivar leave: engagement and scroll depth of the view, if known; it has the id of `hit`.
    """

    t: int | None
    who: Client
    hit: View | CustomEvent
    leave: Leave | None = None


def parse(site: Site, given: Mapping[str, Any], where: str = "") -> ImportedHit:
    """The hit in a JSON object.

    :param where: the prefix of field names in errors, such as ``"hits[3]."``.
    :raises BadRequest: naming the invalid field.
    """
    form: type[_View | _Custom] = _Custom if given.get("event") is not None else _View
    return read(form, given, site, where).imported()


def _events(site: Site, imported: ImportedHit, t: int) -> list[Event]:
    events = [event(site, imported.who, t, imported.hit)]
    if imported.leave is not None:
        left = min(t + imported.leave.engagement, site.calendar.day_end(site.calendar.day_of(t)) - 1)
        events.append(event(site, imported.who, left, replace(imported.leave, age=left - t)))
    return events


def _address(value: Any, field: str) -> str:
    """A normalized IP address; ``""`` if there is none."""
    given = validation.text(value, field)
    address = normal_address(given or "")
    if given and not address:
        raise BadRequest(f"{field} must be an IPv4 or IPv6 address.", field=field)
    return address


def _time(value: Any, field: str, site: Site) -> int | None:
    """A time within the site's retention, epoch ms."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise BadRequest(f"{field} must be epoch milliseconds or ISO 8601.", field=field) from None
        if moment.tzinfo is None:
            raise BadRequest(f"{field} must have an offset, as in 2026-11-24T10:00:00+01:00.", field=field)
        t = round(moment.timestamp() * 1000)
    else:
        t = round(validation.number(value, field) or 0)
    now = days.now_ms()
    if t > now + _AHEAD_MS:
        raise BadRequest(f"{field} lies in the future.", field=field)
    if t < now - site.retention_days * _DAY_MS:
        raise BadRequest(
            f"{field} lies before the {site.retention_days} days for which this site keeps visits.", field=field
        )
    return t


@dataclass(frozen=True, slots=True)
class _Hit:
    """The fields of every hit."""

    t: int | None = read_within(_time)
    user_agent: str | None = read_by(validation.text)
    ip: str | None = read_by(validation.text)
    identifier: str | None = read_by(validation.identifier)
    address: str = read_by(_address, "ip")
    id: str | None = read_by(validation.hit_id)
    language: str | None = read_by(validation.text)

    def client(self) -> Client:
        language = first_language(self.language or "")
        return client(self.address, self.user_agent or "", self.identifier, language=language)


@dataclass(frozen=True, slots=True)
class _View(_Hit):
    url: Location = read_within(required_location)
    engagement: int | None = read_by(validation.engagement)
    scroll: int | None = read_by(validation.percent)
    referrer: str | None = read_by(validation.text)
    load_time: int | None = read_by(validation.load_time)
    screen: str | None = read_by(read_screen, "screen_width")

    def imported(self) -> ImportedHit:
        id_ = self.id or uuid.uuid4().hex
        view = View(id_, self.url, _TRACKER, referrer=self.referrer, load_time=self.load_time, screen=self.screen)
        leave = None
        if self.engagement is not None or self.scroll is not None:
            engagement = self.engagement or 0
            leave = Leave(id_, engagement, engagement, _TRACKER, scroll=self.scroll)
        return ImportedHit(self.t, self.client(), view, leave)


@dataclass(frozen=True, slots=True)
class _Custom(_Hit):
    url: Location | None = read_within(optional_location)
    name: str = read_by(custom_events.read_name, "event")
    props: str | None = read_by(custom_events.read_props)
    revenue: tuple[int | None, str | None] = read_by(custom_events.read_revenue)
    interactive: bool = read_by(validation.flag(default=False))

    def imported(self) -> ImportedHit:
        id_ = self.id or uuid.uuid4().hex
        custom = CustomEvent(id_, self.name, self.url, _TRACKER, self.props, self.revenue, self.interactive)
        return ImportedHit(self.t, self.client(), custom)
