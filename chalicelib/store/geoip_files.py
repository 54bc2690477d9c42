"""The GeoIP databases in the bucket."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.config import settings
from chalicelib.errors import Unavailable
from chalicelib.store import aws

# A worker has 30 s for its batch: a bucket that hangs must not take them all.
_ATTEMPTS = 2
_NONE = ("404", "NoSuchKey", "NotFound")
_UNCHANGED = ("304", "NotModified")
# What an object's metadata calls its checksum, of a file that its publisher vouches for or of any other; and where
# it came from.
_VOUCHED = "sha256"
_FOUND = "sha256-found"
_SOURCE = "source"
_RELEASE = "release"
# The source of the databases that come along with Shylight.
PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A database in the bucket.

    :ivar path: the copy in the scratch folder, which is the caller's to delete; None if the caller has it already.
    :ivar etag: identifies the version.
    :ivar intact: whether it matches the checksum of its publisher.
    """

    path: str | None
    etag: str
    intact: bool = False


def fetch(name: str, known: str | None = None) -> Fetched | None:
    """Download the database `name`, e.g. ``city.mmdb``, to the scratch folder; None if there is none.

    :param known: the etag of the version that the caller has; it is not downloaded again.
    :raises Unavailable: if the bucket does not answer now.
    :raises OSError: if it may not be read, or does not fit into the scratch folder.
    """
    condition = {} if known is None else {"IfNoneMatch": known}
    try:
        answer = _client().get_object(Bucket=settings().bucket, Key=_key(name), **condition)
        path, digest = _saved(answer["Body"], name)
        return Fetched(path, str(answer["ETag"]), answer.get("Metadata", {}).get(_VOUCHED) == digest)
    except aws.ClientError as error:
        code = aws.error_code(error)
        if known is not None and code in _UNCHANGED:
            return Fetched(None, known)
        if code in _NONE:
            return None
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            raise PermissionError(f"{_key(name)}: {code}") from error
        raise Unavailable(f"S3 could not return {_key(name)}: {code}") from error
    except aws.BotoCoreError as error:
        raise Unavailable(f"S3 could not return {_key(name)}: {type(error).__name__}") from error


@dataclass(frozen=True, slots=True)
class Edition:
    """Which edition of a database it is.

    :ivar source: where it came from: :data:`PACKAGE`, a publisher's name, or ``""`` for somebody's own.
    :ivar release: what its source calls it, e.g. ``dbip-city-lite-2026-11``.
    """

    source: str = ""
    release: str = ""


def install(name: str, path: Path, vouched: bool, edition: Edition) -> bool:
    """Put the database at `path` into the bucket as `name`, at once and whole; False if it is there already.

    :param vouched: whether a checksum of its publisher's has shown it to be intact.
    """
    with path.open("rb") as file:
        metadata = {
            _VOUCHED if vouched else _FOUND: hashlib.file_digest(file, "sha256").hexdigest(),
            _SOURCE: edition.source,
            _RELEASE: edition.release,
        }
        if _metadata(name) == metadata:
            return False
        file.seek(0)
        aws.client("s3").put_object(Bucket=settings().bucket, Key=_key(name), Body=file, Metadata=metadata)
    return True


def edition(name: str) -> Edition | None:
    """Which edition of the database `name` is in the bucket; None if there is none."""
    found = _metadata(name)
    return None if found is None else Edition(found.get(_SOURCE, ""), found.get(_RELEASE, ""))


def remove(name: str) -> None:
    """Take the database `name` out of the bucket; workers stop using it when they look for a newer one."""
    aws.client("s3").delete_object(Bucket=settings().bucket, Key=_key(name))


def installed() -> list[str]:
    """The names of the databases in the bucket.

    :raises Unavailable: if the bucket does not answer now.
    """
    return list(installed_at())


def installed_at() -> dict[str, int]:
    """When each database was put into the bucket, in epoch seconds, by name.

    :raises Unavailable: if the bucket does not answer now.
    """
    prefix = settings().geo_prefix
    try:
        answer = _client().list_objects_v2(Bucket=settings().bucket, Prefix=prefix)
    except aws.AwsError as error:
        raise Unavailable(f"S3 could not list the GeoIP databases: {type(error).__name__}") from error
    found = {item["Key"].removeprefix(prefix): item["LastModified"] for item in answer.get("Contents", [])}
    return {
        name: int(changed.timestamp()) for name, changed in found.items() if name.endswith(".mmdb") and "/" not in name
    }


def _key(name: str) -> str:
    return settings().geo_prefix + name


def _client() -> Any:
    return aws.client("s3", _ATTEMPTS)


def _metadata(name: str) -> dict[str, str] | None:
    try:
        found = aws.client("s3").head_object(Bucket=settings().bucket, Key=_key(name))
    except aws.ClientError as error:
        if aws.error_code(error) in _NONE:
            return None
        raise
    return dict(found["Metadata"])


def _saved(body: Any, name: str) -> tuple[str, str]:
    digest = hashlib.sha256()
    handle, path = tempfile.mkstemp(suffix=".mmdb", prefix=f"{Path(name).stem}-")
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in body.iter_chunks(1 << 20):
                file.write(chunk)
                digest.update(chunk)
    except BaseException:
        Path(path).unlink()
        raise
    return path, digest.hexdigest()
