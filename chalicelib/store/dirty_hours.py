"""Marks: "this hour of this site-day is dirty until …", what the aggregator works from.

A mark is written after the data and says until when more may be written without a new mark. The aggregator
clears it only with a build that began to read after that, so no hit can slip between a build and its mark.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pynamodb.exceptions import DeleteError

from chalicelib import config
from chalicelib.days import now_ms
from chalicelib.store import aws
from chalicelib.store.tables import MarkItem

_BUCKETS = 4
_CLOSE = "close"

# What this process has marked: (site, day, hour) -> until, epoch ms.
_left: dict[tuple[str, date, int], int] = {}


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark. `hour` is None for the mark that asks to close a day when it is over.

    :ivar until: epoch ms up to which hits may be written under it.
    :ivar due: epoch ms before which nothing is to be done about it.
    """

    site_id: str
    day: date
    hour: int | None
    until: int
    due: int = 0


def leave(site_id: str, day: date, hour: int) -> None:
    """Mark an hour dirty; to be called after its data is written. Costs a write at most once a minute."""
    now = now_ms()
    key = (site_id, day, hour)
    if _left.get(key, 0) > now:
        return
    until = now + config.MARK_LIFE_S * 1000
    MarkItem(_bucket(site_id), _sort_key(site_id, day, hour), until=until).save()
    for stale in [other for other, end in _left.items() if end <= now]:
        del _left[stale]
    _left[key] = until


def ask_to_close(site_id: str, day: date, due: int) -> None:
    """Ask for a day to be compacted after `due` (epoch ms)."""
    MarkItem(_bucket(site_id), _sort_key(site_id, day, None), until=0, due=due).save()


def of_day(site_id: str, day: date) -> list[Mark]:
    """The marks of a site-day."""
    start = MarkItem.sk.startswith(f"{site_id}#{day.isoformat()}#")
    return [_parse(item) for item in MarkItem.query(_bucket(site_id), start, consistent_read=True)]


def of_days(site_id: str, first: date, last: date) -> list[Mark]:
    """The marks of a site's days from `first` to `last`, both included."""
    between = MarkItem.sk.between(f"{site_id}#{first.isoformat()}#", f"{site_id}#{last.isoformat()}~")
    return [_parse(item) for item in MarkItem.query(_bucket(site_id), between, consistent_read=True)]


def all_due(now: int) -> Iterator[Mark]:
    """Every mark that something is to be done about at `now` (epoch ms)."""
    for bucket in range(_BUCKETS):
        for item in MarkItem.query(str(bucket), consistent_read=True):
            if item.due <= now:
                yield _parse(item)


def clear(mark: Mark) -> bool:
    """Remove a mark unless it was renewed since it was read; whether it was removed."""
    item = MarkItem(_bucket(mark.site_id), _sort_key(mark.site_id, mark.day, mark.hour))
    try:
        item.delete(MarkItem.until == mark.until)
    except DeleteError as error:
        if not aws.condition_failed(error):
            raise
        return False
    return True


def _bucket(site_id: str) -> str:
    return str(zlib.crc32(site_id.encode()) % _BUCKETS)


def _sort_key(site_id: str, day: date, hour: int | None) -> str:
    return f"{site_id}#{day.isoformat()}#{_CLOSE if hour is None else f'{hour:02d}'}"


def _parse(item: MarkItem) -> Mark:
    site_id, day, hour = item.sk.split("#")
    number = None if hour == _CLOSE else int(hour)
    return Mark(site_id, date.fromisoformat(day), number, int(item.until), int(item.due))
