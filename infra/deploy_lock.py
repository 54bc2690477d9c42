"""One deployment of a stage at a time: a lock in the stage's bucket, which two machines see.

It is an object that is written only if it is not there. Whoever holds it renews it, so that the lock of a deployment
that was killed can be taken over after a while. Its age is computed by S3's own clock alone. Each renewal changes its
content and so its ETag: who has read an expired lock cannot take it over once its holder has renewed it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import getpass
import json
import socket
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self

from botocore.exceptions import ClientError

from infra.aws_environment import AwsError, Cloud, DeployError

KEY: Final = "deploy/lock.json"
RENEW_S: Final = 30.0
EXPIRES_S: Final = 180.0
_NO_BUCKET: Final = "NoSuchBucket"
_ABSENT: Final = {"NoSuchKey", _NO_BUCKET, "404"}
_TAKEN: Final = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
# In place of an ETag, of a lock whose bucket was deleted with the stage: LocalStack deletes it with its stack, although
# the template says that it stays. Nobody else can hold a lock there until there is a bucket again.
_WITHOUT_BUCKET: Final = ""


class DeployLock:
    """The lock of a stage, held within a ``with`` block.

    Before the first deployment there is no bucket. The block is entered without the lock then; call :meth:`take` once
    there is one.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._by = _name_of_holder()
        # By which a holder knows its own lock, also if the answer to the request that wrote it was lost.
        self._id = uuid.uuid4().hex
        self._renewals = 0
        self._etag: str | None = None
        self._is_lost = False
        self._ended = threading.Event()
        self._renewing = threading.Lock()

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._etag is not None and not self._is_lost:
            with suppress(*AwsError):  # the lock expires by itself; what ended the block is what has to be told
                self._release()

    def take(self) -> None:
        """Take the lock, unless this holds it already or there is no bucket yet.

        :raises DeployError: if another deployment holds it.
        """
        if self._etag is not None:
            return
        try:
            self._etag = self._write(IfNoneMatch="*")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == _NO_BUCKET:
                return
            if code not in _TAKEN:
                raise
            self._take_over()
        threading.Thread(target=self._renew, daemon=True).start()

    def check(self) -> None:
        """Before a step that must not be taken by two: renew the lock, if there is a bucket for it.

        :raises DeployError: if another deployment has taken the lock over, because it was not renewed in time.
        """
        if self._etag is None:
            return
        with self._renewing:
            if not self._is_lost:
                self._renew_once()
        if self._is_lost:
            raise DeployError(
                f"Another deployment of the stage {self._cloud.stage} has begun, because this one was not heard of for "
                f"{EXPIRES_S:.0f} s, as when a machine sleeps. Run this again once the other has ended."
            )

    def _take_over(self) -> None:
        """Take over a lock that has expired."""
        found = self._read()
        if found is not None and found.age_s < EXPIRES_S:
            raise DeployError(
                f"{found.holder} is deploying the stage {self._cloud.stage}, or taking it down. Wait until that has "
                f"ended. If it was killed, its lock expires in {EXPIRES_S - found.age_s:.0f} s; then run this again."
            )
        try:
            self._etag = self._write(IfMatch=found.etag) if found else self._write(IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN | _ABSENT:
                raise DeployError(f"Another deployment of the stage {self._cloud.stage} has just begun.") from error
            raise

    def _renew(self) -> None:
        while not self._ended.wait(RENEW_S) and not self._is_lost:
            with self._renewing, suppress(*AwsError):  # there is time for another attempt
                self._renew_once()

    def _renew_once(self) -> None:
        self._renewals += 1
        condition = {"IfNoneMatch": "*"} if self._etag == _WITHOUT_BUCKET else {"IfMatch": self._etag}
        try:
            self._etag = self._write(**condition)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == _NO_BUCKET:
                self._etag = _WITHOUT_BUCKET
            elif code in _TAKEN | _ABSENT:
                self._is_lost = True
            else:
                raise

    def _release(self) -> None:
        found = self._read()
        if found is not None and found.id == self._id:
            self._cloud.client("s3").delete_object(Bucket=self._cloud.names.bucket, Key=KEY)

    def _read(self) -> _Stored | None:
        try:
            found = self._cloud.client("s3").get_object(Bucket=self._cloud.names.bucket, Key=KEY)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        content = json.loads(found["Body"].read())
        return _Stored(str(found["ETag"]), _age_s(found), content.get("by", "somebody"), content.get("id", ""))

    def _write(self, **condition: Any) -> str:
        """Write the lock on a condition; gives its ETag.

        A request whose answer was lost is repeated, and its second attempt is refused because of what the first has
        written. So what is refused has succeeded if the lock that is there is this one.
        """
        body = json.dumps({"by": self._by, "id": self._id, "renewals": self._renewals}).encode()
        try:
            written = self._cloud.client("s3").put_object(
                Bucket=self._cloud.names.bucket, Key=KEY, Body=body, ContentType="application/json", **condition
            )
        except ClientError as error:
            found = self._read() if error.response["Error"]["Code"] in _TAKEN else None
            if found is None or found.id != self._id:
                raise
            return found.etag
        return str(written["ETag"])


@dataclass(frozen=True)
class _Stored:
    """The lock in the bucket: its ETag, for how long it was not renewed, who holds it, and the id of that holder."""

    etag: str
    age_s: float
    holder: str
    id: str


def _age_s(found: dict[str, Any]) -> float:
    """For how long an object has not been written, by the clock of S3."""
    now = parsedate_to_datetime(found["ResponseMetadata"]["HTTPHeaders"]["date"])
    return float((now - found["LastModified"]).total_seconds())


def _name_of_holder() -> str:
    """Who deploys, for the others: as the shell shows it."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a user without a name, as in some containers
        return f"somebody@{socket.gethostname()}"
