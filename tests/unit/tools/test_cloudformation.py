"""Stacks are settled before they are changed, and an end is told from a beginning, in all states that AWS has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import cloudformation
from infra.aws_environment import Cloud, DeployError

NAME = "shylight-prod"


class Clock:
    """Time passes while somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def read(self) -> float:
        return self.now


class CloudFormation:
    """A stack that goes through states; each description is the next one, and the last one stays.

    :ivar after: operation -> the states that follow it.
    :ivar reason: why what fails fails.
    """

    reason = "protected"

    def __init__(self, *states: str, **after: list[str]) -> None:
        self.states = list(states)
        self.after = after
        self.called: list[str] = []
        self.parameters: list[dict[str, str]] = []
        self._updated = 0

    def describe_stacks(self, StackName: str) -> Any:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0] if self.states else "NONE"
        if state == "NONE":
            raise ClientError(
                {"Error": {"Code": "ValidationError", "Message": "Stack does not exist"}}, "DescribeStacks"
            )
        changed = {"LastUpdatedTime": self._updated} if not state.startswith("old ") else {"LastUpdatedTime": 0}
        known = [
            {"ParameterKey": "AlarmEmail", "ParameterValue": ""},
            {"ParameterKey": "Stage", "ParameterValue": "prod"},
        ]
        return {"Stacks": [{"StackStatus": state.removeprefix("old "), "Parameters": known, **changed}]}

    def _begin(self, operation: str) -> None:
        self.called.append(operation)
        self._updated += 1
        self.states = [*self.after.get(operation, self.states)]

    def create_change_set(self, ChangeSetType: str, Parameters: list[dict[str, Any]], **_: Any) -> None:
        self.called.append(ChangeSetType)
        self.parameters.append({one["ParameterKey"]: one.get("ParameterValue", "as before") for one in Parameters})

    def describe_change_set(self, **_: Any) -> Any:
        return {"Status": "CREATE_COMPLETE"}

    def execute_change_set(self, **_: Any) -> None:
        self._begin("execute")
        if "then" in self.after:
            self.after["execute"] = self.after["then"]

    def delete_stack(self, **_: Any) -> None:
        self._begin("delete")

    def continue_update_rollback(self, **_: Any) -> None:
        self._begin("continue")

    def describe_stack_events(self, **_: Any) -> Any:
        event = {
            "LogicalResourceId": "CoreTable",
            "ResourceStatus": "DELETE_FAILED",
            "ResourceStatusReason": self.reason,
        }
        return {"StackEvents": [{**event, "Timestamp": datetime.now(UTC)}]}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("infra.cloudformation.time.sleep", clock.sleep)
    monkeypatch.setattr("infra.cloudformation.time.monotonic", clock.read)
    return clock


def apply(client: CloudFormation) -> bool:
    cloud = Cloud("prod", "eu-central-1", "123456789012")
    cloud._clients["cloudformation"] = client
    return cloudformation.apply(cloud)


UPDATED = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
CREATED = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_tables_are_protected_once_they_have_been_created() -> None:
    aws = CloudFormation(execute=CREATED, then=UPDATED)
    assert apply(aws)
    assert aws.called == ["CREATE", "execute", "UPDATE", "execute"]
    assert [given["DeletionProtection"] for given in aws.parameters] == ["off", "on"]


def test_a_deployment_that_ended_between_the_two_protects_them_the_next_time() -> None:
    aws = CloudFormation("CREATE_COMPLETE", execute=UPDATED)
    assert apply(aws)
    assert aws.parameters == [{"Stage": "prod", "DeletionProtection": "on", "AlarmEmail": "as before"}]


