"""The tables of the overview, prepared for the template: labels, links and bars of their rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from chalicelib import catalogue, languages, url_normalization
from chalicelib.catalogue import Dimension, Metric
from chalicelib.dashboard import countries, device_names, formatting
from chalicelib.dashboard.reports import icons, value_names, world_map
from chalicelib.dashboard.reports.filter_links import FilterLink, FilterLinks
from chalicelib.dashboard.reports.icons import Icon
from chalicelib.dashboard.reports.world_map import WorldMap
from chalicelib.hostnames import site_url
from chalicelib.report.display_names import shown_name
from chalicelib.report.filters import FIELDS
from chalicelib.report.stats import Row, Stats, Table
from chalicelib.translation import gettext as _

# Rows that are visible at first, and rows in the page; the API returns all.
SHOWN = 9
HELD = 50

_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[^\s\\]*)?", re.IGNORECASE)


class Entry(NamedTuple):
    """One row.

    :ivar href: external link to what the name stands for, ``""`` for none.
    :ivar filter: what the name leads to; None if the page cannot be filtered by the row.
    :ivar icon: beside the label; None for what has none.
    :ivar bar: length of the bar in percent; the largest row's is 100.
    """

    label: str
    href: str
    icon: Icon | None
    visitors: int
    pageviews: int
    share: str
    bar: float
    filter: FilterLink | None = None


class Ranking(NamedTuple):
    """One table: the `shown` rows, `more` rows that can be expanded, and the sum of the others.

    :ivar left: number of rows that the page leaves out.
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


class Card(NamedTuple):
    """A card with one or several tables, as tabs.

    :ivar note: a note below the tables, ``""`` for none.
    :ivar map: the first tab of the places, if a country is known.
    """

    key: str
    title: str
    rankings: tuple[Ranking, ...]
    note: str = ""
    map: WorldMap | None = None


def cards(
    stats: Stats,
    metric: Metric,
    notes: Mapping[str, str] = MappingProxyType({}),
    *,
    hidden: Collection[str] = (),
    linked: bool = True,
    links: FilterLinks | None = None,
) -> list[Card]:
    """The cards of the overview, in their order on the page.

    :param metric: of the chart; :param notes: by card; :param hidden: the cards to leave out.
    :param linked: whether rows have external links; :param links: which filter by rows, None: rows have none.
    """
    return [
        Card(
            key,
            _(card.title),
            tuple(ranking(kind, stats, linked, links) for kind in _tabs(key, stats, links)),
            notes.get(key, ""),
            world_map.world_map(stats, metric, links) if key == "places" else None,
        )
        for key, card in catalogue.CARDS.items()
        if key not in hidden
    ]


def _tabs(card: str, stats: Stats, links: FilterLinks | None) -> list[str]:
    """The dimensions of a card that are shown, in the order of their tabs; also those that the page is filtered by."""
    of_card = (dimension for dimension in catalogue.DIMENSIONS.values() if dimension.card == card and dimension.tab)
    in_order = sorted(of_card, key=lambda dimension: dimension.tab)
    return [
        dimension.key
        for dimension in in_order
        if not dimension.needs_several
        or _has_several(dimension.key, stats)
        or (links and links.has(FIELDS[dimension.singular]))
    ]


def _has_several(kind: str, stats: Stats) -> bool:
    table = stats.tables.get(kind)
    return table is not None and sum(bool(row.name) for row in table.rows) > 1


def ranking(kind: str, stats: Stats, linked: bool = True, links: FilterLinks | None = None) -> Ranking:
    """The table `kind` of `stats`; a row's share is its part of all visitors."""
    dimension = catalogue.DIMENSIONS[kind]
    table = stats.tables.get(kind) or Table(rows=())
    everyone = stats.metrics.visitors
    largest = max((row.visitors for row in table.rows), default=0)

    def named(row: Row) -> Entry:
        name = name_of(dimension, row.name, stats.site.domain if linked else None)
        link = links.to(FIELDS[dimension.singular], row.name) if links else None
        return entry(row, name, everyone, largest, link)

    entries = [named(row) for row in table.rows[:HELD]]
    shown = SHOWN if len(entries) > SHOWN + 1 else SHOWN + 1
    return Ranking(
        key=kind,
        title=_(dimension.title),
        column=_(dimension.column),
        views=dimension.level == "views",
        shown=tuple(entries[:shown]),
        more=tuple(entries[shown:]),
        others=entry(table.other, Name(_("Others"), "", None), everyone, largest) if table.other else None,
        left=len(table.rows) - len(entries),
        empty=_(dimension.empty_table),
    )


def entry(row: Row, name: Name, everyone: int, largest: int, link: FilterLink | None = None) -> Entry:
    """A row of a table.

    :param everyone: all visitors, of whom it shows its share; :param largest: the visitors of the largest row.
    """
    return Entry(
        label=name.label,
        href=name.href,
        icon=name.icon,
        visitors=row.visitors,
        pageviews=row.pageviews,
        share=formatting.share(row.visitors, everyone),
        bar=bar(row.visitors, largest),
        filter=link,
    )


def bar(visitors: float, largest: float) -> float:
    """The length of a row's bar in percent of the longest; the row that sums the others may have more visitors."""
    return round(min(visitors / largest, 1) * 100, 1) if largest else 0


def label_of(dimension: Dimension, name: str) -> str:
    """The label of a value, as it is stored."""
    if not name:
        return _(dimension.empty_value)
    label = shown_name(dimension.key, name)
    if dimension.values == "country":
        return countries.name_of(name)
    if dimension.values == "url":
        return label.removeprefix("https://").removeprefix("http://").removesuffix("/")
    if dimension.values == "device type":
        return device_names.device_type(label)
    if dimension.values == "screen":
        return device_names.screen(label)
    if dimension.values == "language":
        return languages.name_of(label)
    if dimension.values == "source":
        return value_names.source(label)
    if dimension.values == "channel":
        return value_names.channel(label)
    if dimension.values == "weekday":
        return value_names.weekday(label)
    return label


def _href(dimension: Dimension, name: str, domain: str) -> str:
    """Links lead only to the site's own pages, and to hosts and http URLs, because visitors can send any text."""
    if dimension.values == "page" and name.startswith("/") and domain:
        return site_url(domain) + url_normalization.uri(name)
    if dimension.values == "url" and name.startswith(("https://", "http://")):
        return name
    if dimension.values in ("url", "hostname") and _HOST.fullmatch(name):
        return f"https://{name}"
    return ""


class Name(NamedTuple):
    """A value of a dimension as pages show it.

    :ivar href: external link to what it stands for, ``""`` for none; :ivar icon: beside it; None for what has none.
    """

    label: str
    href: str
    icon: Icon | None


def name_of(dimension: Dimension, stored: str, domain: str | None) -> Name:
    """A value for display, in a site with this domain; None: without external links."""
    return Name(
        formatting.shortened(label_of(dimension, stored)),
        "" if domain is None else _href(dimension, stored, domain),
        icons.of_value(dimension, stored),
    )
