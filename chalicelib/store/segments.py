"""Segments: the hits of one hour, or of one finished day, of a site as Parquet objects in the bucket.

====================================================  =======================================================
``segments/hours/site=…/day=…/hour=HH/hits.parquet``  an hour of a day that is not compacted yet
``segments/days/site=…/day=…/hits.parquet``           a finished day, with each hit's visit number
====================================================  =======================================================

Writes are conditional on the state before the build began to read, so that a build with older data cannot overwrite a
newer one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chalicelib.config import settings
from chalicelib.store import aws

_HOURS = "segments/hours"
_DAYS = "segments/days"
FOLDERS = (_HOURS, _DAYS)


class StaleWrite(Exception):
    """The object was written by another build meanwhile: read again and retry."""


@dataclass(frozen=True, slots=True)
class Segment:
    """An object in the bucket. `hour` is None for a compacted day; `etag` identifies the content."""

    key: str
    hour: int | None
    etag: str


def hour_key(site_id: str, day: date, hour: int) -> str:
    """The object key of an hour's segment."""
    return f"{_HOURS}/site={site_id}/day={day.isoformat()}/hour={hour:02d}/hits.parquet"


def day_key(site_id: str, day: date) -> str:
    """The object key of a finished day's segment."""
    return f"{_DAYS}/site={site_id}/day={day.isoformat()}/hits.parquet"


def list_segments(site_id: str, day: date) -> list[Segment]:
    """The existing hour segments of a site-day, by hour."""
    prefix = f"{_HOURS}/site={site_id}/day={day.isoformat()}/"
    answer = aws.client("s3").list_objects_v2(Bucket=settings().bucket, Prefix=prefix)
    found = [
        Segment(item["Key"], int(item["Key"][len(prefix) :].removeprefix("hour=")[:2]), item["ETag"])
        for item in answer.get("Contents", [])
    ]
    return sorted(found, key=lambda segment: segment.key)


def etag(key: str) -> str | None:
    """The etag of the object's current content; None if there is no such object."""
    try:
        return str(aws.client("s3").head_object(Bucket=settings().bucket, Key=key)["ETag"])
    except aws.ClientError as error:
        if aws.error_code(error) in ("404", "NoSuchKey", "NotFound"):
            return None
        raise


def read(key: str) -> bytes | None:
    """The object's content, or None if there is no such object."""
    try:
        return bytes(aws.client("s3").get_object(Bucket=settings().bucket, Key=key)["Body"].read())
    except aws.ClientError as error:
        if aws.error_code(error) in ("404", "NoSuchKey", "NotFound"):
            return None
        raise


def write(key: str, data: bytes, seen: str | None) -> str:
    """Write the object if its etag is still `seen` (None: if it still does not exist); returns the new etag.

    :raises StaleWrite: if it was written by another build meanwhile.
    """
    condition = {"IfNoneMatch": "*"} if seen is None else {"IfMatch": seen}
    try:
        answer = aws.client("s3").put_object(
            Bucket=settings().bucket, Key=key, Body=data, ContentType="application/vnd.apache.parquet", **condition
        )
    except aws.ClientError as error:
        if aws.error_code(error) in ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409"):
            raise StaleWrite(key) from error
        raise
    return str(answer["ETag"])


def delete(keys: list[str]) -> None:
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
