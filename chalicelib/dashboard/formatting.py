"""Numbers, durations and dates, formatted in English, without HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.accounts.access import appearance
from chalicelib.config import SCREEN_WIDTHS
from chalicelib.translation import N_, ngettext
from chalicelib.translation import gettext as _

NOTHING = "—"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MAX_NAME_CHARS = 300
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def number(value: float | None) -> str:
    """A count with thousands separated: ``1,234``."""
    return NOTHING if value is None else f"{value:,.0f}"


def money(value: float) -> str:
    """An amount of money: ``1,234.50``, without its currency."""
    return f"{value:,.2f}"


def cost(value: float) -> str:
    """An amount of money that may be small: ``12.35``, ``<0.01`` for small ones other than 0."""
    return "<0.01" if 0 < value < 0.005 else money(value)


def size(value: float) -> str:
    """A number of bytes: ``940 B``, ``12 kB``, ``1.2 MB``, ``35 GB``."""
    for factor, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= factor * 0.9995:
            scaled = value / factor
            return f"{scaled:.1f}".removesuffix(".0") + f" {unit}" if scaled < 9.95 else f"{scaled:.0f} {unit}"
    return f"{value:.0f} B"


def short(value: float) -> str:
    """A short count: ``940``, ``1.2k``, ``35k``, ``1.2M``; show :func:`number` on hover."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        # 999,950 would round to "1000k": the next letter takes over where the rounding does
        if value >= size * 0.9995 and value >= 1000:
            scaled = value / size
            return f"{scaled:.1f}".removesuffix(".0") + letter if scaled < 9.95 else f"{scaled:.0f}{letter}"
    return f"{value:,.0f}"


def shortened(name: str) -> str:
    """A name, truncated: visitors can send names of any length, and a page must not become too large."""
    return name if len(name) <= _MAX_NAME_CHARS else f"{name[: _MAX_NAME_CHARS - 1]}…"


def day_list(of_days: Sequence[date]) -> str:
    """A list of days, shortened to three: ``23 Nov and 24 Nov``."""
    named = [f"{day.day} {MONTHS[day.month - 1]}" for day in of_days[:3]]
    if len(of_days) > len(named):
        left = len(of_days) - len(named)
        named.append(ngettext("%(num)s more day", "%(num)s more days", left))
    if len(named) == 1:
        return named[0]
    return _("%(first)s and %(last)s", first=", ".join(named[:-1]), last=named[-1])


def axis(value: int) -> str:
    """A round value at a gridline, short but exact: ``750``, ``1.25k``."""
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return str(value)


def decimal(value: float | None) -> str:
    """A mean: ``2.31``."""
    return NOTHING if value is None else f"{value:,.2f}"


def percent(fraction: float | None) -> str:
    """A fraction of 1 as percent with one decimal: ``43.2%``. Only exact values become ``0.0%`` and ``100.0%``."""
    if fraction is None:
        return NOTHING
    if 0 < fraction < 0.0005:
        return "<0.1%"
    shown = f"{fraction * 100:.1f}%"
    return "99.9%" if shown == "100.0%" and fraction < 1 else shown


def whole_percent(value: float | None) -> str:
    """A number of percents, without decimals: ``63%``. All and nothing are said of those alone."""
    if value is None:
        return NOTHING
    if 0 < value < 0.5:
        return "<1%"
    return "99%" if 99.5 <= value < 100 else f"{value:.0f}%"


def share(part: float, whole: float) -> str:
    """`part` of `whole` as percent: ``43.2%``; ``<0.1%`` for small parts other than 0."""
    if whole <= 0:
        return NOTHING
    return percent(min(part / whole, 1.0))


DEVICE_TYPES = {
    "phone": N_("Phone"),
    "tablet": N_("Tablet"),
    "desktop": N_("Desktop"),
    "tv": N_("TV"),
    "console": N_("Console"),
    "wearable": N_("Wearable"),
    "car": N_("Car"),
    "other": N_("Other"),
    "robot": N_("Bot"),
}


def device_type(name: str) -> str:
    """The name of a device type: ``TV`` for ``tv``; others in upper case."""
    return _(DEVICE_TYPES[name]) if name in DEVICE_TYPES else name[:1].upper() + name[1:]


_SCREENS = {
    "mobile": N_("Mobile (< %(next)s px)"),
    "tablet": N_("Tablet (%(least)s–%(most)s px)"),
    "laptop": N_("Laptop (%(least)s–%(most)s px)"),
    "desktop": N_("Desktop (≥ %(least)s px)"),
}


def screen(name: str) -> str:
    """The name of a class of screens, with the widths of windows in it: ``Tablet (576–991 px)``."""
    if name not in _SCREENS:
        return name
    widths = list(SCREEN_WIDTHS.values())
    following = [*widths[1:], 0][list(SCREEN_WIDTHS).index(name)]
    return _(_SCREENS[name], least=SCREEN_WIDTHS[name], most=following - 1, next=following)


def duration(seconds: float | None) -> str:
    """Seconds in the two largest units: ``0s``, ``42s``, ``1m 24s``, ``2h 5m``, ``1d 2h``."""
    if seconds is None:
        return NOTHING
    whole = round(seconds)
    for size, letter, next_size, next_letter in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "m"),
        (_MINUTE, "m", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // next_size
            return f"{whole // size}{letter} {rest}{next_letter}" if rest else f"{whole // size}{letter}"
    return f"{whole}s"


def milliseconds(value: float | None) -> str:
    """A load time: ``840 ms``, ``1.24 s``."""
    if value is None:
        return NOTHING
    return f"{value:.0f} ms" if value < 999.5 else f"{value / 1000:.2f} s"


@dataclass(frozen=True, slots=True)
class Delta:
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
        amount=amount + (" pp" if points else "%"),
        word=words[0] if up else words[1],
        mood="good" if up == good_up else "bad",
    )


def day(value: date, *, year: bool = False) -> str:
    """A date: ``14 Nov``, or with its year ``14 Nov 2026``."""
    text = f"{value.day} {MONTHS[value.month - 1]}"
    return f"{text} {value.year}" if year else text


def weekday(value: date) -> str:
    """A date with its day of the week: ``Sat 14 Nov``."""
    return f"{WEEKDAYS[value.weekday()]} {day(value)}"


def weekday_name(number: int) -> str:
    """The short name of a day of the week, 0 being Monday: ``Mon``."""
    return WEEKDAYS[number]


def days(first: date, last: date, today: date | None = None) -> str:
    """A range of days: ``14–20 Nov``, ``28 Nov – 3 Dec``; with years where they are not `today`'s."""
    plain = today is not None and first.year == last.year == today.year
    if first == last:
        return day(first, year=not plain)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last, year=not plain)}"
    return f"{day(first, year=first.year != last.year)} – {day(last, year=not plain)}"


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
    return f"{date_of(at)}, {clock_of(at)}"


def bucket(value: datetime, interval: str) -> str:
    """A bucket of the chart: ``Sat 14 Nov, 14:00`` or ``Sat 14 Nov``."""
    text = weekday(value.date())
    return f"{text}, {clock(value)}" if interval in ("hour", "minute") else text


def cell(value: int) -> str:
    """A count in a narrow column: in full below a million, else short."""
    return number(value) if value < 1_000_000 else short(value)


# The filters of the templates.
FILTERS: dict[str, Callable[..., str]] = {
    "number": number, "cell": cell, "duration": duration, "money": money, "cost": cost, "size": size,
}  # fmt: skip
