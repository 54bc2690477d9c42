"""The question of a breakdown: by which dimensions, which metrics, in which order; and the cursor of its pages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chalicelib import catalogue, config, pagination
from chalicelib.errors import BadRequest
from chalicelib.report import filters
from chalicelib.report.filters import EVENT, FIELDS, Condition, Field
from chalicelib.report.periods import Period

MAX_DIMENSIONS: Final = 2
# Names of dimensions; besides them, properties of events are.
DIMENSIONS: Final = (*(name for name, field in FIELDS.items() if field.dimension is not None), EVENT.name)
METRICS: Final = tuple(catalogue.METRICS)
# The metrics of events and of their properties. Revenue is a sum for each currency, which gives no order.
EVENT_METRICS: Final = ("events", "visitors", "visits", "revenue")
_UNORDERED: Final = ("revenue",)
# Rows with the same value of what is sorted by follow the order of tables.
_TIES: Final = ("visitors", "pageviews", "visits")
_EVENT_TIES: Final = ("visitors", "events")
_DIRECTIONS: Final[Mapping[str, bool]] = {"asc": True, "desc": False}
_MOST: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Question:
    """What a breakdown is asked for.

    :ivar dimensions: one or two fields.
    :ivar metrics: keys of `catalogue.METRICS`, or of :data:`EVENT_METRICS` if a dimension is of events.
    :ivar sort: a metric or the name of a dimension; :ivar ascending: the smallest first.
    :ivar search: text that a value must contain, in any case.
    """

    conditions: tuple[Condition, ...]
    dimensions: tuple[Field, ...]
    metrics: tuple[str, ...]
    sort: str
    ascending: bool
    search: str
    limit: int

    @property
    def of_events(self) -> bool:
        """Whether events are counted, and not visits and page views."""
        return any(field.level == "events" for field in self.dimensions)

    @property
    def ties(self) -> tuple[str, ...]:
        """The columns that decide between rows with the same value of what is sorted by, the largest first."""
        return _EVENT_TIES if self.of_events else _TIES

    def is_place(self, values: Sequence[Any]) -> bool:
        """Whether these values can be those by which a row of the breakdown is sorted."""
        names = [one.name for one in self.dimensions]
        texts = [self.sort in names, *(False for _ in self.ties), *(True for _ in names)]
        return len(values) == len(texts) and all(
            isinstance(value, str) if text else type(value) is float or (type(value) is int and abs(value) < _MOST)
            for value, text in zip(values, texts, strict=True)
        )

    def digest(self) -> str:
        """A text that is the same for all pages of the same breakdown, whatever their size and metrics."""
        said = repr((self.conditions, self.dimensions, self.sort, self.ascending, self.search))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a breakdown begins.

    :ivar digest: of the question; :ivar first, last: the days of the period.
    :ivar as_of: what happened after this instant is left out, epoch ms.
    :ivar after: the values by which the last row of the page before was sorted.
    """

    digest: str
    first: date
    last: date
    as_of: int
    after: tuple[Any, ...]

    def encode(self) -> str:
        """The cursor as text."""
        values = [self.digest, self.first.isoformat(), self.last.isoformat(), self.as_of, *self.after]
        return pagination.encode_cursor(values)


def parse(query: Mapping[str, str], texts: Sequence[str]) -> Question:
    """The question of a query: ``dimension=``, ``metrics=``, ``sort=``, ``search=`` and ``limit=``.

    :param texts: its filters.
    :raises BadRequest: if a parameter is missing or invalid.
    """
    dimensions = _dimensions(query.get("dimension", ""))
    known = EVENT_METRICS if any(field.level == "events" for field in dimensions) else METRICS
    metrics = _metrics(query.get("metrics", ""), known)
    sort, ascending = _sort(query.get("sort", ""), known, dimensions)
    search = filters.without_surrogates(query.get("search", ""))
    if len(search) > config.MAX_FILTER_CHARS:
        raise BadRequest(f"search may have at most {config.MAX_FILTER_CHARS} characters.", field="search")
    limit = pagination.read_limit(query, config.BREAKDOWN_ROWS, config.MAX_BREAKDOWN_ROWS)
    return Question(filters.parse(texts), dimensions, metrics, sort, ascending, search, limit)


def read_cursor(query: Mapping[str, str], question: Question, period: Period) -> Cursor | None:
    """Where the page begins that a query asks for; None: with the first row.

    :raises BadRequest: if the cursor is invalid, or is that of another question.
    """
    parameter = pagination.cursor_parameter(query)
    text = query.get(parameter)
    if not text:
        return None
    cursor = None
    with suppress(ValueError, TypeError):
        digest, first, last, as_of, *after = pagination.decode_cursor(text)
        if type(as_of) is int and 0 <= as_of < _MOST:
            cursor = Cursor(str(digest), date.fromisoformat(first), date.fromisoformat(last), as_of, tuple(after))
    if cursor is None:
        raise pagination.invalid_cursor(parameter)
    named_by_dates = period.name == "custom" and (cursor.first, cursor.last) != (period.first, period.last)
    if cursor.digest != question.digest() or named_by_dates:
        raise BadRequest(f"{parameter} belongs to another question; ask this one without it first.", field=parameter)
    if not question.is_place(cursor.after):
        raise pagination.invalid_cursor(parameter)
    return cursor


def _dimensions(text: str) -> tuple[Field, ...]:
    """One or two dimensions, separated by a comma; the name of a property may contain commas."""
    text = filters.without_surrogates(text)
    if not text:
        raise BadRequest(
            f"dimension is missing. It is one or two of {', '.join(DIMENSIONS)}, {filters.PROPERTY}NAME.",
            field="dimension",
        )
    first, comma, second = text.partition(",")
    names = [text] if text.startswith(filters.PROPERTY) or not comma else [first, second]
    if text.startswith(filters.PROPERTY) and text.rpartition(",")[2] in DIMENSIONS:
        names = [text.rpartition(",")[0], text.rpartition(",")[2]]
    fields = tuple(filters.field_named(name, DIMENSIONS, "dimension") for name in names)
    if len(fields) > 1 and fields[0] == fields[1]:
        raise BadRequest("The two dimensions must differ.", field="dimension")
    levels = {field.level for field in fields}
    if {"events", "views"} <= levels:
        raise BadRequest(
            "Events cannot be crossed with a dimension of page views; use one of visits.", field="dimension"
        )
    return fields


def _metrics(text: str, known: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split(","))) if text else tuple(known)
    if not set(names) <= set(known):
        raise BadRequest(f"metrics must be some of {', '.join(known)}, separated by commas.", field="metrics")
    return names


def _sort(text: str, known: Sequence[str], dimensions: Sequence[Field]) -> tuple[str, bool]:
    """``METRIC`` or ``DIMENSION``, and ``,asc`` or ``,desc``: by default, the largest metric or the first name."""
    if not text:
        return "visitors", False
    ordered = [name for name in known if name not in _UNORDERED]
    names = [field.name for field in dimensions]
    name, direction = text, ""
    if text not in names and text.rpartition(",")[2] in _DIRECTIONS:
        name, _, direction = text.rpartition(",")
    if name not in (*ordered, *names):
        raise BadRequest(
            f"sort must be one of {', '.join([*ordered, *names])}, and may be followed by ,asc or ,desc.", field="sort"
        )
    return name, _DIRECTIONS[direction] if direction else name in names
