"""A stage is taken down whole, from wherever an earlier attempt has ended, and nothing else is touched."""

from __future__ import annotations

import copy
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import __main__ as commands
from infra import cloudformation
from infra.aws_environment import Cloud, DeployError
from infra.deploy_lock import KEY
from infra.destroy import _TABLES, destroy
from infra.package_store import PREFIX
from tests.unit.tools.fake_aws import ACCOUNT, REGION, FakeAws, Killed

FUNCTIONS = ("", "-collect", "-worker", "-aggregate")
SERVICES = (
    "lambda",
    "iam",
    "events",
    "apigateway",
    "cloudformation",
    "dynamodb",
    "sqs",
    "s3",
    "secretsmanager",
    "ssm",
    "acm",
)

# What the steps of a removal call, in their order.
STEPS = (
    ("delete_stack",),
    ("remove_targets", "delete_rule", "delete_role_policy", "delete_role", "delete_function"),
    ("update_table",),
    ("delete_stack",),
    ("delete_table",),
    ("delete_queue",),
    ("delete_secret", "delete_parameter"),
    ("delete_objects", "delete_bucket"),
)


def add_stage(aws: FakeAws, stage: str) -> None:
    """A deployed stage: what Chalice makes, and what CloudFormation and the program make."""
    name = f"shylight-{stage}"
    for end in FUNCTIONS:
        function, role = f"{name}{end}", f"{name}{end or '-api_handler'}"
        aws.iam_create_role(role, "{}")
        aws.iam_put_role_policy(role, role, "{}")
        aws.lambda_create_function(function, Code={}, Tags={"aws-chalice": f"version=1:stage={stage}:app=shylight"})
    aws.lambda_create_event_source_mapping(f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-hits", f"{name}-worker")
    aws.events_put_rule(f"{name}-aggregate-event")
    aws.events_put_targets(f"{name}-aggregate-event", [{"Id": "1"}])
    uri = f"arn:aws:apigateway:x:lambda:path/2015-03-31/functions/arn:aws:lambda:x:1:function:{name}/invocations"
    integration = {"x-amazon-apigateway-integration": {"uri": uri}}
    body = json.dumps({"info": {"title": "shylight"}, "paths": {"/": {"get": integration}}})
    api = aws.apigateway_import_rest_api(body, {"endpointConfigurationTypes": "EDGE"})["id"]
    aws.apigateway_create_deployment(api, stage)
    aws.add_stacks(stage)
    bucket = f"{name}-{ACCOUNT}-{REGION}"
    aws.objects[bucket, PREFIX + "package.zip"] = b"of functions"
    aws.s3_create_multipart_upload(bucket, PREFIX + "unfinished.zip")


@pytest.fixture
def other() -> dict[str, Any]:
    """What there is of another stage, whose name begins in the same way."""
    aws = FakeAws()
    add_stage(aws, "devtwo")
    return aws.contents()


@pytest.fixture
def aws() -> FakeAws:
    aws = FakeAws()
    aws.deleting_takes = 2
    add_stage(aws, "devtwo")
    add_stage(aws, "dev")
    return aws


def cloud_of(aws: FakeAws, stage: str = "dev") -> Cloud:
    cloud = Cloud(stage, REGION, ACCOUNT)
    cloud._clients.update({service: aws.client(service) for service in SERVICES})
    return cloud


def take_down(aws: FakeAws, *, data: bool) -> None:
    destroy(cloud_of(aws), data=data, say=lambda _line: None)


def test_nothing_of_a_stage_is_left_and_another_is_as_it_was(aws: FakeAws, other: dict[str, Any]) -> None:
    take_down(aws, data=True)
    assert aws.contents() == other


def test_data_is_kept_and_protected(aws: FakeAws) -> None:
    before = copy.deepcopy(aws)
    take_down(aws, data=False)
    assert (aws.tables, aws.kept) == (before.tables, before.kept)
    bucket = cloud_of(aws).names.bucket
    assert before.objects.keys() - aws.objects.keys() == {(bucket, PREFIX + "package.zip")}
    assert bucket not in {upload.bucket for upload in aws.uploads.values()}
    assert aws.stacks == before.stacks - {"shylight-dev-ingest"}
    names = {*aws.functions, *aws.roles, *aws.rules}
    assert {name for name in names if not name.startswith("shylight-devtwo")} == set()
    assert (len(aws.apis), len(aws.mappings)) == (1, 1)


@pytest.mark.parametrize("data", [True, False], ids=["with its data", "without its data"])
@pytest.mark.parametrize("in_time", [True, False], ids=["after", "before"])
def test_an_attempt_that_ended_at_any_call_is_finished_by_the_next(aws: FakeAws, data: bool, in_time: bool) -> None:
    whole = copy.deepcopy(aws)
    whole.calls = []
    take_down(whole, data=data)
    for last in range(1, len(whole.calls) + 1):
        again = copy.deepcopy(aws)
        again.calls, again.last, again.in_time = [], last, in_time
        with pytest.raises(Killed):
            take_down(again, data=data)
        again.last = None
        again.now += timedelta(hours=1)  # until the lock has expired
        take_down(again, data=data)
        assert again.contents() == whole.contents(), (last, whole.calls[last - 1])


def test_an_event_source_that_aws_is_at_is_deleted_after_that(aws: FakeAws, other: dict[str, Any]) -> None:
    """AWS refuses to delete one that it is still creating or changing."""
    for state in ("Creating", "Updating"):
        again = copy.deepcopy(aws)
        (uuid,) = [name for name, one in again.mappings.items() if one["FunctionArn"].endswith("shylight-dev-worker")]
        again.mappings[uuid]["State"] = state
        again.steps[uuid] = 5
        take_down(again, data=True)
        assert again.contents() == other


def test_another_error_about_an_event_source_is_not_hidden(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise aws.refuse("lambda", "AccessDeniedException")

    monkeypatch.setattr(aws, "lambda_delete_event_source_mapping", refuse)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        take_down(aws, data=True)


@pytest.mark.parametrize(
    "operation",
    ["remove_targets", "delete_function", "delete_stack", "update_table", "delete_table", "delete_queue",
     "delete_secret", "delete_parameter"],
)  # fmt: skip
def test_who_has_lost_the_lock_deletes_nothing_of_the_next_step(
    aws: FakeAws, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the machine was asleep for a while after the first of these calls, and somebody deploys by now."""
    of_step = next(step for step in STEPS if operation in step)
    call = aws.call

    def and_fall_asleep(service: str, called: str, given: dict[str, Any]) -> Any:
        answer = call(service, called, given)
        if called == operation:
            aws.objects[cloud_of(aws).names.bucket, KEY] = b'{"by": "bob@desk", "id": "another"}'
        return answer

    monkeypatch.setattr(aws, "call", and_fall_asleep)
    with pytest.raises(DeployError, match="Another deployment"):
        take_down(aws, data=True)
    made = [called for _, called in aws.calls]
    made = made[made.index(operation) :]
    later = {called for step in STEPS[STEPS.index(of_step) + 1 :] for called in step} - {*of_step}
    assert not later & {*made}


def test_the_lock_is_the_last_thing_in_the_bucket(aws: FakeAws) -> None:
    take_down(aws, data=True)
    deletions = [given for _, called, given in aws.given if called == "delete_objects"]
    assert [one["Key"] for one in deletions[-1]["Delete"]["Objects"]] == [KEY]
    assert all(one["Key"] != KEY for given in deletions[:-1] for one in given["Delete"]["Objects"])
    assert [called for _, called in aws.calls if called.startswith("delete_")][-1] == "delete_bucket"


def test_a_stage_that_is_not_there_is_taken_down_without_an_error(other: dict[str, Any]) -> None:
    aws = FakeAws()
    add_stage(aws, "devtwo")
    take_down(aws, data=True)
    take_down(aws, data=False)
    assert aws.contents() == other


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether data was to be deleted, each time that the command came so far."""
    found: list[bool] = []
    monkeypatch.setattr(commands, "signed_in", lambda stage: Cloud(stage, REGION, ACCOUNT))
    monkeypatch.setattr(commands, "destroy", lambda _cloud, *, data, say: found.append(data))
    for name in ("DATA", "CONFIRM"):
        monkeypatch.delenv(name, raising=False)
    return found


def test_the_command_wants_to_know_what_becomes_of_the_data(
    asked: list[bool], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONFIRM", "dev")
    assert commands.main(["destroy", "--stage", "dev"]) == 1
    assert "DATA=keep, or DATA=delete" in capsys.readouterr().err
    for data, deleted in (("keep", False), ("delete", True)):
        monkeypatch.setenv("DATA", data)
        assert commands.main(["destroy", "--stage", "dev"]) == 0
        assert asked.pop() is deleted


@pytest.mark.parametrize("typed", ["", "prod", "DEV", "yes"])
def test_the_command_asks_for_the_name_of_the_stage(
    typed: str, asked: list[bool], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA", "delete")
    monkeypatch.setattr("builtins.input", lambda _question: typed)
    assert commands.main(["destroy", "--stage", "dev"]) == 1
    assert "Nothing was deleted." in capsys.readouterr().err
    assert asked == []
    monkeypatch.setattr("builtins.input", lambda _question: "dev")
    assert commands.main(["destroy", "--stage", "dev"]) == 0


def test_every_table_of_the_template_is_deleted() -> None:
    named = re.findall(r"TableName: !Sub shylight-\$\{Stage\}-(\w+)", cloudformation.TEMPLATE.read_text("utf-8"))
    assert sorted(_TABLES) == sorted(named)
