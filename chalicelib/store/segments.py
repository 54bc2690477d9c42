"""Segments: the hits, visits, views and events of site-days as Parquet in the bucket.

====================================================  =======================================================
``segments/parts/site=…/day=…/<name>.zip``            what the program reads: a part of a day's visitors
``segments/visits/site=…/day=…/visits-N.parquet``     for others to read: the visits of a closed day
``segments/views/…``, ``segments/events/…``           its page views and custom events
====================================================  =======================================================

A part holds everything of some visitors of a day, a Parquet file per table of :data:`TABLES`, in an uncompressed ZIP
file. It is written once, under a name of its own, and never changed. Which parts a day consists of is in its
:class:`Manifest`, which is stored with the rollup, in one write. Of a visitor who is in several parts, the one with the
largest age counts. See docs/adr/0053.

Earlier releases wrote ``segments/hours`` and ``segments/days``, which are read where there is no manifest.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final

from chalicelib.config import settings
from chalicelib.store import aws

# The tables of a part, in an order in which builds and reports read them with one request for a range of bytes.
TABLES: Final = ("figures", "beyond", "visitors", "visits", "views", "events", "robots", "hits")
# The tables that are written for others to read.
PUBLIC: Final = ("visits", "views", "events")
_PARTS: Final = "segments/parts"
_OLD: Final = ("segments/hours", "segments/days")
FOLDERS: Final = (_PARTS, *(f"segments/{table}" for table in PUBLIC), *_OLD)
_MISSING: Final = ("404", "NoSuchKey", "NotFound")


class StaleWrite(Exception):
    """Another build of the day has written meanwhile: read again and retry."""


class SegmentLost(Exception):
    """An object that a manifest names is not in the bucket, or is damaged."""


@dataclass(frozen=True, slots=True)
class Part:
    """An object with everything of some visitors of a day.

    :ivar name: unique; of parts of a day that were written later, it is larger.
    :ivar age: of a visitor who is in several parts, the one with the largest age counts.
    :ivar records: number of its hits.
    :ivar places: table -> offset and length of its Parquet file in the object, bytes, and its CRC-32. Empty tables are
        left out.
    """

    name: str
    age: int
    records: int
    places: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a site-day consists of.

    :ivar parts: its parts.
    :ivar written: hour -> when the newest hit was written that they hold, see `store.hits.read`.
    :ivar records: number of all hits; :ivar views_and_events: without leaves.
    :ivar limit: the site's limit per visitor and hour, by which hits were left out.
    :ivar published: whether the tables that others read are those of these parts.
    :ivar unread: hours of which the table has more hits than those that are known, also if they are not marked.
    :ivar lost: how many hits are missing because parts were lost, at least.
    :ivar expected: while parts are made anew, how many hits have to be found; 0: that is not known, or done.
    """

    parts: tuple[Part, ...] = ()
    written: Mapping[int, str] = field(default_factory=dict)
    records: int = 0
    views_and_events: int = 0
    limit: int = 0
    published: bool = False
    unread: tuple[int, ...] = ()
    lost: int = 0
    expected: int = 0

    def pack(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def unpack(cls, text: str) -> Manifest:
        """A manifest from its JSON."""
        data = json.loads(text)
        data["parts"] = tuple(Part(**part) for part in data["parts"])
        data["unread"] = tuple(data["unread"])
        data["written"] = {int(hour): written for hour, written in data["written"].items()}
        return cls(**data)


def part_key(site_id: str, day: date, name: str) -> str:
    """The object key of a part."""
    return f"{_PARTS}/site={site_id}/day={day.isoformat()}/{name}.zip"


def public_key(table: str, site_id: str, day: date, number: int) -> str:
    """The object key of a table that others read."""
    return f"segments/{table}/site={site_id}/day={day.isoformat()}/{table}-{number}.parquet"


# ── Parts ──


def write_part(site_id: str, day: date, name: str, files: Mapping[str, bytes]) -> dict[str, tuple[int, int, int]]:
    """Write a part under a new name; returns the places of its tables."""
    buffer = io.BytesIO()
    places: dict[str, tuple[int, int, int]] = {}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for table in TABLES:
            if table in files:
                archive.writestr(zipfile.ZipInfo(f"{table}.parquet"), files[table])
                size = len(files[table])
                places[table] = (buffer.tell() - size, size, zlib.crc32(files[table]))
    _put(part_key(site_id, day, name), buffer.getvalue(), "application/zip")
    return places


def read_part(site_id: str, day: date, part: Part, tables: Sequence[str] = TABLES) -> dict[str, bytes]:
    """The Parquet files of some tables of a part, with one request.

    :raises SegmentLost: if the object is not there, or is not what was written.
    """
    wanted = {table: part.places[table] for table in tables if table in part.places}
    if not wanted:
        return {}
    first = min(offset for offset, *_ in wanted.values())
    end = max(offset + length for offset, length, _ in wanted.values())
    data = _get(part_key(site_id, day, part.name), f"bytes={first}-{end - 1}")
    found = {
        table: (data or b"")[offset - first : offset - first + length] for table, (offset, length, _) in wanted.items()
    }
    if any(zlib.crc32(found[table]) != checksum for table, (_, _, checksum) in wanted.items()):
        raise SegmentLost(part_key(site_id, day, part.name))
    return found


def list_parts(site_id: str, day: date) -> list[str]:
    """The names of all parts of a site-day in the bucket, also of those that no manifest names; oldest first."""
    prefix = part_key(site_id, day, "").removesuffix(".zip")
    return [key[len(prefix) :].removesuffix(".zip") for key in _keys(prefix)]


def read_found(site_id: str, day: date, name: str) -> dict[str, bytes]:
    """All tables of a part of which only the name is known; none if it is gone or damaged."""
    data = _get(part_key(site_id, day, name))
    try:
        with zipfile.ZipFile(io.BytesIO(data or b"")) as archive:
            return {one.removesuffix(".parquet"): archive.read(one) for one in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        return {}


# ── Tables for others ──


def publish(site_id: str, day: date, parts: Sequence[Mapping[str, bytes]]) -> None:
    """Write the tables that others read, a file for each part that has the table, and delete further files."""
    for table in PUBLIC:
        files = [part[table] for part in parts if table in part]
        for number, data in enumerate(files, start=1):
            _put(public_key(table, site_id, day, number), data, "application/vnd.apache.parquet")
        prefix = f"segments/{table}/site={site_id}/day={day.isoformat()}/"
        written = {public_key(table, site_id, day, number) for number in range(1, len(files) + 1)}
        delete([key for key in _keys(prefix) if key not in written])


# ── Files of earlier releases ──


def old_keys(site_id: str, day: date) -> list[str]:
    """The object keys of files of a site-day that earlier releases wrote."""
    return [key for folder in _OLD for key in _keys(f"{folder}/site={site_id}/day={day.isoformat()}/")]


def read(key: str) -> bytes | None:
    """The object's content, or None if there is no such object."""
    return _get(key)


# ── Objects ──


def exist(site_id: str, day: date) -> bool:
    """Whether the bucket has hits of a site-day."""
    return bool(list_parts(site_id, day) or old_keys(site_id, day))


def _keys(prefix: str) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        answer = aws.client("s3").list_objects_v2(Bucket=settings().bucket, Prefix=prefix, **token)
        yield from sorted(str(one["Key"]) for one in answer.get("Contents", []))
        if not answer.get("IsTruncated"):
            return
        token = {"ContinuationToken": answer["NextContinuationToken"]}


def _get(key: str, span: str = "") -> bytes | None:
    given: dict[str, Any] = {"Range": span} if span else {}
    try:
        return bytes(aws.client("s3").get_object(Bucket=settings().bucket, Key=key, **given)["Body"].read())
    except aws.ClientError as error:
        if aws.error_code(error) in (*_MISSING, "InvalidRange", "416"):
            return None
        raise


def _put(key: str, data: bytes, content_type: str) -> None:
    aws.client("s3").put_object(Bucket=settings().bucket, Key=key, Body=data, ContentType=content_type)


def delete(keys: Sequence[str]) -> None:
    """Delete objects, if they exist."""
    for start in range(0, len(keys), 1000):
        part = [{"Key": key} for key in keys[start : start + 1000]]
        answer = aws.client("s3").delete_objects(Bucket=settings().bucket, Delete={"Objects": part, "Quiet": True})
        if answer.get("Errors"):
            first = answer["Errors"][0]
            raise RuntimeError(f"could not delete {first.get('Key')}: {first.get('Code')} {first.get('Message')}")


def bucket_is_reachable() -> bool:
    """Whether the bucket can be reached."""
    try:
        aws.client("s3").head_bucket(Bucket=settings().bucket)
    except aws.AwsError:
        return False
    return True
