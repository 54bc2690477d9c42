"""A complete deployment, from the resources to the first counted page view: what `make deploy` does.

Chalice needs a record of what it deployed. It is made anew from what AWS has, so that a deployment that failed in the
middle can be repeated, and stored in the stage's bucket, from where all machines read the address of the API.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.config import Settings
from infra import (
    cloudformation,
    deployed_resources,
    domain,
    function_logs,
    gateway_limit,
    geoip,
    ingest,
    listings,
    mail,
    people,
    project,
    python_version,
    quotas,
    smoke,
)
from infra.aws_environment import AwsError, Cloud, DeployError
from infra.deploy_lock import DeployLock
from infra.http_client import ask, is_healthy

STATE_KEY = "deploy/state.json"
HEALTH_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Target:
    """The steps that differ between AWS and an emulator.

    :ivar chalice: deploys the project in a folder.
    :ivar locate: gives the base URL of the REST API with this id.
    :ivar locate_ingest: gives the URL at which a function URL of AWS is reached, without a trailing slash.
    :ivar answers: whether a deployment answers at a domain; None: its health check is asked.
    """

    chalice: Callable[[Cloud, Path], None]
    locate: Callable[[Cloud, str], str]
    locate_ingest: ingest.Locate = lambda _cloud, url: url
    answers: domain.Answers | None = None


@dataclass(frozen=True)
class Deployment:
    """The result of a deployment.

    :ivar base_url: where browsers reach it: at its own domain, if it has one, else at the address of API Gateway.
    :ivar ingest_url: the separate URL for hits; None if there is none.
    :ivar sign_in: a one-time sign-in link for the first administrator; None if there was an administrator already.
    :ivar counted_s: seconds until the check's page view was counted.
    :ivar missing: what its domain still lacks, with what to do; None if nothing.
    """

    base_url: str
    ingest_url: str | None
    sign_in: str | None
    counted_s: float
    missing: str | None = None


def deploy(
    cloud: Cloud,
    folder: Path,
    admin_email: str | None,
    target: Target,
    *,
    parameters: Mapping[str, str] | None = None,
    mail_sender: str | None = None,
    own_domain: str | None = None,
    say: Callable[[str], None] = print,
) -> Deployment:
    """Deploy the working copy to the stage of `cloud`.

    :param folder: where the project is assembled.
    :param admin_email: the first administrator's address; needed for the first deployment only.
    :param parameters: parameters of the CloudFormation template.
    :param mail_sender: the address to send mail from; ``""`` to send none, None to leave it as it is.
    :param own_domain: the host name for the stage; `domain.NONE` to remove it, None to leave it as it is.
    :param say: called with each line of progress.
    :raises DeployError: if a step fails, or somebody else is deploying the stage; the message says what to do.
    """
    settings = project.settings(cloud.stage)
    python_version.check(cloud, settings)
    with DeployLock(cloud) as lock:
        order = _Order(folder, admin_email, target, parameters or {}, mail_sender, own_domain, say)
        return _deploy(cloud, settings, lock, order)


@dataclass(frozen=True)
class _Order:
    """What somebody wants to be deployed; see :func:`deploy`."""

    folder: Path
    admin_email: str | None
    target: Target
    parameters: Mapping[str, str]
    mail_sender: str | None
    own_domain: str | None
    say: Callable[[str], None]


def _deploy(cloud: Cloud, settings: Settings, lock: DeployLock, order: _Order) -> Deployment:
    say, target = order.say, order.target

    def step(line: str) -> None:
        lock.check()
        say(line)

    step(f"resources: CloudFormation stack {cloudformation.stack_name(cloud)}")
    given = gateway_limit.alarm_parameter(settings) | dict(order.parameters)
    say("  changed" if cloudformation.apply(cloud, given) else "  unchanged")
    lock.take()  # of a new stage, whose bucket exists now
    state = _read_state(cloud)
    if not state.get("administrator") and not order.admin_email:
        raise DeployError("Set the first administrator's address: ADMIN_EMAIL=you@example.com make deploy …")
    lock.check()
    for key in geoip.upload(cloud):
        say(f"GeoIP database: {key}")
    step("functions, API and schedules: chalice deploy (takes a few minutes)")
    api = _deploy_functions(cloud, order.folder, state, target)
    base_url = target.locate(cloud, api)
    if not is_healthy(base_url, HEALTH_TIMEOUT_S):
        raise DeployError(f"The health check {base_url}/healthz fails: {ask(f'{base_url}/healthz').text[:500]}")
    lock.check()
    _adjust(cloud, api, settings, say)
    step(f"URL for hits: CloudFormation stack {cloudformation.stack_name(cloud, cloudformation.INGEST)}")
    ingest_url = ingest.apply(cloud, target.locate_ingest, say)
    if ingest_url:
        ingest.tell_function(cloud, cloud.names.prefix, ingest_url)
    lock.check()
    missing = _set_up_domain(cloud, api, order.own_domain, target, say)
    sign_in = _fill(cloud, lock, base_url, state, order)
    step("check: sending one page view and waiting until it is counted")
    counted_s = smoke.check(cloud, base_url, ingest_url or base_url)
    return Deployment(_public_url(cloud, base_url), ingest_url, sign_in, counted_s, missing)


def _fill(cloud: Cloud, lock: DeployLock, base_url: str, state: dict[str, Any], order: _Order) -> str | None:
    """Write what the program needs in its tables; gives the sign-in link of the first administrator, if it is new."""
    lock.check()
    listed = listings.fill(cloud)
    if listed:
        order.say(f"lists of the administration: added {listed} people, sites and entries of the audit log")
    sign_in = None
    if not state.get("administrator") and order.admin_email:
        lock.check()
        order.say(f"first administrator: {order.admin_email}")
        people.create_administrator(cloud, order.admin_email)
        sign_in = f"{_public_url(cloud, base_url)}/sign-in/{people.issue_link(cloud, order.admin_email)}"
        state["administrator"] = order.admin_email
        _write_state(cloud, state)
    if order.mail_sender is not None:
        lock.check()
        order.say(f"mail: {mail.choose_sender(cloud, order.mail_sender)}")
    return sign_in


def _adjust(cloud: Cloud, api: str, settings: Settings, say: Callable[[str], None]) -> None:
    """Set what Chalice cannot set of functions and API."""
    function_logs.quieten(cloud)
    if told := quotas.warning(cloud):
        say(told)
    if gateway_limit.apply(cloud, api, settings):
        say(f"limit of requests: {settings.gateway_rate or 'none but the quota'} per second to each address")


def sign_in_link(cloud: Cloud, email: str, target: Target) -> str:
    """A new one-time sign-in link for the administrator with this address, who is created if needed."""
    return f"{stage_url(cloud, target)}/sign-in/{people.issue_link(cloud, email)}"


def stage_url(cloud: Cloud, target: Target) -> str:
    """The root URL of the stage.

    :raises DeployError: if it is not deployed yet.
    """
    api = _rest_api(_read_state(cloud).get("chalice", {}))
    if api is None:
        raise DeployError(f"The stage {cloud.stage} is not deployed yet. Deploy it with `make deploy`.")
    return _public_url(cloud, target.locate(cloud, api))


def _public_url(cloud: Cloud, base_url: str) -> str:
    """Where browsers reach the stage, whose API is at `base_url`. What the owner has set comes first."""
    configured = domain.configured_url(cloud.stage)
    return (configured or domain.environment(cloud).get(domain.VARIABLE) or base_url).rstrip("/")


def _set_up_domain(
    cloud: Cloud, api: str, own_domain: str | None, target: Target, say: Callable[[str], None]
) -> str | None:
    """Set up the stage's domain; gives what it still lacks. The deployment is complete without it."""
    try:
        domain.apply(cloud, api, own_domain, say, target.answers)
    except DeployError as error:
        return str(error)
    except AwsError as error:
        return f"AWS refused a request for the domain: {error}"
    return None


