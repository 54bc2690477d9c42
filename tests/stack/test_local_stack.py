"""What `make up`, `down` and `clean` promise of the local stack."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.aws_environment import DeployError, emulator
from infra.http_client import ask
from localstack import process
from localstack.stack import Stack
from tests.conftest import ON_LOCALSTACK, Deployed

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="about ministack's process; LocalStack keeps nothing")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[process.Process]:
    """A ministack with nothing in it."""
    started = process.start(tmp_path)
    yield started
    process.stop(started)


def test_it_listens_on_the_loopback_interface_only(running: process.Process) -> None:
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    addresses = {row[1] for row in listening if row[3] == "0A" and row[1].endswith(f":{running.port:04X}")}
    assert addresses == {f"0100007F:{running.port:04X}"}


def test_another_emulator_on_the_port_is_not_taken_for_ours(running: process.Process) -> None:
    assert running.is_ours()
    assert not process.Process(running.pid, running.port, "another word").is_ours()
    assert not process.Process(2**22 + 1, running.port, running.word).is_ours()


def test_a_port_that_is_taken_is_left_alone(running: process.Process, tmp_path: Path) -> None:
    second = process.start(tmp_path / "second", running.port)
    try:
        assert second.port != running.port
        assert second.is_ours()
        assert running.is_ours()
    finally:
        process.stop(second)


def test_state_is_kept_over_a_stop_and_a_start(tmp_path: Path) -> None:
    first = process.start(tmp_path)
    emulator(first.url).client("s3").create_bucket(Bucket="kept")
    emulator(first.url).client("s3").put_object(Bucket="kept", Key="a/b", Body=b"\x00\xff")
    process.stop(first)
    assert not first.is_ours()
    second = process.start(tmp_path, first.port)
    try:
        assert second.port == first.port
        body = emulator(second.url).client("s3").get_object(Bucket="kept", Key="a/b")["Body"].read()
        assert body == b"\x00\xff"
    finally:
        process.stop(second)


def test_the_deployed_stack_comes_back_with_its_data(tmp_path: Path) -> None:
    quiet = Stack(tmp_path, say=lambda _line: None)
    first = quiet.up()
    site = {"name": "Kept", "domain": "kept.example", "timezone": "UTC"}
    made = ask(f"{first.base_url}/api/v1/sites", json.dumps(site), token=first.api_token)
    assert made.status == 201
    assert quiet.down()
    assert not quiet.is_running()
    assert not quiet.down()

    told: list[str] = []
    again = Stack(tmp_path, say=told.append)
    second = again.up()
    try:
        assert second == first
        assert not any("chalice" in line for line in told)  # nothing changed, so nothing is deployed
        listed = ask(f"{second.base_url}/api/v1/sites", token=second.api_token).json()["sites"]
        assert [site["name"] for site in listed] == ["Kept"]
    finally:
        again.clean()
    assert not list(tmp_path.iterdir())


def test_functions_know_their_public_address(stack: Deployed) -> None:
    functions = stack.client("lambda").list_functions()["Functions"]
    told = {found["FunctionName"]: found["Environment"]["Variables"]["SHYLIGHT_PUBLIC_URL"] for found in functions}
    names = {
        f"shylight-{stack.stage}{suffix}"
        for suffix in ("", "-collect", "-worker", "-aggregate", "-expire_salts", "-update_geoip", "-delete_sites")
    }
    assert told == dict.fromkeys(names, stack.base_url)


def test_an_unknown_kind_of_stack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="ministack or localstack"):
        Stack(tmp_path, "moto")
