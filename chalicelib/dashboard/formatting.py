"""Numbers, durations and dates, as they are written in the language in use, without HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Final, NamedTuple

from chalicelib import locale_data
from chalicelib.accounts.access import appearance
from chalicelib.translation import N_, ngettext
from chalicelib.translation import gettext as _

NOTHING = "—"
_MAX_NAME_CHARS = 300
# Seconds and the units of durations, the largest first.
_UNITS: Final = (
    (86400, N_("%(number)sd")),
    (3600, N_("%(number)sh")),
    (60, N_("%(number)sm")),
    (1, N_("%(number)ss")),
)


def number(value: float | None) -> str:
    """A count with thousands separated: ``1,234``."""
    return NOTHING if value is None else _written(f"{value:,.0f}")


def exact(value: float) -> str:
    """A number with up to three decimals: ``1,234``, ``1.5``."""
    return number(value) if value == int(value) else _written(f"{value:,.3f}".rstrip("0"))


def money(value: float) -> str:
    """An amount of money: ``1,234.50``, without its currency."""
    return _written(f"{value:,.2f}")


def cost(value: float) -> str:
    """An amount of money that may be small: ``12.35``, ``<0.01`` for small ones other than 0."""
    return _written("<0.01") if 0 < value < 0.005 else money(value)


def size(value: float) -> str:
    """A number of bytes: ``940 B``, ``12 kB``, ``1.2 MB``, ``35 GB``."""
    for factor, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= factor * 0.9995:
            scaled = value / factor
            return f"{_rounded(scaled)} {unit}"
    return f"{value:.0f} B"


def short(value: float) -> str:
    """A short count: ``940``, ``1.2k``, ``35k``, ``1.2M``; show :func:`number` on hover."""
    units = locale_data.current().compact
    for size, unit in units:
        # 999,950 would round to "1000k": the next unit takes over where the rounding does
        if value >= size * 0.9995 and value >= units[-1][0]:
            return _rounded(value / size) + unit
    return number(value)


def shortened(name: str) -> str:
    """A name, truncated: visitors can send names of any length, and a page must not become too large."""
    return name if len(name) <= _MAX_NAME_CHARS else f"{name[: _MAX_NAME_CHARS - 1]}…"


def day_list(of_days: Sequence[date]) -> str:
    """A list of days, shortened to three: ``23 Nov and 24 Nov``."""
    named = [day(one) for one in of_days[:3]]
    if len(of_days) > len(named):
        left = len(of_days) - len(named)
        named.append(ngettext("%(num)s more day", "%(num)s more days", left))
    if len(named) == 1:
        return named[0]
    return _("%(first)s and %(last)s", first=", ".join(named[:-1]), last=named[-1])


def axis(value: int) -> str:
    """A round value at a gridline, short but exact: ``750``, ``1.25k``."""
    for size, unit in locale_data.current().compact:
        if value >= size:
            return _written(f"{value / size:,g}") + unit
    return number(value)


def decimal(value: float | None) -> str:
    """A mean: ``2.31``."""
    return NOTHING if value is None else _written(f"{value:,.2f}")


def percent(fraction: float | None) -> str:
    """A fraction of 1 as percent with one decimal: ``43.2%``. Only exact values become ``0.0%`` and ``100.0%``."""
    if fraction is None:
        return NOTHING
    if 0 < fraction < 0.0005:
        return _percent("<0.1")
    shown = f"{fraction * 100:.1f}"
    return _percent("99.9" if shown == "100.0" and fraction < 1 else shown)


def whole_percent(value: float | None) -> str:
    """A number of percents, without decimals: ``63%``. All and nothing are said of those alone."""
    if value is None:
        return NOTHING
    if 0 < value < 0.5:
        return _percent("<1")
    return _percent("99" if 99.5 <= value < 100 else f"{value:.0f}")


def share(part: float, whole: float) -> str:
    """`part` of `whole` as percent: ``43.2%``; ``<0.1%`` for small parts other than 0."""
    if whole <= 0:
        return NOTHING
    return percent(min(part / whole, 1.0))


def duration(seconds: float | None) -> str:
    """Seconds in the two largest units: ``0s``, ``42s``, ``1m 24s``, ``2h 5m``, ``1d 2h``."""
    if seconds is None:
        return NOTHING
    whole = round(seconds)
    for (size, text), (next_size, next_text) in pairwise(_UNITS):
        if whole >= size:
            rest = whole % size // next_size
            return " ".join([_(text, number=whole // size), *([_(next_text, number=rest)] if rest else [])])
    return _(_UNITS[-1][1], number=whole)


def milliseconds(value: float | None) -> str:
    """A load time: ``840 ms``, ``1.24 s``."""
    if value is None:
        return NOTHING
    if value < 999.5:
        return _("%(number)s ms", number=f"{value:.0f}")
    return _("%(number)s s", number=_written(f"{value / 1000:,.2f}"))


class Delta(NamedTuple):
    """The change of a metric.

    :ivar direction: ``"up"``, ``"down"`` or ``"same"``.
    :ivar amount: how much, e.g. ``12%`` or ``2.1 pp``; ``""`` when it is the same.
    :ivar word: ``more``, ``fewer``, ``longer``, …, or ``same``.
    :ivar mood: ``"good"``, ``"bad"`` or ``"neutral"``.
    """

    direction: str
    amount: str
    word: str
    mood: str


def delta(
    now: float | None, before: float | None, words: tuple[str, str], *, good_up: bool = True, points: bool = False
) -> Delta | None:
    """The change from `before` to `now`; None if there is nothing to compare with.

    :param words: for up and for down, e.g. ``("more", "fewer")``.
    :param points: `now` and `before` are fractions, and the change is in percentage points.
    """
    if now is None or before is None or (before == 0 and not points):
        return None
    change = (now - before) * 100 if points else (now - before) / before * 100
    if abs(change) < 0.05:
        return Delta("same", "", "same", "neutral")
    size = abs(change)
    amount = f"{size:,.0f}" if size >= 9.95 and not points else f"{size:.1f}"
    up = change > 0
    return Delta(
        direction="up" if up else "down",
        amount=_("%(number)s pp", number=_written(amount)) if points else _percent(amount),
        word=words[0] if up else words[1],
        mood="good" if up == good_up else "bad",
    )


def day(value: date, *, year: bool = False) -> str:
    """A date: ``14 Nov``, or with its year ``14 Nov 2026``."""
    locale = locale_data.current()
    return locale.written(locale.day_year if year else locale.day, value)


def weekday(value: date) -> str:
    """A date with its day of the week: ``Sat 14 Nov``."""
    locale = locale_data.current()
    return locale.written(locale.weekday, value)


def weekday_short(value: date) -> str:
    """A day with its day of the week on the axis of a chart: ``Sat 14 Nov``; the month only where it fits."""
    locale = locale_data.current()
    return locale.written(locale.weekday_short, value)


def month(value: date) -> str:
    """A month without its year: ``Nov``."""
    return locale_data.current().months_alone[value.month - 1]


def month_year(value: date) -> str:
    """A month: ``Nov 2026``."""
    locale = locale_data.current()
    return locale.written(locale.month_year, value)


def weekday_name(number: int) -> str:
    """The short name of a day of the week, 0 being Monday: ``Mon``."""
    return locale_data.current().weekdays[number]


def days(first: date, last: date, today: date | None = None) -> str:
    """A range of days: ``14–20 Nov``, ``28 Nov – 3 Dec``; with years where they are not `today`'s."""
    plain = today is not None and first.year == last.year == today.year
    if first == last:
        return day(first, year=not plain)
    locale = locale_data.current()
    differs = "y" if first.year != last.year else "M" if first.month != last.month else "d"
    return locale.stretch((locale.days if plain else locale.days_year)[differs], first, last)


