"""Dirty marks: which hours of which site-days have new hits. The aggregator builds what is marked.

A mark is written after the hits, and is valid for a while, in which more hits may be written without a new mark. Only a
build that began to read after that time clears it, so that no hit is missed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from chalicelib import config
from chalicelib.days import now_ms
from chalicelib.store import aws, bulk_reads
from chalicelib.store.tables import MarkItem

_BUCKETS = 4
_CLOSE = "close"

# Marks that this process has written: (site, day, hour) -> until, epoch ms.
_left: dict[tuple[str, date, int], int] = {}


@dataclass(frozen=True, slots=True)
class Mark:
    """A dirty mark. `hour` is None for the mark that closes a finished day.

    :ivar until: epoch ms until which hits may be written without a new mark.
    :ivar due: epoch ms before which it is ignored.
    """

    site_id: str
    day: date
    hour: int | None
    until: int
    due: int = 0


def mark(site_id: str, day: date, hour: int) -> None:
    """Mark an hour dirty; to be called after its hits are written. Writes at most once a minute per hour."""
    now = now_ms()
    key = (site_id, day, hour)
    if _left.get(key, 0) > now:
        return
    until = now + config.MARK_LIFE_S * 1000
    MarkItem(bucket_of(site_id), _sort_key(site_id, day, hour), until=until).save()
    for stale in [other for other, end in _left.items() if end <= now]:
        del _left[stale]
    _left[key] = until


def schedule_close(site_id: str, day: date, due: int) -> None:
    """Mark a day to be closed after `due` (epoch ms)."""
    MarkItem(bucket_of(site_id), _sort_key(site_id, day, None), until=0, due=due).save()


def of_day(site_id: str, day: date) -> list[Mark]:
    """The marks of a site-day."""
    start = MarkItem.sk.startswith(f"{site_id}#{day.isoformat()}#")
    return [
        _parse(item.sk, item.until, item.due)
        for item in MarkItem.query(bucket_of(site_id), start, consistent_read=True)
    ]


def of_days(site_id: str, first: date, last: date) -> list[Mark]:
    """The marks of a site's days from `first` to `last`, both included."""
    between = MarkItem.sk.between(f"{site_id}#{first.isoformat()}#", f"{site_id}#{last.isoformat()}~")
    return [
        _parse(item.sk, item.until, item.due)
        for item in MarkItem.query(bucket_of(site_id), between, consistent_read=True)
    ]


def due_of_sites(wanted: Mapping[str, tuple[date, date]], now: int) -> Iterator[Mark]:
    """The marks of sites, by id, in their days from the first to the last (included), that are due at `now`, epoch ms.

    A few sites are asked for one by one; for many, the marks of all sites are read.
    """
    if len(wanted) <= _BUCKETS:
        for site_id, (first, last) in wanted.items():
            yield from (mark for mark in of_days(site_id, first, last) if mark.due <= now)
        return
    for mark in all_due(now):
        first, last = wanted.get(mark.site_id, (date.max, date.min))
        if first <= mark.day <= last:
            yield mark


def all_due(now: int) -> Iterator[Mark]:
    """The marks of all sites that are due at `now` (epoch ms)."""
    buckets = [str(bucket) for bucket in range(_BUCKETS)]
    for item in bulk_reads.of_partitions(config.settings().table("marks"), "bucket", buckets):
        if item["due"] <= now:
            yield _parse(item["sk"], item["until"], item["due"])


def clear(mark: Mark) -> bool:
    """Delete a mark unless it was renewed since it was read; returns whether it was deleted."""
    item = MarkItem(bucket_of(mark.site_id), _sort_key(mark.site_id, mark.day, mark.hour))
    return aws.condition_met(lambda: item.delete(MarkItem.until == mark.until))


def bucket_of(site_id: str) -> str:
    """The partition key of a site."""
    return str(zlib.crc32(site_id.encode()) % _BUCKETS)


def _sort_key(site_id: str, day: date, hour: int | None) -> str:
    return f"{site_id}#{day.isoformat()}#{_CLOSE if hour is None else f'{hour:02d}'}"


def _parse(sort_key: str, until: float, due: float) -> Mark:
    site_id, day, hour = sort_key.split("#")
    number = None if hour == _CLOSE else int(hour)
    return Mark(site_id, date.fromisoformat(day), number, int(until), int(due))
