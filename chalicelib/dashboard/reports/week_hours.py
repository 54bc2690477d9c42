"""The hours of the week: a count for each hour of each weekday, as a table of coloured cells."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from chalicelib import catalogue, config
from chalicelib.catalogue import Metric
from chalicelib.dashboard import formatting
from chalicelib.dashboard.reports import color_scale
from chalicelib.dashboard.reports.color_scale import Step
from chalicelib.dashboard.reports.filter_links import FilterLink, FilterLinks
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report.filters import FIELDS
from chalicelib.report.stats import Stats

# Every how many hours the head names one where the page is narrow.
_MAJOR: Final = 6


class Head(NamedTuple):
    """A weekday, or an hour.

    :ivar text: its name; :ivar link: what it leads to; None if the page cannot be filtered by it.
    :ivar minor: whether it may go unnamed where the page is narrow.
    """

    text: str
    link: FilterLink | None
    minor: bool = False


class Cell(NamedTuple):
    """An hour of a weekday.

    :ivar step: of the colour scale; :ivar href: the page with its visits; ``""`` if there can be no such filter.
    """

    number: str
    step: int
    href: str


class Line(NamedTuple):
    """A weekday with its hours."""

    head: Head
    cells: tuple[Cell, ...]


class WeekHours(NamedTuple):
    """The table. `metric`: what is counted."""

    metric: Metric
    hours: tuple[Head, ...]
    lines: tuple[Line, ...]
    legend: tuple[Step, ...]


def week_hours(stats: Stats, metric: Metric, query: PageQuery, links: FilterLinks | None = None) -> WeekHours | None:
    """The hours of the week of a period; None if `stats` have no hours, or no counts.

    Hours are those of the site's clock: a time that the clock shows twice is one hour. Weeks begin on Monday, as
    everywhere.

    :param metric: of the chart; others than counts are replaced by visitors.
    :param query: of the page; :param links: which filter it, None: there are none.
    """
    counted = metric if metric.unit == "count" else next(iter(catalogue.METRICS.values()))
    counts: Counter[tuple[int, int]] = Counter()
    for point in stats.hours:
        counts[point.t.weekday(), point.t.hour] += int(counted.of(point.sums) or 0)
    if not counts.total():
        return None
    scale = color_scale.equal(counts.values())
    filtered = _Links(query, links)

    def cell(weekday: int, hour: int) -> Cell:
        count = counts[weekday, hour]
        return Cell(formatting.number(count), scale.step(count), filtered.to(weekday, hour))

    return WeekHours(
        counted,
        tuple(Head(f"{hour:02}", filtered.to_hour(hour), minor=hour % _MAJOR > 0) for hour in range(24)),
        tuple(
            Line(
                Head(formatting.weekday_name(weekday), filtered.to_weekday(weekday)),
                tuple(cell(weekday, hour) for hour in range(24)),
            )
            for weekday in range(7)
        ),
        scale.legend(),
    )


class _Links:
    """The links of the table."""

    _DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

    def __init__(self, query: PageQuery, links: FilterLinks | None) -> None:
        self._query = query
        self._links = links
        self._filters = query.filters
        others = [text for text in self._filters if not text.startswith(("is,weekday,", "is,hour,"))]
        self._base = query.with_filters(others)
        self._has_room = len(others) + 2 <= config.MAX_FILTERS

    def to_weekday(self, weekday: int) -> FilterLink | None:
        return self._links.to(FIELDS["weekday"], self._DAYS[weekday]) if self._links else None

    def to_hour(self, hour: int) -> FilterLink | None:
        return self._links.to(FIELDS["hour"], f"{hour:02}") if self._links else None

    def to(self, weekday: int, hour: int) -> str:
        """The page with the visits of one hour alone; of all, if it has that filter already."""
        if self._links is None or not self._has_room:
            return ""
        added = [f"is,weekday,{self._DAYS[weekday]}", f"is,hour,{hour:02}"]
        if set(added) == set(self._filters) - set(self._base.filters):
            return self._base.href
        return self._base.with_filters([*self._base.filters, *added]).href
