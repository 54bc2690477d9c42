"""Environment variables of deployed functions, which a deployment learns only after Chalice has made the functions.

The next `chalice deploy` would drop them, so a deployment passes them on (`environment` in `ingest` and `domain`).
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from infra.aws_environment import Cloud


def read(cloud: Cloud, function: str, variable: str) -> str | None:
    """A variable of a function; None if it is not set, or there is no such function."""
    try:
        found = cloud.client("lambda").get_function_configuration(FunctionName=function)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    value: str | None = found.get("Environment", {}).get("Variables", {}).get(variable)
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
