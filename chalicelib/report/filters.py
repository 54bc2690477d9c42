"""The filters of a question about visits: ``f=is,country,DE``, and so on, repeated.

Each filter is ``OPERATOR,DIMENSION,VALUE``. Those with the same operator and dimension become one condition with
several values: one of them has to match, or with `is_not` and `contains_not`, none may. All conditions have to be met.
What conditions on pages and events mean for visits is said in docs/adr/0052, and done in `report.narrowing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib import catalogue, config
from chalicelib.catalogue import Dimension
from chalicelib.errors import BadRequest
from chalicelib.translation import gettext as _

PARAMETER: Final = "f"
Operator = Literal["is", "is_not", "contains", "contains_not"]
# What a field belongs to: a visit, each of its page views, or each of its custom events.
Level = Literal["visits", "views", "events"]
Form = Literal["text", "yes or no", "range"]

# Before the name of a property of custom events, as in ``prop:plan``.
PROPERTY: Final = "prop:"
_RANGE: Final = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)?(\.\.)?(\d{1,12}(?:\.\d{1,3})?)?")
_YES_OR_NO: Final[Mapping[str, bool]] = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Field:
    """What can be filtered by.

    :ivar name: its name in filters.
    :ivar level: what it belongs to; :ivar form: what its values are.
    :ivar dimension: the entry of the catalogue; None for all other fields.
    """

    name: str
    level: Level
    form: Form = "text"
    dimension: Dimension | None = None

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The operators that it can be used with."""
        return OPERATORS if self.form == "text" else ("is", "is_not")

    @property
    def property_name(self) -> str:
        """The name of the property of events that it is; ``""`` if it is none."""
        return self.name.removeprefix(PROPERTY) if self.name.startswith(PROPERTY) else ""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `least` to `most`, both included; None: without an end."""

    least: float | None
    most: float | None


Value = str | bool | Range


@dataclass(frozen=True, slots=True)
class Condition:
    """The filters with one operator and one field.

    :ivar values: of which one has to match, or none may match.
    """

    operator: Operator
    field: Field
    values: tuple[Value, ...]

    @property
    def excludes(self) -> bool:
        """Whether it is met by what does not match."""
        return self.operator.endswith("_not")


OPERATORS: Final[tuple[Operator, ...]] = ("is", "is_not", "contains", "contains_not")
EVENT: Final = Field("event", "events")
IDENTIFIER: Final = Field("identifier", "visits")
FIELDS: Final[Mapping[str, Field]] = {
    **{
        dimension.singular: Field(dimension.singular, dimension.level, dimension=dimension)
        for dimension in catalogue.DIMENSIONS.values()
    },
    EVENT.name: EVENT,
    IDENTIFIER.name: IDENTIFIER,
    "bounce": Field("bounce", "visits", "yes or no"),
    "duration": Field("duration", "visits", "range"),
    "views": Field("views", "visits", "range"),
}


def parse(texts: Sequence[str]) -> tuple[Condition, ...]:
    """The conditions that filters state, in their order.

    :param texts: the values of the parameter ``f``.
    :raises BadRequest: if there are too many, or if one has an unknown operator or dimension, or an invalid value.
    """
    if len(texts) > config.MAX_FILTERS:
        raise _invalid(
            _(
                "There may be at most %(most)s filters; these are %(number)s.",
                most=config.MAX_FILTERS,
                number=len(texts),
            )
        )
    found: dict[tuple[Operator, Field], list[Value]] = {}
    for text in texts:
        operator, field, value = _parse_one(text)
        values = found.setdefault((operator, field), [])
        if value not in values:
            values.append(value)
    return tuple(Condition(operator, field, tuple(values)) for (operator, field), values in found.items())


def field_named(name: str, known: Iterable[str] = FIELDS, parameter: str = PARAMETER) -> Field:
    """The field with this name, or a property of events.

    :param known: the names that are allowed, besides properties.
    :raises BadRequest: if it is none of them.
    """
    known = list(known)
    if name in known:
        return FIELDS[name]
    if name.startswith(PROPERTY) and len(name) > len(PROPERTY):
        if len(name) - len(PROPERTY) > config.MAX_PROP_NAME_CHARS:
            raise _invalid(
                _("A property's name has at most %(most)s characters.", most=config.MAX_PROP_NAME_CHARS), parameter
            )
        return Field(name, "events")
    listed = ", ".join([*known, f"{PROPERTY}NAME"])
    raise _invalid(
        _("%(name)s is not a dimension. The dimensions are %(names)s.", name=_short(name), names=listed), parameter
    )


def without_surrogates(text: str) -> str:
    """A text that databases take: lone surrogates, which a request can contain, are replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _parse_one(text: str) -> tuple[Operator, Field, Value]:
    operator_name, comma, rest = without_surrogates(text).partition(",")
    field_name, second_comma, value = rest.partition(",")
    if not comma or not second_comma:
        raise _invalid(_("A filter must be OPERATOR,DIMENSION,VALUE, such as is,country,DE."))
    operator = next((known for known in OPERATORS if known == operator_name), None)
    if operator is None:
        raise _invalid(
            _(
                "%(name)s is not an operator. The operators are %(names)s.",
                name=_short(operator_name),
                names=", ".join(OPERATORS),
            )
        )
    field = field_named(field_name)
    if operator not in field.operators:
        raise _invalid(
            _("%(field)s can only be filtered with: %(names)s.", field=field.name, names=", ".join(field.operators))
        )
    if len(value) > config.MAX_FILTER_CHARS:
        raise _invalid(_("The value of a filter has at most %(most)s characters.", most=config.MAX_FILTER_CHARS))
    if operator.startswith("contains") and not value:
        raise _invalid(
            _(
                "%(operator)s needs a text to look for, such as %(example)s.",
                operator=operator,
                example=f"{operator},{field.name},a",
            )
        )
    return operator, field, _value(field, value)


def _value(field: Field, text: str) -> Value:
    if field.form == "yes or no":
        if text not in _YES_OR_NO:
            raise _invalid(
                _("%(field)s must be yes or no, such as %(example)s.", field=field.name, example=f"is,{field.name},yes")
            )
        return _YES_OR_NO[text]
    return _range(field, text) if field.form == "range" else text


def _range(field: Field, text: str) -> Range:
    """A range such as ``3``, ``3..``, ``3..10`` or ``..10``."""
    found = _RANGE.fullmatch(text) if text.isascii() else None
    if found is None or not (found[1] or found[3]) or not (found[2] or not found[3]):
        raise _invalid(_("%(field)s must be a number or a range, such as 3, 3.., 3..10 or ..10.", field=field.name))
    least = float(found[1]) if found[1] else None
    most = float(found[3]) if found[3] else None if found[2] else least
    if least is not None and most is not None and most < least:
        raise _invalid(
            _("The range %(range)s of %(field)s must begin with its smaller number.", range=text, field=field.name)
        )
    return Range(least, most)


def _short(text: str) -> str:
    """What was sent, in quotes; shortened for the error message."""
    return f"'{text}'" if len(text) <= 40 else f"'{text[:40]}…'"


def _invalid(message: str, parameter: str = PARAMETER) -> BadRequest:
    return BadRequest(message, field=parameter)
