"""The texts under the chart: at round times, a dozen at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chalicelib.dashboard import formatting
from chalicelib.report.stats import Point

_LABELS = 8
_MONTHS = 12
_MINUTES = 60


class Label(NamedTuple):
    """A text under the chart at `x` percent; a `minor` one may be left out where the page is narrow."""

    x: float
    text: str
    anchor: str
    minor: bool


def labels(series: Sequence[Point], interval: str, at: Sequence[float]) -> list[Label]:
    """The labels of a series.

    :param at: where its points are, percent.
    """
    if interval == "hour":
        chosen = _hour_marks(series)
    elif interval == "minute":
        chosen = [(i * _MINUTES, text) for i, text in _hour_marks(series[::_MINUTES])]
    elif interval == "month":
        chosen = _month_marks(list(enumerate(series)))
    else:
        chosen = _day_marks(series)
    found = []
    for order, (index, text) in enumerate(chosen):
        x = at[index]
        anchor = "start" if x < 2 else "end" if x > 98 else "middle"
        found.append(Label(x, text, anchor, minor=order % 2 == 1))
    return found


def _hour_marks(series: Sequence[Point]) -> list[tuple[int, str]]:
    several = len(series) > 26
    step = next((s for s in (1, 3, 6, 12) if len(series) <= s * _LABELS + 1), 12)
    marks = []
    for i, point in enumerate(series):
        if point.t.hour % step == 0 and (i == 0 or point.t.hour != series[i - 1].t.hour):
            midnight = several and point.t.hour == 0
            marks.append((i, formatting.day(point.t.date()) if midnight else formatting.clock(point.t)))
    if len(marks) > _MONTHS:  # many days: some of the midnights
        midnights = [(i, formatting.day(point.t.date())) for i, point in enumerate(series) if point.t.hour == 0]
        return midnights[:: -(-len(midnights) // _LABELS)]
    return marks


def _day_marks(series: Sequence[Point]) -> list[tuple[int, str]]:
    if len(series) > 100:
        firsts = [(i, p) for i, p in enumerate(series) if i == 0 or p.t.month != series[i - 1].t.month]
        return _month_marks([(i, p) for i, p in firsts if i or p.t.day == 1])
    step = next((s for s in (1, 2, 5, 7, 14) if len(series) <= s * _LABELS), 14)
    named = formatting.weekday_short if len(series) <= _LABELS else formatting.day
    return [(i, named(p.t.date())) for i, p in enumerate(series) if i % step == 0]


def _month_marks(firsts: Sequence[tuple[int, Point]]) -> list[tuple[int, str]]:
    """Names of months, years in place of January.

    :param firsts: the first point of each month, with its place.
    """
    step = next((s for s in (1, 2, 3, 6, 12) if len(firsts) <= s * _MONTHS), 24)
    return [
        (i, formatting.month(p.t.date()) if p.t.month > 1 else str(p.t.year))
        for i, p in firsts
        if (p.t.month - 1) % step == 0
    ]