def test_an_update_has_succeeded_while_what_it_replaced_is_still_being_deleted() -> None:
    aws = CloudFormation("UPDATE_COMPLETE", execute=["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
    assert apply(aws)


def test_what_is_still_being_deleted_is_waited_for_before_the_next_update() -> None:
    aws = CloudFormation("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE", execute=UPDATED)
    assert apply(aws)
    assert aws.called == ["UPDATE", "execute"]


@pytest.mark.parametrize("state", ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"])
def test_the_operation_of_another_deployer_is_waited_for(state: str) -> None:
    aws = CloudFormation(state, state, "UPDATE_COMPLETE", execute=UPDATED)
    assert apply(aws)
    assert aws.called == ["UPDATE", "execute"]


def test_the_state_before_an_update_is_not_taken_for_its_end() -> None:
    failed = ["old UPDATE_COMPLETE", "old UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]
    aws = CloudFormation("old UPDATE_COMPLETE", execute=failed)
    with pytest.raises(DeployError, match="UPDATE_ROLLBACK_COMPLETE"):
        apply(aws)


def test_an_update_that_cannot_be_told_from_the_state_before_is_done_after_a_while(clock: Clock) -> None:
    begun = clock.now
    assert apply(CloudFormation("old UPDATE_COMPLETE", execute=["old UPDATE_COMPLETE"]))
    assert cloudformation.STALE_S <= clock.now - begun < 2 * cloudformation.STALE_S


@pytest.mark.parametrize("state", sorted(cloudformation.CREATION_FAILED))
def test_a_stack_whose_creation_failed_is_made_anew(state: str) -> None:
    aws = CloudFormation(state, delete=["DELETE_IN_PROGRESS", "NONE"], execute=CREATED, then=UPDATED)
    assert apply(aws)
    assert aws.called == ["delete", "CREATE", "execute", "UPDATE", "execute"]


def test_a_failed_stack_that_cannot_be_deleted_is_told_with_the_reason() -> None:
    aws = CloudFormation("ROLLBACK_FAILED", delete=["DELETE_IN_PROGRESS", "DELETE_FAILED"])
    with pytest.raises(DeployError, match=r"(?s)CoreTable: protected.*make destroy STAGE=prod DATA=delete"):
        apply(aws)


@pytest.mark.parametrize("first", [[], ["ROLLBACK_FAILED"], ["DELETE_FAILED"]], ids=lambda states: "".join(states))
def test_what_an_earlier_stack_has_left_is_told_with_the_way_out(first: list[str]) -> None:
    """Otherwise, each further attempt ends in the same way."""
    gone, failed = ["DELETE_IN_PROGRESS", "NONE"], ["CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE"]
    aws = CloudFormation(*first, delete=gone, execute=failed)
    aws.reason = "shylight-prod-core already exists in stack"
    with pytest.raises(DeployError, match=r"(?s)already exists.*all of it.*make destroy STAGE=prod DATA=delete"):
        apply(aws)


def test_nobody_is_told_to_delete_data_for_another_reason() -> None:
    aws = CloudFormation(execute=["CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE"])
    with pytest.raises(DeployError) as told:
        apply(aws)
    assert "DATA=delete" not in str(told.value)
    aws = CloudFormation("UPDATE_COMPLETE", execute=["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"])
    aws.reason = "shylight-prod-marks already exists"
    with pytest.raises(DeployError) as told:
        apply(aws)
    assert "DATA=delete" not in str(told.value)


def test_a_roll_back_that_failed_is_continued() -> None:
    done = ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]
    aws = CloudFormation("UPDATE_ROLLBACK_FAILED", **{"continue": done}, execute=UPDATED)
    assert apply(aws)
    assert aws.called == ["continue", "UPDATE", "execute"]


def test_a_roll_back_that_fails_again_is_told_with_the_reason() -> None:
    failed = ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"]
    with pytest.raises(DeployError, match="CoreTable: protected"):
        apply(CloudFormation("UPDATE_ROLLBACK_FAILED", **{"continue": failed}))


def test_a_stack_of_which_only_a_change_set_was_made_is_created() -> None:
    aws = CloudFormation("REVIEW_IN_PROGRESS", execute=CREATED, then=UPDATED)
    assert apply(aws)
    assert aws.called[:2] == ["CREATE", "execute"]


def test_waiting_ends(clock: Clock) -> None:
    with pytest.raises(DeployError, match="Timed out"):
        apply(CloudFormation("UPDATE_IN_PROGRESS"))
    assert clock.now > cloudformation.TIMEOUT_S
