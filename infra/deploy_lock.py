"""One deployment of a stage at a time: a lock in the stage's bucket, which two machines see.

It is an object that is written only if it is not there. Whoever holds it renews it, so that the lock of a deployment
that was killed can be taken over after a while. Its age is computed by S3's own clock alone.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import getpass
import json
import socket
import threading
import uuid
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self

from botocore.exceptions import ClientError

from infra.aws_environment import AwsError, Cloud, DeployError

KEY: Final = "deploy/lock.json"
RENEW_S: Final = 30.0
EXPIRES_S: Final = 180.0
_ABSENT: Final = {"NoSuchKey", "NoSuchBucket", "404"}
_TAKEN: Final = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


class DeployLock:
    """The lock of a stage, held within a ``with`` block.

    Before the first deployment there is no bucket. The block is entered without the lock then; call :meth:`take` once
    there is one.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        # With an id, so that no two holders write the same: the ETag is a hash of the content.
        self._body = json.dumps({"by": _name_of_holder(), "id": uuid.uuid4().hex}).encode()
        self._etag: str | None = None
        self._is_lost = False
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._etag is not None and not self._is_lost:
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
            if code == "NoSuchBucket":
                return
            if code not in _TAKEN:
                raise
            self._take_over()
        threading.Thread(target=self._renew, daemon=True).start()

    def check(self) -> None:
        """Before a step that must not be taken by two.

        :raises DeployError: if another deployment has taken the lock over, because it was not renewed in time.
        """
        if self._is_lost:
            raise DeployError(
                f"Another deployment of the stage {self._cloud.stage} has begun, because this one was not heard of for "
                f"{EXPIRES_S:.0f} s, as when a machine sleeps. Deploy again once it has ended."
            )

    def _take_over(self) -> None:
        """Take over a lock that has expired."""
        found = self._read()
        if found is not None:
            left = EXPIRES_S - _age_s(found)
            if left > 0:
                holder = json.loads(found["Body"].read()).get("by", "somebody")
                raise DeployError(
                    f"{holder} is deploying the stage {self._cloud.stage}, or taking it down. Wait until that has "
                    f"ended. If it was killed, its lock expires in {left:.0f} s; then run this again."
                )
        try:
            self._etag = self._write(IfMatch=found["ETag"]) if found else self._write(IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN | _ABSENT:
                raise DeployError(f"Another deployment of the stage {self._cloud.stage} has just begun.") from error
            raise

    def _renew(self) -> None:
        while not self._ended.wait(RENEW_S):
            try:
                self._write(IfMatch=self._etag)
            except ClientError as error:
                if error.response["Error"]["Code"] in _TAKEN | _ABSENT:
                    self._is_lost = True
                    return
            except AwsError:
                continue  # there is time for another attempt

    def _release(self) -> None:
        found = self._read()
        if found is not None and found["ETag"] == self._etag:
            self._cloud.client("s3").delete_object(Bucket=self._cloud.names.bucket, Key=KEY)

    def _read(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._cloud.client("s3").get_object(Bucket=self._cloud.names.bucket, Key=KEY)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        return found

    def _write(self, **condition: Any) -> str:
        written = self._cloud.client("s3").put_object(
            Bucket=self._cloud.names.bucket, Key=KEY, Body=self._body, ContentType="application/json", **condition
        )
        return str(written["ETag"])


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
