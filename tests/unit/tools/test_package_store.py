"""The package in the bucket: sent once, in parts that are not sent again after a deployment was stopped."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from infra import package_store
from infra.aws_environment import DeployError
from infra.dependencies import Dependencies
from infra.package_store import PREFIX, PackageStore
from tests.unit.tools.fake_aws import FakeAws, Killed

BUCKET = "shylight-dev-123456789012-eu-central-1"
SIZE = 3 * package_store.PART + 1000


def dependencies(key: str = "first", seed: int = 1) -> Dependencies:
    def install(folder: Path) -> None:
        folder.mkdir()
        (folder / "library.so").write_bytes(random.Random(seed).randbytes(SIZE))

    return Dependencies(key, install)


def program(text: str = "a program") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr("app.py", f"told = {text!r}\n")
    return made.getvalue()


@pytest.fixture
def aws() -> FakeAws:
    aws = FakeAws()
    aws.kept.add(BUCKET)
    return aws


def store(
    aws: FakeAws, cache: Path, of: Dependencies | None = None, say: Callable[[str], None] = lambda _line: None
) -> PackageStore:
    return PackageStore(aws.client("s3"), BUCKET, of or dependencies(), cache, say)


def test_a_stopped_deployment_is_continued_where_it_ended(aws: FakeAws, tmp_path: Path) -> None:
    aws.last = 5  # lists of objects and uploads, the beginning, two parts
    with pytest.raises(Killed):
        store(aws, tmp_path).provide(program())
    aws.last = None
    again = store(aws, tmp_path)
    key = again.provide(program())
    assert again.sent == len(aws.objects[BUCKET, key]) - 2 * package_store.PART
    assert aws.uploads == {}


def test_whoever_waits_is_told_how_much_is_through(aws: FakeAws, tmp_path: Path) -> None:
    said: list[str] = []
    store(aws, tmp_path, say=said.append).provide(program())
    assert said[-4:] == [
        "package of the functions: sending 15.7 MB",
        "  5.2 of 15.7 MB",
        "  10.5 of 15.7 MB",
        "  15.7 of 15.7 MB",  # all but the last part, which has some thousand bytes
    ]
    said.clear()
    store(aws, tmp_path, say=said.append).provide(program("another program"))
    assert said == ["package of the functions: sending 0.0 MB"]


def test_parts_of_another_package_are_sent_again(aws: FakeAws, tmp_path: Path) -> None:
    """As when the packages were compiled anew on another machine, with files in another order."""
    aws.last = 5
    with pytest.raises(Killed):
        store(aws, tmp_path / "one", dependencies(seed=2)).provide(program())
    aws.last = None
    other = store(aws, tmp_path / "another")
    key = other.provide(program())
    assert other.sent == len(aws.objects[BUCKET, key])
    with zipfile.ZipFile(io.BytesIO(aws.objects[BUCKET, key])) as opened:
        assert opened.testzip() is None


def test_new_dependencies_are_sent_and_the_earlier_ones_deleted(aws: FakeAws, tmp_path: Path) -> None:
    first = store(aws, tmp_path).provide(program())
    second = store(aws, tmp_path, dependencies("second", 2)).provide(program())
    assert {key for _, key in aws.objects} == {first, second}
    package_store.discard(aws.client("s3"), BUCKET, but=second)
    assert {key for _, key in aws.objects} == {second}
    assert [path.name for path in tmp_path.iterdir()] == ["package-second.zip"]


def test_another_machine_needs_neither_the_packages_nor_their_archive(aws: FakeAws, tmp_path: Path) -> None:
    store(aws, tmp_path / "one").provide(program())

    def install(_folder: Path) -> None:
        raise AssertionError("nothing has to be installed")

    another = store(aws, tmp_path / "another", Dependencies("first", install))
    key = another.provide(program("another program"))
    assert another.sent < 1000
    with zipfile.ZipFile(io.BytesIO(aws.objects[BUCKET, key])) as opened:
        assert opened.testzip() is None
        assert opened.read("app.py") == b"told = 'another program'\n"


def test_the_requests_of_an_upload_name_the_same_checksum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 refuses to end an upload whose parts have a checksum that was not named when it began, or is not repeated.

    With a real client, whose defaults differ between http and https.
    """
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    session = botocore.session.get_session()
    session.set_credentials("a", "b")
    requests: dict[str, Any] = {}

    def answer(request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        requests[operation] = request
        body = b"<Answer><UploadId>1</UploadId></Answer>"
        return AWSResponse(request.url, 200, {"ETag": '"tag"'}, SimpleNamespace(stream=lambda: [body]))

    session.register("before-send.s3", answer)
    small = Dependencies("small", lambda folder: folder.mkdir())
    PackageStore(package_store.client(session), BUCKET, small, tmp_path, lambda _line: None).provide(program())

    stages = [requests[name] for name in ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")]
    assert {request.url.partition(":")[0] for request in stages} == {"https"}
    named = [name for request in stages for name in request.headers if re.search("checksum|trailer", name.lower())]
    assert named == []
    (part,) = [request for request in stages if "partNumber" in request.url]
    sent = part.body if isinstance(part.body, bytes) else part.body.read()
    assert sent.startswith(b"PK")
    md5 = hashlib.md5(sent, usedforsecurity=False).digest()
    assert part.headers["Content-MD5"] == base64.b64encode(md5)


def test_a_part_that_arrives_changed_is_refused(aws: FakeAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = aws.s3_upload_part
    monkeypatch.setattr(aws, "s3_upload_part", lambda **given: whole(**given | {"Body": given["Body"][:-1] + b"?"}))
    with pytest.raises(ClientError, match="BadDigest"):
        store(aws, tmp_path).provide(program())


def test_a_damaged_package_is_told_and_used_no_more(aws: FakeAws, tmp_path: Path) -> None:
    aws.objects[BUCKET, f"{PREFIX}first/damaged.zip"] = b"x" * 100
    with pytest.raises(DeployError, match=r"first/damaged.zip .* is damaged"):
        store(aws, tmp_path).provide(program())


def test_only_packages_are_discarded(aws: FakeAws) -> None:
    aws.objects |= {
        (BUCKET, "segments/a.parquet"): b"",
        (BUCKET, "deploy/state.json"): b"",
        (BUCKET, PREFIX + "a"): b"",
    }
    aws.s3_create_multipart_upload(BUCKET, "segments/b.parquet")
    package_store.discard(aws.client("s3"), BUCKET)
    assert {key for _, key in aws.objects} == {"segments/a.parquet", "deploy/state.json"}
    assert len(aws.uploads) == 1
