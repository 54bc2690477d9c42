"""The steps of a deployment: none is taken without the lock, and what is printed at the end leads to the stage."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from infra import deploy, project
from infra.aws_environment import Cloud, DeployError
from tests.unit.tools.fake_aws import ACCOUNT, REGION, FakeAws

BASE_URL = "https://abc.execute-api.example/dev"
# What a deployment does, in its order, with what each gives.
STEPS: dict[str, Any] = {
    "cloudformation.apply": True,
    "geoip.upload": ["geo/country.mmdb"],
    "_deploy_functions": "abc",
    "_adjust": None,
    "ingest.apply": "https://hits.example",
    "_set_up_domain": None,
    "listings.fill": 3,
    "people.create_administrator": None,
    "mail.choose_sender": "verified",
    "smoke.check": 1.0,
}


@pytest.fixture
def cloud() -> Cloud:
    aws = FakeAws()
    aws.kept.add(f"shylight-dev-{ACCOUNT}-{REGION}")
    made = Cloud("dev", REGION, ACCOUNT)
    made._clients.update({name: aws.client(name) for name in ("s3", "lambda", "cloudformation")})
    return made


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has been done so far: the steps, and ``"check"`` where the deployer has seen that the lock is its own."""
    made: list[str] = []

    def noting(name: str, answer: Any) -> Callable[..., Any]:
        def note(*_: Any, **__: Any) -> Any:
            made.append(name)
            return answer

        return note

    for name, answer in STEPS.items():
        monkeypatch.setattr(f"infra.deploy.{name}", noting(name, answer))
    monkeypatch.setattr("infra.deploy.DeployLock.check", noting("check", None))
    monkeypatch.setattr("infra.deploy.ingest.tell_function", lambda *_: None)
    monkeypatch.setattr("infra.deploy.people.issue_link", lambda *_: "link")
    monkeypatch.setattr("infra.deploy.is_healthy", lambda *_: True)
    return made


def deploy_all(cloud: Cloud, folder: Path) -> deploy.Deployment:
    target = deploy.Target(lambda *_: None, lambda *_: BASE_URL)
    return deploy.deploy(cloud, folder, "ada@example.com", target, mail_sender="a@example.com", say=lambda _line: None)


def test_the_lock_is_checked_before_each_step(cloud: Cloud, done: list[str], tmp_path: Path) -> None:
    deploy_all(cloud, tmp_path)
    assert [name for name in done if name != "check"] == [*STEPS]
    assert all(before == "check" for before, name in pairwise(done) if name != "check")


def test_a_deployment_ends_when_the_lock_is_lost(
    cloud: Cloud, done: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(_lock: Any) -> None:
        if "_deploy_functions" in done:
            raise DeployError("lost")

    monkeypatch.setattr("infra.deploy.DeployLock.check", lose)
    with pytest.raises(DeployError, match="lost"):
        deploy_all(cloud, tmp_path)
    assert done[-1] == "_deploy_functions"


def test_the_address_that_the_owner_has_set_is_the_one_that_is_printed(
    cloud: Cloud, done: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as that of a CDN: without it, the sign-in link would lead past it, to API Gateway."""
    monkeypatch.setattr(project, "environment", lambda _stage: {"SHYLIGHT_PUBLIC_URL": "https://cdn.example/"})
    printed = deploy_all(cloud, tmp_path)
    assert (printed.base_url, printed.sign_in) == ("https://cdn.example", "https://cdn.example/sign-in/link")
    monkeypatch.setattr("infra.deploy._rest_api", lambda _state: "abc")
    target = deploy.Target(lambda *_: None, lambda *_: BASE_URL)
    assert deploy.sign_in_link(cloud, "ada@example.com", target) == "https://cdn.example/sign-in/link"
    monkeypatch.setattr(project, "environment", lambda _stage: {})
    assert deploy_all(cloud, tmp_path).base_url == BASE_URL
