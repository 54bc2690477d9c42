"""A package gets to AWS over a link of 0.5 MB/s, and over one that is cut.

Everything takes a fiftieth of its time: 25 MB/s and time-outs of 1.2 s, instead of 0.5 MB/s and botocore's 60 s.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from infra.aws_environment import Cloud
from infra.dependencies import Dependencies
from infra.package_store import PackageStore, discard
from tests.stack.slow_link import Link, slow_link

SCALE = 50
RATE = 0.5e6 * SCALE
TIMEOUT_S = 60 / SCALE
SIZE = 37_000_000


@pytest.fixture
def link(bare_aws: Cloud) -> Iterator[Link]:
    with slow_link(urlsplit(bare_aws.endpoint_url or "").port or 0, RATE) as link:
        yield link


def client(service: str, link: Link, **retries: Any) -> Any:
    return botocore.session.get_session().create_client(
        service,
        region_name="us-east-1",
        endpoint_url=link.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=TIMEOUT_S, s3={"addressing_style": "path"}, **retries),
    )


def program(text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr("app.py", f"told = {text!r}\n")
    return made.getvalue()


@pytest.fixture
def store(bare_aws: Cloud, link: Link, tmp_path: Path) -> Iterator[PackageStore]:
    def install(folder: Path) -> None:
        folder.mkdir()
        (folder / "library.so").write_bytes(random.Random(1).randbytes(SIZE))

    bucket = bare_aws.names.bucket
    yield PackageStore(client("s3", link), bucket, Dependencies("slow", install), tmp_path, lambda _line: None)
    discard(bare_aws.client("s3"), bucket)


def package_in(store: PackageStore, aws: Cloud, key: str) -> zipfile.ZipFile:
    body = aws.client("s3").get_object(Bucket=store.bucket, Key=key)["Body"].read()
    opened = zipfile.ZipFile(io.BytesIO(body))
    assert opened.testzip() is None
    return opened


def test_a_package_gets_through_a_slow_link_and_the_next_one_sends_little(
    store: PackageStore, link: Link, bare_aws: Cloud
) -> None:
    body = random.Random(2).randbytes(SIZE)
    with pytest.raises(BotoCoreError):  # so this link is really too slow for one request, as Chalice makes it
        client("lambda", link, retries={"total_max_attempts": 1}).update_function_code(FunctionName="any", ZipFile=body)
    key = store.provide(program("first"))
    assert "library.so" in package_in(store, bare_aws, key).namelist()

    before = link.passed
    second = store.provide(program("second"))
    assert link.passed - before < 20_000
    opened = package_in(store, bare_aws, second)
    assert opened.read("app.py") == b"told = 'second'\n"
    assert len(opened.read("library.so")) == SIZE


def test_a_part_that_a_cut_link_has_lost_is_sent_again(store: PackageStore, link: Link, bare_aws: Cloud) -> None:
    link.cut_after = SIZE // 2
    key = store.provide(program("first"))
    assert not link.cut_after  # it was
    assert len(package_in(store, bare_aws, key).read("library.so")) == SIZE
    assert SIZE < link.passed < SIZE + 2 * 5 * 1024 * 1024
