"""What a counter should make of a plan: the figures, counted from the views one by one.

This is the product's definition of its metrics, put down a second time on purpose, in other words and without its
SQL: a test compares the two. A visit is a run of one person's views on one day, with at most 30 minutes between the
last sign of life and the next view; robots are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from demo.traffic.audience import Person
from demo.traffic.plan import Success, View

TABLES = (
    "pages", "referrers", "sources", "channels", "campaigns", "countries", "browsers", "systems", "devices",
)  # fmt: skip
_GAP_MS = 30 * 60 * 1000


@dataclass(frozen=True, slots=True)
class CountedVisit:
    """A visit as a counter sees it."""

    day: date
    person: Person
    views: tuple[View, ...]

    @property
    def duration(self) -> float:
        """Seconds from the first view to the last sign of life."""
        return (max(view.alive_until for view in self.views) - self.views[0].t) / 1000


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
    """The day of a view on the site's calendar."""
    return datetime.fromtimestamp(view.t / 1000, zone).date()


def count_visits(views: Iterable[View], zone: ZoneInfo) -> list[CountedVisit]:
    """The visits of people in some views."""
    runs: dict[tuple[date, Person], list[View]] = {}
    for view in sorted(views, key=lambda view: view.t):
        if not view.person.robot:
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
            alive = max(alive, view.alive_until)
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
    """The custom events of some visits: name -> (events, visitors, revenue by currency)."""
    found: dict[str, list[tuple[CountedVisit, Success]]] = {}
    for visit in visits:
        for view in visit.views:
            if view.success is not None:
                found.setdefault(view.success.event, []).append((visit, view.success))
    return {
        name: (len(rows), len({(visit.day, visit.person) for visit, _ in rows}), _revenue(rows))
        for name, rows in found.items()
    }


def _revenue(rows: Iterable[tuple[CountedVisit, Success]]) -> dict[str, float]:
    cents: dict[str, int] = {}
    for _, success in rows:
        if success.cents is not None:
            cents[success.currency] = cents.get(success.currency, 0) + success.cents
    return {currency: total / 100 for currency, total in cents.items()}


def _add(rows: dict[str, Row], name: str, who: tuple[date, Person], visits: int, pageviews: int) -> None:
    row = rows.setdefault(name, Row())
    row.people.add(who)
    row.visits += visits
    row.pageviews += pageviews


def by_day(visits: Iterable[CountedVisit]) -> dict[date, list[CountedVisit]]:
    """The visits of each day that has any."""
    found: dict[date, list[CountedVisit]] = {}
    for visit in visits:
        found.setdefault(visit.day, []).append(visit)
    return found
