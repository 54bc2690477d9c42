"""Questions with filters in the SQL that DuckDB and Spark share.

A plain translation of what docs/api.md says about filters to the columns that docs/data.md names. Nothing of the
program's own SQL is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tests.stack.data_questions import OF_VIEWS, OF_VISITS, Dialect
from tests.stack.naive_count import CASELESS, SHOWN_HOSTS

_KEY: Final = ("site", "day", "visitor", "visit")
_OF_EVENTS: Final[Mapping[str, str]] = {"event": "event_name"}
# The sums of the rows of a breakdown, in this order, behind its values.
SUMS: Final = (
    "visitors", "visits", "pageviews", "bounces", "duration", "load_time", "loads", "scroll", "views_with_scroll",
    "engagement", "views_with_engagement",
)  # fmt: skip

_ROWS: Final = """
WITH kept AS ({kept}), viewed AS (
  SELECT site, day, visitor, visit, {values}, bounce, duration, count(*) AS pageviews,
    sum(load_time) AS load_time, count(load_time) AS loads, sum(scroll) AS scroll, count(scroll) AS scrolls,
    sum(engagement) AS engagement, count(engagement) AS engagements
  FROM kept JOIN (
    SELECT site, day, visitor, visit, page, host, load_time, scroll, engagement FROM views WHERE {views}
  ) AS wanted USING (site, day, visitor, visit)
  WHERE {present}
  GROUP BY site, day, visitor, visit, {names}, bounce, duration
)
SELECT site, {names}, count(DISTINCT concat(day, ' ', visitor)), count(*), sum(pageviews),
  count(*) FILTER (WHERE bounce), sum(duration), sum(load_time), sum(loads), sum(scroll), sum(scrolls),
  sum(engagement), sum(engagements)
FROM viewed GROUP BY site, {names}"""
_EVENTS: Final = """
WITH kept AS ({kept}), counted AS (
  SELECT site, day, visitor, visit, {values}, amount
  FROM (SELECT site, day, visitor, visit, event_name, props, amount FROM events WHERE {events}) AS wanted
  LEFT JOIN (SELECT *, true AS is_kept FROM kept) AS of_kept USING (site, day, visitor, visit)
  WHERE (is_kept OR {outside}) AND {present}
)
SELECT site, {names}, count(*), count(DISTINCT concat(day, ' ', visitor)),
  count(DISTINCT CASE WHEN visit IS NOT NULL THEN concat(day, ' ', visitor, ' ', visit) END), count(amount), sum(amount)
FROM counted GROUP BY site, {names}"""


class Filters:
    """Filters as conditions on visits, on their page views, and on their events."""

    def __init__(self, texts: Sequence[str], dialect: Dialect) -> None:
        self._dialect = dialect
        self.visits: list[str] = []
        self.views: list[str] = []
        self.no_views: list[str] = []
        self.events: list[str] = []
        self.no_events: list[str] = []
        grouped: dict[tuple[str, str], list[str]] = {}
        for text in texts:
            operator, name, value = text.split(",", 2)
            grouped.setdefault((operator, name), []).append(value)
        for (operator, name), values in grouped.items():
            self._add(name, self._matches(operator.removesuffix("_not"), name, values), operator.endswith("_not"))

    def _add(self, name: str, matches: str, negative: bool) -> None:
        if name in OF_VIEWS:
            (self.no_views if negative else self.views).append(matches)
        elif name in _OF_EVENTS or name.startswith("prop:"):
            (self.no_events if negative else self.events).append(matches)
        else:
            self.visits.append(f"NOT {matches}" if negative else matches)

    def _matches(self, operator: str, name: str, values: Sequence[str]) -> str:
        if name == "bounce":
            return _any([{"yes": "bounce", "no": "NOT bounce"}[value] for value in values])
        if name in ("views", "duration"):
            return _any([_in_range("pageviews" if name == "views" else "duration / 1000.0", value) for value in values])
        stored = self.value(name)
        forms = [stored]
        if name == "hostname":
            forms += [f"replace({stored}, {_quoted(host)}, {_quoted(shown)})" for host, shown in SHOWN_HOSTS.items()]
        wanted = [_quoted(value.lower() if name in CASELESS else value) for value in values]
        if operator == "is":
            return _any([f"{form} IN ({', '.join(wanted)})" for form in forms])
        return _any([f"contains({form}, {value})" for form in forms for value in wanted])

    def value(self, name: str) -> str:
        """The value of a dimension, or of the identifier; empty where it is unknown."""
        if name.startswith("prop:"):
            column = self._dialect.property.format(name=name.removeprefix("prop:"))
        elif name in OF_VISITS:
            known, condition = OF_VISITS[name]
            known = known.format(weekday=self._dialect.weekday)
            column = known if condition == "true" else f"CASE WHEN {condition} THEN {known} END"
        else:
            column = {**OF_VIEWS, **_OF_EVENTS, "identifier": "identifier", "day": "day"}[name]
        return f"coalesce({column}, '')" if name != "day" else column

    @property
    def kept(self) -> str:
        """A query for the visits that are kept."""
        conditions = [*self.visits]
        conditions += [_exists("views", self.views)] if self.views else []
        conditions += [_exists("events", self.events)] if self.events else []
        conditions += [f"NOT {_exists('views', [condition])}" for condition in self.no_views]
        conditions += [f"NOT {_exists('events', [condition])}" for condition in self.no_events]
        return f"SELECT * FROM visits WHERE {_all(conditions)}"

    def rows(self, names: Sequence[str]) -> str:
        """A question for the sums of visits and page views, by dimensions of visits and page views, or the day."""
        return _ROWS.format(kept=self.kept, views=_all(self.views), **self._by(names))

    def event_rows(self, names: Sequence[str]) -> str:
        """A question for the numbers of events, visitors, visits and amounts and their sum, by dimensions."""
        outside = "false" if self.visits or self.views or self.no_views else "visit IS NULL"
        wanted = _all([*self.events, *(f"NOT {condition}" for condition in self.no_events)])
        return _EVENTS.format(kept=self.kept, outside=outside, events=wanted, **self._by(names))

    def _by(self, names: Sequence[str]) -> dict[str, str]:
        labels = [f"value_{number}" for number in range(len(names))]
        present = [OF_VISITS[name][1] for name in names if name in OF_VISITS]
        return {
            "values": ", ".join(f"{self.value(name)} AS {label}" for name, label in zip(names, labels, strict=True)),
            "names": ", ".join(labels),
            "present": _all(present),
        }


def _exists(table: str, conditions: Sequence[str]) -> str:
    same = " AND ".join(f"one.{name} = visits.{name}" for name in _KEY)
    return f"EXISTS (SELECT 1 FROM {table} AS one WHERE {same} AND {_all(conditions)})"


def _in_range(value: str, text: str) -> str:
    least, dots, most = text.partition("..")
    bounds = [f"{value} = {least}"] if not dots else []
    bounds += [f"{value} >= {least}"] if dots and least else []
    bounds += [f"{value} <= {most}"] if most else []
    return _all(bounds)


def _quoted(text: str) -> str:
    assert "'" not in text
    assert "\\" not in text
    return f"'{text}'"


def _all(conditions: Sequence[str]) -> str:
    return f"({' AND '.join(conditions)})" if conditions else "true"


def _any(conditions: Sequence[str]) -> str:
    return f"({' OR '.join(conditions)})"
