"""The map of the world."""

from __future__ import annotations

import dataclasses
import gzip
import re

import pytest

from chalicelib.catalogue import METRICS
from chalicelib.dashboard import countries, static_files
from chalicelib.dashboard.reports import breakdowns, map_geometry, world_map
from chalicelib.dashboard.reports.filter_links import FilterLinks
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.dashboard.reports.world_map import Place, WorldMap
from chalicelib.report.stats import Row, Stats, Table
from tests.unit.dashboard import samples

# Nobody lives there, and the map ends before.
NOT_ON_THE_MAP = {"AQ", "BV"}
BERLIN = (52.5, 13.4)


def text() -> str:
    return static_files.assets()[map_geometry.FILE].content.decode()


def on_the_map() -> set[str]:
    found = map_geometry.of_file()
    return {*found.shapes, *found.points}


def stats(*rows: Row) -> Stats:
    found = samples.full()
    return dataclasses.replace(found, tables={**found.tables, "countries": Table(rows)})


def drawn(of: Stats, metric: str = "visitors", links: FilterLinks | None = None) -> WorldMap:
    found = world_map.world_map(of, METRICS[metric], links)
    assert found is not None
    return found


def test_every_country_is_on_the_map_once_and_nothing_else() -> None:
    assert on_the_map() == set(countries.codes()) - NOT_ON_THE_MAP, "run `make build`"
    ids = re.findall(r'id="([^"]+)"', text())
    assert len(ids) == len(set(ids))


def test_small_states_are_points_and_large_ones_are_shapes() -> None:
    on_map = map_geometry.of_file()
    assert {"SG", "MT", "HK", "LI", "RE", "MU"} <= set(on_map.points)
    assert {"DE", "US", "TW", "BE", "IL", "GL", "EH"} <= set(on_map.shapes) - set(on_map.points)


@pytest.mark.parametrize(
    ("code", "latitude", "longitude"),
    [("DE", *BERLIN), ("BR", -15.8, -47.9), ("AU", -35.3, 149.1), ("IN", 28.6, 77.2), ("ZA", -25.7, 28.2),
     ("CA", 45.4, -75.7)],
)  # fmt: skip
def test_coordinates_lie_in_their_country(code: str, latitude: float, longitude: float) -> None:
    x, y = map_geometry.of_file().project(latitude, longitude)
    left, top, right, bottom = map_geometry.of_file().box(code)
    assert left < x < right
    assert top < y < bottom


def test_coordinates_are_projected_as_the_build_does() -> None:
    found = re.search(r'<circle id="RE" cx="([\d.]+)" cy="([\d.]+)"', text())
    assert found is not None
    assert map_geometry.of_file().project(-21.1, 55.5) == pytest.approx((float(found[1]), float(found[2])), abs=0.11)


def test_countries_are_coloured_by_the_metric_that_is_drawn() -> None:
    figures = stats(Row("DE", 100, 10, 9000), Row("FR", 2, 1000, 20), Row("", 50, 50, 50), Row("XX", 9, 9, 9))
    assert [(one.code, one.step) for one in drawn(figures).drawn] == [("DE", 5), ("FR", 2)]
    assert [(one.code, one.step) for one in drawn(figures, "visits").drawn] == [("DE", 2), ("FR", 5)]
    assert drawn(figures, "pageviews").drawn[0].title == "Germany · Pageviews: 9,000 (0.1%)"
    assert drawn(figures, "bounce_rate") == drawn(figures)
    assert drawn(figures).legend[-1].text == "50+"


def test_points_are_drawn_over_the_shapes_around_them() -> None:
    codes = [one.code for one in drawn(stats(Row("SG", 9, 9, 9), Row("MY", 1, 1, 1), Row("ID", 1, 1, 1))).drawn]
    assert codes == ["MY", "ID", "SG"]


def test_a_country_filters_by_itself() -> None:
    links = FilterLinks(PageQuery((("f", "is,country,FR"),)))
    germany, france = drawn(stats(Row("DE", 2, 2, 2), Row("FR", 1, 1, 1)), links=links).drawn
    assert germany.link is not None
    assert germany.link.href.endswith("f=is%2Ccountry%2CDE")
    assert france.link is not None
    assert (france.link.active, france.link.href) == (True, "?")


def test_without_a_known_country_there_is_no_map() -> None:
    assert world_map.world_map(stats(Row("", 9, 9, 9), Row("XX", 1, 1, 1)), METRICS["visitors"]) is None
    places = breakdowns.cards(samples.empty(), METRICS["visitors"])[2]
    assert (places.key, places.map) == ("places", None)


def seen(place: Place | None) -> tuple[float, float, float, float]:
    """The part of the map that is shown: left, top, right, bottom."""
    assert place is not None
    left, top, width, height = map(float, place.view_box.split())
    return left, top, left + width, top + height


def test_the_place_of_a_visit_is_as_exact_as_what_is_known() -> None:
    near = world_map.place("DE", *BERLIN)
    assert near is not None
    assert near.point is not None
    left, top, right, bottom = seen(near)
    assert left < near.point[0] < right
    assert top < near.point[1] < bottom
    country = world_map.place("NZ", None, None)
    assert country is not None
    assert (country.code, country.point) == ("NZ", None)
    assert world_map.place(None, *BERLIN) == near._replace(code="")
    assert world_map.place(None, None, None) is world_map.place("XX", None, None) is None


@pytest.mark.parametrize("code", sorted(on_the_map()))
def test_a_country_is_seen_as_a_whole_and_the_view_stays_on_the_map(code: str) -> None:
    on_map = map_geometry.of_file()
    left, top, right, bottom = seen(world_map.place(code, None, None))
    box = on_map.box(code)
    assert 0 <= left <= box[0] <= box[2] <= right <= on_map.width
    assert 0 <= top <= box[1] <= box[3] <= bottom <= on_map.height
    assert 1.8 < (right - left) / (bottom - top) < 2.4


def test_the_file_is_small_and_harmless() -> None:
    assert len(gzip.compress(static_files.assets()[map_geometry.FILE].content, 9)) < 14 * 1024
    assert not re.search(r"script|style|href|url\(|\bon\w+=", text())
