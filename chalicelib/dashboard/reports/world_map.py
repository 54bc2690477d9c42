"""The map of the world: countries coloured by their counts, and where a visit came from.

The shapes are in the static file map.svg, which browsers keep; a page only says which of them to draw, and how.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from chalicelib import catalogue
from chalicelib.catalogue import Metric
from chalicelib.dashboard import countries, formatting
from chalicelib.dashboard.reports import color_scale, map_geometry
from chalicelib.dashboard.reports.color_scale import Step
from chalicelib.dashboard.reports.filter_links import FilterLink, FilterLinks
from chalicelib.report.filters import FIELDS
from chalicelib.report.stats import Row, Stats
from chalicelib.translation import gettext as _

# What rows of tables count; for other metrics the map shows visitors.
_COUNTS: Final = ("visitors", "visits", "pageviews")


class Country(NamedTuple):
    """A country with visits.

    :ivar code: the id of its shape; :ivar step: of the colour scale.
    :ivar title: its name and its count, for when it is pointed at.
    :ivar link: what its shape leads to; None if the page cannot be filtered by it.
    """

    code: str
    title: str
    step: int
    link: FilterLink | None


class WorldMap(NamedTuple):
    """The map.

    :ivar metric: what is counted; :ivar view_box: of the map.
    :ivar drawn: in the order in which they are drawn: points of small countries over the shapes around them.
    """

    metric: Metric
    view_box: str
    drawn: tuple[Country, ...]
    legend: tuple[Step, ...]


class Place(NamedTuple):
    """Where a visit came from.

    :ivar code: the id of the country's shape, ``""`` for none; :ivar point: of the coordinates, if they are known.
    """

    view_box: str
    code: str
    point: tuple[float, float] | None


def world_map(stats: Stats, metric: Metric, links: FilterLinks | None = None) -> WorldMap | None:
    """The map of a period; None if no country is known.

    :param metric: of the chart; :param links: which filter by countries, None: there are none.
    """
    key = metric.key if metric.key in _COUNTS else _COUNTS[0]
    on_map = map_geometry.of_file()
    rows = [row for row in stats.tables["countries"].rows if on_map.has(row.name) and getattr(row, key)]
    if not rows:
        return None
    scale = color_scale.growing(getattr(row, key) for row in rows)
    everything = stats.metrics[key] or 0

    def country(row: Row) -> Country:
        count = getattr(row, key)
        title = _(
            "%(country)s · %(metric)s: %(count)s (%(share)s)",
            country=countries.name_of(row.name),
            metric=_(catalogue.METRICS[key].label),
            count=formatting.number(count),
            share=formatting.share(count, everything),
        )
        return Country(
            row.name,
            title,
            scale.step(count),
            links.to(FIELDS["country"], row.name) if links else None,
        )

    in_order = sorted(rows, key=lambda row: row.name in on_map.points)
    return WorldMap(catalogue.METRICS[key], on_map.view_box, tuple(map(country, in_order)), scale.legend())


def place(country: str | None, latitude: float | None, longitude: float | None) -> Place | None:
    """Where a visit came from; None if nothing of it is known, or on no map."""
    on_map = map_geometry.of_file()
    code = country if country and on_map.has(country) else ""
    if latitude is not None and longitude is not None:
        point = on_map.project(latitude, longitude)
        return Place(on_map.view_box_around((*point, *point)), code, point)
    return Place(on_map.view_box_around(on_map.box(code)), code, None) if code else None
