"""Links that filter a page by a value, or take such a filter away again: the names of rows."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from chalicelib import config
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report import display_names, filters
from chalicelib.report.filters import Field


class FilterLink(NamedTuple):
    """What a value leads to.

    :ivar href: the page with a filter by the value at the end of its query; without it, if it is `active`.
    :ivar active: whether the page is filtered by the value.
    :ivar exclude: the page without the value, if it is `active`; otherwise ``""``, because `href` with ``is_not`` in
        place of its last ``is`` is that page.
    """

    href: str
    active: bool = False
    exclude: str = ""


class FilterLinks:
    """The links of a page that filter it by values."""

    def __init__(self, query: PageQuery) -> None:
        """:param query: of the page; its filters are valid."""
        self._query = query
        self._entered: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for text in query.filters:
            operator, name, value = text.split(",", 2)
            self._entered[operator, name].append((text, value))

    def to(self, field: Field, value: str) -> FilterLink | None:
        """The link for a value as it is stored; None if there can be no filter by it.

        A filter for the value and one against it are never both in the query.
        """
        if len(value) > config.MAX_FILTER_CHARS:
            return None
        added, excluding = self._matching("is", field, value), self._matching("is_not", field, value)
        without = [text for text in self._query.filters if text not in added | excluding]
        if added:
            exclude = self._query.with_filters([*without, f"is_not,{field.name},{value}"]).href
            return FilterLink(self._query.with_filters(without).href, active=True, exclude=exclude)
        if len(without) >= config.MAX_FILTERS:
            return None
        return FilterLink(self._query.with_filters([*without, f"is,{field.name},{value}"]).href)

    def has(self, field: Field) -> bool:
        """Whether the page has a filter by a field."""
        return any(name == field.name for _, name in self._entered)

    def _matching(self, operator: filters.Operator, field: Field, value: str) -> set[str]:
        """The filters of the page with this operator that match a value of a field."""
        entered = self._entered.get((operator, field.name), ())
        return {text for text, one in entered if one == value or _is_same(field, one, value)}


def _is_same(field: Field, entered: str, stored: str) -> bool:
    return field.dimension is not None and display_names.is_same(field.dimension, entered, stored)
