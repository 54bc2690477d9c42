"""Periods: whole site-days, by name or by dates, and the equal period before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from chalicelib.catalogue import PERIODS
from chalicelib.catalogue.periods import ALL, CUSTOM
from chalicelib.config import DEFAULT_PERIOD
from chalicelib.days import each
from chalicelib.errors import BadRequest
from chalicelib.store import rollups
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

MAX_DAYS: Final = 3660


@dataclass(frozen=True, slots=True)
class Period:
    """Site-days from `first` to `last`, both included. `name` is a key of `catalogue.PERIODS`."""

    name: str
    first: date
    last: date

    @property
    def length(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1

    def before(self) -> tuple[date, date]:
        """First and last day of the equal period just before."""
        return self.first - timedelta(days=self.length), self.first - timedelta(days=1)

    def days(self) -> list[date]:
        """Its days, in order."""
        return each(self.first, self.last)


def parse(query: Mapping[str, str], site: Site, now: datetime, default: str = DEFAULT_PERIOD) -> Period:
    """The period a query asks for: ``period=<name>``, or ``from=`` and ``to=`` as ISO dates.

    :param now: an aware time; "today" is its date in the site's time zone.
    :param default: the name of the period if the query asks for none.
    :raises BadRequest: for an unknown name, and for dates that are invalid, in the wrong order, or too far apart.
    """
    name = query.get("period") or (CUSTOM if query.get("from") or query.get("to") else default)
    if name not in PERIODS:
        raise BadRequest(_("period must be one of %(names)s.", names=", ".join(PERIODS)), field="period")
    today = now.astimezone(site.zone).date()
    return _custom(query, today) if name == CUSTOM else named(name, site, today)


def named(name: str, site: Site, today: date) -> Period:
    """A period of a site by its name, a key of `catalogue.PERIODS`.

    All time begins with the first day that has figures, though not more than :data:`MAX_DAYS` ago.
    """
    days = PERIODS[name].days
    if days is not None:
        return Period(name, *days(today))
    earliest = today - timedelta(days=MAX_DAYS - 1)
    return Period(ALL, max(earliest, min(rollups.first_day(site.id) or today, today)), today)


def _custom(query: Mapping[str, str], today: date) -> Period:
    first = read_day(query, "from")
    last = read_day(query, "to") if query.get("to") else max(today, first)
    if last < first:
        raise BadRequest(_("The last day must not be before the first one."), field="to")
    if (last - first).days >= MAX_DAYS:
        raise BadRequest(_("A period may have at most %(most)s days.", most=MAX_DAYS), field="from")
    return Period(CUSTOM, first, last)


def read_day(query: Mapping[str, str], field: str) -> date:
    """The day that a parameter names.

    :raises BadRequest: if it is missing or invalid.
    """
    try:
        day = date.fromisoformat(query.get(field, ""))
    except ValueError:
        raise BadRequest(_("%(field)s must be a date like 2026-11-24.", field=field), field=field) from None
    if not 1990 <= day.year <= 2200:
        raise BadRequest(_("%(field)s must lie between 1990 and 2200.", field=field), field=field)
    return day
