"""Visits with their page views and events, newest first, in pages; read from segments with the SQL of the metrics."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib import config, days, pagination, url_normalization
from chalicelib.aggregate import compute_rollup
from chalicelib.aggregate.duckdb_engine import Engine, engine, sql
from chalicelib.config import MICROS
from chalicelib.report import narrowing, query_budget
from chalicelib.report.day_tables import load_days
from chalicelib.report.display_names import shown_name
from chalicelib.report.filters import Condition
from chalicelib.report.periods import Period
from chalicelib.report.refresh import refresh_dirty_days
from chalicelib.report.site_stats import visit_id
from chalicelib.store import hits, rollups
from chalicelib.store.records import VISIT_TRAITS
from chalicelib.store.sites import Site

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
# The share of the time for a question in which the list begins with a further day.
_SHARE_OF_DAYS = 0.5
_BEFORE_ALL = 1 << 62
# What identifies a visit in the engine: its day, its visitor's key, and its number.
_Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class _Cursor:
    """The last visit of the previous page: its day, start (epoch ms) and id."""

    day: date
    before: int
    before_id: str

    def encode(self) -> str:
        return pagination.encode_cursor([self.day.isoformat(), self.before, self.before_id])

    @classmethod
    def at_beginning_of(cls, day: date) -> _Cursor:
        """The place before all visits of a day."""
        return cls(day, _BEFORE_ALL, "")

    @classmethod
    def decode(cls, text: str, parameter: str) -> _Cursor:
        cursor = None
        with suppress(ValueError, TypeError):
            day, before, before_id = pagination.decode_cursor(text)
            if type(before) is int and abs(before) <= 1 << 62 and isinstance(before_id, str) and before_id.isascii():
                cursor = cls(date.fromisoformat(day), before, before_id)
        if cursor is None:
            raise pagination.invalid_cursor(parameter)
        return cursor


def list_visits(
    site: Site,
    period: Period,
    limit: int,
    after: str | None,
    identifier: str | None = None,
    conditions: Sequence[Condition] = (),
    *,
    parameter: str = "cursor",
) -> dict[str, Any]:
    """``{"visits": [...], "next": …}``: up to `limit` visits; `next` is None on the last page.

    If few visits meet the conditions, a page may have fewer, or none, and yet a `next`, because time is limited.

    :param after: `next` of the page before; :param parameter: the name that it was sent under, for errors.
    :param identifier: only visits of visitors with this identifier.
    :param conditions: only visits that meet all of them, see `report.narrowing`.
    :raises BadRequest: if `after` is invalid.
    :raises QueryTooLarge: if a single day takes too much time or memory.
    """
    until = query_budget.deadline()
    cursor = _Cursor.decode(after, parameter) if after else None
    if cursor is None:
        refresh_dirty_days(site, period.first, period.last)
    last = min(period.last, cursor.day) if cursor else period.last
    visits: list[dict[str, Any]] = []
    unread: date | None = None
    begun = time.monotonic()
    for number, (day, visitors) in enumerate(_days(site, period.first, last, identifier)):
        # Further days may take as long as the longest so far.
        if number and time.monotonic() > begun + _SHARE_OF_DAYS * (until - begun):
            unread = day
            break
        here = cursor if cursor is not None and cursor.day == day else None
        visits += _of_day(site, day, limit + 1 - len(visits), here, visitors, conditions, until)
        if len(visits) > limit:
            break
    shown = _fitting(visits[:limit])
    if len(visits) > len(shown):
        following = shown[-1]["cursor"].encode()
    else:
        following = _Cursor.at_beginning_of(unread).encode() if unread else None
    return {"visits": [visit["shown"] for visit in shown], "next": following}


def searched_back_to(cursor: str | None) -> date | None:
    """The day back to which a page was searched whose `next` this is, if it ended because time was short."""
    if cursor is None:
        return None
    following = _Cursor.decode(cursor, "cursor")
    return following.day + timedelta(days=1) if following.before == _BEFORE_ALL else None


def _fitting(visits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many visits as fit into a response; at least a part of the first."""
    number = pagination.fitting(visits, lambda visit: visit["shown"])
    if visits and not number:
        _shorten(visits[0]["shown"])
        return visits[:1]
    return visits[:number]


def _shorten(shown: dict[str, Any]) -> None:
    """Remove the last events, then the last views, of a visit that is too large for a response; sets `left_out`."""
    shown["left_out"] = 0
    for name in ("events", "hits"):
        size = pagination.size(shown)
        while size > config.MAX_ANSWER_BYTES and shown[name]:
            size -= pagination.size(shown[name].pop()) - 1
            shown["left_out"] += 1


def _days(site: Site, first: date, last: date, identifier: str | None) -> Iterator[tuple[date, list[str] | None]]:
    """The days with visits, latest first, and the visitor keys to return (None: all)."""
    if identifier is None:
        known = list(rollups.built_between(site.id, first, last)) if last >= first else []
        yield from ((day, None) for day in reversed(known))
        return
    called = hits.visitors_with_identifier(site.id, identifier)
    for day, of_day in groupby(called, key=lambda found: found[0]):
        if first <= day <= last:
            yield day, [visitor for _, visitor in of_day]


