"""The definitions of docs/glossary.md again, as a person would count: what the metric SQL is held against."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.config import VISIT_GAP_MS
from chalicelib.store.records import VIEW, Record


@dataclass(frozen=True, order=True)
class Activity:
    """A sign of life of a visitor, ms; `view`: it is a view, and lasts as long as that does."""

    began: int
    until: int
    view: bool


@dataclass
class Model:
    """The figures of visitors' views and leaves."""

    visits: int = 0
    pageviews: int = 0
    bounces: int = 0
    duration: int = 0
    visitors: set[str] = field(default_factory=set)

    def add(self, visitor: str, records: list[Record]) -> None:
        """Count a visitor's records."""
        activity: list[Activity] = []
        for name in {record.id for record in records}:
            activity += activity_of([record for record in records if record.id == name])
        for visit in sessions(sorted(activity)):
            of_views = [sign for sign in visit if sign.view]
            if of_views:
                self.visitors.add(visitor)
                self.visits += 1
                self.pageviews += len(of_views)
                self.bounces += len(of_views) == 1
                self.duration += max(sign.until for sign in visit) - of_views[0].began


def activity_of(records: list[Record]) -> list[Activity]:
    """The activity of life that the records of one id are."""
    seen: list[list[Record]] = []  # the records of each time that it was seen anew
    repeated = read_before = 0
    for record in sorted(records, key=lambda record: (record.t, record.kind != VIEW)):
        if record.kind == VIEW and (not seen or record.t - repeated > VISIT_GAP_MS):
            seen.append([])
        if record.kind == VIEW:
            repeated = record.t
        if seen:
            seen[-1].append(record)
        else:  # a leave that overtook its view is no sign of life of it, but says how long it was read
            read_before = max(read_before, record.engagement or 0)
    activity: list[Activity] = []
    for number, of_view in enumerate(seen):
        began = alive = of_view[0].t
        for record in of_view:
            if record.t - alive <= VISIT_GAP_MS:
                alive = record.t
            else:
                activity.append(Activity(record.t, record.t, view=False))
        read = max([record.engagement or 0 for record in of_view] + [0 if number else read_before])
        activity.append(Activity(began, max(alive, min(began + read, of_view[-1].t)), view=True))
    return activity


def sessions(activity: list[Activity]) -> list[list[Activity]]:
    """Signs in their order, apart where none was for longer than the gap."""
    found: list[list[Activity]] = []
    alive = 0
    for sign in activity:
        if not found or sign.began - alive > VISIT_GAP_MS:
            found.append([])
        found[-1].append(sign)
        alive = max(alive, sign.until)
    return found
