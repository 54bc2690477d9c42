"""The quotas of an AWS account that a stage may run into."""

from __future__ import annotations

from typing import Final

from infra.aws_environment import AwsError, Cloud

# Below this, tell. New accounts often have ten; the default is a thousand.
ENOUGH: Final = 100


def warning(cloud: Cloud) -> str | None:
    """What to tell about Lambda's concurrent executions, if the account may have few; None if there are enough.

    A deployment does not depend on it, so whoever may not ask is told nothing.
    """
    try:
        limits = cloud.client("lambda").get_account_settings()["AccountLimit"]
    except AwsError:
        return None
    allowed = int(limits.get("ConcurrentExecutions", ENOUGH))
    if allowed >= ENOUGH:
        return None
    return (
        f"quota: Lambda runs at most {allowed} functions of this account at the same time. That is enough for a small "
        "site; docs/install-and-operate.md#quotas says how to ask for more"
    )
