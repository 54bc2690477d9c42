"""The tables of the overview, ready to draw: what a row is called, where it leads, how long its bar is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from chalicelib import url_normalization
from chalicelib.dashboard import countries, formatting
from chalicelib.report.display_names import shown_name
from chalicelib.report.stats import Row, Stats, Table

# Rows shown at once, and rows that the page holds at all; the API gives the rest.
SHOWN = 9
HELD = 50

_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[^\s\\]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row.

    :ivar href: where the name leads outside of Shylight, ``""`` for nowhere.
    :ivar code: country code, for the countries.
    :ivar bar: length of the bar in percent; the largest row's is 100.
    """

    label: str
    href: str
    code: str
    visitors: int
    pageviews: int
    share: str
    bar: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """One table: `shown` rows, `more` that are unfolded on demand, and the sum of those without a name.

    :ivar left: how many named rows the page leaves out.
    """

    key: str
    title: str
    column: str
    views: bool
    shown: tuple[Entry, ...]
    more: tuple[Entry, ...]
    others: Entry | None
    left: int
    empty: str


@dataclass(frozen=True, slots=True)
class Card:
    """One card with one table or several, as tabs.

    :ivar note: a sentence below them, ``""`` for none.
    """

    key: str
    title: str
    rankings: tuple[Ranking, ...]
    note: str = ""


_NO_PAGES = "No pages were seen in this period."
_NO_SOURCES = "Nobody came in this period. Visits from links, searches and campaigns are listed here."
_NO_CITIES = "Nothing known in this period: that takes a GeoIP database with cities."
_NO_DEVICES = "No visits in this period."
# key -> title of its tab, head of its column, name of a row without one, text when empty
_KINDS = {
    "pages": ("Pages", "Page", "(no path)", _NO_PAGES),
    "sources": ("Sources", "Source", "Direct", _NO_SOURCES),
    "referrers": ("Referrers", "Referrer", "None", _NO_SOURCES),
    "channels": ("Channels", "Channel", "Direct", _NO_SOURCES),
    "campaigns": ("Campaigns", "Campaign", "None", "No visit came by a link with utm_campaign in this period."),
    "countries": ("Countries", "Country", "Unknown", "No visits in this period, so no countries."),
    "regions": ("Regions", "Region", "Unknown", _NO_CITIES),
    "cities": ("Cities", "City", "Unknown", _NO_CITIES),
    "networks": ("Networks", "Network", "Unknown", "No network is known in this period: no database tells."),
    "browsers": ("Browsers", "Browser", "Unknown", _NO_DEVICES),
    "systems": ("Systems", "System", "Unknown", _NO_DEVICES),
    "devices": ("Device types", "Device type", "Unknown", _NO_DEVICES),
}
_CARDS = (
    ("pages", "Pages", ("pages",)),
    ("sources", "Sources", ("channels", "sources", "referrers", "campaigns")),
    ("places", "Places", ("countries", "regions", "cities", "networks")),
    ("devices", "Devices", ("browsers", "systems", "devices")),
)


def cards(stats: Stats, notes: Mapping[str, str] = MappingProxyType({})) -> list[Card]:
    """All cards of the overview, in their order on the page; `notes` are by card."""
    return [
        Card(key, title, tuple(ranking(kind, stats) for kind in kinds), notes.get(key, ""))
        for key, title, kinds in _CARDS
    ]


def ranking(kind: str, stats: Stats) -> Ranking:
    """The table `kind` of `stats`; a row's share is its part of all visitors."""
    title, column, nameless, empty = _KINDS[kind]
    table = stats.tables.get(kind) or Table(rows=())
    everyone = stats.metrics.visitors
    largest = max((row.visitors for row in table.rows), default=0)
    entries = [_entry(kind, row, nameless, everyone, largest, stats.site.domain) for row in table.rows[:HELD]]
    shown = SHOWN if len(entries) > SHOWN + 1 else SHOWN + 1
    others = _entry("others", table.other, "Others", everyone, largest, "") if table.other else None
    return Ranking(
        key=kind,
        title=title,
        column=column,
        views=kind == "pages",
        shown=tuple(entries[:shown]),
        more=tuple(entries[shown:]),
        others=others,
        left=len(table.rows) - len(entries),
        empty=empty,
    )


def site_url(domain: str) -> str:
    """Where a site lives: https, but for this machine."""
    host = domain.partition(":")[0]
    return f"{'http' if host == 'localhost' or host.startswith('127.') else 'https'}://{domain}"


def _entry(kind: str, row: Row, nameless: str, everyone: int, largest: int, domain: str) -> Entry:
    label = nameless if kind == "others" or not row.name else shown_name(kind, row.name)
    code = ""
    if kind == "countries":
        code, label = (row.name.upper(), countries.name_of(row.name)) if row.name else ("?", nameless)
    if kind == "referrers":
        label = label.removeprefix("https://").removeprefix("http://").removesuffix("/")
    if kind == "devices":
        label = formatting.device_type(label)
        label = label[:1].upper() + label[1:]
    return Entry(
        label=formatting.shortened(label),
        href=_href(kind, row.name, domain),
        code=code[:2],
        visitors=row.visitors,
        pageviews=row.pageviews,
        share=formatting.share(row.visitors, everyone),
        bar=round(min(row.visitors / largest, 1) * 100, 1) if largest else 0,
    )


def _href(kind: str, name: str, domain: str) -> str:
    """Only to the site's own pages and to what is plainly a host or an http address: names come from strangers."""
    if kind == "pages" and name.startswith("/") and domain:
        return site_url(domain) + url_normalization.uri(name)
    if kind == "referrers":
        if name.startswith(("https://", "http://")):
            return name
        if _HOST.fullmatch(name):
            return f"https://{name}"
    return ""
