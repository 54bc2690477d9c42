"""What Chalice has deployed, found out from AWS: the record that the next deployment starts from.

Chalice records what it has made only after its whole plan has succeeded. After a failure in the middle, its next run
would create again what is there already (which AWS refuses for the queue's event source) or what nobody knows of any
more (a second API). So the record is made anew before each deployment, from what the account has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from chalicelib.config import APP
from infra.aws_environment import Cloud, DeployError
from infra.policies import FUNCTIONS

# How Chalice calls the function of the REST API, whose name is that of the stage without an ending.
API_HANDLER: Final = "api_handler"
_TAG: Final = "aws-chalice"
# How long AWS may need to finish something, and how often it is asked for that.
_SETTLE_S, _POLL_S = 300.0, 2.0
# The most that API Gateway lists at once, instead of 25: it answers an account only a few of these requests per second.
_PAGES: Final = {"PageSize": 500}

Record = dict[str, Any]


def find(cloud: Cloud, recorded: Mapping[str, Any]) -> dict[str, Any]:
    """The record of the stage in the form that Chalice reads; ``{}`` if nothing of it exists.

    It waits until AWS has finished what a deployment that was interrupted has begun.

    :param recorded: the last record, by which one of several APIs is chosen.
    :raises DeployError: if AWS does not finish it within some minutes.
    """
    functions = dict(_functions(cloud))
    found: list[Record] = []
    for name in {**dict.fromkeys(FUNCTIONS), **functions}:
        found += _role(cloud, name)
        if name in functions:
            found += _function(cloud, name, functions[name])
    found += _rest_api(cloud, recorded)
    return {"resources": found, "schema_version": "2.0", "backend": "api"} if found else {}


def apis(cloud: Cloud) -> list[dict[str, Any]]:
    """The REST APIs that lead to the stage's function, as API Gateway describes them, the oldest first."""
    client = cloud.client("apigateway")
    pages = client.get_paginator("get_rest_apis").paginate(PaginationConfig=_PAGES)
    named = [api for page in pages for api in page["items"] if api["name"] == APP]
    # Every stage has an API of this name. Which one is a stage's own, its integrations tell.
    end = f":function:{cloud.names.prefix}/invocations"
    return sorted(
        (api for api in named if any(uri.endswith(end) for uri in _integrations(client, api["id"]))),
        key=lambda api: str(api.get("createdDate", "")),
    )


def delete_event_source(cloud: Cloud, uuid: str) -> None:
    """Delete an event source, and wait until it is gone: AWS refuses another one of the same queue and function before.

    :raises DeployError: if that takes more than some minutes.
    """

    def is_deleting() -> bool:
        try:
            cloud.client("lambda").delete_event_source_mapping(UUID=uuid)
        except ClientError as error:
            if _code(error) == "ResourceInUseException":  # AWS is creating or changing it
                return False
            if _code(error) != "ResourceNotFoundException":
                raise
        return True

    _wait(is_deleting, f"AWS does not let go of the event source {uuid}. Try again in some minutes.")
    _wait_until_deleted(cloud, uuid)


def _wait_until_deleted(cloud: Cloud, uuid: str) -> None:
    def is_gone() -> bool:
        try:
            cloud.client("lambda").get_event_source_mapping(UUID=uuid)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
            return True
        return False

    _wait(is_gone, f"AWS is still deleting the event source {uuid}. Try again in some minutes.")


def _wait(is_done: Callable[[], bool], message: str) -> None:
    """:raises DeployError: with a message, if it takes too long."""
    deadline = time.monotonic() + _SETTLE_S
    while not is_done():
        if time.monotonic() > deadline:
            raise DeployError(message)
        time.sleep(_POLL_S)


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _functions(cloud: Cloud) -> Iterator[tuple[str, dict[str, Any]]]:
    """The stage's functions by their names in app.py, those of earlier releases, too."""
    client, prefix = cloud.client("lambda"), cloud.names.prefix
    for page in client.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = str(function["FunctionName"])
            if name == prefix:
                yield API_HANDLER, function
            elif name.startswith(f"{prefix}-") and _is_ours(cloud, function):
                yield name.removeprefix(f"{prefix}-"), function


