"""Figures as a person would count them from what was sent, by the definitions of docs/glossary.md and docs/api.md.

Nothing of the program's own counting is used here: neither its SQL nor its rollups.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.url_normalization import uri
from demo.traffic.audience import Person, UserAgent
from tests.stack.month_traffic import Place, Sent, SentEvent, SentView, place_of

HALF_AN_HOUR = 30 * 60_000
SHOWN_HOSTS = {"xn--bcher-kva.example.com": "bücher.example.com"}
# Where the browsers of the traffic say their versions, the first that is there; and what user agents tell of systems.
BROWSER_VERSIONS = ("Edg", "OPR", "CriOS", "SamsungBrowser", "Version", "Firefox", "Chrome")
SYSTEM_VERSIONS = {
    "Windows NT 10.0": "10 or 11", "Mac OS X 10": "10.15 or later", "iPhone OS 18": "18", "CPU OS 17": "17",
    "Android 10; K": "10 or later", "Android 14": "14", "Android 15": "15",
}  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """A visit as a whole, and those of its views and events that count."""

    day: date
    person: Person
    views: tuple[SentView, ...]
    events: tuple[SentEvent, ...]
    kept_views: tuple[SentView, ...] = ()
    kept_events: tuple[SentEvent, ...] = ()

    @property
    def who(self) -> tuple[date, str, str]:
        return self.day, self.person.address, self.person.agent.text

    @property
    def bounce(self) -> bool:
        return len(self.views) == 1 and not any(event.interactive for event in self.events)

    @property
    def duration(self) -> int:
        """Milliseconds."""
        return max([*map(end_of, self.views), *(event.t for event in self.events)]) - self.views[0].t


@dataclass(frozen=True)
class Counted:
    """Visits, and the events outside of all visits."""

    visits: tuple[Visit, ...]
    lone_events: tuple[SentEvent, ...]

    @property
    def views(self) -> list[SentView]:
        return [view for visit in self.visits for view in visit.kept_views]

    @property
    def events(self) -> list[tuple[SentEvent, Visit | None]]:
        in_visits: list[tuple[SentEvent, Visit | None]] = [
            (e, visit) for visit in self.visits for e in visit.kept_events
        ]
        return in_visits + [(event, None) for event in self.lone_events]


def end_of(view: SentView) -> int:
    return view.t + (view.engagement or 0)


def count(sent: Iterable[Sent]) -> Counted:
    """The visits of what was sent."""
    by_person: dict[tuple[date, str], list[Sent]] = {}
    for one in sent:
        if not one.person.is_bot:
            by_person.setdefault((one.day, one.person.address), []).append(one)
    visits: list[Visit] = []
    lone: list[SentEvent] = []
    for of_person in by_person.values():
        sessions: list[list[Sent]] = []
        alive = 0
        for one in sorted(of_person, key=lambda sent: sent.t):
            if not sessions or one.t - alive > HALF_AN_HOUR:
                sessions.append([])
            sessions[-1].append(one)
            alive = max(alive, one.t if isinstance(one, SentEvent) else end_of(one))
        found: list[Visit] = []
        for session in sessions:
            views = tuple(one for one in session if isinstance(one, SentView))
            events = tuple(one for one in session if isinstance(one, SentEvent))
            if views:
                found.append(Visit(views[0].day, views[0].person, views, events, views, events))
            else:
                assert not found, "after a visit, the traffic has no events without a page view"
                lone += events
        visits += found
    return Counted(tuple(visits), tuple(lone))


# ── dimensions ──


def browser_version(agent: UserAgent) -> str:
    found = (re.search(rf"\b{product}/(\d+)", agent.text) for product in BROWSER_VERSIONS)
    return f"{agent.browser} {next(version[1] for version in found if version)}"


def system_version(agent: UserAgent) -> str:
    found = [version for said, version in SYSTEM_VERSIONS.items() if said in agent.text]
    return " ".join([agent.system, *found])


def tag(name: str) -> Callable[[Visit], str]:
    return lambda visit: visit.views[0].origin.tag(name)


def place(of: Callable[[Place], str]) -> Callable[[Visit], str]:
    return lambda visit: of(place_of(visit.person.address))


def in_country(of: Callable[[Place], str]) -> Callable[[Visit], str]:
    """A name with the country that it is in."""

    def value(visit: Visit) -> str:
        name = place(of)(visit)
        return ", ".join(filter(None, (name, visit.person.country))) if name else ""

    return value


OF_VISIT: dict[str, Callable[[Visit], str]] = {
    "entry_page": lambda visit: visit.views[0].page,
    "exit_page": lambda visit: visit.views[-1].page,
    "referrer": lambda visit: visit.views[0].origin.shown_referrer,
    "source": lambda visit: visit.views[0].origin.source,
    "channel": lambda visit: visit.views[0].origin.channel,
    "campaign": lambda visit: visit.views[0].origin.campaign,
    **{name: tag(name) for name in ("utm_source", "utm_medium", "utm_term", "utm_content")},
    "country": lambda visit: visit.person.country,
    "region": in_country(lambda place: place.region),
    "city": in_country(lambda place: place.city),
    "network": place(lambda place: place.network),
    "browser": lambda visit: visit.person.agent.browser,
    "system": lambda visit: visit.person.agent.system,
    "device": lambda visit: visit.person.agent.device,
    "screen": lambda visit: next((view.screen for view in visit.views if view.screen), ""),
    "language": lambda visit: visit.person.language if visit.views[0].sender.languages else "",
    "browser_version": lambda visit: browser_version(visit.person.agent),
    "system_version": lambda visit: system_version(visit.person.agent),
    "hour": lambda visit: f"{visit.views[0].hour_of_day:02}",
    "weekday": lambda visit: calendar.day_name[visit.day.weekday()],
}
OF_VIEW: dict[str, Callable[[SentView], str]] = {"page": lambda view: view.page, "hostname": lambda view: view.host}
CASELESS = {"source", "campaign", "utm_source", "utm_medium", "utm_term", "utm_content"}
# Visits without them are in no row.
CONDITIONAL = {
    "referrer",
    "campaign",
    "region",
    "city",
    "network",
    "utm_source",
    "utm_medium",
    "utm_term",
    "utm_content",
}


def of_event(name: str) -> Callable[[SentEvent], str]:
    return (lambda event: event.name) if name == "event" else (lambda event: event.props.get(name[5:], ""))


# ── figures ──


def metrics(visits: Sequence[Visit], views: Sequence[SentView]) -> dict[str, float | None]:
    """The metrics of visits as a whole, and of page views."""
    loads = [view.load_time for view in views if view.load_time is not None]
    depths = [view.scroll for view in views if view.scroll is not None]
    times = [view.engagement for view in views if view.engagement is not None]
    return {
        "visitors": len({visit.who for visit in visits}),
        "visits": len(visits),
        "pageviews": len(views),
        "views_per_visit": ratio(len(views), len(visits)),
        "bounce_rate": ratio(sum(visit.bounce for visit in visits), len(visits)),
        "visit_duration": ratio(sum(visit.duration for visit in visits), len(visits) * 1000),
        "engagement_time": ratio(sum(times), len(times) * 1000),
        "scroll_depth": ratio(sum(depths), len(depths)),
        "load_time": ratio(sum(loads), len(loads)),
    }


def ratio(numerator: int, denominator: int) -> float | None:
    return numerator / denominator if denominator else None


def breakdown(counted: Counted, names: Sequence[str]) -> dict[tuple[str, ...], dict[str, Any]]:
    """The rows of a breakdown, by their values as they are stored, lower case where case is ignored."""
    if any(name == "event" or name.startswith("prop:") for name in names):
        return _of_events(counted, names)
    visits: dict[tuple[str, ...], list[Visit]] = {}
    views: dict[tuple[str, ...], list[SentView]] = {}
    for visit in counted.visits:
        known = {name: key(name, OF_VISIT[name](visit)) for name in names if name in OF_VISIT}
        if any(name in CONDITIONAL and not value for name, value in known.items()):
            continue
        for view in visit.kept_views:
            row = tuple(known[name] if name in known else OF_VIEW[name](view) for name in names)
            views.setdefault(row, []).append(view)
            if visit not in visits.setdefault(row, []):
                visits[row].append(visit)
    return {row: metrics(visits[row], views[row]) for row in views}


def _of_events(counted: Counted, names: Sequence[str]) -> dict[tuple[str, ...], dict[str, Any]]:
    found: dict[tuple[str, ...], list[tuple[SentEvent, Visit | None]]] = {}
    for event, visit in counted.events:
        row = []
        for name in names:
            if name in OF_VISIT:
                row.append(key(name, OF_VISIT[name](visit)) if visit else "")
            else:
                row.append(of_event(name)(event))
        if not any(name in CONDITIONAL and not value for name, value in zip(names, row, strict=True)):
            found.setdefault(tuple(row), []).append((event, visit))
    return {
        row: {
            "events": len(events),
            "visitors": len({(event.day, event.person.address) for event, _ in events}),
            "visits": len({id(visit) for _, visit in events if visit}),
            "revenue": _revenue([event.amount for event, _ in events if event.amount is not None]),
        }
        for row, events in found.items()
    }


def _revenue(amounts: Sequence[int]) -> dict[str, float]:
    return {"EUR": sum(amounts) / 1_000_000} if amounts else {}


def key(name: str, value: str) -> str:
    return value.lower() if name in CASELESS else value


def raw(name: str, value: str) -> str:
    """A value as the API gives it in `raw`, or as the value itself."""
    return uri(value) if name in ("page", "entry_page", "exit_page") else value
