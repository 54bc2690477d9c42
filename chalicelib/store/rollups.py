"""Stored rollups: the packed result of the metric SQL for a site-day. They are recomputed, never incremented."""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pynamodb.exceptions import PutError
from pynamodb.expressions.update import Action

from chalicelib.config import settings
from chalicelib.store import aws, bulk_reads
from chalicelib.store.segments import Manifest, StaleWrite
from chalicelib.store.tables import RollupItem
from chalicelib.timed_cache import on_reset

# Sites that are known to have rollups, which are never deleted but with their site.
_with_rollups: dict[str, None] = {}
on_reset(_with_rollups.clear)
# DynamoDB's limit for an item is 400 KB, including keys and the manifest.
MAX_PACKED_BYTES = 370_000
_LENGTH_BYTES = 4
_BUT_FIGURES = [name for name in RollupItem.get_attributes() if name != "packed"]


@dataclass(frozen=True, slots=True)
class StoredRollup:
    """A rollup as stored.

    :ivar packed: compressed JSON, see `aggregate.rollup_sums`.
    :ivar built_at: epoch ms at which its build began to read.
    :ivar build: unique to the build.
    :ivar turn: how often the rollup of the day was written: it grows with each build that is stored.
    :ivar manifest: the segments from which it was computed; None if an earlier release has built it.
    :ivar expected: without a manifest, how many hits the day had, if that is known; else 0.
    """

    day: date
    packed: bytes
    built_at: int
    build: str
    manifest: Manifest | None = None
    expected: int = 0
    turn: int = 0


def pack(figures: dict[str, Any], tables: dict[str, Any]) -> bytes:
    """Two parts as compressed JSON, which can be unpacked separately; deterministic."""
    first, second = compressed(figures), compressed(tables)
    return len(first).to_bytes(_LENGTH_BYTES) + first + second


def unpack_figures(packed: bytes) -> dict[str, Any]:
    """The first, small part of a packed rollup."""
    return decompressed(packed[_LENGTH_BYTES : _end_of_figures(packed)])


def unpack_tables(packed: bytes) -> dict[str, Any]:
    """The second part."""
    return decompressed(packed[_end_of_figures(packed) :])


def _end_of_figures(packed: bytes) -> int:
    return _LENGTH_BYTES + int.from_bytes(packed[:_LENGTH_BYTES])


def compressed(content: dict[str, Any]) -> bytes:
    """Compressed JSON; deterministic."""
    return zlib.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(), 6)


def decompressed(data: bytes) -> dict[str, Any]:
    """The value of compressed JSON."""
    content: dict[str, Any] = json.loads(zlib.decompress(data))
    return content


def get(site_id: str, day: date) -> StoredRollup | None:
    """The rollup of a site-day, as of now."""
    try:
        return _parse(RollupItem.get(site_id, _sort_key(day), consistent_read=True))
    except RollupItem.DoesNotExist:
        return None


def between(site_id: str, first: date, last: date) -> list[StoredRollup]:
    """The rollups of the days from `first` to `last`, both included, by day."""
    keys = RollupItem.sk.between(_sort_key(first), _sort_key(last))
    return [_parse(item) for item in RollupItem.query(site_id, keys, consistent_read=True)]


def without_figures(site_id: str, first: date, last: date) -> dict[date, StoredRollup]:
    """Like :func:`between`, but without `packed`, which is large."""
    keys = RollupItem.sk.between(_sort_key(first), _sort_key(last))
    items = RollupItem.query(site_id, keys, consistent_read=True, attributes_to_get=_BUT_FIGURES)
    return {stored.day: stored for stored in map(_parse, items)}


def built_between(site_id: str, first: date, last: date) -> dict[date, int]:
    """The days from `first` to `last` that have a rollup, in order, and when their builds began, epoch ms."""
    return {day: stored.built_at for day, stored in without_figures(site_id, first, last).items()}


def put_minutes(site_id: str, day: date, packed: bytes, built_at: int) -> None:
    """Store the sums per minute of a finished day."""
    RollupItem(site_id, _minutes_key(day), packed=packed, built_at=built_at, build="minutes").save()


