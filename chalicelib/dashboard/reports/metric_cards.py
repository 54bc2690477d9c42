"""The metrics as displayed: value, change, and a sentence with the comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, NamedTuple

from chalicelib import catalogue
from chalicelib.catalogue import Metric, Unit
from chalicelib.dashboard import formatting
from chalicelib.dashboard.formatting import Delta
from chalicelib.dashboard.reports.page_query import METRIC, PageQuery
from chalicelib.errors import BadRequest
from chalicelib.report.stats import Metrics, Stats
from chalicelib.translation import gettext as _


class Figure(NamedTuple):
    """A metric as displayed.

    :ivar key: a key of `catalogue.METRICS`.
    :ivar full: the full value, if `value` is shortened or rounded.
    :ivar sentence: e.g. ``12% more than 14–20 Nov (1,021)``; ``""`` without a comparison.
    :ivar href: a link to the page with a chart of it; ``""`` where there is no chart.
    """

    key: str
    name: str
    value: str
    full: str
    delta: Delta | None
    sentence: str
    href: str = ""


# How values are formatted.
FORMATTERS: Final[Mapping[Unit, Callable[[float | None], str]]] = {
    "count": formatting.number,
    "mean": formatting.decimal,
    "fraction": formatting.percent,
    "percent": formatting.whole_percent,
    "seconds": formatting.duration,
    "milliseconds": formatting.milliseconds,
}
# Units whose changes are in percentage points.
_WHOLES: Final[Mapping[Unit, float]] = {"fraction": 1.0, "percent": 100.0}


def overview_metrics(stats: Stats, today: date, query: PageQuery | None = None) -> list[Figure]:
    """All metrics of `stats`, with their changes.

    :param query: of the page, if it has a chart.
    """
    named = before(stats, today)
    return [_figure(metric, stats.metrics, stats.compare, named, query) for metric in catalogue.METRICS.values()]


def chosen(query: Mapping[str, str]) -> Metric:
    """The metric that the chart shows, from the query of a page.

    :raises BadRequest: if it is unknown.
    """
    key = query.get(METRIC) or next(iter(catalogue.METRICS))
    if key not in catalogue.METRICS:
        raise BadRequest(
            _("%(name)s must be one of: %(choices)s.", name=METRIC, choices=", ".join(catalogue.METRICS)), field=METRIC
        )
    return catalogue.METRICS[key]


def on_site_card(stats: Stats, today: date) -> list[Figure]:
    """The metrics on the cards of the home page."""
    return [figure for figure in overview_metrics(stats, today) if catalogue.METRICS[figure.key].on_site_cards]


def before(stats: Stats, today: date) -> str:
    """The period that `stats` are compared with, e.g. ``14–20 Nov``; ``""`` if there is none."""
    if not stats.is_compared:
        return ""
    days = formatting.days(stats.compare_first, stats.compare_last, today)
    return _("%(days)s, up to the same time", days=days) if stats.compares_same_time(today) else days


def _figure(metric: Metric, metrics: Metrics, compare: Metrics, before: str, query: PageQuery | None) -> Figure:
    now, then = metrics[metric.key], compare[metric.key]
    change = _change(metric, now, then)
    write = FORMATTERS[metric.unit]
    full = write(now)
    value = full
    if now is not None and metric.unit == "count" and now >= 10_000_000:
        value = formatting.short(now)
    if not before:
        change, sentence = None, ""
    elif change is None:
        sentence = _("No data for %(period)s", period=before)
    elif change.direction == "same":
        sentence = _("The same as %(period)s", period=before)
    else:
        sentence = _(
            "%(amount)s %(word)s than %(period)s (%(value)s)",
            amount=change.amount,
            word=change.word,
            period=before,
            value=write(then),
        )
    href = query.changed(metric=metric.key).href if query is not None else ""
    return Figure(metric.key, _(metric.label), value, full, change, sentence, href)


def _change(metric: Metric, now: float | None, then: float | None) -> Delta | None:
    whole = _WHOLES.get(metric.unit)
    if whole is not None:
        now, then = (None if value is None else value / whole for value in (now, then))
    words = (_(metric.rise), _(metric.fall))
    return formatting.delta(now, then, words, good_up=metric.more_is_better, points=whole is not None)
