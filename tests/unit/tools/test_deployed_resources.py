"""A deployment that ends anywhere can be repeated: the next one finishes it, and nothing is doubled or left over."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from infra import bytecode, deployed_resources
from infra.aws_environment import DeployError
from tests.unit.tools.chalice_deployments import Deployments, account, cloud_of
from tests.unit.tools.fake_aws import FakeAws, Killed


@pytest.fixture(scope="module")
def whole(deployments: Deployments) -> FakeAws:
    """The account after a deployment that nothing interrupted."""
    aws = account()
    deployments.run(aws)
    return aws


@pytest.fixture
def another_program(deployments: Deployments) -> Iterator[None]:
    deployments.change("another")
    yield
    deployments.change("first")


def test_the_record_is_that_of_chalice(deployments: Deployments) -> None:
    aws = account()
    recorded = deployments.run(aws)
    found = deployed_resources.find(cloud_of(aws), {})
    by_name = {one["name"]: one for one in found["resources"]}
    assert by_name == {one["name"]: one for one in recorded["resources"]}
    assert (found["schema_version"], found["backend"]) == (recorded["schema_version"], recorded["backend"])


def test_an_empty_account_has_no_record() -> None:
    assert deployed_resources.find(cloud_of(FakeAws()), {}) == {}


@pytest.mark.parametrize("in_time", [True, False], ids=["after", "before"])
def test_a_deployment_that_is_killed_at_any_call_is_finished_by_the_next(
    deployments: Deployments, whole: FakeAws, in_time: bool
) -> None:
    """Killed before or after each of its calls took effect."""
    for last in range(1, len(whole.calls) + 1):
        aws = account()
        with pytest.raises(Killed):
            deployments.run(aws, last, in_time=in_time)
        deployments.run(aws)
        assert aws.contents() == whole.contents(), (last, whole.calls[last - 1])


@pytest.mark.parametrize("in_time", [True, False], ids=["after", "before"])
def test_an_upgrade_that_is_killed_at_any_call_is_finished_by_the_next(
    deployments: Deployments, whole: FakeAws, in_time: bool, another_program: None
) -> None:
    upgraded = copy.deepcopy(whole)
    deployments.run(upgraded)
    for last in range(1, len(upgraded.calls) + 1):
        aws = copy.deepcopy(whole)
        with pytest.raises(Killed):
            deployments.run(aws, last, in_time=in_time)
        deployments.run(aws)
        assert aws.contents() == upgraded.contents(), (last, upgraded.calls[last - 1])
        assert [*aws.apis] == [*whole.apis]
        assert [*aws.mappings] == [*whole.mappings]


def test_every_function_gets_the_same_package_which_is_sent_once(whole: FakeAws) -> None:
    (body,) = whole.objects.values()
    assert {function["package"] for function in whole.functions.values()} == {body}
    assert whole.sent == len(body)
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        assert package.testzip() is None
        assert {"library.so", "app.py", bytecode.name_of("app.py")} < {*package.namelist()}
        assert package.read("app.py") == b"told = 'first'\n"


def test_an_upgrade_without_new_dependencies_sends_what_has_changed(
    deployments: Deployments, whole: FakeAws, another_program: None
) -> None:
    aws = copy.deepcopy(whole)
    deployments.run(aws)
    assert aws.sent - whole.sent < 2000
    (body,) = {function["package"] for function in aws.functions.values()}
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        assert package.testzip() is None
        assert package.read("app.py") == b"told = 'another'\n"
        assert package.read("chalicelib/style.css") == b"a { color: red }"


def test_a_deployment_of_the_same_program_sends_no_package(deployments: Deployments, whole: FakeAws) -> None:
    aws = copy.deepcopy(whole)
    deployments.run(aws)
    assert aws.sent == whole.sent
    assert aws.contents() == whole.contents()


def record_of(aws: FakeAws, stage: str = "dev", recorded: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    resources: list[dict[str, Any]] = deployed_resources.find(cloud_of(aws, stage), recorded or {})["resources"]
    return resources


def another_api(aws: FakeAws, function: str = "shylight-dev", stages: tuple[str, ...] = ()) -> str:
    """A further API, as one more call of ImportRestApi makes it."""
    (swagger,) = [api["swagger"] for api in aws.apis.values()][:1]
    body = json.dumps(swagger).replace("function:shylight-dev/", f"function:{function}/")
    api: str = aws.apigateway_import_rest_api(body, {"endpointConfigurationTypes": "EDGE"})["id"]
    aws.apis[api]["stages"].update(stages)
    return api


def test_the_api_of_another_stage_is_listed_with_one_request(whole: FakeAws) -> None:
    """API Gateway answers an account only a few of them per second, and every stage has an API of this name."""
    aws = copy.deepcopy(whole)
    theirs = [another_api(aws, f"shylight-dev{number}") for number in range(3)]
    assert len(aws.apis[theirs[0]]["swagger"]["paths"]) > 50
    aws.calls, aws.last = [], None
    deployed_resources.apis(cloud_of(aws))
    assert [operation for _, operation in aws.calls] == ["get_rest_apis"] + 4 * ["get_resources"]


def test_an_api_that_was_made_twice_and_never_deployed_is_deleted(whole: FakeAws) -> None:
    aws = copy.deepcopy(whole)
    (served,) = aws.apis
    another_api(aws)
    assert record_of(aws)[-1]["rest_api_id"] == served
    assert [*aws.apis] == [served]


def test_of_two_apis_in_use_the_recorded_one_is_updated_and_none_is_deleted(whole: FakeAws) -> None:
    aws = copy.deepcopy(whole)
    first, second = [*aws.apis, another_api(aws, stages=("dev",))]
    for api in (first, second):
        recorded = {"resources": [{"name": "rest_api", "resource_type": "rest_api", "rest_api_id": api}]}
        assert record_of(aws, recorded=recorded)[-1]["rest_api_id"] == api
    assert record_of(aws)[-1]["rest_api_id"] == first
    assert [*aws.apis] == [first, second]


def test_the_record_of_a_deleted_api_is_ignored(whole: FakeAws) -> None:
    recorded = {"resources": [{"name": "rest_api", "resource_type": "rest_api", "rest_api_id": "gone"}]}
    assert record_of(whole, recorded=recorded)[-1]["rest_api_id"] == next(iter(whole.apis))


def test_other_stages_are_left_alone(whole: FakeAws) -> None:
    aws = copy.deepcopy(whole)
    made = {"Code": {}, "Tags": {"aws-chalice": "version=1.34.0:stage=dev-two:app=shylight"}}
    aws.lambda_create_function("shylight-dev-two", **made)
    aws.lambda_create_function("shylight-dev-two-renamed", **made)
    theirs = another_api(aws, "shylight-dev-two")
    assert record_of(aws) == record_of(whole)
    assert theirs in aws.apis
    assert record_of(aws, "dev-two")[-1]["rest_api_id"] == theirs


def test_a_function_of_an_earlier_release_is_found_so_that_chalice_deletes_it(
    deployments: Deployments, whole: FakeAws
) -> None:
    aws = copy.deepcopy(whole)
    tags = {"aws-chalice": "version=1.34.0:stage=dev:app=shylight"}
    aws.lambda_create_function("shylight-dev-former", Code={}, Tags=tags)
    aws.iam_create_role("shylight-dev-former", "{}")
    assert {"former", "former_role"} <= {one["name"] for one in record_of(aws)}
    deployments.run(aws)
    assert aws.contents() == whole.contents()


def test_an_event_source_belongs_to_its_function_alone(whole: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where all are listed for each function. Chalice deletes those of functions that should have none."""
    aws = copy.deepcopy(whole)
    every = {"EventSourceMappings": [*aws.mappings.values()]}
    monkeypatch.setattr(aws, "lambda_list_event_source_mappings", lambda **_: every)
    assert record_of(aws) == record_of(whole)


