"""Buckets in memory, as far as deployments use them, with S3's rules for uploads in parts.

See https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

SMALLEST_PART = 5 * 1024 * 1024


@dataclass
class Upload:
    """An upload in parts that was begun."""

    bucket: str
    key: str
    parts: dict[int, bytes] = field(default_factory=dict)


class FakeBuckets:
    """The part of an account in memory that is S3.

    :ivar objects: their contents, by bucket and key.
    :ivar sent: the bytes of objects and parts that were sent.
    :ivar now: the time of S3. :ivar written: when an object was, if not in parts.
    """

    kept: set[str]
    refuse: Callable[[str, str], Exception]
    _id: Callable[[], str]

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.uploads: dict[str, Upload] = {}
        self.sent = 0
        self.now = datetime(2026, 11, 27, tzinfo=UTC)
        self.written: dict[tuple[str, str], datetime] = {}

    def s3_put_object(self, Bucket: str, Key: str, Body: bytes, **given: Any) -> Any:
        if Bucket not in self.kept:
            raise self.refuse("s3", "NoSuchBucket")
        known = self.objects.get((Bucket, Key))
        if "IfMatch" in given and known is None:
            raise self.refuse("s3", "NoSuchKey")
        is_other = "IfMatch" in given and known is not None and _tag(known) != given["IfMatch"]
        if is_other or ("IfNoneMatch" in given and known is not None):
            raise self.refuse("s3", "PreconditionFailed")
        self.objects[Bucket, Key] = Body
        self.written[Bucket, Key] = self.now
        return {"ETag": _tag(Body)}

    def s3_list_object_versions(self, Bucket: str) -> Any:
        if Bucket not in self.kept:
            raise self.refuse("s3", "NoSuchBucket")
        found = [{"Key": key, "VersionId": "null"} for key in self._keys(Bucket)]
        return {"Versions": found} if found else {}

    def s3_delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> Any:
        for one in Delete["Objects"]:
            self.objects.pop((Bucket, one["Key"]), None)

    def s3_delete_bucket(self, Bucket: str) -> Any:
        if Bucket not in self.kept:
            raise self.refuse("s3", "NoSuchBucket")
        if self._keys(Bucket):
            raise self.refuse("s3", "BucketNotEmpty")
        self.kept.remove(Bucket)

    def s3_delete_object(self, Bucket: str, Key: str) -> Any:
        self.objects.pop((Bucket, Key), None)

    def s3_list_objects_v2(self, Bucket: str, Prefix: str) -> Any:
        if Bucket not in self.kept:
            raise self.refuse("s3", "NoSuchBucket")
        found = [{"Key": key, "Size": len(self.objects[Bucket, key])} for key in self._keys(Bucket, Prefix)]
        return {"Contents": found} if found else {}

    def s3_get_object(self, Bucket: str, Key: str, Range: str = "bytes=0-") -> Any:
        if (Bucket, Key) not in self.objects:
            raise self.refuse("s3", "NoSuchKey")
        body = self.objects[Bucket, Key]
        return {
            "Body": io.BytesIO(body[int(Range.removeprefix("bytes=").removesuffix("-")) :]),
            "ETag": _tag(body),
            "LastModified": self.written.get((Bucket, Key), self.now),
            "ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(self.now, usegmt=True)}},
        }

    # ── Uploads in parts ──

    def s3_create_multipart_upload(self, Bucket: str, Key: str) -> Any:
        upload = self._id()
        self.uploads[upload] = Upload(Bucket, Key)
        return {"UploadId": upload}

    def s3_list_multipart_uploads(self, Bucket: str, Prefix: str) -> Any:
        found = [
            {"Key": one.key, "UploadId": name}
            for name, one in self.uploads.items()
            if one.bucket == Bucket and one.key.startswith(Prefix)
        ]
        return {"Uploads": found} if found else {}

    def s3_list_parts(self, Bucket: str, Key: str, UploadId: str) -> Any:
        parts = self._upload(UploadId).parts.items()
        return {"Parts": [{"PartNumber": number, "ETag": _tag(body)} for number, body in parts]} if parts else {}

    def s3_upload_part(
        self, Bucket: str, Key: str, UploadId: str, PartNumber: int, Body: bytes, ContentMD5: str | None = None
    ) -> Any:
        if ContentMD5 is not None and base64.b64decode(ContentMD5) != hashlib.md5(Body, usedforsecurity=False).digest():
            raise self.refuse("s3", "BadDigest")
        self.sent += len(Body)
        self._upload(UploadId).parts[PartNumber] = Body
        return {"ETag": _tag(Body)}

    def s3_upload_part_copy(
        self, Bucket: str, Key: str, UploadId: str, PartNumber: int, CopySource: dict[str, str], CopySourceRange: str
    ) -> Any:
        first, last = map(int, CopySourceRange.removeprefix("bytes=").split("-"))
        copied = self.s3_get_object(**CopySource)["Body"].read()[first : last + 1]
        self._upload(UploadId).parts[PartNumber] = copied
        return {"CopyPartResult": {"ETag": _tag(copied)}}

    def s3_complete_multipart_upload(self, Bucket: str, Key: str, UploadId: str, MultipartUpload: Any) -> Any:
        present = self._upload(UploadId).parts
        wanted = [present[one["PartNumber"]] for one in MultipartUpload["Parts"]]
        if [one["ETag"] for one in MultipartUpload["Parts"]] != [*map(_tag, wanted)]:
            raise self.refuse("s3", "InvalidPart")
        if any(len(body) < SMALLEST_PART for body in wanted[:-1]):
            raise self.refuse("s3", "EntityTooSmall")
        self.objects[Bucket, Key] = b"".join(wanted)
        del self.uploads[UploadId]

    def s3_abort_multipart_upload(self, Bucket: str, Key: str, UploadId: str) -> Any:
        self._upload(UploadId)
        del self.uploads[UploadId]

    def _keys(self, bucket: str, prefix: str = "") -> list[str]:
        return [key for owner, key in self.objects if owner == bucket and key.startswith(prefix)]

    def _upload(self, upload: str) -> Upload:
        if upload not in self.uploads:
            raise self.refuse("s3", "NoSuchUpload")
        return self.uploads[upload]


def _tag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
