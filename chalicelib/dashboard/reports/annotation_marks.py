"""Annotations of the period that a page shows: markers on the chart, remarks in its table, and the list below it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from chalicelib import config
from chalicelib.accounts.sites.site_annotations import PeriodAnnotations
from chalicelib.dashboard import formatting
from chalicelib.dashboard.reports.chart import x_of
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report.stats import Stats
from chalicelib.store.site_annotations import DEPLOY, Annotation
from chalicelib.store.sites import Site
from chalicelib.translation import N_, ngettext
from chalicelib.translation import gettext as _

KIND_NAMES: Final = {"note": N_("Note"), "deploy": N_("Deployment")}
# The parameters that fill in the form for a new annotation.
DAY: Final = "day"
TIME: Final = "time"
# Markers that would be closer than this, percent of the chart's width, are one.
_CLOSE: Final = 2.0
# What a marker tells before it says how many more there are.
_TOLD: Final = 8
# A table with more rows than this has no links to annotate them.
_MOST_LINKED_ROWS: Final = 100


class Mark(NamedTuple):
    """A marker below the chart.

    :ivar x: percent from the left; :ivar number: how many annotations it stands for.
    :ivar kind: theirs, if all are of one; else that of notes.
    :ivar title: how many, if there are several, and what they say, a line each.
    :ivar href: a link to the first in the list.
    """

    x: float
    number: int
    kind: str
    title: str
    href: str


class AnnotationLine(NamedTuple):
    """An annotation in a list.

    :ivar when: its day, and its time if it has one, in words; :ivar iso: the same, for programs.
    :ivar kind: its name, for other kinds than notes; else ``""``.
    :ivar host: of `url`; :ivar author: the name that it is signed with.
    """

    id: str
    when: str
    iso: str
    text: str
    url: str
    host: str
    kind: str
    author: str


class ChartAnnotations(NamedTuple):
    """What a page shows of the annotations of its period.

    :ivar remarks: what the rows of the chart's table say, by number of the row.
    :ivar lines: the latest first; :ivar total: how many there are, though not all are in `lines`.
    :ivar add: the query of the form for a new one; :ivar adds: for one in each row of the table, if there are few.
    :ivar suffix: the query of the page, for links that lead back to it.
    :ivar version: see `accounts.sites.site_annotations`; :ivar may_edit: whether the person may add and change some.
    """

    marks: tuple[Mark, ...]
    remarks: tuple[tuple[str, ...], ...]
    lines: tuple[AnnotationLine, ...]
    total: int
    add: str
    adds: tuple[str, ...]
    suffix: str
    version: str
    may_edit: bool


def on_chart(
    stats: Stats, given: PeriodAnnotations, now: datetime, query: PageQuery, *, may_edit: bool
) -> ChartAnnotations:
    """The annotations of the period of `stats`. `now`: on the site's clock; `query`: of the page."""
    site, today = stats.site, now.date()
    places = places_of(stats, given.found)
    shown = given.found[::-1][: config.ANNOTATIONS_PAGE_ROWS]
    by_row = {
        place: tuple(_remark(stats, one, today) for _place, one in group)
        for place, group in groupby(zip(places, given.found, strict=True), key=lambda pair: pair[0])
    }
    return ChartAnnotations(
        tuple(_marks(site, given.found, places, len(stats.series), {one.id for one in shown}, today)),
        tuple(by_row.get(number, ()) for number in range(len(stats.series))),
        tuple(line(site, one, today) for one in shown),
        len(given.found),
        query.changed(**{DAY: min(today, stats.last).isoformat()}).href,
        _adds(stats, now, query) if may_edit else (),
        query.suffix,
        given.version,
        may_edit,
    )


