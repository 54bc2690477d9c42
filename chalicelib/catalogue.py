"""The dimensions, sums and metrics of Shylight. All code that computes, names or displays them uses this catalogue.

* A **dimension** groups visits or page views by a value, such as the country. Each is one table of the figures.
* A **sum** is an aggregate over the visits or page views of some days. Only sums are stored, because days can be added.
* A **metric** is displayed: a sum, or a sum divided by another one.

To add a dimension, add a :class:`Dimension` here and its column to `aggregate/sql/visits.sql` or `views.sql`. To add a
metric, add a :class:`Metric` and the sums it needs to :class:`Totals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final, Literal, TypeVar

# What is counted: the rows of `human_visits` or of `human_views`.
Level = Literal["visits", "views"]
# What a dimension's values are, which says how they are shown and linked. A "source" is a name or a host.
Values = Literal["text", "page", "hostname", "source", "url", "country", "device type", "screen", "language"]
# A "fraction" is of 1, a "percent" of 100. Sums of time are in milliseconds; "seconds" are converted.
Unit = Literal["count", "mean", "fraction", "percent", "seconds", "milliseconds"]


@dataclass(frozen=True, slots=True)
class Dimension:
    """A value by which visits or page views are grouped.

    :ivar key: the name of its table in rollups, in the API and on pages.
    :ivar expression: the value, in SQL over the columns of its level. NULL becomes ``""``.
    :ivar title: the title of its tab; :ivar column: the head of its column.
    :ivar card: the card of the overview it belongs to, a key of :data:`CARDS`, which a shared link can hide.
    :ivar tab: its place among the card's tabs; 0: it has no tab, and only the API gives its table.
    :ivar empty_table: what a table without rows says; :ivar empty_value: what the value ``""`` is called.
    :ivar condition: the visits or views that have the dimension at all, in SQL; the others are in none of its rows.
    :ivar of_visitor: whether all visits of a visitor on one day have the same value.
    :ivar ignores_case: values that differ only in case are one row, see docs/adr/0026.
    :ivar needs_several: the tab is shown only if there are at least two different values.
    """

    key: str
    expression: str
    title: str
    column: str
    card: str
    tab: int
    empty_table: str
    empty_value: str = "Unknown"
    condition: str = "true"
    level: Level = "visits"
    values: Values = "text"
    of_visitor: bool = False
    ignores_case: bool = False
    needs_several: bool = False

    def __post_init__(self) -> None:
        if self.ignores_case and self.level != "visits":
            raise ValueError(f"{self.key}: only a dimension of visits can ignore case")

    @property
    def singular(self) -> str:
        """Its name in filters and breakdowns, the singular of its key: ``"entry_page"``, ``"country"``."""
        return f"{self.key.removesuffix('ies')}y" if self.key.endswith("ies") else self.key.removesuffix("s")

    @property
    def value(self) -> str:
        """The value in SQL: ``""`` if it is unknown, or if the visit or view does not have the dimension."""
        known = (
            self.expression if self.condition == "true" else f"CASE WHEN {self.condition} THEN {self.expression} END"
        )
        return f"coalesce({known}, '')"


@dataclass(frozen=True, slots=True)
class Card:
    """A card of the overview, with a tab for each of its dimensions."""

    key: str
    title: str


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
    rise: str = "more"
    fall: str = "fewer"
    more_is_better: bool = True
    on_site_cards: bool = False


_Entry = TypeVar("_Entry", Dimension, Card, Metric)


def _by_key(*entries: _Entry) -> dict[str, _Entry]:
    found = {entry.key: entry for entry in entries}
    if len(found) < len(entries):
        raise ValueError("two entries of the catalogue have the same key")
    return found


_NO_PAGES = "No pages were viewed in this period."
_NO_SOURCES = "No visits in this period. Visits from links, searches and campaigns are listed here."
_NO_CITIES = "None known in this period. Install a GeoIP database with cities."
_NO_VISITS = "No visits in this period."
_NO_CAMPAIGNS = "No visits from links with %s in this period."
# The version behind the name, unless the name ends with it, as in "Windows 11".
_WITH_VERSION = "CASE WHEN ends_with({0}, {0}_version) THEN {0} ELSE concat_ws(' ', {0}, {0}_version) END"


def _campaign_part(part: str) -> Dimension:
    """The dimension of one of the tags ``utm_…``, of which `campaigns` shows ``utm_campaign``."""
    tag = f"utm_{part}"
    return Dimension(
        f"{tag}s", tag, f"Campaign {part}s", tag, card="sources", tab=0, ignores_case=True,
        condition=f"{tag} IS NOT NULL", empty_value="None", empty_table=_NO_CAMPAIGNS % tag,
    )  # fmt: skip


# The cards of the overview, in their order on the page.
CARDS: Final[Mapping[str, Card]] = _by_key(
    Card("pages", "Pages"),
    Card("sources", "Sources"),
    Card("places", "Places"),
    Card("devices", "Devices"),
)

# In the order in which the API gives their tables.
DIMENSIONS: Final[Mapping[str, Dimension]] = _by_key(
    Dimension(
        "pages", "page", "Pages", "Page", card="pages", tab=1, level="views", values="page",
        empty_value="(no path)", empty_table=_NO_PAGES,
    ),
    Dimension(
        "entry_pages", "entry_page", "Entry pages", "Entry page", card="pages", tab=2, values="page",
        empty_value="(no path)", empty_table=_NO_PAGES,
    ),
    Dimension(
        "exit_pages", "exit_page", "Exit pages", "Exit page", card="pages", tab=3, values="page",
        empty_value="(no path)", empty_table=_NO_PAGES,
    ),
    Dimension(
        "hostnames", "host", "Hostnames", "Hostname", card="pages", tab=4, level="views", values="hostname",
        needs_several=True, empty_table=_NO_PAGES,
    ),
    Dimension(
        "referrers", "referrer", "Referrers", "Referrer", card="sources", tab=3, values="url",
        condition="referrer IS NOT NULL", empty_value="None", empty_table=_NO_SOURCES,
    ),
    # Visits without a referrer are in `sources` and `channels`, as Direct.
    Dimension(
        "sources", "source", "Sources", "Source", card="sources", tab=2, values="source", ignores_case=True,
        empty_value="Direct", empty_table=_NO_SOURCES,
    ),
    Dimension(
        "channels", "channel", "Channels", "Channel", card="sources", tab=1,
        empty_value="Direct", empty_table=_NO_SOURCES,
    ),
    Dimension(
        "campaigns", "campaign", "Campaigns", "Campaign", card="sources", tab=4, ignores_case=True,
        condition="campaign IS NOT NULL", empty_value="None",
        empty_table=_NO_CAMPAIGNS % "utm_campaign",
    ),
    *map(_campaign_part, ("source", "medium", "term", "content")),
    Dimension(
        "countries", "country", "Countries", "Country", card="places", tab=1, values="country",
        of_visitor=True, empty_table="No visits in this period.",
    ),
    Dimension(
        "regions", "concat_ws(', ', region, country)", "Regions", "Region", card="places", tab=2,
        condition="region IS NOT NULL", of_visitor=True, empty_table=_NO_CITIES,
    ),
    Dimension(
        "cities", "concat_ws(', ', city, country)", "Cities", "City", card="places", tab=3,
        condition="city IS NOT NULL", of_visitor=True, empty_table=_NO_CITIES,
    ),
    Dimension(
        "networks", "network", "Networks", "Network", card="places", tab=4, condition="network IS NOT NULL",
        of_visitor=True, empty_table="None known in this period. Install a GeoIP database with networks.",
    ),
    Dimension(
        "browsers", "browser", "Browsers", "Browser", card="devices", tab=1, of_visitor=True, empty_table=_NO_VISITS,
    ),
    Dimension(
        "systems", "system", "Systems", "System", card="devices", tab=2, of_visitor=True, empty_table=_NO_VISITS,
    ),
    Dimension(
        "devices", "device_type", "Device types", "Device type", card="devices", tab=3, values="device type",
        of_visitor=True, empty_table=_NO_VISITS,
    ),
    Dimension(
        "screens", "screen", "Screens", "Screen", card="devices", tab=4, values="screen", empty_table=_NO_VISITS,
    ),
    Dimension(
        "languages", "language", "Languages", "Language", card="devices", tab=5, values="language",
        of_visitor=True, empty_table=_NO_VISITS,
    ),
    Dimension(
        "browser_versions", _WITH_VERSION.format("browser"), "Browser versions", "Browser", card="devices", tab=0,
        of_visitor=True, empty_table=_NO_VISITS,
    ),
    Dimension(
        "system_versions", _WITH_VERSION.format("system"), "System versions", "System", card="devices", tab=0,
        of_visitor=True, empty_table=_NO_VISITS,
    ),
    # When visits begin, on the clock of the site's time zone.
    Dimension(
        "hours", "printf('%02d', hour_of_day)", "Hours", "Hour", card="pages", tab=0, empty_table=_NO_VISITS,
    ),
    Dimension(
        "weekdays", "dayname(day::DATE)", "Weekdays", "Weekday", card="pages", tab=0, of_visitor=True,
        empty_table=_NO_VISITS,
    ),
)  # fmt: skip


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
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def values(self) -> list[int]:
        """The sums as they are stored."""
        return [getattr(self, name) for name in SUMS]

    @classmethod
    def read(cls, values: Sequence[int]) -> Totals:
        """Sums from their stored form. Those that only a newer release knows are left out."""
        return cls(*values[: len(SUMS)])


# How each sum is computed, in the order in which rollups store them.
SUMS: Final[Mapping[str, Sum]] = {part.name: part.metadata["sum"] for part in fields(Totals)}

# In the order in which pages and the API give them.
METRICS: Final[Mapping[str, Metric]] = _by_key(
    Metric("visitors", "Visitors", "visitors", None, "count", "A sum of daily visitors.", on_site_cards=True),
    Metric("visits", "Visits", "visits", None, "count", "Visits that began in the period.", on_site_cards=True),
    Metric("pageviews", "Pageviews", "pageviews", None, "count", "Page views.", on_site_cards=True),
    Metric("views_per_visit", "Views per visit", "pageviews", "visits", "mean", "Page views divided by visits."),
    Metric(
        "bounce_rate", "Bounce rate", "bounces", "visits", "fraction",
        "A fraction of 1: visits with one page view and no interactive event.",
        "higher", "lower", more_is_better=False, on_site_cards=True,
    ),
    Metric(
        "visit_duration", "Visit duration", "duration", "visits", "seconds",
        "Average time from the first page view of a visit to its last activity, in seconds.", "longer", "shorter",
    ),
    Metric(
        "engagement_time", "Time on page", "engagement", "views_with_engagement", "seconds",
        "Average time that a page was visible and focused, in seconds, over the page views for which it is known.",
        "longer", "shorter",
    ),
    Metric(
        "scroll_depth", "Scroll depth", "scroll", "views_with_scroll", "percent",
        "Average depth to which a page was scrolled, 0 to 100 percent, over the page views for which it is known.",
        "deeper", "shallower",
    ),
    Metric(
        "load_time", "Load time", "load_time", "loads", "milliseconds",
        "Average load time of a page, in milliseconds, over the page views for which it is known.",
        "slower", "faster", more_is_better=False,
    ),
)  # fmt: skip
