"""`make deploy`, from an empty account to a counted page view, run against an emulator of AWS."""

import json
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from infra import cloudformation
from infra.aws_environment import Cloud, DeployError, emulator
from infra.deploy import STATE_KEY, Target, deploy, sign_in_link
from infra.http_client import ask
from localstack import functions, process
from tests.conftest import ON_LOCALSTACK

KIND = "localstack" if ON_LOCALSTACK else "ministack"
TARGET = Target(
    chalice=partial(functions.deploy, kind=KIND),
    locate=partial(functions.locate, kind=KIND),
)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """An account in which nothing of the stage `dev` exists."""
    if ON_LOCALSTACK:
        fresh = f"{random.randrange(10**11, 10**12)}"  # it may be running since earlier tests
        yield emulator(request.getfixturevalue("stack").aws_endpoint_url, "dev", fresh)
        return
    started = process.start(tmp_path_factory.mktemp("account"))
    try:
        yield emulator(started.url, "dev")
    finally:
        process.stop(started)


@pytest.mark.slow
def test_a_deployment_ends_with_a_page_view_that_is_counted(account: Cloud, tmp_path: Path) -> None:
    told: list[str] = []
    with pytest.raises(DeployError, match="ADMIN_EMAIL"):
        deploy(account, tmp_path / "first", None, TARGET, say=told.append)
    first = deploy(account, tmp_path / "first", "ada@example.com", TARGET, say=told.append)
    assert ask(f"{first.base_url}/healthz").json()["status"] == "ok"
    assert first.sign_in is not None
    page = ask(first.sign_in)
    assert page.status == 200
    assert "ada@example.com" in page.text

    # From another machine: it knows nothing but the account, finds what is there, and makes no second administrator.
    again = deploy(account, tmp_path / "second", None, TARGET, say=told.append)
    assert again.base_url == first.base_url
    assert again.sign_in is None
    assert "  unchanged" in told
    another = sign_in_link(account, "ada@example.com", TARGET)
    assert another != first.sign_in
    assert ask(another).status == 200


@pytest.mark.slow
def test_the_note_of_a_deployment_holds_no_secret(account: Cloud) -> None:
    body = account.client("s3").get_object(Bucket=account.names.bucket, Key=STATE_KEY)["Body"].read()
    assert set(json.loads(body)) == {"administrator", "chalice"}


@pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack takes resource types that do not exist")
def test_a_template_that_fails_is_told_with_its_reason_and_can_be_mended(
    bare_aws: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = emulator(bare_aws.endpoint_url or "", "broken")
    good = cloudformation.TEMPLATE
    bad = tmp_path / "template.yaml"
    bad.write_text(good.read_text().replace("Type: AWS::SNS::Topic\n", "Type: AWS::SNS::Nonsense\n"))
    monkeypatch.setattr(cloudformation, "TEMPLATE", bad)
    with pytest.raises(DeployError, match="Nonsense"):
        cloudformation.apply(cloud)
    monkeypatch.setattr(cloudformation, "TEMPLATE", good)
    assert cloudformation.apply(cloud)
    assert not cloudformation.apply(cloud)
