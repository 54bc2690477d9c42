"""The form of a filter: what it shows, and the filters that a submitted one stands for.

It is sent with GET. What it says is in parameters of its own, because a form cannot join its fields to the text of a
filter; the page behind it (`filter_page`) does that, and leads to the filtered page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from chalicelib import config
from chalicelib.dashboard import formatting
from chalicelib.dashboard.reports import filter_words
from chalicelib.dashboard.reports.icons import Icon
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.errors import BadRequest
from chalicelib.report import filters
from chalicelib.report.filters import Condition, Field, Range
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

# Of the suggestions, those that are links.
_FREQUENT: Final = 8
BOUNCED: Final = {"yes": N_("Visits that bounced"), "no": N_("Visits that did not bounce")}


class Suggestion(NamedTuple):
    """A value that the site's data has, as it is entered.

    :ivar label: what it is called, ``""`` if that is the same; :ivar stored: as filters have it, ``""`` likewise.
    """

    value: str
    label: str = ""
    stored: str = ""
    icon: Icon | None = None


class Frequent(NamedTuple):
    """A frequent value, and the query of the page that is filtered by it."""

    label: str
    icon: Icon | None
    query: PageQuery


class FilterForm(NamedTuple):
    """What the form of a filter shows.

    :ivar operators: name and label of those that the field takes.
    :ivar values: the texts of its inputs, for a field with texts; :ivar empty: whether ``""`` is one of the values too.
    :ivar ranges: the ends of its ranges, for a field with numbers; :ivar bounced: ``yes``, ``no`` or ``""``.
    :ivar replaced: operator and name of the condition that it changes, ``is,country``; ``""``: it adds one.
    :ivar kept: the parameters that it sends along.
    :ivar error: what is wrong with what was entered.
    """

    field: Field
    kept: tuple[tuple[str, str], ...]
    replaced: str = ""
    operator: str = "is"
    values: tuple[str, ...] = ("",)
    empty: bool = False
    ranges: tuple[tuple[str, str], ...] = (("", ""),)
    bounced: str = ""
    error: str = ""
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def title(self) -> str:
        """The name of the field."""
        return filter_words.title(self.field)

    @property
    def empty_value(self) -> str:
        """What the value ``""`` is called."""
        return filter_words.empty_value(self.field)

    @property
    def operators(self) -> list[tuple[str, str]]:
        """The operators to choose from, with their labels."""
        return [(name, _(filter_words.OPERATORS[name])) for name in self.field.operators]

    @property
    def frequent(self) -> list[Frequent]:
        """The most frequent values, which need not be entered; none where the form changes a filter."""
        query = PageQuery(self.kept)
        if self.replaced or len(query.filters) >= config.MAX_FILTERS:
            return []
        found = [(one, f"is,{self.field.name},{one.stored or one.value}") for one in self.suggestions[:_FREQUENT]]
        return [
            Frequent(formatting.shortened(one.label or one.value), one.icon, query.toggled(text))
            for one, text in found
            if text not in query.filters and len(one.stored or one.value) <= config.MAX_FILTER_CHARS
        ]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What there is to choose from for a field that is yes or no."""
        return [(name, _(label)) for name, label in BOUNCED.items()]


def empty(field: Field, query: PageQuery) -> FilterForm:
    """The form that adds a filter to a page."""
    return FilterForm(field, query.items)


def of_condition(condition: Condition, query: PageQuery) -> FilterForm:
    """The form that changes a condition of a page: what it shows is the condition as it is."""
    field, operator = condition.field, condition.operator
    form = FilterForm(field, query.items, f"{operator},{field.name}", operator)
    if field.form == "yes or no":
        return form._replace(bounced="yes" if condition.values[0] is not condition.excludes else "no")
    if field.form == "range":
        ends = [(_end(one.least), _end(one.most)) for one in condition.values if isinstance(one, Range)]
        return form._replace(ranges=tuple(ends))
    texts = [one for one in condition.values if isinstance(one, str)]
    if not operator.startswith("contains"):
        texts = [filter_words.as_entered(field, text) for text in texts]
    return form._replace(values=(*filter(None, texts), ""), empty="" in texts)


def submitted(field: Field, query: PageQuery, sent: Mapping[str, Sequence[str]]) -> FilterForm:
    """The form as it was filled in.

    :param sent: the parameters of the request.
    """

    def one(name: str) -> str:
        return next(iter(sent.get(name, ())), "")

    return FilterForm(
        field,
        query.items,
        replaced=one("replaces"),
        operator=one("operator") or "is",
        values=tuple(sent.get("value", ())) or ("",),
        empty=bool(one("empty")),
        ranges=tuple(zip_longest(sent.get("least", ()), sent.get("most", ()), fillvalue="")) or (("", ""),),
        bounced=one("bounced"),
    )


def filtered(form: FilterForm) -> PageQuery:
    """The page with what the form says: in place of the condition that it changes, or at the end.

    :raises BadRequest: if that is not valid; the message is for people.
    """
    query = PageQuery(form.kept)
    texts = [f"{form.operator},{form.field.name},{value}" for value in _entered(form)]
    try:
        filters.parse(texts)
    except BadRequest:
        if form.field.form != "range":
            raise
        message = _("Enter numbers such as 30 or 1.5. The first one must not be larger than the second.")
        raise BadRequest(message, field=filters.PARAMETER) from None
    before = query.filters
    replaced = [text for text in before if form.replaced and text.startswith(f"{form.replaced},")]
    others = [text for text in before if text not in replaced]
    place = before.index(replaced[0]) if replaced else len(others)
    changed = list(dict.fromkeys([*others[:place], *texts, *others[place:]]))
    filters.parse(changed)
    return query.with_filters(changed)


def _entered(form: FilterForm) -> list[str]:
    """The values that were entered, as filters have them."""
    values = _values(form)
    if not values:
        raise BadRequest(_("Enter a value, or remove the filter.") if form.replaced else _("Enter a value."))
    return values


def _values(form: FilterForm) -> list[str]:
    if form.field.form == "yes or no":
        return [form.bounced] if form.bounced else []
    if form.field.form == "range":
        return [_range(*map(formatting.entered_number, ends)) for ends in form.ranges if "".join(ends).strip()]
    texts = [text for text in form.values if text]
    if form.operator.startswith("contains"):
        if form.empty:
            message = _(
                "“%(value)s” can only be used with “is” and “is not”.", value=filter_words.empty_value(form.field)
            )
            raise BadRequest(message, field=filters.PARAMETER)
        return texts
    return [*(filter_words.as_stored(form.field, text) for text in texts), *([""] if form.empty else [])]


def _range(least: str, most: str) -> str:
    return least if least == most else f"{least}..{most}"


def _end(value: float | None) -> str:
    return "" if value is None else formatting.number_to_edit(value)
