"""The functions on an emulator, deployed as to AWS, for the processor of this machine."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from infra import project
from infra.aws_environment import Cloud
from localstack import dependencies


def deploy(cloud: Cloud, folder: Path, kind: str) -> None:
    """Deploy the project in `folder`.

    :param kind: ``ministack`` or ``localstack``.
    """
    with dependencies.one_deploy_at_a_time():
        project.leave_out_dependencies(folder)
        run_on_this_processor(folder)
        _discard_stale_state(cloud, folder)
        project.chalice(cloud, folder, [kind, "deploy", "--stage", cloud.stage], "localstack.chalice_deploy")


def rest_api(folder: Path, stage: str) -> str | None:
    """The id of the REST API that was deployed from `folder`; None if there is none."""
    api = project.deployed(folder, stage).get("rest_api")
    return None if api is None else str(api["rest_api_id"])


def locate(cloud: Cloud, rest_api_id: str, kind: str) -> str:
    """The base URL of a REST API; the URL that Chalice prints does not work on an emulator."""
    if kind == "localstack":
        return f"{cloud.endpoint_url}/_aws/execute-api/{rest_api_id}/{cloud.stage}"
    return f"{cloud.endpoint_url}/restapis/{rest_api_id}/{cloud.stage}/_user_request_"


def locate_ingest(cloud: Cloud, function_url: str, kind: str) -> str:
    """Where a function URL is reached; the host names of AWS do not lead to an emulator."""
    if kind == "localstack":
        return function_url.rstrip("/")  # it names LocalStack's own domain, which resolves to this machine
    url_id = urlsplit(function_url).netloc.partition(".")[0]
    return f"{cloud.endpoint_url}/_aws/lambda-url/{url_id}"


def run_on_this_processor(folder: Path) -> None:
    """Change the configuration of the project in a folder: emulators run functions on this machine."""
    path = folder / ".chalice" / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "lambda_architecture": dependencies.architecture()}, indent=2), "utf-8")


def _discard_stale_state(cloud: Cloud, folder: Path) -> None:
    """Delete Chalice's state if the emulator has lost the deployment, or Chalice would update missing resources."""
    api = rest_api(folder, cloud.stage)
    if api is None:
        return
    known = {item["id"] for item in cloud.client("apigateway").get_rest_apis(limit=500)["items"]}
    if api not in known:
        (folder / ".chalice" / "deployed" / f"{cloud.stage}.json").unlink()
