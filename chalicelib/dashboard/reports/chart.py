"""The geometry of the chart and the sparklines, as SVG coordinates for the template.

Lines are stretched to the width of the page (``preserveAspectRatio="none"`` on a box of 1000 units). Texts and dots are
positioned in percent and keep their size. No style attributes are used, which the Content-Security-Policy forbids.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from chalicelib import catalogue
from chalicelib.catalogue import Metric
from chalicelib.dashboard import formatting
from chalicelib.dashboard.reports import chart_labels, metric_cards
from chalicelib.dashboard.reports.chart_axis import ticks_of
from chalicelib.dashboard.reports.chart_labels import Label
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report.stats import Point, Stats
from chalicelib.translation import gettext as _

WIDTH = 1000
HEIGHT = 200
# The columns of the table that has the same figures, besides the metric that is drawn.
_COUNTS = ("visitors", "visits", "pageviews")
# How long the buckets are that may be over on the last day of a period.
_LENGTHS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
# A place on a line: percent from the left, and units from the top; None where there is no data.
_Place = tuple[float, float | None]


class Tick(NamedTuple):
    """A gridline: `y` in units from the top, and its label."""

    y: float
    text: str


class Line(NamedTuple):
    """A line as SVG paths.

    :ivar solid: the finished buckets; `area`: the area below them.
    :ivar dotted: the line to the unfinished bucket.
    :ivar end: the last point: percent from the left, units from the top.
    """

    solid: str
    area: str
    dotted: str
    end: tuple[float, float] | None


NO_LINE = Line("", "", "", None)


class Column(NamedTuple):
    """One bucket, for hovering and for the table.

    :ivar x, width: in percent; :ivar y: of the line, in units from the top; None without data.
    :ivar cells: the values under `Chart.heads`.
    :ivar first, last: its days; :ivar href: a link to the page with these days; ``""`` if it shows nothing else.
    """

    x: float
    width: float
    y: float | None
    title: str
    cells: tuple[str, ...]
    first: date
    last: date
    href: str


class Chart(NamedTuple):
    """The chart of a metric and the table with the same data.

    :ivar line: of the metric; :ivar compared: of the days that it is compared with, as a path.
    :ivar columns: the buckets that have begun; `places` counts the others too.
    :ivar heads: what the columns of the table are.
    """

    metric: Metric
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    line: Line
    compared: str
    columns: tuple[Column, ...]
    heads: tuple[str, ...]
    interval: str
    places: int


def plot(stats: Stats, metric: Metric, now: datetime, query: PageQuery) -> Chart:
    """The chart of a metric of `stats`.

    Buckets after `now` are not drawn but take up space; the current bucket is dotted.

    :param now: on the site's clock; :param query: of the page.
    """
    series, interval = stats.series, stats.interval
    compared = stats.compare_series[: len(series)]
    values = [metric.of(point.sums) for point in series]
    others = [metric.of(point.sums) for point in compared]
    ticks = ticks_of(metric.unit, max((value for value in (*values, *others) if value is not None), default=0))
    top = ticks[-1][0]
    known, unfinished = _known(series, interval, now, stats.last)
    at = [x_of(i, len(series)) for i in range(len(series))]
    places: list[_Place] = [(at[i], _y(values[i], top)) for i in range(len(known))]
    others_at: list[_Place] = [(at[i], _y(other, top)) for i, other in enumerate(others)]
    shown = [catalogue.METRICS[key] for key in dict.fromkeys((metric.key, *_COUNTS))]
    heads = [_(one.label) for one in shown]
    if compared:
        heads.append(_("Compared: %(metric)s", metric=_(metric.label)))
    columns = []
    for i, point in enumerate(known):
        cells = [metric_cards.FORMATTERS[one.unit](one.of(point.sums)) for one in shown]
        if compared:
            cells.append(metric_cards.FORMATTERS[metric.unit](others[i] if i < len(others) else None))
        title = _title(stats, i)
        if unfinished and i == len(known) - 1:
            title = _("%(time)s (so far)", time=title)
        first, last = _days(stats, i)
        is_whole = (first, last) == (stats.first, stats.last)
        href = "" if is_whole else query.without("interval").with_days(first, last).href
        columns.append(Column(*_span(at, i), places[i][1], title, tuple(cells), first, last, href))
    return Chart(
        metric=metric,
        ticks=tuple(Tick(_y(value, top) or 0.0, text) for value, text in ticks),
        labels=tuple(chart_labels.labels(series, interval, at)),
        line=_line(places, unfinished),
        compared=_paths(others_at, WIDTH // 100),
        columns=tuple(columns),
        heads=tuple(heads),
        interval=interval,
        places=len(series),
    )


def sparkline(stats: Stats, now: datetime) -> Line:
    """The visitors of a site as a line without axes, in a box of 100 × 32 units."""
    series = stats.series
    known, unfinished = _known(series, stats.interval, now, stats.last)
    top = max((point.visitors for point in known), default=0) or 1
    places: list[_Place] = [
        (x_of(i, len(series)), round(30 - point.visitors / top * 28, 1)) for i, point in enumerate(known)
    ]
    return _line(places, unfinished, scale=1, floor=32)


def _known(series: Sequence[Point], interval: str, now: datetime, last: date) -> tuple[list[Point], bool]:
    """The buckets that have begun, and whether the last one is unfinished."""
    known = [point for point in series if point.t <= now]
    if not known or last < now.date():
        return known, False
    length = _LENGTHS.get(interval)
    return known, length is None or now < known[-1].t + length


def x_of(index: int, count: int) -> float:
    """Percent from the left: the first point at 0, the last at 100, a single one in the middle."""
    return round(index / (count - 1) * 100, 2) if count > 1 else 50.0


def _y(value: float | None, top: float) -> float | None:
    return None if value is None else round(HEIGHT - value / top * HEIGHT, 1)


def _span(at: Sequence[float], index: int) -> tuple[float, float]:
    """Where a column begins, and its width, percent."""
    left = (at[index - 1] + at[index]) / 2 if index else 0.0
    right = (at[index] + at[index + 1]) / 2 if index + 1 < len(at) else 100.0
    return round(left, 2), round(right - left, 2)


def _days(stats: Stats, index: int) -> tuple[date, date]:
    """The first and the last day of a bucket."""
    series = stats.series
    first = series[index].t.date()
    if stats.interval in ("minute", "hour"):
        return first, first
    return first, series[index + 1].t.date() - timedelta(days=1) if index + 1 < len(series) else stats.last


def _title(stats: Stats, index: int) -> str:
    if stats.interval in ("week", "month"):
        return formatting.days(*_days(stats, index), stats.last)
    return formatting.bucket(stats.series[index].t, stats.interval)


def _line(places: Sequence[_Place], unfinished: bool, scale: int = WIDTH // 100, floor: int = HEIGHT) -> Line:
    solid = places[:-1] if unfinished else places
    dotted = places[-2:] if unfinished and len(places) > 1 and None not in (places[-1][1], places[-2][1]) else ()
    areas = [f"{_path(run, scale)}V{floor}H{_short(run[0][0] * scale)}Z" for run in _runs(solid) if len(run) > 1]
    end = next(((x, y) for x, y in reversed(places) if y is not None), None)
    return Line(solid=_paths(solid, scale), area="".join(areas), dotted=_paths(dotted, scale), end=end)


def _runs(places: Sequence[_Place]) -> list[list[tuple[float, float]]]:
    """Stretches of a line without a gap."""
    runs = (list(run) for known, run in groupby(places, lambda place: place[1] is not None) if known)
    return [[(x, y) for x, y in run if y is not None] for run in runs]


def _paths(places: Sequence[_Place], scale: int) -> str:
    """The path of a line; what stands alone between gaps is a point of no length, which is drawn as a dot."""
    runs = [run for run in _runs(places) if len(run) > 1 or len(places) > 1]
    return "".join(_path(run, scale) if len(run) > 1 else f"{_path(run, scale)}h0" for run in runs)


def _path(run: Sequence[tuple[float, float]], scale: int) -> str:
    return "M" + "L".join(f"{_short(x * scale)} {_short(y)}" for x, y in run)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