def of_visitor(site: Site, day: date, visitor: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The visits of a visitor on a day, latest first, each with its channel, campaign tags and screen.

    :returns: visits as :func:`list_visits` has them, and the rest by name.
    :raises QueryTooLarge: if it takes too much time or memory.
    """
    if not (built := rollups.without_figures(site.id, day, day)):
        return
    with engine() as db, query_budget.within_budget(db, query_budget.deadline()):
        load_days(db, site, built)
        found, views, events = _read(db, config.MAX_VISITOR_HOUR, None, [visitor])
        for key, visit in found.items():
            asked = dict(zip(("day", "visitor", "visit"), key, strict=True))
            (details,) = db.named_rows(sql("visit_details"), asked)
            yield _shown(site, visit, views[key], events.get(key, ()))["shown"], details


def _of_day(
    site: Site,
    day: date,
    most: int,
    after: _Cursor | None,
    visitors: Sequence[str] | None,
    conditions: Sequence[Condition],
    until: float,
) -> list[dict[str, Any]]:
    with engine() as db, query_budget.within_budget(db, until):
        load_days(db, site, rollups.without_figures(site.id, day, day))
        narrowing.narrow_visits(db, conditions)
        found, views, events = _read(db, most, after, visitors)
    return [_shown(site, visit, views[key], events.get(key, ())) for key, visit in found.items()]


def _read(
    db: Engine, most: int, after: _Cursor | None, visitors: Sequence[str] | None
) -> tuple[dict[_Key, dict[str, Any]], dict[_Key, list[Sequence[Any]]], dict[_Key, list[Sequence[Any]]]]:
    """Up to `most` visits, newest first, and their views and events."""
    position = {"before": after.before, "before_id": after.before_id} if after else None
    found = {
        (visit["day"], visit["visitor"], visit["visit"]): visit
        for visit in compute_rollup.latest_visits(db, most, position, visitors)
    }
    texts = [" ".join(map(str, key)) for key in found]
    return found, _by_visit(db, "visit_hits", texts), _by_visit(db, "visit_events", texts)


def _by_visit(db: Engine, query: str, visits: Sequence[str]) -> dict[_Key, list[Sequence[Any]]]:
    found: dict[_Key, list[Sequence[Any]]] = {}
    for row in db.rows(sql(query), {"visits": visits}) if visits else []:
        found.setdefault((row[0], row[1], row[2]), []).append(row[3:])
    return found


def _shown(
    site: Site, visit: Mapping[str, Any], views: Sequence[Sequence[Any]], events: Sequence[Sequence[Any]]
) -> dict[str, Any]:
    zone = site.calendar.zone_of(date.fromisoformat(visit["day"]))
    started, last_seen = (days.local(visit[name], zone) for name in ("started", "last_seen"))
    shown = {
        "id": visit_id(visit["day"], visit["visitor"], visit["id"]),
        "start": started.isoformat(timespec="milliseconds"),
        "last_seen": last_seen.isoformat(timespec="milliseconds"),
        "duration": visit["duration"] / 1000,
        "bounce": visit["bounce"],
        **{
            name: visit[name] for name in (*VISIT_TRAITS, "referrer", "identifier")
        },
        "source": shown_name("sources", visit["source"]),
        "hits": [_shown_hit(zone, view) for view in views],
        "events": [_shown_event(zone, event) for event in events],
    }  # fmt: skip
    cursor = _Cursor(date.fromisoformat(visit["day"]), visit["started"], visit["id"] + visit["visitor"])
    return {"shown": shown, "cursor": cursor}


def _shown_event(zone: ZoneInfo, event: Sequence[Any]) -> dict[str, Any]:
    id_, t, name, page, props, amount, currency = event
    return {
        "id": id_,
        "t": days.local(t, zone).isoformat(timespec="milliseconds"),
        "name": name,
        **_page(page),
        "props": json.loads(props) if props else {},
        "revenue": None if amount is None else {"amount": amount / MICROS, "currency": currency},
    }


def _page(page: str | None) -> dict[str, Any]:
    """A page for display, and its form in URLs, if it differs."""
    if page is None:
        return {"page": None}
    shown = url_normalization.respelled(page)
    path = url_normalization.uri(shown)
    return {"page": shown} | ({"path": path} if path != shown else {})


def _shown_hit(zone: ZoneInfo, hit: Sequence[Any]) -> dict[str, Any]:
    id_, t, page, referrer, engagement, load_time, tracker, scroll = hit
    return {
        "id": id_,
        "t": days.local(t, zone).isoformat(timespec="milliseconds"),
        **_page(page),
        "referrer": referrer,
        "engagement": None if engagement is None else engagement / 1000,
        "load_time": load_time,
        "scroll": scroll,
        "tracker": tracker,
    }
