"""A stage's CloudFormation stacks: created or updated by change sets; a failure is reported with its events.

Each stage has two: `RESOURCES`, and `INGEST` for what needs a function that Chalice creates. One with a domain of its
own has a third, `DOMAIN`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.aws_environment import Cloud, DeployError

TEMPLATE = Path(__file__).parent / "template.yaml"
INGEST_TEMPLATE = Path(__file__).parent / "ingest.yaml"
DOMAIN_TEMPLATE = Path(__file__).parent / "domain.yaml"
RESOURCES = ""
INGEST = "-ingest"
DOMAIN = "-domain"
TIMEOUT_S = 900.0
POLL_S = (0.2, 0.5, 1.0, 2.0, 5.0)  # short at first, because an emulator finishes immediately
# How long CloudFormation may describe a stack as it was before.
STALE_S = 10.0
# The parameter of the tables' deletion protection, which the stage `prod` has.
PROTECTION = "DeletionProtection"
SUCCEEDED = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"}
CREATION_FAILED = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}
NOTHING_TO_DO = ("didn't contain changes", "No updates are to be performed", "no changes")


def stack_name(cloud: Cloud, stack: str = RESOURCES) -> str:
    """The stack's name: ``shylight-<stage>``, ``shylight-<stage>-ingest`` or ``shylight-<stage>-domain``."""
    return f"{cloud.names.prefix}{stack}"


def apply(cloud: Cloud, parameters: Mapping[str, str] | None = None, stack: str = RESOURCES) -> bool:
    """Create or update one of the stage's stacks from its template; parameters that are not given keep their values.

    What an earlier run has left behind is settled before: it waits for the end of an operation, and deletes a stack
    whose creation failed.

    :param stack: `RESOURCES`, `INGEST` or `DOMAIN`.
    :returns: whether anything changed.
    :raises DeployError: if it fails, with the events that explain why.
    """
    before, given = _settled(cloud, stack), dict(parameters or {})
    if stack != RESOURCES:
        return _change(cloud, given, stack, before)
    if before is None:
        # Protected tables could not be deleted again if the creation fails, and the stack would be stuck.
        _change(cloud, given | {PROTECTION: "off"}, stack, None)
        before = _settled(cloud, stack)
        _change(cloud, given | {PROTECTION: "on"}, stack, before)
        return True
    return _change(cloud, given | {PROTECTION: "on"}, stack, before)