def test_an_event_source_that_aws_is_deleting_is_waited_for(deployments: Deployments, whole: FakeAws) -> None:
    """AWS refuses another one of the same queue and function until it is gone."""
    aws = copy.deepcopy(whole)
    aws.deleting_takes = 3
    (uuid,) = aws.mappings
    aws.lambda_delete_event_source_mapping(uuid)
    deployments.run(aws)
    assert aws.contents() == whole.contents()
    assert uuid not in aws.mappings


def test_waiting_for_an_event_source_has_an_end(whole: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = copy.deepcopy(whole)
    aws.deleting_takes = 1000
    (uuid,) = aws.mappings
    aws.lambda_delete_event_source_mapping(uuid)
    monkeypatch.setattr(deployed_resources, "_SETTLE_S", 0.0)
    with pytest.raises(DeployError, match=f"still deleting the event source {uuid}. Try again"):
        record_of(aws)


def test_a_function_that_aws_is_updating_is_waited_for(whole: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws, waited = copy.deepcopy(whole), []
    aws.functions["shylight-dev-worker"]["LastUpdateStatus"] = "InProgress"

    def wait(seconds: float) -> None:
        waited.append(seconds)
        aws.functions["shylight-dev-worker"]["LastUpdateStatus"] = "Successful"

    monkeypatch.setattr("infra.deployed_resources.time.sleep", wait)
    assert record_of(aws) == record_of(whole)
    assert len(waited) == 1
    aws.functions["shylight-dev-worker"]["State"] = "Pending"
    monkeypatch.setattr(deployed_resources, "_SETTLE_S", 0.0)
    with pytest.raises(DeployError, match="shylight-dev-worker"):
        record_of(aws)
