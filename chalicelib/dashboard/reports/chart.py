"""The geometry of the chart and the sparklines, as SVG coordinates for the template.

Lines are stretched to the width of the page (``preserveAspectRatio="none"`` on a box of 1000 units). Texts and dots are
positioned in percent and keep their size. No style attributes are used, which the Content-Security-Policy forbids.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.dashboard import formatting
from chalicelib.report.stats import Point
from chalicelib.translation import gettext as _

WIDTH = 1000
HEIGHT = 200
_LABELS = 8


@dataclass(frozen=True, slots=True)
class Tick:
    """A gridline: `y` in units from the top, and its label."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text under the chart at `x` percent; a `minor` one may be left out where the page is narrow."""

    x: float
    text: str
    anchor: str
    minor: bool


@dataclass(frozen=True, slots=True)
class Line:
    """The line of one metric, as SVG paths.

    :ivar solid: the finished buckets; `area`: the area below them.
    :ivar dotted: the line to the unfinished bucket.
    :ivar end: the last point: percent from the left, units from the top.
    """

    solid: str
    area: str
    dotted: str
    end: tuple[float, float] | None


NO_LINE = Line("", "", "", None)


@dataclass(frozen=True, slots=True)
class Column:
    """One bucket, for hovering and for the table; `x` and `width` in percent."""

    x: float
    width: float
    title: str
    visitors: int
    visits: int
    pageviews: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart of the overview and the table with the same data.

    :ivar columns: the buckets that have begun; `places` counts the others too.
    :ivar top: the value of the topmost gridline.
    """

    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    visitors: Line
    pageviews: Line
    columns: tuple[Column, ...]
    interval: str
    places: int
    top: int


def nice_ticks(largest: int) -> list[int]:
    """Round whole values from 0 to at least `largest`: three to five steps of 1, 2, 2.5 or 5 times a power of ten.

    Of the candidates, the one with the lowest top is used; below 3, there are fewer than three steps.
    """
    if largest < 3:
        return list(range(max(largest, 1) + 1))
    power = 10 ** math.floor(math.log10(largest))
    steps = [round(times * power / 10) for times in (1, 2, 2.5, 5, 10, 20, 25) if (times * power / 10).is_integer()]
    tops = [(math.ceil(largest / step) * step, step) for step in steps if 3 <= math.ceil(largest / step) <= 5]
    top, step = min(tops, key=lambda found: (found[0], -found[1]))
    return list(range(0, top + 1, step))


def plot(series: Sequence[Point], interval: str, now: datetime) -> Chart:
    """The chart of `series`, whose buckets are an ``"hour"`` or a ``"day"`` long.

    Buckets after `now` are not drawn but take up space; the current bucket is dotted.
    """
    ticks = nice_ticks(max((max(p.pageviews, p.visitors) for p in series), default=0))
    top = ticks[-1]
    known, unfinished = _known(series, interval, now)
    at = [_x(i, len(series)) for i in range(len(series))]
    columns = tuple(
        _column(point, i, at, interval, so_far=unfinished and i == len(known) - 1) for i, point in enumerate(known)
    )
    return Chart(
        ticks=tuple(Tick(_y(value, top), formatting.axis(value)) for value in ticks),
        labels=tuple(_labels(series, interval, at)),
        visitors=_line([(x, _y(p.visitors, top)) for x, p in zip(at, known, strict=False)], unfinished),
        pageviews=_line([(x, _y(p.pageviews, top)) for x, p in zip(at, known, strict=False)], unfinished),
        columns=columns,
        interval=interval,
        places=len(series),
        top=top,
    )


def sparkline(series: Sequence[Point], interval: str, now: datetime) -> Line:
    """The visitors of `series` as a line without axes, in a box of 100 × 32 units."""
    known, unfinished = _known(series, interval, now)
    top = max((point.visitors for point in known), default=0) or 1
    places = [(_x(i, len(series)), round(30 - point.visitors / top * 28, 1)) for i, point in enumerate(known)]
    return _line(places, unfinished, scale=1, floor=32)


def _known(series: Sequence[Point], interval: str, now: datetime) -> tuple[list[Point], bool]:
    """The buckets that have begun, and whether the last one is unfinished."""
    known = [point for point in series if point.t <= now]
    if not known or interval == "day":
        return known, bool(known) and known[-1].t.date() == now.date()
    return known, now < known[-1].t + timedelta(hours=1)


def _x(index: int, count: int) -> float:
    """Percent from the left: the first point at 0, the last at 100, a single one in the middle."""
    return round(index / (count - 1) * 100, 2) if count > 1 else 50.0


def _y(value: float, top: int) -> float:
    return round(HEIGHT - value / top * HEIGHT, 1)


def _column(point: Point, index: int, at: list[float], interval: str, *, so_far: bool) -> Column:
    title = formatting.bucket(point.t, interval)
    left = (at[index - 1] + at[index]) / 2 if index else 0.0
    right = (at[index] + at[index + 1]) / 2 if index + 1 < len(at) else 100.0
    return Column(
        x=round(left, 2),
        width=round(right - left, 2),
        title=_("%(time)s (so far)", time=title) if so_far else title,
        visitors=point.visitors,
        visits=point.visits,
        pageviews=point.pageviews,
    )


def _line(places: list[tuple[float, float]], unfinished: bool, scale: int = WIDTH // 100, floor: int = HEIGHT) -> Line:
    solid = places[:-1] if unfinished else places
    dotted = places[-2:] if unfinished and len(places) > 1 else []
    path = _path(solid, scale)
    area = f"{path}V{floor}H{_short(solid[0][0] * scale)}Z" if len(solid) > 1 else ""
    return Line(solid=path, area=area, dotted=_path(dotted, scale), end=places[-1] if places else None)


def _path(places: list[tuple[float, float]], scale: int) -> str:
    if len(places) < 2:
        return ""
    return "M" + "L".join(f"{_short(x * scale)} {_short(y)}" for x, y in places)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _labels(series: Sequence[Point], interval: str, at: list[float]) -> list[Label]:
    """Labels at round times, about eight at most; every second one is minor."""
    chosen = _hour_marks(series) if interval == "hour" else _day_marks(series)
    labels = []
    for order, (index, text) in enumerate(chosen):
        x = at[index]
        anchor = "start" if x < 2 else "end" if x > 98 else "middle"
        labels.append(Label(x, text, anchor, minor=order % 2 == 1))
    return labels


def _hour_marks(series: Sequence[Point]) -> list[tuple[int, str]]:
    several = len(series) > 26
    step = next((s for s in (1, 3, 6, 12) if len(series) <= s * _LABELS + 1), 12)
    marks = []
    for i, point in enumerate(series):
        if point.t.hour % step == 0 and (i == 0 or point.t.hour != series[i - 1].t.hour):
            midnight = several and point.t.hour == 0
            marks.append((i, formatting.day(point.t.date()) if midnight else formatting.clock(point.t)))
    return marks


def _day_marks(series: Sequence[Point]) -> list[tuple[int, str]]:
    if len(series) > 100:
        months = [(i, p.t) for i, p in enumerate(series) if p.t.day == 1]
        step = next((s for s in (1, 2, 3, 6, 12) if len(months) <= s * 12), 24)
        return [
            (i, formatting.MONTHS[t.month - 1] if t.month > 1 else str(t.year))
            for i, t in months
            if (t.month - 1) % step == 0
        ]
    step = next((s for s in (1, 2, 5, 7, 14) if len(series) <= s * _LABELS), 14)
    named = formatting.weekday if len(series) <= _LABELS else formatting.day
    return [(i, named(p.t.date())) for i, p in enumerate(series) if i % step == 0]