def places_of(stats: Stats, found: Sequence[Annotation]) -> list[int]:
    """The buckets of annotations of the period. A day without a time is in the bucket in which it begins."""
    begins = [round(point.t.timestamp() * 1000) for point in stats.series]
    dates = [point.t.date() for point in stats.series]

    def place(one: Annotation) -> int:
        if one.day is None:
            return bisect_right(begins, one.t or 0) - 1
        index = bisect_left(dates, one.day)
        return index if index < len(dates) and dates[index] == one.day else index - 1

    return [max(0, place(one)) for one in found]


def line(site: Site, annotation: Annotation, today: date) -> AnnotationLine:
    """The texts of an annotation."""
    return AnnotationLine(
        annotation.id,
        when(site, annotation, today),
        annotation.at,
        annotation.text,
        annotation.url,
        urlsplit(annotation.url).hostname or "",
        "" if annotation.kind != DEPLOY else _(KIND_NAMES[annotation.kind]),
        annotation.signed,
    )


def when(site: Site, annotation: Annotation, today: date) -> str:
    """The moment of an annotation in the site's time zone: ``14 Nov``, ``14 Nov 2025, 09:05``."""
    local = local_time(site, annotation)
    if local is None:
        day = annotation.day or today
        return formatting.days(day, day, today)
    return f"{formatting.days(local.date(), local.date(), today)}, {formatting.clock(local)}"


def local_time(site: Site, annotation: Annotation) -> datetime | None:
    """The time of an annotation on the site's clock; None if it is about a whole day."""
    if annotation.t is None:
        return None
    return site.calendar.local(annotation.t, site.calendar.day_of(annotation.t))


def _remark(stats: Stats, annotation: Annotation, today: date) -> str:
    """An annotation in a row of the table, which says the day, unless it is that of several."""
    local = local_time(stats.site, annotation)
    if stats.interval in ("week", "month"):
        return f"{when(stats.site, annotation, today)} · {_what(annotation)}"
    return f"{formatting.clock(local)} · {_what(annotation)}" if local else _what(annotation)


def _what(annotation: Annotation) -> str:
    return annotation.text if annotation.kind != DEPLOY else _("Deployment: %(text)s", text=annotation.text)


def _marks(
    site: Site, found: Sequence[Annotation], places: Sequence[int], buckets: int, listed: set[str], today: date
) -> list[Mark]:
    groups: list[list[tuple[float, Annotation]]] = []
    for x, one in sorted(zip((x_of(place, buckets) for place in places), found, strict=True), key=lambda pair: pair[0]):
        if groups and x - groups[-1][0][0] < _CLOSE:
            groups[-1].append((x, one))
        else:
            groups.append([(x, one)])
    marks = []
    for group in groups:
        of_mark = [one for _x, one in group]
        lines = [f"{when(site, one, today)} · {_what(one)}" for one in of_mark[:_TOLD]]
        if len(of_mark) > 1:  # the number is what is to be seen of it, so its name begins with it
            lines.insert(0, ngettext("%(num)s annotation", "%(num)s annotations", len(of_mark)))
        if len(of_mark) > _TOLD:
            more = len(of_mark) - _TOLD
            lines.append(ngettext("and %(num)s more", "and %(num)s more", more))
        kinds = {one.kind for one in of_mark}
        anchor = f"#annotation-{of_mark[0].id}" if of_mark[0].id in listed else "#annotations"
        middle = round((group[0][0] + group[-1][0]) / 2, 2)
        marks.append(Mark(middle, len(of_mark), kinds.pop() if len(kinds) == 1 else "note", "\n".join(lines), anchor))
    return marks


def _adds(stats: Stats, now: datetime, query: PageQuery) -> tuple[str, ...]:
    """The queries of the form for a new annotation, for the buckets that have begun."""
    begun = [point.t for point in stats.series if point.t <= now]
    if len(begun) > _MOST_LINKED_ROWS:
        return ()
    has_times = stats.interval in ("hour", "minute")
    return tuple(
        query.changed(**{DAY: t.date().isoformat()}, **({TIME: formatting.clock(t)} if has_times else {})).href
        for t in begun
    )
