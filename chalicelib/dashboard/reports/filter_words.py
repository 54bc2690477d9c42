"""Filters in words: the names of what can be filtered by, of operators and of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib import languages, locale_data
from chalicelib.catalogue import Dimension, Values
from chalicelib.config import SCREEN_WIDTHS
from chalicelib.dashboard import countries, device_names, formatting
from chalicelib.dashboard.reports import breakdowns, value_names
from chalicelib.report.display_names import shown_name
from chalicelib.report.filters import Condition, Field, Operator, Range, Value
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

OPERATORS: Final[Mapping[Operator, str]] = {
    "is": N_("is"),
    "is_not": N_("is not"),
    "contains": N_("contains"),
    "contains_not": N_("does not contain"),
}
_SENTENCES: Final[Mapping[Operator, str]] = {
    "is": N_("%(field)s is %(values)s"),
    "is_not": N_("%(field)s is not %(values)s"),
    "contains": N_("%(field)s contains %(values)s"),
    "contains_not": N_("%(field)s does not contain %(values)s"),
}
# Names of fields that are in no catalogue, or that have the same column there as another.
_TITLES: Final[Mapping[str, str]] = {
    "browser_version": N_("Browser version"),
    "system_version": N_("System version"),
    "event": N_("Event"),
    "identifier": N_("Identifier"),
    "bounce": N_("Bounce"),
    "duration": N_("Visit duration"),
    "views": N_("Pageviews"),
}
# Values that a sentence names; of more, it says how many.
_NAMED: Final = 3


def title(field: Field) -> str:
    """The name of a field: ``Entry page``."""
    if field.property_name:
        return _("Property %(name)s", name=formatting.shortened(field.property_name))
    if field.name in _TITLES or field.dimension is None:
        return _(_TITLES[field.name])
    return _(field.dimension.column)


def empty_value(field: Field) -> str:
    """What the value ``""`` of a field is called: ``Unknown``, ``Direct``."""
    if field.dimension is not None:
        return _(field.dimension.empty_value)
    return _("not set") if field.property_name else _("None")


def sentence(condition: Condition) -> str:
    """A condition in words: ``Country is Germany or France``, ``Visit duration 30s or more``."""
    field = condition.field
    values = _joined([value_name(condition, value) for value in condition.values])
    if field.form == "range":
        text = N_("%(field)s not %(values)s") if condition.excludes else N_("%(field)s %(values)s")
        return _(text, field=title(field), values=values)
    if field.form == "yes or no" and len(condition.values) == 1:
        return _("Visit bounced") if condition.values[0] is not condition.excludes else _("Visit did not bounce")
    return _(_SENTENCES[condition.operator], field=title(field), values=values)


def value_name(condition: Condition, value: Value) -> str:
    """A value of a condition in words."""
    field = condition.field
    if isinstance(value, Range):
        return _range(field, value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if not value:
        return empty_value(field)
    if condition.operator.startswith("contains") or field.dimension is None:
        return formatting.shortened(value)
    return formatting.shortened(breakdowns.label_of(field.dimension, value))


def as_entered(field: Field, value: str) -> str:
    """A stored value in the form in which people enter it; :func:`as_stored` reads it."""
    if field.dimension is None:
        return value
    if field.dimension.values in _VOCABULARIES:
        label = breakdowns.label_of(field.dimension, value)
        return label if as_stored(field, label) == value else value
    shown = shown_name(field.dimension.key, value)
    return value_names.source(shown) if _is_source(field) else shown


def as_stored(field: Field, text: str) -> str:
    """A value as filters have it, of a text that somebody has entered: ``DE`` of ``Germany``, ``germany`` or ``de``.

    A text that names no country, language and so on is the value itself.
    """
    if _is_source(field) and text.strip().casefold() == value_names.source("Direct").casefold():
        return "Direct"
    if field.dimension is None or field.dimension.values not in _VOCABULARIES:
        return text
    if text in _VOCABULARIES[field.dimension.values]():
        return text  # the code of a language may be the name of another
    return _by_name(field.dimension).get(text.strip().casefold(), text)


def _device_types() -> tuple[str, ...]:
    return tuple(device_names.DEVICE_TYPES)


def _is_source(field: Field) -> bool:
    return field.dimension is not None and field.dimension.values == "source"


def _channels() -> tuple[str, ...]:
    return tuple(value_names.CHANNELS)


def _weekdays() -> tuple[str, ...]:
    return locale_data.ENGLISH.long_weekdays


def _screens() -> tuple[str, ...]:
    return tuple(SCREEN_WIDTHS)


# The kinds of values that are displayed by a name, and which there are.
_VOCABULARIES: Final = {
    "country": countries.codes,
    "language": languages.known,
    "device type": _device_types,
    "screen": _screens,
    "channel": _channels,
    "weekday": _weekdays,
}


def _by_name(dimension: Dimension) -> Mapping[str, str]:
    """What the values of a dimension are called, without case -> the value."""
    kind: Values = dimension.values
    values = _VOCABULARIES[kind]()
    names = {value.casefold(): value for value in values}
    return names | {breakdowns.label_of(dimension, value).casefold(): value for value in values}


def _joined(names: list[str]) -> str:
    """``A``, ``A or B``, ``A, B or C``, ``A, B, C or 5 more``."""
    if len(names) > _NAMED + 1:
        names = [*names[:_NAMED], _("%(number)s more", number=formatting.number(len(names) - _NAMED))]
    if len(names) == 1:
        return names[0]
    return _("%(first)s or %(last)s", first=", ".join(names[:-1]), last=names[-1])


def _range(field: Field, value: Range) -> str:
    least, most = (None if one is None else _number(field, one) for one in (value.least, value.most))
    if most is None:
        return _("%(least)s or more", least=least)
    if least is None:
        return _("%(most)s or less", most=most)
    if value.least == value.most:
        return _("exactly %(value)s", value=least)
    return _("%(least)s to %(most)s", least=least, most=most)


def _number(field: Field, value: float) -> str:
    if field.name == "duration" and _is_exact(value):
        return formatting.duration(value)
    text = formatting.exact(value)
    return _("%(number)ss", number=text) if field.name == "duration" else text


def _is_exact(seconds: float) -> bool:
    """Whether the two largest units say all of a duration."""
    unit = 1 if seconds < 3600 else 60 if seconds < 86400 else 3600
    return seconds % unit == 0