def _change(cloud: Cloud, parameters: Mapping[str, str], stack: str, before: dict[str, Any] | None) -> bool:
    """Create a stack, or update it from `before`; returns whether anything changed."""
    client, name = cloud.client("cloudformation"), stack_name(cloud, stack)
    template = {RESOURCES: TEMPLATE, INGEST: INGEST_TEMPLATE, DOMAIN: DOMAIN_TEMPLATE}[stack]
    change_set = f"deploy-{int(time.time() * 1000)}"
    try:
        client.create_change_set(
            StackName=name,
            ChangeSetName=change_set,
            ChangeSetType="UPDATE" if before else "CREATE",
            TemplateBody=template.read_text(encoding="utf-8"),
            Parameters=_parameters(cloud, parameters, before),
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
        way_out = "" if before else _way_out(cloud, stack, reason)
        raise DeployError(f"CloudFormation rejected the template: {reason}{way_out}")
    started = time.time()
    after = _operate(
        cloud,
        stack,
        lambda: client.execute_change_set(StackName=name, ChangeSetName=change_set),
        _is_done,
        f"the stack {name}",
    )
    if after is None or after["StackStatus"] not in SUCCEEDED:
        failures = _failures(cloud, name, started)
        way_out = "" if before else _way_out(cloud, stack, failures)
        raise DeployError(f"The stack {name} ended as {after and after['StackStatus']}:\n{failures}{way_out}")
    return True


def _settled(cloud: Cloud, stack: str) -> dict[str, Any] | None:
    """The stack once it can be updated; None if it has to be created.

    :raises DeployError: if it is stuck, with what to do.
    """
    client, name = cloud.client("cloudformation"), stack_name(cloud, stack)

    found: dict[str, Any] | None = _wait(
        lambda: describe(cloud, stack), _is_idle, f"an earlier operation on the stack {name}"
    )
    if found is not None and found["StackStatus"] == "UPDATE_ROLLBACK_FAILED":
        started = time.time()
        found = _operate(
            cloud,
            stack,
            lambda: client.continue_update_rollback(StackName=name),
            _is_idle,
            f"the roll-back of the stack {name}",
        )
        if found is not None and found["StackStatus"] == "UPDATE_ROLLBACK_FAILED":
            raise DeployError(
                f"The stack {name} cannot be rolled back. Remove the cause, for example the deletion protection of a "
                f"new table, and deploy again:\n{_failures(cloud, name, started)}"
            )
    if found is not None and found["StackStatus"] in CREATION_FAILED:
        try:
            delete(cloud, stack)  # it is empty, or what is left in it was never used
        except DeployError as error:
            raise DeployError(f"{error}{_way_out(cloud, stack)}") from error
        return None
    # A stack whose creation never started (only a change set was created) does not exist yet.
    return None if found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS" else found


def _way_out(cloud: Cloud, stack: str, reason: str = "already exists") -> str:
    """What to do if an earlier stack has left behind what the next one has to create; ``""`` for other reasons.

    CloudFormation finds that out while it creates the stack, or before.
    """
    if stack != RESOURCES or not any(word in reason for word in ("already exists", "ResourceExistenceCheck")):
        return ""
    return (
        f"\nAn earlier attempt or deployment of the stage {cloud.stage} has left this behind. If it holds no data that "
        f"you need, delete all of it, then deploy again: make destroy STAGE={cloud.stage} DATA=delete"
    )


def delete(cloud: Cloud, stack: str = RESOURCES) -> None:
    """Delete a stack if there is one; resources that its template keeps stay.

    :raises DeployError: if it cannot be deleted, with the events that explain why.
    """
    client, name = cloud.client("cloudformation"), stack_name(cloud, stack)
    if _wait(lambda: describe(cloud, stack), _is_idle, f"an earlier operation on the stack {name}") is None:
        return
    started = time.time()
    after = _operate(
        cloud, stack, lambda: client.delete_stack(StackName=name), _is_idle, f"the deletion of the stack {name}"
    )
    if after is not None:
        raise DeployError(f"The stack {name} cannot be deleted:\n{_failures(cloud, name, started)}")


def settle(cloud: Cloud, stack: str = RESOURCES) -> None:
    """Wait until nothing happens to a stack any more, also not the deletion of what an update has replaced."""
    _wait(lambda: describe(cloud, stack), _is_idle, f"an operation on the stack {stack_name(cloud, stack)}")


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


def _is_done(stack: dict[str, Any] | None) -> bool:
    """Whether an operation has ended, except that what it replaced may still have to be deleted."""
    return _is_idle(stack) or (stack is not None and stack["StackStatus"] == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")


def _is_idle(stack: dict[str, Any] | None) -> bool:
    """Whether the next operation may begin."""
    if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        return True
    return not stack["StackStatus"].endswith("_IN_PROGRESS")


def _version(stack: dict[str, Any] | None) -> tuple[Any, ...]:
    """What an operation changes in the description of a stack."""
    return tuple((stack or {}).get(key) for key in ("StackStatus", "LastUpdatedTime", "ChangeSetId"))


def _operate(
    cloud: Cloud, stack: str, begin: Callable[[], object], ended: Callable[[dict[str, Any] | None], bool], what: str
) -> dict[str, Any] | None:
    """Begin an operation on a stack, and wait for its end; gives the stack as it is then.

    At first, CloudFormation may still describe the stack as it was, which is not taken for the end. An operation so
    quick that the stack looks the same is taken for ended after a while.
    """
    earlier = _version(describe(cloud, stack))
    begin()
    stale_until = time.monotonic() + STALE_S
    after: dict[str, Any] | None = _wait(
        lambda: describe(cloud, stack),
        lambda found: ended(found) and (_version(found) != earlier or time.monotonic() > stale_until),
        what,
    )
    return after


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