def _is_ours(cloud: Cloud, function: Mapping[str, Any]) -> bool:
    """Whether Chalice made it for this stage: the name alone could be of a stage whose name begins in the same way."""
    name = str(function["FunctionName"]).removeprefix(f"{cloud.names.prefix}-")
    tags = cloud.client("lambda").list_tags(Resource=function["FunctionArn"]).get("Tags", {})
    return name in FUNCTIONS or f"stage={cloud.stage}" in tags.get(_TAG, "").split(":")


def _role(cloud: Cloud, function: str) -> list[Record]:
    name = f"{cloud.names.prefix}-{function}"
    try:
        role = cloud.client("iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        if _code(error) != "NoSuchEntity":
            raise
        return []
    return [{"name": f"{function}_role", "resource_type": "iam_role", "role_arn": role["Arn"], "role_name": name}]


def _function(cloud: Cloud, name: str, function: Mapping[str, Any]) -> list[Record]:
    _wait_until_settled(cloud, str(function["FunctionName"]))
    arn = str(function["FunctionArn"])
    return [
        {"name": name, "resource_type": "lambda_function", "lambda_arn": arn},
        *_event_sources(cloud, name, arn),
        *_schedule(cloud, name),
    ]


def _wait_until_settled(cloud: Cloud, name: str) -> None:
    def is_ready() -> bool:
        found = cloud.client("lambda").get_function_configuration(FunctionName=name)
        return not (found.get("State") == "Pending" or found.get("LastUpdateStatus") == "InProgress")

    _wait(is_ready, f"AWS is still updating the function {name}. Deploy again once it is ready.")


def _event_sources(cloud: Cloud, name: str, function_arn: str) -> list[Record]:
    pages = cloud.client("lambda").get_paginator("list_event_source_mappings").paginate(FunctionName=function_arn)
    found = [
        mapping
        for page in pages
        for mapping in page["EventSourceMappings"]
        if mapping["FunctionArn"] == function_arn  # LocalStack lists those of all functions
        and ":sqs:" in mapping["EventSourceArn"]
    ]
    for mapping in found:
        if mapping.get("State") == "Deleting":
            _wait_until_deleted(cloud, mapping["UUID"])
    return [
        {
            "name": f"{name}-sqs-event-source",
            "resource_type": "sqs_event",
            "queue_arn": mapping["EventSourceArn"],
            "event_uuid": mapping["UUID"],
            "queue": mapping["EventSourceArn"].rpartition(":")[2],
            "lambda_arn": function_arn,
        }
        for mapping in found
        if mapping.get("State") != "Deleting"
    ]


def _schedule(cloud: Cloud, name: str) -> list[Record]:
    rule = f"{cloud.names.prefix}-{name}-event"
    found = cloud.client("events").list_rules(NamePrefix=rule)["Rules"]
    if not any(one["Name"] == rule for one in found):
        return []
    return [{"name": f"{name}-event", "resource_type": "cloudwatch_event", "rule_name": rule}]


def _rest_api(cloud: Cloud, recorded: Mapping[str, Any]) -> list[Record]:
    """The API of the stage. Further ones that were never deployed to a stage serve nobody, and are deleted."""
    found = [str(api["id"]) for api in apis(cloud)]
    if not found:
        return []
    client = cloud.client("apigateway")
    served = [one for one in found if client.get_stages(restApiId=one)["item"]]
    known = [one["rest_api_id"] for one in recorded.get("resources", []) if one["resource_type"] == "rest_api"]
    api = next((one for one in [*known, *served] if one in found), found[0])
    for other in found:
        if other != api and other not in served:
            client.delete_rest_api(restApiId=other)
    return [
        {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": api, "rest_api_url": f"{url(cloud, api)}/"}
    ]


def url(cloud: Cloud, api: str) -> str:
    """Where AWS serves the stage of a REST API, without a trailing slash."""
    return f"https://{api}.execute-api.{cloud.region}.{cloud.dns_suffix}/{cloud.stage}"


def _integrations(client: Any, api: str) -> Iterator[str]:
    pages = client.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"], PaginationConfig=_PAGES)
    for page in pages:
        for resource in page["items"]:
            for method in resource.get("resourceMethods", {}).values():
                yield str(method.get("methodIntegration", {}).get("uri", ""))
