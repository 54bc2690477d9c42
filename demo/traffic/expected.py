"""The metrics that should be reported for a plan, computed from its views.

This is deliberately a second implementation of the product's metrics, in Python instead of SQL: a test compares the
two. A visit is a sequence of one person's views on one day, with at most 30 minutes between the last activity and the
next view. Bots are not counted, and neither are the site's editors.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from chalicelib.catalogue import DIMENSIONS
from demo.traffic.audience import Person
from demo.traffic.visits import Conversion, View

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


# What a plan knows of the columns that the catalogue's dimensions are made of; None: not a row of the table. Region,
# city and network depend on databases that change.
_OF_VISIT: Final[Mapping[str, Callable[[CountedVisit], str | None]]] = {
    "entry_page": lambda visit: visit.views[0].path,
    "exit_page": lambda visit: visit.views[-1].path,
    "referrer": lambda visit: visit.views[0].shown_referrer,
    "source": lambda visit: visit.views[0].source,
    "channel": lambda visit: visit.views[0].channel,
    "campaign": lambda visit: visit.views[0].campaign,
    "country": lambda visit: visit.person.country,
    "browser": lambda visit: visit.person.agent.browser,
    "system": lambda visit: visit.person.agent.system,
    "device_type": lambda visit: visit.person.agent.device,
    "language": lambda visit: visit.person.language,
    "screen": lambda visit: _screen(visit.person.width),
    "utm_source": lambda visit: _tag(visit.views[0], "utm_source"),
    "utm_medium": lambda visit: _tag(visit.views[0], "utm_medium"),
    "utm_term": lambda visit: _tag(visit.views[0], "utm_term"),
    "utm_content": lambda visit: _tag(visit.views[0], "utm_content"),
    DIMENSIONS["weekdays"].expression: lambda visit: calendar.day_name[visit.day.weekday()],
}
_OF_VIEW: Final[Mapping[str, Callable[[View], str]]] = {
    "page": lambda view: view.path,
    "host": lambda view: urlsplit(view.url).hostname or "",
}
# The tables that can be expected.
TABLES: Final = tuple(
    key
    for key, dimension in DIMENSIONS.items()
    if dimension.expression in (_OF_VISIT if dimension.level == "visits" else _OF_VIEW)
)


def _screen(width: int) -> str:
    return "mobile" if width < 576 else "tablet" if width < 992 else "laptop" if width < 1440 else "desktop"


def _tag(view: View, name: str) -> str | None:
    return next(iter(parse_qs(urlsplit(view.url).query).get(name, ())), None)


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
        if view.person.is_counted:
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
    """The metrics of some visits, under the API's names and in its units; None where there is no data."""
    visits = list(visits)
    count = len(visits)
    pageviews = sum(len(visit.views) for visit in visits)
    views = [view for visit in visits for view in visit.views]
    loads = [view.load_time for view in views if view.load_time is not None]
    depths = [view.scroll for view in views if view.scroll is not None]
    times = [view.engagement / 1000 for view in views if view.engagement is not None]
    return {
        "visitors": len({(visit.day, visit.person) for visit in visits}),
        "visits": count,
        "pageviews": pageviews,
        "views_per_visit": pageviews / count if count else None,
        "bounce_rate": sum(len(visit.views) == 1 for visit in visits) / count if count else None,
        "visit_duration": sum(visit.duration for visit in visits) / count if count else None,
        "load_time": sum(loads) / len(loads) if loads else None,
        "scroll_depth": sum(depths) / len(depths) if depths else None,
        "engagement_time": sum(times) / len(times) if times else None,
    }


def tables(visits: Iterable[CountedVisit]) -> dict[str, dict[str, tuple[int, int, int]]]:
    """The tables of some visits: table -> row's name -> (visitors, visits, pageviews)."""
    counted: dict[str, dict[str, Row]] = {name: {} for name in TABLES}
    for visit in visits:
        who = visit.day, visit.person
        for table in TABLES:
            column = DIMENSIONS[table].expression
            if DIMENSIONS[table].level == "visits":
                name = _OF_VISIT[column](visit)
                if name is not None:
                    _add(counted[table], name, who, 1, len(visit.views))
            else:
                for name, times in Counter(map(_OF_VIEW[column], visit.views)).items():
                    _add(counted[table], name, who, 1, times)
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
