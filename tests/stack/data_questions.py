"""Questions about the data files in the SQL that DuckDB, Spark and Athena share, and the API's answers to them.

An answer is ``{(site, day, value, …): (number, …)}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pytest

from chalicelib import catalogue
from chalicelib.url_normalization import uri
from tests.stack import naive_count
from tests.stack.calls import Caller

Answer = dict[tuple[str, ...], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What engines write differently.

    :ivar property: the property `{name}` of an event; :ivar weekday: the English name of `day`.
    """

    property: str
    weekday: str


DUCKDB: Final = Dialect("json_extract_string(props, '$.{name}')", "dayname(CAST(day AS DATE))")
SPARK: Final = Dialect("get_json_object(props, '$.{name}')", "date_format(day, 'EEEE')")
ATHENA: Final = Dialect("json_extract_scalar(props, '$.{name}')", "date_format(CAST(day AS DATE), '%W')")

# Dimension in the API's breakdowns -> its value in SQL, and which rows have it.
OF_VISITS: Final[Mapping[str, tuple[str, str]]] = {
    "entry_page": ("entry_page", "true"),
    "exit_page": ("exit_page", "true"),
    "referrer": ("referrer", "referrer IS NOT NULL"),
    "source": ("lower(source)", "true"),
    "channel": ("channel", "true"),
    "campaign": ("lower(campaign)", "campaign IS NOT NULL"),
    **{tag: (f"lower({tag})", f"{tag} IS NOT NULL") for tag in ("utm_source", "utm_medium", "utm_term", "utm_content")},
    "country": ("country", "true"),
    "region": ("concat_ws(', ', region, country)", "region IS NOT NULL"),
    "city": ("concat_ws(', ', city, country)", "city IS NOT NULL"),
    "network": ("network", "network IS NOT NULL"),
    "browser": ("browser", "true"),
    "system": ("system", "true"),
    "device": ("device_type", "true"),
    "screen": ("screen", "true"),
    "language": ("language", "true"),
    "browser_version": ("concat_ws(' ', browser, browser_version)", "true"),
    "system_version": ("concat_ws(' ', system, system_version)", "true"),
    "hour": ("lpad(CAST(hour_of_day AS VARCHAR(2)), 2, '0')", "true"),
    "weekday": ("{weekday}", "true"),
}
OF_VIEWS: Final[Mapping[str, str]] = {"page": "page", "hostname": "host"}
_TABLES: Final = {dimension.singular: key for key, dimension in catalogue.DIMENSIONS.items()}
_OF_PAGES: Final = ("by page", "by entry_page", "by exit_page")
# How many columns, from the left, say what a row is about.
_KEY_COLUMNS: Final = {"visits": 2, "views": 2, "by property": 3, "crossed": 3}

_VISITS: Final = """
SELECT site, day, count(*) FILTER (WHERE first_of_visitor), count(*), sum(pageviews), count(*) FILTER (WHERE bounce),
  sum(duration)
FROM visits WHERE {sites} GROUP BY site, day"""
_VIEWS: Final = """
SELECT site, day, count(*), sum(load_time), count(load_time), sum(scroll), count(scroll), sum(engagement),
  count(engagement)
FROM views WHERE {sites} GROUP BY site, day"""
_BY_VISIT: Final = """
SELECT site, day, coalesce({value}, '') AS name, count(DISTINCT visitor), count(*), sum(pageviews)
FROM visits WHERE {{sites}} AND {condition} GROUP BY 1, 2, 3"""
_BY_VIEW: Final = """
SELECT site, day, name, count(DISTINCT visitor), count(*), sum(of_visit)
FROM (SELECT site, day, coalesce({value}, '') AS name, visitor, visit, count(*) AS of_visit
      FROM views WHERE {{sites}} GROUP BY 1, 2, 3, 4, 5) AS viewed
GROUP BY 1, 2, 3"""
_EVENTS: Final = """
SELECT site, day, event_name, count(*), count(DISTINCT visitor), coalesce(sum(amount), 0)
FROM events WHERE {sites} GROUP BY 1, 2, 3"""
_BY_PROPERTY: Final = """
SELECT site, day, coalesce({property}, '') AS plan, count(*), count(DISTINCT visitor), coalesce(sum(amount), 0)
FROM events WHERE {sites} GROUP BY 1, 2, 3"""
_CROSSED: Final = """
SELECT site, coalesce(country, '') AS country, coalesce(browser, '') AS browser, count(DISTINCT visitor), count(*),
  sum(pageviews)
FROM visits WHERE {sites} GROUP BY 1, 2, 3"""


