"""The sums that are computed and stored, and the metrics that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Final, Literal

from chalicelib.catalogue.entries import Level, by_key
from chalicelib.translation import N_

# A "fraction" is of 1, a "percent" of 100. Sums of time are in milliseconds; "seconds" are converted.
Unit = Literal["count", "mean", "fraction", "percent", "seconds", "milliseconds"]


@dataclass(frozen=True, slots=True)
class Sum:
    """How a sum is computed: an SQL aggregate over visits, at the time they begin, or over page views, at theirs."""

    of: Level
    sql: str


def _visits(sql: str) -> dict[str, Sum]:
    return {"sum": Sum("visits", sql)}


def _views(sql: str) -> dict[str, Sum]:
    return {"sum": Sum("views", sql)}


@dataclass(slots=True)
class Totals:
    """The sums of a period: counts, milliseconds and percents.

    Rollups store them by position. So new ones are appended, and none is removed or moved; sums that an old rollup
    lacks are 0. A metric with a new sum needs a new denominator, too, so that days without it do not count.
    """

    visitors: int = field(default=0, metadata=_visits("count(*) FILTER (WHERE first_of_visitor)"))
    visits: int = field(default=0, metadata=_visits("count(*)"))
    pageviews: int = field(default=0, metadata=_views("count(*)"))
    bounces: int = field(default=0, metadata=_visits("count(*) FILTER (WHERE bounce)"))
    duration: int = field(default=0, metadata=_visits("sum(duration)"))
    loads: int = field(default=0, metadata=_views("count(load_time)"))
    load_time: int = field(default=0, metadata=_views("sum(load_time)"))
    views_with_scroll: int = field(default=0, metadata=_views("count(scroll)"))
    scroll: int = field(default=0, metadata=_views("sum(scroll)"))
    views_with_engagement: int = field(default=0, metadata=_views("count(engagement)"))
    engagement: int = field(default=0, metadata=_views("sum(engagement)"))

    def add(self, other: Totals) -> None:
        """Add the sums of another time."""
        for name, value in zip(SUMS, _VALUES(other), strict=True):
            setattr(self, name, getattr(self, name) + value)

    @classmethod
    def sum(cls, parts: Iterable[Totals]) -> Totals:
        """The sums of several times."""
        return cls(*map(sum, zip(*(part.values() for part in parts), strict=True)))

    def values(self) -> list[int]:
        """The sums as they are stored."""
        return list(_VALUES(self))

    def with_visitors(self, visitors: int) -> Totals:
        """The same sums with another number of visitors.

        Quicker than `dataclasses.replace`: the hours of a month are hundreds.
        """
        return Totals(visitors, *_VALUES(self)[1:])

    @classmethod
    def read(cls, values: Sequence[int]) -> Totals:
        """Sums from their stored form. Those that only a newer release knows are left out."""
        return cls(*values[: len(SUMS)])


# How each sum is computed, in the order in which rollups store them.
SUMS: Final[Mapping[str, Sum]] = {part.name: part.metadata["sum"] for part in fields(Totals)}
_VALUES: Final[Callable[[Totals], tuple[int, ...]]] = attrgetter(*SUMS)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: a sum, or one sum divided by another.

    :ivar key: its name in the API; :ivar label: its name on pages.
    :ivar numerator, denominator: fields of :class:`Totals`. A metric with a denominator of 0 is None (no data).
    :ivar description: what exactly it counts, for the description of the API.
    :ivar rise, fall: the words for a change: "12% more", "12% fewer"; :ivar more_is_better: whether a rise is good.
    :ivar on_site_cards: whether the cards of the home page have room for it.
    """

    key: str
    label: str
    numerator: str
    denominator: str | None
    unit: Unit
    description: str
    rise: str = N_("more")
    fall: str = N_("fewer")
    more_is_better: bool = True
    on_site_cards: bool = False

    def of(self, totals: Totals) -> float | None:
        """Its value in its unit; None if the denominator is 0."""
        numerator: int = getattr(totals, self.numerator)
        if self.denominator is None:
            return numerator
        denominator: int = getattr(totals, self.denominator)
        if not denominator:
            return None
        ratio = numerator / denominator
        return ratio / 1000 if self.unit == "seconds" else ratio


# In the order in which pages and the API give them.
METRICS: Final[Mapping[str, Metric]] = by_key(
    Metric("visitors", N_("Visitors"), "visitors", None, "count", "A sum of daily visitors.", on_site_cards=True),
    Metric("visits", N_("Visits"), "visits", None, "count", "Visits that began in the period.", on_site_cards=True),
    Metric("pageviews", N_("Pageviews"), "pageviews", None, "count", "Page views.", on_site_cards=True),
    Metric("views_per_visit", N_("Views per visit"), "pageviews", "visits", "mean", "Page views divided by visits."),
    Metric(
        "bounce_rate", N_("Bounce rate"), "bounces", "visits", "fraction",
        "A fraction of 1: visits with one page view and no interactive event.",
        N_("higher"), N_("lower"), more_is_better=False, on_site_cards=True,
    ),
    Metric(
        "visit_duration", N_("Visit duration"), "duration", "visits", "seconds",
        "Average time from the first page view of a visit to its last activity, in seconds.",
        N_("longer"), N_("shorter"),
    ),
    Metric(
        "engagement_time", N_("Time on page"), "engagement", "views_with_engagement", "seconds",
        "Average time that a page was visible and focused, in seconds, over the page views for which it is known.",
        N_("longer"), N_("shorter"),
    ),
    Metric(
        "scroll_depth", N_("Scroll depth"), "scroll", "views_with_scroll", "percent",
        "Average depth to which a page was scrolled, 0 to 100 percent, over the page views for which it is known.",
        N_("deeper"), N_("shallower"),
    ),
    Metric(
        "load_time", N_("Load time"), "load_time", "loads", "milliseconds",
        "Average load time of a page, in milliseconds, over the page views for which it is known.",
        N_("slower"), N_("faster"), more_is_better=False,
    ),
)  # fmt: skip
