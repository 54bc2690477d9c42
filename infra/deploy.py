"""A deployment from the first resource to the first page view: what `make deploy` does.

Chalice keeps a note of what it deployed and needs it the next time. The note lives in the stage's bucket, so that
the next deployment may come from another machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra import cloudformation, geoip, people, project, smoke
from infra.aws_environment import Cloud, DeployError
from infra.http_client import ask, is_well

NOTE_KEY = "deploy/state.json"
ANSWER_S = 120.0


@dataclass(frozen=True)
class Target:
    """What differs between AWS and an emulator.

    :ivar chalice: deploys the project in a folder.
    :ivar locate: the base URL of the REST API with this id.
    """

    chalice: Callable[[Cloud, Path], None]
    locate: Callable[[Cloud, str], str]


@dataclass(frozen=True)
class Deployment:
    """What came of it.

    :ivar sign_in: a one-time link for the first administrator; None if there was one already.
    :ivar counted_s: seconds until the check's page view was counted.
    """

    base_url: str
    sign_in: str | None
    counted_s: float


def deploy(
    cloud: Cloud,
    folder: Path,
    admin_email: str | None,
    target: Target,
    *,
    parameters: Mapping[str, str] | None = None,
    say: Callable[[str], None] = print,
) -> Deployment:
    """Bring the stage of `cloud` to what the working copy is.

    :param folder: where the project is put together.
    :param admin_email: the first administrator's; needed once.
    :param parameters: of the CloudFormation template.
    """
    say(f"resources: CloudFormation stack {cloudformation.stack_name(cloud)}")
    say("  changed" if cloudformation.apply(cloud, parameters) else "  unchanged")
    note = _read_note(cloud)
    if not note.get("administrator") and not admin_email:
        raise DeployError("Who is the first administrator? ADMIN_EMAIL=you@example.com make deploy …")
    for key in geoip.upload(cloud):
        say(f"GeoIP database: {key}")
    say("functions, API and schedules: chalice deploy (some minutes)")
    api = _deploy_functions(cloud, folder, note, target)
    base_url = target.locate(cloud, api)
    if not is_well(base_url, ANSWER_S):
        raise DeployError(f"{base_url}/healthz does not answer as it should: {ask(f'{base_url}/healthz').text[:500]}")
    sign_in = None
    if not note.get("administrator") and admin_email:
        say(f"first administrator: {admin_email}")
        people.create_administrator(cloud, admin_email)
        sign_in = f"{base_url}/sign-in/{people.issue_link(cloud, admin_email)}"
        note["administrator"] = admin_email
        _write_note(cloud, note)
    say("check: one page view has to be counted")
    return Deployment(base_url, sign_in, smoke.check(cloud, base_url))


def sign_in_link(cloud: Cloud, email: str, target: Target) -> str:
    """A new one-time sign-in link for the administrator with this address, who is created if there is none."""
    api = _rest_api(_read_note(cloud).get("chalice", {}))
    if api is None:
        raise DeployError(f"Nothing is deployed as {cloud.stage} yet.")
    return f"{target.locate(cloud, api)}/sign-in/{people.issue_link(cloud, email)}"


def _deploy_functions(cloud: Cloud, folder: Path, note: dict[str, Any], target: Target) -> str:
    deployed = folder / ".chalice" / "deployed" / f"{cloud.stage}.json"
    project.copy_to(folder, cloud.stage, {})
    deployed.parent.mkdir(parents=True, exist_ok=True)
    deployed.unlink(missing_ok=True)
    if note.get("chalice"):
        deployed.write_text(json.dumps(note["chalice"]), encoding="utf-8")
    try:
        target.chalice(cloud, folder)
    finally:  # also after a failure half way: what exists must be known the next time
        if deployed.is_file():
            note["chalice"] = json.loads(deployed.read_text(encoding="utf-8"))
            _write_note(cloud, note)
    api = _rest_api(note.get("chalice", {}))
    if api is None:
        raise DeployError("Chalice ended without a REST API.")
    return api


def _rest_api(noted: Mapping[str, Any]) -> str | None:
    for resource in noted.get("resources", []):
        if resource["resource_type"] == "rest_api":
            return str(resource["rest_api_id"])
    return None


def _read_note(cloud: Cloud) -> dict[str, Any]:
    try:
        found = cloud.client("s3").get_object(Bucket=cloud.names.bucket, Key=NOTE_KEY)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchBucket", "404"}:
            return {}
        raise
    note: dict[str, Any] = json.loads(found["Body"].read())
    return note


def _write_note(cloud: Cloud, note: Mapping[str, Any]) -> None:
    body = json.dumps(note, indent=2).encode()
    cloud.client("s3").put_object(Bucket=cloud.names.bucket, Key=NOTE_KEY, Body=body, ContentType="application/json")
