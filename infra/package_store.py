"""The functions' package in the bucket of the stage, from where Lambda takes it for every function.

It is sent once, in parts, since botocore allows 60 s for a whole request body: a part needs 10 s at 0.5 MB/s. A part
that a cut connection has lost is sent again; what a stopped deployment has sent already is not. If there is the package
of an earlier deployment with the same dependencies, S3 copies what is the same, and only the rest is sent.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from botocore.config import Config

from infra import function_package
from infra.aws_environment import DeployError
from infra.dependencies import Dependencies

PREFIX: Final = "deploy/packages/"
# All parts but the last have at least 5 MiB.
PART: Final = 5 * 1024 * 1024
# The record at the end of a ZIP archive that tells where its central directory begins.
_END: Final = b"PK\x05\x06"
_END_LENGTH: Final = 22

Say = Callable[[str], None]


def client(session: Any) -> Any:
    """The client of a botocore session with which packages are sent.

    By itself, botocore would add a CRC32 to the parts only. S3 wants that algorithm to be named when an upload begins,
    and does not end one without. Here parts have an MD5 instead, which the other requests need not name.
    """
    emulator = {"s3": {"addressing_style": "path"}} if os.environ.get("AWS_ENDPOINT_URL") else {}
    return session.create_client("s3", config=Config(request_checksum_calculation="when_required", **emulator))


@dataclass
class PackageStore:
    """The packages of a stage.

    :ivar s3: a botocore client.
    :ivar cache: a folder in which built dependencies are kept for the next attempt.
    :ivar sent: the bytes of packages that were sent.
    """

    s3: Any
    bucket: str
    dependencies: Dependencies
    cache: Path
    say: Say
    sent: int = 0

    def provide(self, program: bytes) -> str:
        """See that the package with this program is in the bucket; gives its key.

        :param program: the ZIP archive that Chalice made of the program, without dependencies.
        :raises DeployError: if a package on which the program depends cannot be had.
        """
        of_program = hashlib.sha256(repr([*function_package.fingerprint(program)]).encode()).hexdigest()[:16]
        folder = f"{PREFIX}{self.dependencies.key}/"
        key, earlier = f"{folder}{of_program}.zip", _objects(self.s3, self.bucket, folder)
        if key in earlier:
            self.say("package of the functions: unchanged")
            return key
        with tempfile.TemporaryDirectory(prefix="shylight-") as temporary:
            archive = Path(temporary) / "package.zip"
            base = next(iter(earlier), None)
            if base is None:
                shutil.copyfile(self._built(), archive)
            else:
                self._fetch_end(base, earlier[base], archive)
            kept = function_package.renew(archive, program)
            if base is None:  # the next attempt, or another local stack, compiles only what has changed
                self._keep(archive)
            self._send(archive, key, None if base is None else (base, kept))
        return key

    def _built(self) -> Path:
        """The dependencies, with whatever program was last put behind them."""
        built = self.cache / f"package-{self.dependencies.key}.zip"
        if not built.is_file():
            self.say("dependencies of the functions: building their package")
            with tempfile.TemporaryDirectory(prefix="shylight-") as temporary:
                archive = Path(temporary) / "dependencies.zip"
                self.dependencies.write(archive)
                self._keep(archive)
        return built

    def _keep(self, archive: Path) -> None:
        """Keep an archive in place of all others."""
        self.cache.mkdir(parents=True, exist_ok=True)
        unfinished = self.cache / "package.part"
        shutil.copyfile(archive, unfinished)
        for stale in self.cache.glob("package-*.zip"):
            stale.unlink()
        unfinished.rename(self.cache / f"package-{self.dependencies.key}.zip")

    def _fetch_end(self, key: str, size: int, archive: Path) -> None:
        """Write an archive like that of an object, with holes where its entries are: only its directory is fetched."""
        end = self._fetch(key, size - _END_LENGTH)
        if not end.startswith(_END):
            raise DeployError(f"The object {key} in the bucket {self.bucket} is damaged. Delete it and deploy again.")
        directory = int.from_bytes(end[16:20], "little")
        with archive.open("wb") as file:
            file.seek(directory)
            file.write(self._fetch(key, directory))

    def _fetch(self, key: str, start: int) -> bytes:
        found: bytes = self.s3.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={start}-")["Body"].read()
        return found

    def _send(self, archive: Path, key: str, copied: tuple[str, int] | None) -> None:
        """Send an archive in parts.

        :param copied: an object, and how many of its first bytes are also those of the archive.
        """
        upload, present = self._begin(key)
        target = {"Bucket": self.bucket, "Key": key, "UploadId": upload}
        parts: list[dict[str, Any]] = []
        if copied:
            source, length = copied
            copy = self.s3.upload_part_copy(
                **target,
                PartNumber=1,
                CopySource={"Bucket": self.bucket, "Key": source},
                CopySourceRange=f"bytes=0-{length - 1}",
            )
            parts.append({"PartNumber": 1, "ETag": copy["CopyPartResult"]["ETag"]})
        total, done = archive.stat().st_size - (copied[1] if copied else 0), 0
        self.say(f"package of the functions: sending {total / 1e6:.1f} MB")
        for number, content in enumerate(_parts(archive, copied[1] if copied else 0), len(parts) + 1):
            digest = hashlib.md5(content, usedforsecurity=False)
            tag = f'"{digest.hexdigest()}"'
            if present.get(number) != tag:
                md5 = base64.b64encode(digest.digest()).decode()
                tag = self.s3.upload_part(**target, PartNumber=number, Body=content, ContentMD5=md5)["ETag"]
                self.sent += len(content)
            parts.append({"PartNumber": number, "ETag": tag})
            done += len(content)
            if done < total:
                self.say(f"  {done / 1e6:.1f} of {total / 1e6:.1f} MB")
        self.s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})

    def _begin(self, key: str) -> tuple[str, dict[int, str]]:
        """The id of an upload, and the tags of its parts by their numbers, if an earlier deployment has begun it."""
        for upload in _unfinished(self.s3, self.bucket, key):
            given = {"Bucket": self.bucket, "Key": key, "UploadId": upload["UploadId"]}
            parts = self.s3.list_parts(**given).get("Parts", [])
            return upload["UploadId"], {part["PartNumber"]: part["ETag"] for part in parts}
        return self.s3.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"], {}


def discard(s3: Any, bucket: str, but: str | None = None) -> None:
    """Delete the packages in a bucket except one, and what was sent of unfinished ones."""
    for key in _objects(s3, bucket, PREFIX):
        if key != but:
            s3.delete_object(Bucket=bucket, Key=key)
    for upload in _unfinished(s3, bucket, PREFIX):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def _objects(s3: Any, bucket: str, prefix: str) -> dict[str, int]:
    """The sizes of the objects below a prefix, in bytes, by their keys."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {one["Key"]: one["Size"] for one in found}


def _unfinished(s3: Any, bucket: str, prefix: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = s3.list_multipart_uploads(Bucket=bucket, Prefix=prefix).get("Uploads", [])
    return found


def _parts(archive: Path, start: int) -> Iterator[bytes]:
    with archive.open("rb") as file:
        file.seek(start)
        while content := file.read(PART):
            yield content