def questions(sites: Iterable[str], dialect: Dialect) -> dict[str, str]:
    """Every question, by name."""
    found = {"visits": _VISITS, "views": _VIEWS, "events": _EVENTS, "by property": _BY_PROPERTY, "crossed": _CROSSED}
    found |= {
        f"by {name}": _BY_VISIT.format(value=value.format(weekday=dialect.weekday), condition=condition)
        for name, (value, condition) in OF_VISITS.items()
    }
    found |= {f"by {name}": _BY_VIEW.format(value=value) for name, value in OF_VIEWS.items()}
    quoted, plan = ", ".join(f"'{site}'" for site in sites), dialect.property.format(name="plan")
    return {name: text.format(sites=f"site IN ({quoted})", property=plan) for name, text in found.items()}


def read(name: str, rows: Iterable[Sequence[Any]]) -> Answer:
    """An engine's rows as an answer. Sums become the ratios that the API gives."""
    width = _KEY_COLUMNS.get(name, 3)
    found: Answer = {}
    for row in rows:
        *about, value = (str(value) for value in row[:width])
        # This traffic has pages as old days have them, which the API unifies.
        key = (*about, uri(value) if name in _OF_PAGES else value)
        assert key not in found, (name, key)
        numbers = [0 if value is None else int(value) for value in row[width:]]
        found[key] = _ratios(name, numbers)
    return found


def _ratios(name: str, numbers: Sequence[int]) -> tuple[Any, ...]:
    ratio = naive_count.ratio
    if name == "visits":
        visitors, visits, pageviews, bounces, duration = numbers
        return visitors, visits, pageviews, ratio(bounces, visits), ratio(duration, visits * 1000)
    if name == "views":
        views, loads, loaded, depths, scrolled, times, engaged = numbers
        return views, ratio(loads, loaded), ratio(depths, scrolled), ratio(times, engaged * 1000)
    return tuple(numbers)


def of_api(caller: Caller, days_of: Mapping[str, Sequence[date]]) -> dict[str, Answer]:
    """The API's answers about sites: of each day, and of all their days for two dimensions that are crossed."""
    found: dict[str, Answer] = {name: {} for name in questions(days_of, DUCKDB)}
    for site, days in days_of.items():
        for day in days:
            _add_day(found, caller, site, day)
        whole = _ask(caller, site, "breakdown", days[0], days[-1], dimension="country,browser")
        found["crossed"] |= {(site, row["country"], row["browser"]): _counts(row) for row in whole["rows"]}
    return found


def _add_day(found: dict[str, Answer], caller: Caller, site: str, day: date) -> None:
    at = (site, day.isoformat())
    stats = _ask(caller, site, "stats", day, day, compare="none", limit=500)
    assert stats["other"] == {}
    assert stats["other_events"] is None
    figures = stats["metrics"]
    found["visits"][at] = _close(figures, "visitors", "visits", "pageviews", "bounce_rate", "visit_duration")
    found["views"][at] = _close(figures, "pageviews", "load_time", "scroll_depth", "engagement_time")
    for name in (*OF_VISITS, *OF_VIEWS):
        for row in stats["tables"][_TABLES[name]]:
            found[f"by {name}"][*at, naive_count.key(name, row.get("raw", row["name"]))] = _counts(row)
    for row in stats["events"]:
        found["events"][*at, row["name"]] = _events(row)
    for row in _ask(caller, site, "breakdown", day, day, dimension="prop:plan")["rows"]:
        found["by property"][*at, row["prop:plan"]] = _events(row)


def _ask(caller: Caller, site: str, what: str, first: date, last: date, **query: object) -> Any:
    answer = caller.api("GET", f"/sites/{site}/{what}", **{"from": first, "to": last, **query})
    assert answer.status == 200, answer.body
    return answer.json()


def _counts(row: Mapping[str, Any]) -> tuple[int, ...]:
    return row["visitors"], row["visits"], row["pageviews"]


def _events(row: Mapping[str, Any]) -> tuple[int, ...]:
    return row["events"], row["visitors"], round(row["revenue"].get("EUR", 0) * 1_000_000)


def _close(figures: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(
        pytest.approx(figures[name], rel=1e-12) if isinstance(figures[name], float) else figures[name] for name in names
    )
