"""The seven figures as the strip shows them: value, change, and a sentence that names what it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from chalicelib.dashboard import formatting
from chalicelib.dashboard.formatting import Delta
from chalicelib.report.stats import Metrics, Stats


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the strip.

    :ivar key: the field of :class:`~chalicelib.report.stats.Metrics`.
    :ivar full: the value in full where `value` is shortened or rounded.
    :ivar sentence: e.g. ``12% more than 14–20 Nov (1,021)``.
    """

    key: str
    name: str
    value: str
    full: str
    delta: Delta | None
    sentence: str


@dataclass(frozen=True, slots=True)
class _Kind:
    key: str
    name: str
    show: Callable[[float | None], str]
    words: tuple[str, str]
    good_up: bool = True
    points: bool = False


_MORE = ("more", "fewer")
KINDS = (
    _Kind("visitors", "Visitors", formatting.number, _MORE),
    _Kind("visits", "Visits", formatting.number, _MORE),
    _Kind("pageviews", "Pageviews", formatting.number, _MORE),
    _Kind("views_per_visit", "Views per visit", formatting.decimal, _MORE),
    _Kind("bounce_rate", "Bounce rate", formatting.percent, ("higher", "lower"), good_up=False, points=True),
    _Kind("visit_duration", "Visit duration", formatting.duration, ("longer", "shorter")),
    _Kind("load_time", "Load time", formatting.milliseconds, ("slower", "faster"), good_up=False),
)
# What a card of the home page has room for.
CARD = ("visitors", "visits", "pageviews", "bounce_rate")


def strip(stats: Stats, today: date, keys: tuple[str, ...] | None = None) -> list[Figure]:
    """The figures of `stats`, all of them or those of `keys`, compared with the period before."""
    named = before(stats, today)
    return [_figure(kind, stats.metrics, stats.compare, named) for kind in KINDS if keys is None or kind.key in keys]


def before(stats: Stats, today: date) -> str:
    """What `stats` are compared with, e.g. ``14–20 Nov``; a period that is not over with as much of the one before."""
    days = formatting.days(stats.compare_first, stats.compare_last, today)
    return f"{days}, up to the same time" if stats.last == today else days


def _figure(kind: _Kind, metrics: Metrics, compare: Metrics, before: str) -> Figure:
    now: float | None = getattr(metrics, kind.key)
    then: float | None = getattr(compare, kind.key)
    change = formatting.delta(now, then, kind.words, good_up=kind.good_up, points=kind.points)
    full = kind.show(now)
    value = full
    if now is not None and kind.show is formatting.number and now >= 10_000_000:
        value = formatting.short(now)
    if change is None:
        sentence = f"Nothing to compare with in {before}"
    elif change.direction == "same":
        sentence = f"The same as {before}"
    else:
        sentence = f"{change.amount} {change.word} than {before} ({kind.show(then)})"
    return Figure(kind.key, kind.name, value, full, change, sentence)
