"""What deploying takes, and the policies infra/deployer-*.json beside it: nothing is missing, and nothing to spare.

Calls are recorded of deployments, domains and removals of an account in memory, and of the program's own code on a
local AWS. What is only called after a failure is found in the source.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from chalice.deploy import packager

from harness.botocore_calls import Call, intercepted_calls
from infra import (
    cloudformation,
    deploy,
    domain,
    function_logs,
    gateway_limit,
    geoip,
    listings,
    mail,
    package_store,
    people,
    quotas,
)
from infra.aws_environment import Cloud
from infra.deploy_lock import DeployLock
from infra.destroy import destroy
from infra.project import ROOT, settings
from localstack.mail import SENDER
from tests.conftest import ON_LOCALSTACK
from tests.stack import deployer_needs, iam
from tests.stack.iam import Need
from tests.unit.tools.chalice_deployments import Deployments, account
from tests.unit.tools.fake_aws import ACCOUNT, REGION
from tests.unit.tools.test_template import _Loader

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="the program runs in this process, and no function on LocalStack")

POLICIES = sorted((ROOT / "infra").glob("deployer-*.json"))
HOST = "stats.example.com"
# Modules of which a deployment calls everything.
SOURCES = (
    "certificate", "cloudformation", "deploy", "deploy_lock", "deployed_resources", "destroy", "domain",
    "function_logs", "function_variables", "gateway_limit", "ingest", "quotas",
)  # fmt: skip
WAITERS = {
    "function_updated_v2": "get_function",
    "table_exists": "describe_table",
    "table_not_exists": "describe_table",
}


def needs_of_calls(folder: Path) -> set[Need]:
    """Of a first deployment, an upgrade of an earlier release, a domain and its removal, and taking a stage down."""
    aws = account()
    cloud = Cloud("dev", REGION, ACCOUNT)
    cloud._clients.update({name: aws.client(name) for name in deployer_needs._SERVICES})
    deployments = Deployments(folder)
    package = str(deployments.program)
    with patch.object(packager.LambdaDeploymentPackager, "create_deployment_package", lambda *_, **__: package):
        aws.add_stacks("dev")
        with DeployLock(cloud):
            deployments.run(aws)
        tags = {"aws-chalice": "version=1.34.0:stage=dev:app=shylight"}
        aws.lambda_create_function("shylight-dev-former", Code={}, Tags=tags)
        aws.iam_create_role("shylight-dev-former", "{}")
        deployments.change("another")
        deployments.run(aws)
    (api,) = aws.apis
    gateway_limit.apply(cloud, api, settings("dev"))
    quotas.warning(cloud)
    function_logs.quieten(cloud)
    aws.dns |= {f"_proof.{HOST}.", HOST}
    for wanted in (HOST, "new.example.com", domain.NONE):
        aws.dns |= {f"_proof.{wanted}.", wanted}
        with patch.object(domain, "HEAD_START_S", 0.0):
            domain.apply(cloud, api, wanted, lambda _line: None, aws.dns.__contains__)
    deploy._write_state(cloud, deploy._read_state(cloud))
    destroy(copy.copy(cloud), data=True, say=lambda _line: None)
    return set().union(*(deployer_needs.of_call(*call) for call in aws.given))


def needs_in_source() -> set[Need]:
    """Of the operations that the modules name, on something of the stage."""
    found: set[Need] = set()
    for module in SOURCES:
        text = (ROOT / "infra" / f"{module}.py").read_text(encoding="utf-8")
        words = {*re.findall(r"[.\"](\w+)\b", text)}
        words |= {WAITERS[word] for word in words & WAITERS.keys()}
        for service in set(re.findall(r'client\("(\w+)"\)', text)) & deployer_needs._SERVICES.keys():
            for operation in words & deployer_needs.operations(service).keys():
                found |= deployer_needs.of_call(service, operation, SAMPLES[service])
    # An upload that was stopped is gone on with, or given up if the package is another one by then.
    package = {"Bucket": f"shylight-dev-{ACCOUNT}-{REGION}", "Key": f"{package_store.PREFIX}a/b.zip"}
    text = (ROOT / "infra" / "package_store.py").read_text(encoding="utf-8")
    for operation in deployer_needs._OF_S3:
        if f".{operation}(" in text or f'"{operation}"' in text:
            found |= deployer_needs.of_call("s3", operation, package)
    return found


SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "iam": {"RoleName": "shylight-dev-worker"},
    "lambda": {"FunctionName": "shylight-dev"},
    "events": {"Name": "shylight-dev-aggregate-event"},
    "apigateway": {"restApiId": "abc"},
    "cloudformation": {"StackName": "shylight-dev"},
    "acm": {"CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0a1b"},
    "dynamodb": {"TableName": "shylight-dev-core"},
    "sqs": {"QueueName": "shylight-dev-hits"},
    "s3": {"Bucket": f"shylight-dev-{ACCOUNT}-{REGION}", "Key": "deploy/state.json"},
    "secretsmanager": {"SecretId": "shylight-dev-signing-key"},
    "ssm": {"Name": "shylight-dev-geo-source"},
}


def needs_of_types() -> set[Need]:
    templates = (cloudformation.TEMPLATE, cloudformation.INGEST_TEMPLATE, cloudformation.DOMAIN_TEMPLATE)
    found = (yaml.load(path.read_text(encoding="utf-8"), _Loader) for path in templates)
    return set().union(*(deployer_needs.of_types(template) for template in found))


# What Chalice calls for options of its configuration that the documents name, and for tags of an earlier release.
OPTIONS = ("put_function_concurrency", "untag_resource")


def needs_of_options() -> set[Need]:
    return set().union(*(deployer_needs.of_call("lambda", name, SAMPLES["lambda"]) for name in OPTIONS))


def needs_of_program(cloud: Cloud) -> set[Need]:
    """Of what a deployment does to people, lists, databases and mail."""
    found: set[Need] = set()
    cloud.client("s3").delete_object(Bucket=cloud.names.bucket, Key="geo/country.mmdb")

    def note(call: Call) -> Any:
        if (call.service, call.operation) == ("sesv2", "CreateEmailIdentity"):
            found.add(Need("ses:CreateEmailIdentity", iam.identity(SENDER)))
            return call.make()
        error = ""
        try:
            return call.make()
        except call.client.exceptions.ClientError as raised:
            error = raised.response["Error"]["Code"]
            raise
        finally:
            found.update(iam.needs(call.service, call.operation, call.given, error))

    with intercepted_calls(note):
        email = {"email": "ada@example.com"}
        people._execute("create_administrator", email | {"password": None})
        people._execute("issue_link", email)
        for _ in range(2):
            token = people._execute("issue_checker_token", {})
        people._execute("revoke_token", {"token": token})
        listings._execute("fill", {})
        geoip._execute("install_packaged", {"files": geoip.packaged()})
        mail._execute("choose_sender", {"sender": SENDER})
    return found | {Need("ses:CreateEmailIdentity", iam.identity(SENDER))}


@pytest.fixture(scope="module")
def needed(local_aws: Cloud, tmp_path_factory: pytest.TempPathFactory) -> set[Need]:
    folder = tmp_path_factory.mktemp("project")
    of_program = needs_of_program(local_aws)
    with patch.dict(os.environ):  # in which Chalice puts the variables of the stage
        of_deployments = needs_of_calls(folder) | needs_in_source() | needs_of_options()
    return of_deployments | needs_of_types() | of_program


def policy() -> dict[str, Any]:
    """The statements of all parts, which are attached together."""
    return {"Statement": [one for path in POLICIES for one in json.loads(path.read_text("utf-8"))["Statement"]]}


def test_nothing_that_deploying_takes_is_missing(needed: set[Need]) -> None:
    given = iam.grants(policy())
    assert not sorted({(need.action, need.resource) for need in needed if not any(one.allows(need) for one in given)})


def test_nothing_in_the_policy_is_to_spare(needed: set[Need]) -> None:
    assert not sorted(
        (one.action, one.resource) for one in iam.grants(policy()) if not any(one.allows(need) for need in needed)
    )


def test_it_is_about_shylight_alone_wherever_aws_tells_resources_apart() -> None:
    """And names no wildcard for actions."""
    for statement in policy()["Statement"]:
        for grant in iam.grants({"Statement": [statement]}):
            assert "*" not in grant.action
            generated = (
                "certificate/*",
                "event-source-mapping:*",
                "/restapis",
                "/restapis/*",
                "/domainnames",
                "/domainnames/*",
            )
            is_named = "shylight-*" in grant.resource or grant.resource.endswith(generated)
            assert is_named or statement["Sid"] in {"Unnamed", "RoleOfApiGateway", "Mail"}, grant
