"""The query of a page of figures, and of links that ask for something else: what a page shows is in its URL."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlencode

from chalicelib.report.filters import PARAMETER as FILTER
from chalicelib.report.filters import Condition
from chalicelib.web import Request

PERIOD: Final = ("period", "from", "to")
METRIC: Final = "metric"
COMPARISON: Final = ("compare", "compare_from", "compare_to", "match_weekdays")
# What links carry over, unless they change it.
CARRIED: Final = (*PERIOD, *COMPARISON, "interval", METRIC, FILTER)


class Choice(NamedTuple):
    """A link to the page that asks for something else.

    :ivar current: whether it is what the page shows; :ivar key: the key of the keyboard that follows it, or ``""``.
    """

    label: str
    href: str
    current: bool
    key: str = ""


class PageQuery(NamedTuple):
    """Parameters with their values, in their order; only filters may be repeated."""

    items: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, request: Request, *own: str) -> PageQuery:
        """What the links of a page carry over. `own`: further parameters."""
        names = [name for name in (*CARRIED, *own) if name != FILTER]
        single = [(name, request.query[name]) for name in names if request.query.get(name)]
        return cls((*single, *((FILTER, text) for text in request.query_lists.get(FILTER, []))))

    @property
    def filters(self) -> list[str]:
        """The texts of its filters."""
        return [value for name, value in self.items if name == FILTER]

    def without(self, *names: str) -> PageQuery:
        """The same without some parameters."""
        return PageQuery(tuple(item for item in self.items if item[0] not in names))

    def changed(self, **values: str) -> PageQuery:
        """The same with other values of some parameters."""
        return PageQuery((*values.items(), *self.without(*values).items))

    def with_period(self, name: str) -> PageQuery:
        """The same of a period that has a name."""
        return PageQuery((("period", name), *self.without(*PERIOD).items))

    def with_days(self, first: date, last: date) -> PageQuery:
        """The same of the days from `first` to `last`."""
        days = (("period", "custom"), ("from", first.isoformat()), ("to", last.isoformat()))
        return PageQuery((*days, *self.without(*PERIOD).items))

    def with_filters(self, texts: list[str]) -> PageQuery:
        """The same with these filters in place of all others."""
        return PageQuery((*self.without(FILTER).items, *((FILTER, text) for text in texts)))

    def without_condition(self, condition: Condition) -> PageQuery:
        """The same without the filters of a condition."""
        beginning = f"{condition.operator},{condition.field.name},"
        return self.with_filters([text for text in self.filters if not text.startswith(beginning)])

    def with_form_of(self, condition: Condition) -> PageQuery:
        """The same with the parameters of the form that changes a condition."""
        return self.changed(dimension=condition.field.name, replaces=f"{condition.operator},{condition.field.name}")

    def toggled(self, text: str) -> PageQuery:
        """The same with one more filter, or without it if it has it."""
        has = self.filters
        return self.with_filters([one for one in has if one != text] if text in has else [*has, text])

    @property
    def href(self) -> str:
        """A link to the page itself with this query."""
        return "?" + "&".join(map(_encoded, self.items))

    @property
    def suffix(self) -> str:
        """The end of a link to another page; empty without parameters."""
        return self.href if self.items else ""


@lru_cache(maxsize=4096)  # a page has hundreds of links, which differ in one parameter
def _encoded(item: tuple[str, str]) -> str:
    return urlencode([item], errors="replace")
