"""Figures as a person would count them from what was sent, by the definitions of docs/glossary.md and docs/api.md.

Nothing of the program's own counting is used here: neither its SQL nor its rollups, and filters are read once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.url_normalization import uri
from demo.traffic.audience import Person
from tests.stack.month_traffic import Sent, SentEvent, SentView

HALF_AN_HOUR = 30 * 60_000
SHOWN_HOSTS = {"xn--bcher-kva.example.com": "bücher.example.com"}


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

OF_VISIT: dict[str, Callable[[Visit], str]] = {
    "entry_page": lambda visit: visit.views[0].page,
    "exit_page": lambda visit: visit.views[-1].page,
    "referrer": lambda visit: visit.views[0].origin.shown_referrer,
    "source": lambda visit: visit.views[0].origin.source,
    "channel": lambda visit: visit.views[0].origin.channel,
    "campaign": lambda visit: visit.views[0].origin.campaign,
    "country": lambda visit: visit.person.country,
    "browser": lambda visit: visit.person.agent.browser,
    "system": lambda visit: visit.person.agent.system,
    "device": lambda visit: visit.person.agent.device,
}
OF_VIEW: dict[str, Callable[[SentView], str]] = {"page": lambda view: view.page, "hostname": lambda view: view.host}
# Visits without them are in no row.
CONDITIONAL = {"referrer", "campaign"}
CASELESS = {"source", "campaign"}


def of_event(name: str) -> Callable[[SentEvent], str]:
    return (lambda event: event.name) if name == "event" else (lambda event: event.props.get(name[5:], ""))


# ── filters ──


def narrowed(counted: Counted, texts: Sequence[str]) -> Counted:
    """What meets filters."""
    about_visits: list[Callable[[Visit], bool]] = []
    views: list[Callable[[SentView], bool]] = []
    no_views: list[Callable[[SentView], bool]] = []
    events: list[Callable[[SentEvent], bool]] = []
    no_events: list[Callable[[SentEvent], bool]] = []
    grouped: dict[tuple[str, str], list[str]] = {}
    for text in texts:
        operator, name, value = text.split(",", 2)
        grouped.setdefault((operator, name), []).append(value)
    for (operator, name), values in grouped.items():
        negative, plain = operator.endswith("_not"), operator.removesuffix("_not")
        if name in OF_VIEW:
            matches = matcher(plain, name, values)
            (no_views if negative else views).append(lambda view, m=matches, n=name: m(OF_VIEW[n](view)))  # type: ignore[misc]
        elif name == "event" or name.startswith("prop:"):
            matches, of = matcher(plain, name, values), of_event(name)
            (no_events if negative else events).append(lambda event, m=matches, of=of: m(of(event)))  # type: ignore[misc]
        else:
            test = visit_test(plain, name, values)
            about_visits.append((lambda visit, t=test: not t(visit)) if negative else test)  # type: ignore[misc]
    kept = []
    for visit in counted.visits:
        kept_views = tuple(view for view in visit.views if all(test(view) for test in views))
        kept_events = tuple(event for event in visit.events if all(test(event) for test in events))
        if (
            all(test(visit) for test in about_visits)
            and (kept_views or not views)
            and (kept_events or not events)
            and not any(test(view) for test in no_views for view in visit.views)
            and not any(test(event) for test in no_events for event in visit.events)
        ):
            kept.append(Visit(visit.day, visit.person, visit.views, visit.events, kept_views, kept_events))
    lone = () if about_visits or views or no_views else counted.lone_events
    return Counted(
        tuple(kept),
        tuple(e for e in lone if all(test(e) for test in events) and not any(test(e) for test in no_events)),
    )


def matcher(operator: str, name: str, values: Sequence[str]) -> Callable[[str], bool]:
    def spell(text: str) -> str:
        return text.lower() if name in CASELESS else text

    def match(text: str) -> bool:
        forms = [spell(text), spell(SHOWN_HOSTS.get(text, text))]
        if operator == "is":
            return any(spell(value) in forms for value in values)
        return any(spell(value) in form for value in values for form in forms)

    return match


def visit_test(operator: str, name: str, values: Sequence[str]) -> Callable[[Visit], bool]:
    if name == "bounce":
        return lambda visit: ("yes" if visit.bounce else "no") in values
    if name in ("views", "duration"):
        return lambda visit: any(
            in_range(len(visit.views) if name == "views" else visit.duration / 1000, value) for value in values
        )
    matches = matcher(operator, name, values)
    if name == "identifier":
        return lambda visit: matches(visit.views[0].identifier)
    return lambda visit: matches(OF_VISIT[name](visit))


def in_range(number: float, text: str) -> bool:
    if ".." not in text:
        return number == float(text)
    least, most = text.split("..")
    return (not least or number >= float(least)) and (not most or number <= float(most))


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
