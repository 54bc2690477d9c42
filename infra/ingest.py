"""The URL of the function `collect`, at which browsers send hits without API Gateway.

Chalice cannot create it, so it is a CloudFormation stack (infra/ingest.yaml) that is applied after the functions exist.
The functions that show snippets learn the URL from SHYLIGHT_INGEST_URL.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from infra import cloudformation, function_variables
from infra.aws_environment import AwsError, Cloud, DeployError
from infra.http_client import ask

VARIABLE = "SHYLIGHT_INGEST_URL"
ANSWER_TIMEOUT_S = 60.0
EMULATOR_TIMEOUT_S = 5.0
# A path of the collector, for a site that does not exist.
_PROBE = "/ingress/00000000-0000-4000-8000-000000000000/script.js"
Locate = Callable[[Cloud, str], str]


def known_url(cloud: Cloud) -> str | None:
    """The function's URL as AWS gives it, without a trailing slash; None before the first deployment."""
    found = cloudformation.outputs(cloud, cloudformation.INGEST).get("IngestUrl")
    return found.rstrip("/") if found else None


def apply(cloud: Cloud, locate: Locate, say: Callable[[str], None]) -> str | None:
    """Create the function's URL, or leave it as it is; gives it once it has answered.

    :param locate: where the URL that AWS gives is reached; at an emulator, elsewhere.
    :returns: None where function URLs are not available, as on some emulators: the API receives all hits then.
    :raises DeployError: if a URL that snippets name already does not answer, because websites use it.
    """
    try:
        return _create(cloud, locate)
    except (DeployError, *AwsError) as error:
        if environment(cloud, locate):
            raise
        say(f"  there is no separate URL for hits, so the API receives them: {str(error).splitlines()[0]}")
        return None


def _create(cloud: Cloud, locate: Locate) -> str:
    cloudformation.apply(cloud, stack=cloudformation.INGEST)
    given = known_url(cloud)
    if given is None:
        raise DeployError(f"The stack {cloudformation.stack_name(cloud, cloudformation.INGEST)} has no URL.")
    url = locate(cloud, given)
    _wait_for_answer(url, EMULATOR_TIMEOUT_S if cloud.endpoint_url else ANSWER_TIMEOUT_S)
    return url


def environment(cloud: Cloud, locate: Locate) -> dict[str, str]:
    """The variable for the functions, if snippets name the function's URL already, so that a deployment keeps it."""
    known = known_url(cloud)
    return function_variables.kept(cloud, VARIABLE, None if known is None else locate(cloud, known))


def tell_function(cloud: Cloud, function: str, url: str) -> None:
    """Set SHYLIGHT_INGEST_URL of a deployed function, unless the owner has set another."""
    function_variables.tell(cloud, function, VARIABLE, url)


def url_in_use(cloud: Cloud) -> str | None:
    """The URL that snippets name; None if hits go to the API, or nothing is deployed yet."""
    return function_variables.in_use(cloud, VARIABLE)


def configured_url(stage: str) -> str | None:
    """The URL that the owner has set for the stage in .chalice/config.json, such as that of a CDN; None without one."""
    return function_variables.configured(stage, VARIABLE)


def _wait_for_answer(url: str, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        answer = ask(f"{url}{_PROBE}")
        if answer.status == 404 and '"not_found"' in answer.text:
            return
        if time.monotonic() > deadline:
            raise DeployError(f"The collector does not answer at {url}: {answer.status} {answer.text[:500]}")
        time.sleep(0.5)
