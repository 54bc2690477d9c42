"""The configuration of deployed functions: environment variables that become known only once Chalice has made them.

The next `chalice deploy` would drop them, so a deployment passes them on (`environment` in `ingest` and `domain`). What
the owner has set in .chalice/config.json comes first, and is left alone.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from infra import project
from infra.aws_environment import Cloud


def read(cloud: Cloud, function: str, variable: str) -> str | None:
    """A variable of a function; None if it is not set, or there is no such function."""
    value: str | None = (
        (_configuration(cloud, function) or {}).get("Environment", {}).get("Variables", {}).get(variable)
    )
    return value


def configured(stage: str, variable: str) -> str | None:
    """What the owner has set a variable to; None, or ``""``, if nothing."""
    return project.environment(stage).get(variable)


def in_use(cloud: Cloud, variable: str) -> str | None:
    """A variable of the function that serves pages; see :func:`read`."""
    return read(cloud, cloud.names.prefix, variable)


def kept(cloud: Cloud, variable: str, learned: str | None) -> dict[str, str]:
    """A variable for the next deployment, if the functions have what was learned already; else nothing."""
    if learned is None or configured(cloud.stage, variable) or in_use(cloud, variable) != learned:
        return {}
    return {variable: learned}


def tell(cloud: Cloud, function: str, variable: str, learned: str | None) -> None:
    """Set a variable of a function, or remove it, unless the owner has set it."""
    if not configured(cloud.stage, variable):
        write(cloud, function, variable, learned)


def runtime(cloud: Cloud, function: str) -> str | None:
    """What a function runs on, such as ``python3.13``; None if there is no such function."""
    value: str | None = (_configuration(cloud, function) or {}).get("Runtime")
    return value


def write(cloud: Cloud, function: str, variable: str, value: str | None) -> None:
    """Set a variable of a function, or remove it, and wait until that has taken effect; nothing if it is so already."""
    client = cloud.client("lambda")
    known = client.get_function_configuration(FunctionName=function).get("Environment", {}).get("Variables", {})
    if known.get(variable) == value:
        return
    wanted = {name: given for name, given in {**known, variable: value}.items() if given is not None}
    client.update_function_configuration(FunctionName=function, Environment={"Variables": wanted})
    client.get_waiter("function_updated_v2").wait(FunctionName=function)


def _configuration(cloud: Cloud, function: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = cloud.client("lambda").get_function_configuration(FunctionName=function)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return found
