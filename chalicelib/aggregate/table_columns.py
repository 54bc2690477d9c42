"""The columns of the tables in a day's parts, in DuckDB's types. Some are a contract with others: docs/data.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib import catalogue
from chalicelib.aggregate.hit_columns import COLUMNS as OF_HITS
from chalicelib.store.records import TRAITS

_UTM: Final = ("utm_source", "utm_medium", "utm_term", "utm_content")
_VISIT: Final = {"visitor": "VARCHAR", "visit": "INTEGER"}


def _of_hits(*names: str) -> dict[str, str]:
    return {name: OF_HITS[name] for name in names}


VISITS: Final[Mapping[str, str]] = {
    **_VISIT,
    "id": "VARCHAR",
    "started": "BIGINT",
    "hour": "SMALLINT",
    "last_seen": "BIGINT",
    "pageviews": "BIGINT",
    "bounce": "BOOLEAN",
    "duration": "BIGINT",
    "first_of_visitor": "BOOLEAN",
    "entry_page": "VARCHAR",
    "exit_page": "VARCHAR",
    **_of_hits("referrer", "source", "channel"),
    "campaign": "VARCHAR",
    **_of_hits(*_UTM, "screen", "identifier"),
    **_of_hits(*(name for name in TRAITS if not name.startswith("robot"))),
    "hour_of_day": "SMALLINT",
    "visitor_number": "INTEGER",
    "events": "VARCHAR[]",
}
VIEWS: Final[Mapping[str, str]] = {
    **_VISIT,
    **_of_hits("id", "t"),
    "hour": "SMALLINT",
    "active_until": "BIGINT",
    **_of_hits("page", "host", "referrer", "source", "channel", *_UTM, "utm_campaign", "screen"),
    "visitor_number": "INTEGER",
    **_of_hits("engagement", "load_time"),
    "scroll": "SMALLINT",
    "tracker": "VARCHAR",
}
EVENTS: Final[Mapping[str, str]] = {
    **_VISIT,
    **_of_hits("id", "t", "event_name", "props", "amount", "currency", "page"),
    "visitor_number": "INTEGER",
}
ROBOTS: Final[Mapping[str, str]] = {"visitor": "VARCHAR", "reason": "VARCHAR", "name": "VARCHAR", "hits": "BIGINT"}
BEYOND: Final[Mapping[str, str]] = {"hour": "SMALLINT", "visitor": "VARCHAR", "digest": "UBIGINT"}
FIGURES: Final[Mapping[str, str]] = {
    "kind": "VARCHAR",
    "name": "VARCHAR",
    "detail": "VARCHAR",
    **dict.fromkeys((*catalogue.SUMS, "active", "events", "times", "hits"), "BIGINT"),
    "amount": "DECIMAL(38, 0)",  # a sum of ten of the largest amounts is larger than a BIGINT
}
# Tables that the metric SQL reads -> their relation in it, and the columns.
RELATIONS: Final[Mapping[str, str]] = {
    "visits": "human_visits",
    "views": "human_views",
    "events": "custom_events",
    "robots": "robot_visitors",
}
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "visits": VISITS, "views": VIEWS, "events": EVENTS, "robots": ROBOTS,
}  # fmt: skip


def no_rows(columns: Mapping[str, str]) -> str:
    """A query for no rows with some columns."""
    return f"SELECT {', '.join(f'NULL::{type_} AS {name}' for name, type_ in columns.items())} WHERE false"
