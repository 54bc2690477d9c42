"""A stage takes no more of the account than its settings say."""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from chalice.cli.factory import CLIFactory

from chalicelib.config import Settings, read_settings, settings
from infra import chalice_deploy, gateway_limit, project, quotas
from infra.aws_environment import DeployError
from tests.unit.tools.chalice_deployments import DEPENDENCIES, Deployments, account, cloud_of
from tests.unit.tools.fake_aws import FakeAws, Killed


def limit_of(aws: FakeAws) -> Any:
    (api,) = aws.apis.values()
    return api["limits"].get("dev")


def test_the_worker_leaves_executions_to_others_also_after_an_upgrade(deployments: Deployments) -> None:
    """Of an account that may have ten; and an event source that an earlier release made without a limit gets one."""
    aws = account()
    deployments.run(aws)
    (mapping,) = aws.mappings.values()
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 5}
    del mapping["ScalingConfig"]
    deployments.run(aws)
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 5}


@pytest.fixture
def new_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that has neither imported app.py nor read settings, with the environment of a stage."""
    monkeypatch.setattr(sys, "path", [*sys.path])  # Chalice adds the folder to it
    imported = {name: sys.modules.pop(name) for name in ("app",) if name in sys.modules}
    settings.cache_clear()
    with patch.dict(os.environ, cloud_of(FakeAws()).environ()):
        yield
    settings.cache_clear()
    sys.modules.pop("app", None)
    sys.modules.update(imported)


@pytest.mark.usefixtures("deployments", "new_process")  # the first for Chalice's archive
def test_the_concurrency_in_the_configuration_reaches_the_event_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command that deploys, which needs settings itself before Chalice has read the configuration."""
    project.copy_to(tmp_path, "dev", {"SHYLIGHT_WORKER_CONCURRENCY": "7"})
    aws = account()
    monkeypatch.setattr(CLIFactory, "create_botocore_session", lambda *_, **__: aws.session())
    monkeypatch.chdir(tmp_path)
    assert chalice_deploy.main(["deploy", "--stage", "dev"], lambda _architecture: DEPENDENCIES) == 0
    (mapping,) = aws.mappings.values()
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 7}


@pytest.mark.parametrize("value", ["1", "0", "1001", "many"])
def test_a_concurrency_that_lambda_would_refuse_is_told_before_anything_is_deployed(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "environment", lambda _stage: {"SHYLIGHT_WORKER_CONCURRENCY": value})
    with pytest.raises(DeployError, match="SHYLIGHT_WORKER_CONCURRENCY"):
        project.settings("dev")


def test_the_gateway_has_the_limit_of_the_settings_and_keeps_it(deployments: Deployments) -> None:
    aws = account()
    deployments.run(aws)
    (api,) = aws.apis
    assert gateway_limit.apply(cloud_of(aws), api, Settings())
    assert limit_of(aws) == {"*/*": {"throttlingRateLimit": 500.0, "throttlingBurstLimit": 1000.0}}
    deployments.run(aws)
    assert not gateway_limit.apply(cloud_of(aws), api, Settings())
    raised = read_settings({"SHYLIGHT_GATEWAY_RATE": "2000", "SHYLIGHT_GATEWAY_BURST": "4000"})
    assert gateway_limit.apply(cloud_of(aws), api, raised)
    assert limit_of(aws) == {"*/*": {"throttlingRateLimit": 2000.0, "throttlingBurstLimit": 4000.0}}


def test_a_changed_limit_is_deployed(deployments: Deployments) -> None:
    """API Gateway wants a deployment after a stage's settings have changed."""
    aws = account()
    deployments.run(aws)
    (api,) = aws.apis
    aws.calls = []
    gateway_limit.apply(cloud_of(aws), api, Settings())
    assert [operation for _, operation in aws.calls] == ["get_stage", "update_stage", "create_deployment"]


@pytest.mark.parametrize("in_time", [True, False], ids=["after", "before"])
def test_a_limit_that_was_being_set_is_there_after_the_next_deployment(deployments: Deployments, in_time: bool) -> None:
    whole = account()
    deployments.run(whole)
    (api,) = whole.apis
    for last in (1, 2, 3):
        aws = copy.deepcopy(whole)
        aws.calls, aws.last, aws.in_time = [], last, in_time
        with pytest.raises(Killed):
            gateway_limit.apply(cloud_of(aws), api, Settings())
        deployments.run(aws)  # which makes a deployment of the API
        gateway_limit.apply(cloud_of(aws), api, Settings())
        assert limit_of(aws) == {"*/*": {"throttlingRateLimit": 500.0, "throttlingBurstLimit": 1000.0}}


def test_no_limit_is_none_but_the_quota(deployments: Deployments) -> None:
    aws = account()
    deployments.run(aws)
    (api,) = aws.apis
    none = read_settings({"SHYLIGHT_GATEWAY_RATE": "0"})
    assert not gateway_limit.apply(cloud_of(aws), api, none)
    gateway_limit.apply(cloud_of(aws), api, Settings())
    assert gateway_limit.apply(cloud_of(aws), api, none)
    assert limit_of(aws) == {"*/*": {"throttlingRateLimit": -1.0, "throttlingBurstLimit": -1.0}}
    assert gateway_limit.alarm_parameter(none) == {"RequestsPerMinuteAlarm": "480000"}


@pytest.mark.parametrize(("allowed", "told"), [(10, "at most 10 functions"), (1000, "")])
def test_a_deployment_tells_of_a_low_quota(allowed: int, told: str) -> None:
    aws = FakeAws()
    aws.executions = allowed
    assert told in (quotas.warning(cloud_of(aws)) or "")


def test_who_may_not_ask_for_quotas_can_deploy() -> None:
    aws = FakeAws()
    aws.executions = None
    assert quotas.warning(cloud_of(aws)) is None


def test_the_alarm_goes_off_before_anything_is_rejected() -> None:
    text = Path(gateway_limit.__file__).with_name("template.yaml").read_text(encoding="utf-8")
    parameters = text.partition("\nConditions:")[0].partition("\nParameters:")[2]
    default = str(yaml.safe_load(parameters)["RequestsPerMinuteAlarm"]["Default"])
    assert {"RequestsPerMinuteAlarm": default} == gateway_limit.alarm_parameter(Settings())
    assert int(default) < Settings().gateway_rate * 60


def test_the_guide_tells_what_a_flood_on_one_address_costs() -> None:
    """At 3.50 USD for a million requests; the limit is one of each method, and no bound of the sum."""
    guide = (project.ROOT / "docs" / "install-and-operate.md").read_text(encoding="utf-8")
    assert f"{Settings().gateway_rate * 86400 / 1e6 * 3.50:.0f} USD a day at API Gateway" in guide