def minutes(site_id: str, day: date) -> bytes | None:
    """The packed sums per minute of a finished day, if stored."""
    try:
        return bytes(RollupItem.get(site_id, _minutes_key(day)).packed)
    except RollupItem.DoesNotExist:
        return None


def minutes_of(wanted: Iterable[tuple[str, date]]) -> dict[tuple[str, date], bytes]:
    """:func:`minutes` of days of many sites, those that are stored.

    :param wanted: ids of sites, and days, without duplicates.
    """
    items = bulk_reads.by_keys(settings().table("rollups"), ((site_id, _minutes_key(day)) for site_id, day in wanted))
    return {_site_and_day(item): item["packed"] for item in items}


def packed_of(wanted: Iterable[tuple[str, date]]) -> dict[tuple[str, date], bytes]:
    """The packed rollups of days of many sites, those that are stored; see :func:`minutes_of`."""
    items = bulk_reads.by_keys(settings().table("rollups"), ((site_id, _sort_key(day)) for site_id, day in wanted))
    return {_site_and_day(item): item["packed"] for item in items}


def _site_and_day(item: bulk_reads.Item) -> tuple[str, date]:
    return item["site"], date.fromisoformat(item["sk"].partition("#")[2])


def first_day(site_id: str) -> date | None:
    """The first day of which the site has a rollup; None if it has none."""
    for item in RollupItem.query(site_id, RollupItem.sk.startswith("day#"), limit=1, attributes_to_get=["sk"]):
        return date.fromisoformat(item.sk.partition("#")[2])
    return None


def exist(site_id: str) -> bool:
    """Whether the site has a rollup of any day."""
    if site_id not in _with_rollups:
        if first_day(site_id) is None:
            return False
        _with_rollups[site_id] = None
    return True


def put(site_id: str, rollup: StoredRollup, replaces: StoredRollup | None) -> StoredRollup:
    """Write a rollup, replacing `replaces`, the one that its build had found (None: there was none); as it is stored.

    :raises StaleWrite: if another build has written meanwhile.
    """
    rollup = replace(rollup, turn=(replaces.turn if replaces else 0) + 1)
    unchanged = RollupItem.build.does_not_exist() if replaces is None else RollupItem.build == replaces.build
    item = RollupItem(
        site_id,
        _sort_key(rollup.day),
        packed=rollup.packed,
        built_at=rollup.built_at,
        build=rollup.build,
        turn=rollup.turn,
        manifest=rollup.manifest.pack() if rollup.manifest else None,
    )
    try:
        item.save(unchanged)
    except PutError as error:
        if aws.condition_failed(error):
            raise StaleWrite(f"{site_id} {rollup.day}") from error
        raise
    return rollup


def records(stored: StoredRollup) -> int:
    """How many hits a day has, or had before some were lost; 0 if that is not known."""
    if stored.manifest is None:
        return stored.expected
    beyond: int = sum(left_out for _, left_out in unpack_figures(stored.packed).get("beyond", ()))
    return stored.manifest.records + stored.manifest.lost + beyond


def forget_manifest(site_id: str, stored: StoredRollup, expected: int) -> bool:
    """Have the next build look at everything that is stored of a site-day, and not only at what is new.

    :param expected: how many hits it has to find; if there are fewer, it notes how many are lost.
    :returns: False if the day was built meanwhile.
    """
    item = RollupItem(site_id, _sort_key(stored.day))
    actions: list[Action] = [
        RollupItem.manifest.remove(), RollupItem.build.set(uuid.uuid4().hex), RollupItem.expected.set(expected),
    ]  # fmt: skip
    unchanged = RollupItem.build == stored.build
    return aws.condition_met(lambda: item.update(actions=actions, condition=unchanged))


def _sort_key(day: date) -> str:
    return f"day#{day.isoformat()}"


def _minutes_key(day: date) -> str:
    return f"minutes#{day.isoformat()}"


def _parse(item: RollupItem) -> StoredRollup:
    return StoredRollup(
        day=date.fromisoformat(item.sk.partition("#")[2]),
        packed=bytes(item.packed or b""),
        built_at=int(item.built_at),
        build=item.build,
        manifest=Manifest.unpack(item.manifest) if item.manifest else None,
        expected=int(item.expected or 0),
        turn=int(item.turn or 0),
    )