def _deploy_functions(cloud: Cloud, folder: Path, state: dict[str, Any], target: Target) -> str:
    deployed = folder / ".chalice" / "deployed" / f"{cloud.stage}.json"
    learned = ingest.environment(cloud, target.locate_ingest) | domain.environment(cloud)
    project.copy_to(folder, cloud.stage, learned, cloud.partition)
    deployed.parent.mkdir(parents=True, exist_ok=True)
    deployed.unlink(missing_ok=True)
    existing = deployed_resources.find(cloud, state.get("chalice") or {})
    if existing:
        deployed.write_text(json.dumps(existing), encoding="utf-8")
    try:
        target.chalice(cloud, folder)
    finally:  # also after a partial failure: the next deployment must know what exists
        if deployed.is_file():
            state["chalice"] = json.loads(deployed.read_text(encoding="utf-8"))
            _write_state(cloud, state)
    api = _rest_api(state.get("chalice", {}))
    if api is None:
        raise DeployError("Chalice created no REST API.")
    return api


def _rest_api(chalice_state: Mapping[str, Any]) -> str | None:
    for resource in chalice_state.get("resources", []):
        if resource["resource_type"] == "rest_api":
            return str(resource["rest_api_id"])
    return None


def _read_state(cloud: Cloud) -> dict[str, Any]:
    try:
        found = cloud.client("s3").get_object(Bucket=cloud.names.bucket, Key=STATE_KEY)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchBucket", "404"}:
            return {}
        raise
    state: dict[str, Any] = json.loads(found["Body"].read())
    return state


def _write_state(cloud: Cloud, state: Mapping[str, Any]) -> None:
    body = json.dumps(state, indent=2).encode()
    cloud.client("s3").put_object(Bucket=cloud.names.bucket, Key=STATE_KEY, Body=body, ContentType="application/json")
