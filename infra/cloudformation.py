"""A stage's CloudFormation stacks: created or updated by change sets; a failure is reported with its events.

Each stage has two: `RESOURCES`, and `INGEST` for what needs a function that Chalice creates.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.aws_environment import Cloud, DeployError

TEMPLATE = Path(__file__).parent / "template.yaml"
INGEST_TEMPLATE = Path(__file__).parent / "ingest.yaml"
RESOURCES = ""
INGEST = "-ingest"
TIMEOUT_S = 900.0
POLL_S = (0.2, 0.5, 1.0, 2.0, 5.0)  # short at first, because an emulator finishes immediately
NOTHING_TO_DO = ("didn't contain changes", "No updates are to be performed", "no changes")


def stack_name(cloud: Cloud, stack: str = RESOURCES) -> str:
    """The stack's name: ``shylight-<stage>``, or ``shylight-<stage>-ingest``."""
    return f"{cloud.names.prefix}{stack}"


def apply(cloud: Cloud, parameters: Mapping[str, str] | None = None, stack: str = RESOURCES) -> bool:
    """Create or update one of the stage's stacks from its template; parameters that are not given keep their values.

    :param stack: `RESOURCES` or `INGEST`.
    :returns: whether anything changed.
    :raises DeployError: if it fails, with the events that explain why.
    """
    client, name = cloud.client("cloudformation"), stack_name(cloud, stack)
    template = INGEST_TEMPLATE if stack == INGEST else TEMPLATE
    before = describe(cloud, stack)
    if before is not None and before["StackStatus"] == "ROLLBACK_COMPLETE":
        # Its creation failed: it is empty and can only be deleted.
        client.delete_stack(StackName=name)
        before = _wait(
            lambda: describe(cloud, stack), lambda found: found is None, f"the deletion of the failed stack {name}"
        )
    # A stack whose creation never started (only a change set was created) does not exist yet.
    exists = before is not None and before["StackStatus"] != "REVIEW_IN_PROGRESS"
    change_set = f"deploy-{int(time.time() * 1000)}"
    try:
        client.create_change_set(
            StackName=name,
            ChangeSetName=change_set,
            ChangeSetType="UPDATE" if exists else "CREATE",
            TemplateBody=template.read_text(encoding="utf-8"),
            Parameters=_parameters(cloud, parameters or {}, before if exists else None),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise DeployError(f"CloudFormation rejected the template: {error}") from error
    described = _wait(
        lambda: client.describe_change_set(StackName=name, ChangeSetName=change_set),
        lambda found: found["Status"] in {"CREATE_COMPLETE", "FAILED"},
        f"the change set of {name}",
    )
    if described["Status"] == "FAILED":
        reason = described.get("StatusReason", "")
        client.delete_change_set(StackName=name, ChangeSetName=change_set)
        if any(phrase in reason for phrase in NOTHING_TO_DO):
            return False
        raise DeployError(f"CloudFormation rejected the template: {reason}")
    started = time.time()
    client.execute_change_set(StackName=name, ChangeSetName=change_set)
    after = _wait(lambda: describe(cloud, stack), _is_settled, f"the stack {name}")
    if after is None or after["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise DeployError(
            f"The stack {name} ended as {after and after['StackStatus']}:\n{_failures(cloud, name, started)}"
        )
    return True


def outputs(cloud: Cloud, stack: str = RESOURCES) -> dict[str, str]:
    """The outputs of a stack; empty if there is no such stack."""
    found = describe(cloud, stack) or {}
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def describe(cloud: Cloud, stack: str = RESOURCES) -> dict[str, Any] | None:
    """The stack as CloudFormation describes it; None if there is none."""
    name = stack_name(cloud, stack)
    try:
        found: dict[str, Any] = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def _parameters(cloud: Cloud, given: Mapping[str, str], before: dict[str, Any] | None) -> list[dict[str, Any]]:
    values = {"Stage": cloud.stage, **given}
    parameters: list[dict[str, Any]] = [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]
    others = [
        known["ParameterKey"] for known in (before or {}).get("Parameters", []) if known["ParameterKey"] not in values
    ]
    return parameters + [{"ParameterKey": key, "UsePreviousValue": True} for key in others]


def _is_settled(stack: dict[str, Any] | None) -> bool:
    if stack is None:
        return True
    status = stack["StackStatus"]
    return not status.endswith("_IN_PROGRESS") or status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"


def _wait(poll: Any, done: Any, what: str) -> Any:
    deadline, turn = time.monotonic() + TIMEOUT_S, 0
    while True:
        found = poll()
        if done(found):
            return found
        if time.monotonic() > deadline:
            raise DeployError(
                f"Timed out after {TIMEOUT_S:.0f} s waiting for {what}. The CloudFormation console shows why."
            )
        time.sleep(POLL_S[min(turn, len(POLL_S) - 1)])
        turn += 1


def _failures(cloud: Cloud, name: str, since: float) -> str:
    events = cloud.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    lines = [
        f"  {event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', '')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED") and event["Timestamp"].timestamp() >= since - 60
    ]
    return "\n".join(lines) or "  (CloudFormation reports no failed event)"