def clock(value: datetime) -> str:
    """A time of day: ``09:05``."""
    return f"{value.hour:02}:{value.minute:02}"


def date_of(at: int) -> str:
    """The day of a time (epoch seconds) in the person's time zone: ``26 Nov 2026``."""
    return day(datetime.fromtimestamp(at, appearance.zone()).date(), year=True)


def clock_of(at: int) -> str:
    """The time of day of a time (epoch seconds) in the person's time zone, and the zone: ``14:05 UTC``."""
    value = datetime.fromtimestamp(at, appearance.zone())
    name = value.tzname() or ""
    return f"{clock(value)} {f'UTC{name}' if name[:1] in '+-' else name}"  # many zones have no abbreviation


def moment(at: int) -> str:
    """A time (epoch seconds) in the person's time zone: ``26 Nov 2026, 14:05 UTC``."""
    return _("%(day)s, %(time)s", day=date_of(at), time=clock_of(at))


def date_time(value: datetime) -> str:
    """A date with a time of day: ``26 Nov 2026, 14:05``."""
    return _("%(day)s, %(time)s", day=day(value.date(), year=True), time=clock(value))


def bucket(value: datetime, interval: str) -> str:
    """A bucket of the chart: ``Sat 14 Nov, 14:00`` or ``Sat 14 Nov``."""
    text = weekday(value.date())
    return _("%(day)s, %(time)s", day=text, time=clock(value)) if interval in ("hour", "minute") else text


def cell(value: int) -> str:
    """A count in a narrow column: in full below a million, else short."""
    return number(value) if value < 1_000_000 else short(value)


def entered_number(text: str) -> str:
    """A number that somebody has entered as the language writes it, as Python reads it.

    What the language does not write so is left as it is: ``1.5`` in German, or no number at all.
    """
    locale, text = locale_data.current(), text.strip()
    whole = rf"\d{{1,3}}(?:{re.escape(locale.group)}\d{{3}})+|\d*"
    is_written_so = re.fullmatch(rf"(?:{whole})(?:{re.escape(locale.decimal)}\d+)?", text)
    return text.replace(locale.group, "").replace(locale.decimal, ".") if is_written_so else text


def number_to_edit(value: float) -> str:
    """A number in a form, with up to three decimals, as the language writes it without groups."""
    return _written(f"{value:.3f}".rstrip("0").rstrip("."))


def _written(text: str) -> str:
    """A number that Python has written, with the separators of the language."""
    locale = locale_data.current()
    return text.translate({ord("."): locale.decimal, ord(","): locale.group})


def _percent(text: str) -> str:
    return locale_data.current().percent.format(_written(text))


def _rounded(value: float) -> str:
    """A number in front of a unit, with a decimal if it is below ten."""
    return _written(f"{value:.1f}".removesuffix(".0") if value < 9.95 else f"{value:,.0f}")


# The filters of the templates.
FILTERS: dict[str, Callable[..., str]] = {
    "number": number, "cell": cell, "duration": duration, "money": money, "cost": cost, "size": size,
}  # fmt: skip
