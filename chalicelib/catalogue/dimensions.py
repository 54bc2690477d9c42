"""The dimensions by which visits and page views are grouped, and the cards of the overview that show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib.catalogue.entries import Level, by_key
from chalicelib.translation import N_

# What a dimension's values are, which says how they are shown and linked. A "source" is a name or a host.
Values = Literal[
    "text", "page", "hostname", "source", "url", "country", "device type", "screen", "language", "channel", "weekday",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dimension:
    """A value by which visits or page views are grouped.

    :ivar key: the name of its table in rollups, in the API and on pages.
    :ivar expression: the value, in SQL over the columns of its level. NULL becomes ``""``.
    :ivar title: the title of its tab; :ivar column: the head of its column.
    :ivar card: the card of the overview it belongs to, a key of :data:`CARDS`, which a shared link can hide.
    :ivar tab: its place among the card's tabs; 0: it has no tab, only a page of its own.
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
    empty_value: str = N_("Unknown")
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


_NO_PAGES = N_("No pages were viewed in this period.")
_NO_SOURCES = N_("No visits in this period. Visits from links, searches and campaigns are listed here.")
_NO_CITIES = N_("None known in this period. Install a GeoIP database with cities.")
_NO_VISITS = N_("No visits in this period.")
# The version behind the name, unless the name ends with it, as in "Windows 11".
_WITH_VERSION = "CASE WHEN ends_with({0}, {0}_version) THEN {0} ELSE concat_ws(' ', {0}, {0}_version) END"


_NO_CAMPAIGNS = {
    "utm_campaign": N_("No visits from links with utm_campaign in this period."),
    "utm_source": N_("No visits from links with utm_source in this period."),
    "utm_medium": N_("No visits from links with utm_medium in this period."),
    "utm_term": N_("No visits from links with utm_term in this period."),
    "utm_content": N_("No visits from links with utm_content in this period."),
}


def _campaign_part(tag: str, title: str) -> Dimension:
    """The dimension of one of the tags ``utm_…``, of which `campaigns` shows ``utm_campaign``."""
    return Dimension(
        f"{tag}s", tag, title, tag, card="sources", tab=0, ignores_case=True,
        condition=f"{tag} IS NOT NULL", empty_value=N_("None"), empty_table=_NO_CAMPAIGNS[tag],
    )  # fmt: skip


# The cards of the overview, in their order on the page.
CARDS: Final[Mapping[str, Card]] = by_key(
    Card("pages", N_("Pages")),
    Card("sources", N_("Sources")),
    Card("places", N_("Places")),
    Card("devices", N_("Devices")),
)

# In the order in which the API gives their tables.
DIMENSIONS: Final[Mapping[str, Dimension]] = by_key(
    Dimension(
        "pages", "page", N_("Pages"), N_("Page"), card="pages", tab=1, level="views", values="page",
        empty_value=N_("(no path)"), empty_table=_NO_PAGES,
    ),
    Dimension(
        "entry_pages", "entry_page", N_("Entry pages"), N_("Entry page"), card="pages", tab=2, values="page",
        empty_value=N_("(no path)"), empty_table=_NO_PAGES,
    ),
    Dimension(
        "exit_pages", "exit_page", N_("Exit pages"), N_("Exit page"), card="pages", tab=3, values="page",
        empty_value=N_("(no path)"), empty_table=_NO_PAGES,
    ),
    Dimension(
        "hostnames", "host", N_("Hostnames"), N_("Hostname"), card="pages", tab=4, level="views", values="hostname",
        needs_several=True, empty_table=_NO_PAGES,
    ),
    Dimension(
        "referrers", "referrer", N_("Referrers"), N_("Referrer"), card="sources", tab=3, values="url",
        condition="referrer IS NOT NULL", empty_value=N_("None"), empty_table=_NO_SOURCES,
    ),
    # Visits without a referrer are in `sources` and `channels`, as Direct.
    Dimension(
        "sources", "source", N_("Sources"), N_("Source"), card="sources", tab=2, values="source", ignores_case=True,
        empty_value=N_("Direct"), empty_table=_NO_SOURCES,
    ),
    Dimension(
        "channels", "channel", N_("Channels"), N_("Channel"), card="sources", tab=1, values="channel",
        empty_value=N_("Direct"), empty_table=_NO_SOURCES,
    ),
    Dimension(
        "campaigns", "campaign", N_("Campaigns"), N_("Campaign"), card="sources", tab=4, ignores_case=True,
        condition="campaign IS NOT NULL", empty_value=N_("None"),
        empty_table=_NO_CAMPAIGNS["utm_campaign"],
    ),
    _campaign_part("utm_source", N_("Campaign sources")),
    _campaign_part("utm_medium", N_("Campaign mediums")),
    _campaign_part("utm_term", N_("Campaign terms")),
    _campaign_part("utm_content", N_("Campaign contents")),
    Dimension(
        "countries", "country", N_("Countries"), N_("Country"), card="places", tab=1, values="country",
        of_visitor=True, empty_table=_NO_VISITS,
    ),
    Dimension(
        "regions", "concat_ws(', ', region, country)", N_("Regions"), N_("Region"), card="places", tab=2,
        condition="region IS NOT NULL", of_visitor=True, empty_table=_NO_CITIES,
    ),
    Dimension(
        "cities", "concat_ws(', ', city, country)", N_("Cities"), N_("City"), card="places", tab=3,
        condition="city IS NOT NULL", of_visitor=True, empty_table=_NO_CITIES,
    ),
    Dimension(
        "networks", "network", N_("Networks"), N_("Network"), card="places", tab=4, condition="network IS NOT NULL",
        of_visitor=True, empty_table=N_("None known in this period. Install a GeoIP database with networks."),
    ),
    Dimension(
        "browsers", "browser", N_("Browsers"), N_("Browser"), card="devices", tab=1,
        of_visitor=True, empty_table=_NO_VISITS,
    ),
    Dimension(
        "systems", "system", N_("Systems"), N_("System"), card="devices", tab=2,
        of_visitor=True, empty_table=_NO_VISITS,
    ),
    Dimension(
        "devices", "device_type", N_("Device types"), N_("Device type"), card="devices", tab=3, values="device type",
        of_visitor=True, empty_table=_NO_VISITS,
    ),
    Dimension(
        "screens", "screen", N_("Screens"), N_("Screen"), card="devices", tab=4, values="screen",
        empty_table=_NO_VISITS,
    ),
    Dimension(
        "languages", "language", N_("Languages"), N_("Language"), card="devices", tab=5, values="language",
        of_visitor=True, empty_table=_NO_VISITS,
    ),
    Dimension(
        "browser_versions", _WITH_VERSION.format("browser"), N_("Browser versions"), N_("Browser"), card="devices",
        tab=0, of_visitor=True, empty_table=_NO_VISITS,
    ),
    Dimension(
        "system_versions", _WITH_VERSION.format("system"), N_("System versions"), N_("System"), card="devices",
        tab=0, of_visitor=True, empty_table=_NO_VISITS,
    ),
    # When visits begin, on the clock of the site's time zone.
    Dimension(
        "hours", "printf('%02d', hour_of_day)", N_("Hours"), N_("Hour"), card="pages", tab=0, empty_table=_NO_VISITS,
    ),
    Dimension(
        "weekdays", "dayname(day::DATE)", N_("Weekdays"), N_("Weekday"), card="pages", tab=0, values="weekday",
        of_visitor=True, empty_table=_NO_VISITS,
    ),
)  # fmt: skip
