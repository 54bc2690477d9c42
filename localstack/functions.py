"""``chalice deploy`` to an emulator, with this machine's dependencies and, on ministack, the patches of `bridge`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from infra import project
from infra.aws_environment import Cloud
from localstack import dependencies


def deploy(cloud: Cloud, folder: Path, kind: str) -> None:
    """Deploy the project in `folder`.

    :param kind: ``ministack`` or ``localstack``.
    """
    module = "localstack.bridge" if kind == "ministack" else project.STANDARD_CHALICE
    with dependencies.one_deploy_at_a_time():
        _vendor(folder)
        _discard_stale_state(cloud, folder)
        project.chalice(cloud, folder, ["deploy", "--stage", cloud.stage], module)


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


def _vendor(folder: Path) -> None:
    (folder / "requirements.txt").write_text("", encoding="utf-8")  # everything is in vendor
    link = folder / "vendor"
    link.unlink(missing_ok=True)
    link.symlink_to(dependencies.folder(), target_is_directory=True)
    packages = folder / ".chalice" / "deployments"
    if not packages.exists():
        shared = dependencies.CACHE / "deployments"
        shared.mkdir(parents=True, exist_ok=True)
        packages.symlink_to(shared, target_is_directory=True)


def _discard_stale_state(cloud: Cloud, folder: Path) -> None:
    """Delete Chalice's state if the emulator has lost the deployment, or Chalice would update missing resources."""
    api = rest_api(folder, cloud.stage)
    if api is None:
        return
    known = {item["id"] for item in cloud.client("apigateway").get_rest_apis(limit=500)["items"]}
    if api not in known:
        (folder / ".chalice" / "deployed" / f"{cloud.stage}.json").unlink()
