"""The metrics that should be reported for a plan, computed from its views.

This is deliberately a second implementation of the product's metrics, in Python instead of SQL: a test compares the
two. A visit is a sequence of one person's views on one day, with at most 30 minutes between the last activity and the
next view. Bots are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from demo.traffic.audience import Person
from demo.traffic.plan import Conversion, View

TABLES = (
    "pages", "referrers", "sources", "channels", "campaigns", "countries", "browsers", "systems", "devices",
)  # fmt: skip
_GAP_MS = 30 * 60 * 1000


@dataclass(frozen=True, slots=True)
class CountedVisit:
    """A visit as it should be counted."""

    day: date
    person: Person
    views: tuple[View, ...]

    @property
    def duration(self) -> float:
        """Seconds from the first view to the last activity."""
        return (max(view.last_activity for view in self.views) - self.views[0].t) / 1000


@dataclass(slots=True)
class Row:
    """A row of a table."""

    people: set[tuple[date, Person]] = field(default_factory=set)
    visits: int = 0
    pageviews: int = 0

    @property
    def counts(self) -> tuple[int, int, int]:
        """Visitors, visits and pageviews."""
        return len(self.people), self.visits, self.pageviews


def day_of(view: View, zone: ZoneInfo) -> date:
    """The day of a view in the site's time zone."""
    return datetime.fromtimestamp(view.t / 1000, zone).date()


def count_visits(views: Iterable[View], zone: ZoneInfo) -> list[CountedVisit]:
    """Group views of people into visits."""
    runs: dict[tuple[date, Person], list[View]] = {}
    for view in sorted(views, key=lambda view: view.t):
        if not view.person.is_bot:
            runs.setdefault((day_of(view, zone), view.person), []).append(view)
    visits: list[CountedVisit] = []
    for (day, person), run in runs.items():
        current: list[View] = []
        alive = 0
        for view in run:
            if current and view.t - alive > _GAP_MS:
                visits.append(CountedVisit(day, person, tuple(current)))
                current = []
            current.append(view)
            alive = max(alive, view.last_activity)
        visits.append(CountedVisit(day, person, tuple(current)))
    return visits


def metrics(visits: Iterable[CountedVisit]) -> dict[str, float | None]:
    """The seven figures of some visits, under the API's names and in its units; None where there is no data."""
    visits = list(visits)
    count = len(visits)
    pageviews = sum(len(visit.views) for visit in visits)
    loads = [view.load_time for visit in visits for view in visit.views if view.load_time is not None]
    return {
        "visitors": len({(visit.day, visit.person) for visit in visits}),
        "visits": count,
        "pageviews": pageviews,
        "views_per_visit": pageviews / count if count else None,
        "bounce_rate": sum(len(visit.views) == 1 for visit in visits) / count if count else None,
        "visit_duration": sum(visit.duration for visit in visits) / count if count else None,
        "load_time": sum(loads) / len(loads) if loads else None,
    }


def tables(visits: Iterable[CountedVisit]) -> dict[str, dict[str, tuple[int, int, int]]]:
    """The tables of some visits: table -> row's name -> (visitors, visits, pageviews).

    Region, city and network depend on databases that change; what they hold is not known here.
    """
    counted: dict[str, dict[str, Row]] = {name: {} for name in TABLES}
    for visit in visits:
        who, first, agent = (visit.day, visit.person), visit.views[0], visit.person.agent
        names = {
            "sources": first.source,
            "channels": first.channel,
            "countries": visit.person.country,
            "browsers": agent.browser,
            "systems": agent.system,
            "devices": agent.device,
        }
        if first.shown_referrer is not None:
            names["referrers"] = first.shown_referrer
        if first.campaign is not None:
            names["campaigns"] = first.campaign
        for table, name in names.items():
            _add(counted[table], name, who, 1, len(visit.views))
        for path in {view.path for view in visit.views}:
            _add(counted["pages"], path, who, 1, sum(view.path == path for view in visit.views))
    return {table: {name: row.counts for name, row in rows.items()} for table, rows in counted.items()}


def events(visits: Iterable[CountedVisit]) -> dict[str, tuple[int, int, dict[str, float]]]:
    """The custom events in visits: name -> (events, visitors, revenue by currency)."""
    found: dict[str, list[tuple[CountedVisit, Conversion]]] = {}
    for visit in visits:
        for view in visit.views:
            if view.conversion is not None:
                found.setdefault(view.conversion.event, []).append((visit, view.conversion))
    return {
        name: (len(rows), len({(visit.day, visit.person) for visit, _ in rows}), _revenue(rows))
        for name, rows in found.items()
    }


def _revenue(rows: Iterable[tuple[CountedVisit, Conversion]]) -> dict[str, float]:
    cents: dict[str, int] = {}
    for _, conversion in rows:
        if conversion.cents is not None:
            cents[conversion.currency] = cents.get(conversion.currency, 0) + conversion.cents
    return {currency: total / 100 for currency, total in cents.items()}


def _add(rows: dict[str, Row], name: str, who: tuple[date, Person], visits: int, pageviews: int) -> None:
    row = rows.setdefault(name, Row())
    row.people.add(who)
    row.visits += visits
    row.pageviews += pageviews


def by_day(visits: Iterable[CountedVisit]) -> dict[date, list[CountedVisit]]:
    """Visits by day."""
    found: dict[date, list[CountedVisit]] = {}
    for visit in visits:
        found.setdefault(visit.day, []).append(visit)
    return found
