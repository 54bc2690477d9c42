"""Breakdowns: any table of figures as a whole, by one or two dimensions, computed from visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import url_normalization
from chalicelib.aggregate.duckdb_engine import Engine
from chalicelib.aggregate.event_rows import EventRow
from chalicelib.catalogue import SUMS, Totals
from chalicelib.report import breakdown_sql, narrowing, site_stats
from chalicelib.report.breakdown_question import Cursor, Question
from chalicelib.report.display_names import shown_name
from chalicelib.report.filters import Field
from chalicelib.report.hidden_referrers import hidden_of
from chalicelib.report.periods import Period
from chalicelib.report.query_budget import deadline
from chalicelib.report.question_engine import opened
from chalicelib.report.refresh import refresh_dirty_days
from chalicelib.store import rollups
from chalicelib.store.sites import Site

MetricValue = float | dict[str, float] | None


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a dimension in a row: as it is displayed, and as it is stored, a page in its form for URLs."""

    shown: str
    raw: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a breakdown.

    :ivar values: of the dimensions, in their order; :ivar metrics: by key, in the units of the catalogue. Revenue is an
        amount for each currency.
    :ivar place: where it stands in the order, for :class:`Cursor`.
    """

    values: tuple[Value, ...]
    metrics: dict[str, MetricValue]
    place: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A page of a breakdown.

    :ivar period: as it was when the first page was computed.
    :ivar as_of: what happened after this instant is left out, epoch ms.
    :ivar more: whether there are further rows.
    :ivar visitors: of all visits that meet the conditions; :ivar most_visitors: of a single row, on whatever page.
    """

    question: Question
    period: Period
    as_of: int
    rows: tuple[Row, ...]
    more: bool
    visitors: int = 0
    most_visitors: int = 0

    def next(self, shown: int) -> str | None:
        """The cursor of the page that follows the first `shown` rows; None if there are no further rows."""
        if not shown or (shown == len(self.rows) and not self.more):
            return None
        last = self.rows[shown - 1]
        return Cursor(self.question.digest(), self.period.first, self.period.last, self.as_of, last.place).encode()


def of_period(site: Site, period: Period, question: Question, cursor: Cursor | None, now: datetime) -> Breakdown:
    """A page of a breakdown.

    :param cursor: where the page begins; None: with the first row.
    :param now: an aware time.
    :raises QueryTooLarge: if it takes too much time or memory.
    """
    until = deadline()
    if cursor is None:
        refresh_dirty_days(site, period.first, period.last)
    else:
        period = Period(period.name, cursor.first, cursor.last)
    built = rollups.without_figures(site.id, period.first, period.last)
    end = cursor.as_of if cursor else None
    with opened(site, built, question.conditions, until, end=end) as db:
        as_of = end if end is not None else max(narrowing.latest(db), round(now.timestamp() * 1000))
        asked = breakdown_sql.statement(
            db, question, _hidden(db, site, question), cursor.after if cursor else (), question.limit + 1
        )
        found = list(db.named_rows(asked.text, asked.parameters))
        ((visitors,),) = db.rows("SELECT count(*) FILTER (WHERE first_of_visitor) FROM human_visits")
    rows = tuple(_row(question, row, asked.order) for row in found[: question.limit])
    most = found[0]["most_visitors"] if found else 0
    return Breakdown(question, period, as_of, rows, len(found) > question.limit, visitors, most)


def _row(question: Question, found: dict[str, Any], order: int) -> Row:
    labels = [found[f"label_{number}"] for number in range(1, len(question.dimensions) + 1)]
    metrics = _event_metrics(found) if question.of_events else dict(_visit_metrics(found))
    return Row(
        tuple(_shown(field, label) for field, label in zip(question.dimensions, labels, strict=True)),
        {name: metrics[name] for name in question.metrics},
        tuple(found[f"order_{number}"] for number in range(order)),
    )


def _visit_metrics(found: dict[str, Any]) -> dict[str, float | None]:
    sums = Totals(*(found[name] for name in SUMS))
    return dict(site_stats.metrics(sums).by_key)


def _event_metrics(found: dict[str, Any]) -> dict[str, MetricValue]:
    sums = {currency: (amount, times) for currency, amount, times in found["revenue"] or ()}
    row = EventRow("", found["events"], found["visitors"], sums).with_fewer_currencies()
    return {
        "events": row.events,
        "visitors": row.visitors,
        "visits": found["visits"],
        "revenue": site_stats.event_count(row).revenue,
    }


def _shown(field: Field, label: str) -> Value:
    dimension = field.dimension
    if dimension is None:
        return Value(label, label)
    if dimension.values == "page":
        page = url_normalization.respelled(label)
        return Value(page, url_normalization.uri(page))
    return Value(shown_name(dimension.key, label), label)


def _hidden(db: Engine, site: Site, question: Question) -> Sequence[str]:
    """The referrers that the site's settings hide, if the breakdown has referrers."""
    urls = [one.dimension for one in question.dimensions if one.dimension and one.dimension.values == "url"]
    if not urls or not site.hide_referrer_regex:
        return []
    found = db.rows(f"SELECT DISTINCT {urls[0].value} FROM human_visits")  # noqa: S608
    return sorted(hidden_of(db, site, (value for (value,) in found)))
