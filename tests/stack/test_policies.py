"""Each function's policy against the AWS calls that the function is recorded making: none is missing, none to spare.

No emulator enforces policies, so `tests.stack.iam` says what AWS would. See docs/adr/0017.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest

import app
from chalicelib.accounts import passwords
from chalicelib.config import settings
from chalicelib.store import aws, segments
from harness.botocore_calls import Call, intercepted_calls
from harness.lambda_requests import Context
from infra import policies
from infra.aws_environment import Cloud
from infra.deploy import STATE_KEY
from tests.conftest import ON_LOCALSTACK, QUICK_HASHER
from tests.stack import iam
from tests.stack.iam import Grant, Need
from tests.stack.scenarios import SCENARIOS

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="what its functions do there by themselves would be missing here")


@dataclass
class Recording:
    """What the functions did.

    :ivar needs: by function; :ivar routes: method and path of each request that was answered.
    """

    needs: dict[str, set[Need]] = field(default_factory=lambda: defaultdict(set))
    routes: set[tuple[str, str]] = field(default_factory=set)

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Invoke a function as Lambda does, and keep what it needed."""

        def note(call: Call) -> Any:
            error = ""
            try:
                return call.make()
            except aws.ClientError as raised:
                error = aws.error_code(raised)
                raise
            finally:
                self.needs[function] |= iam.needs(call.service, call.operation, call.given, error)

        entry = app.app if function == "api_handler" else getattr(app, function)
        if "resource" in event:
            self.routes.add((event["httpMethod"], event["resource"]))
        with intercepted_calls(note):
            return entry(event, Context())


@pytest.fixture(scope="module")
def recording(local_aws: Cloud) -> Recording:
    made = Recording()
    with patch.object(passwords, "_hasher", lambda: QUICK_HASHER):
        for function, scenario in SCENARIOS.items():
            scenario(partial(made.invoke, function))
    return made


def granted(function: str) -> set[Grant]:
    return iam.grants(json.loads(policies.render(function, settings().stage)))


def allows(function: str, need: Need) -> bool:
    return any(grant.allows(need) for grant in granted(function))


def of_the_platform(function: str) -> set[Need]:
    """What Lambda does in a function's name, before and after it runs.

    * It writes the function's log. The groups are the template's, so it need not make one. As in the managed policy
      AWSLambdaBasicExecutionRole: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    * It takes messages for the function from a queue:
      https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    name = settings().prefix if function == "api_handler" else f"{settings().prefix}-{function}"
    done = {Need(f"logs:{action}", iam.log_streams(name)) for action in ("CreateLogStream", "PutLogEvents")}
    for source in app.app.event_sources:
        if source.name == function and hasattr(source, "queue"):
            actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
            done |= {Need(f"sqs:{action}", iam.queue(source.queue)) for action in actions}
    return done


def test_every_function_and_every_route_was_asked(recording: Recording) -> None:
    assert set(recording.needs) == set(policies.FUNCTIONS)
    # HEAD does what GET does, and that of a pixel less.
    routes = {(method, path) for path, methods in app.app.routes.items() for method in methods if method != "HEAD"}
    assert routes == {(method, path) for method, path in recording.routes if method != "HEAD"}


@pytest.mark.parametrize("function", policies.FUNCTIONS)
def test_nothing_that_a_function_does_is_missing_in_its_policy(function: str, recording: Recording) -> None:
    needed = recording.needs[function] | of_the_platform(function)
    assert not sorted(need for need in needed if not allows(function, need))


@pytest.mark.parametrize("function", policies.FUNCTIONS)
def test_nothing_in_a_policy_is_to_spare(function: str, recording: Recording) -> None:
    needed = recording.needs[function] | of_the_platform(function)
    given = granted(function)
    allowed = {grant: {need for need in needed if grant.allows(need)} for grant in given}
    assert not sorted(one for one in given if allowed[one] <= set().union(*(allowed[other] for other in given - {one})))
    # Nor is a wildcard so wide that it lets in what only others do. (The runs of jobs are among the marks, and need not
    # be kept from those who may write marks.)
    of_others = set().union(*recording.needs.values(), *map(of_the_platform, policies.FUNCTIONS)) - needed
    of_marks = {replace(need, leading_key="job") for need in needed if need.leading_key in ("hours", "build#")}
    assert not sorted(need for need in of_others - of_marks if allows(function, need))


READ = ("GetItem", "BatchGetItem", "Query", "Scan", "PartiQLSelect")
WRITE = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete")
BEYOND = ("DeleteTable", "UpdateTable", "CreateBackup", "ExportTableToPointInTime", "EnableKinesisStreamingDestination")
TABLES = ("core", "sessions", "rollups", "marks", "salts")


def of_table(name: str, *actions: str, kind: str = "") -> list[Need]:
    return [Need(f"dynamodb:{action}", iam.table(settings().table(name)), kind) for action in actions]


def of_objects(key: str, *actions: str) -> list[Need]:
    return [Need(f"s3:{action}", iam.objects(key)) for action in actions]


HITS, DEAD = iam.queue(settings().queue), iam.queue(settings().dead_letters)
DAY = segments.part_key("some-site", date(2026, 11, 25), "1")
# What is worth saying in words, and who may do any part of it; it holds whatever the recording says.
MAY: dict[str, tuple[list[Need], set[str]]] = {
    "queue a hit": ([Need("sqs:SendMessage", HITS)], {"api_handler", "collect"}),
    "take hits from the queue": ([Need("sqs:ReceiveMessage", HITS)], {"worker"}),
    "bury a message": ([Need("sqs:SendMessage", DEAD)], {"worker"}),
    "write visits": (of_table("sessions", *WRITE), {"worker", "delete_sites"}),
    "read visits": (of_table("sessions", *READ), {"api_handler", "aggregate", "delete_sites"}),
    "make a salt": (of_table("salts", "PutItem", "UpdateItem"), {"api_handler", "collect"}),
    "destroy a salt": (of_table("salts", "DeleteItem", "BatchWriteItem"), {"expire_salts", "delete_sites"}),
    "see a salt": (of_table("salts", *READ), {"api_handler", "collect", "expire_salts", "delete_sites"}),
    "write figures": (of_table("rollups", "PutItem", "DeleteItem"), {"api_handler", "aggregate"}),
    "read sites": (
        of_table("core", "GetItem", "Query", kind="site"),
        {"api_handler", "collect", "worker", "aggregate", "delete_sites"},
    ),
    "read people and their proofs": (of_table("core", *READ, kind="person#"), {"api_handler", "delete_sites"}),
    "change people or sites": (of_table("core", *WRITE), {"api_handler", "delete_sites"}),
    "look through all people": (of_table("core", "Scan"), {"api_handler", "delete_sites"}),
    "delete sites": ([Need("lambda:InvokeFunction", iam.function(settings().delete_sites))], {"api_handler"}),
    "write segments": (of_objects(DAY, "PutObject"), {"api_handler", "aggregate"}),
    "delete segments": (of_objects(DAY, "DeleteObject"), {"api_handler", "aggregate", "delete_sites"}),
    "replace places": (of_objects("geo/city.mmdb", "PutObject", "DeleteObject"), {"update_geoip"}),
    "see the deployment's notes": (of_objects(STATE_KEY, "GetObject", "PutObject", "DeleteObject"), set()),
    "count dead letters": ([Need("sqs:GetQueueAttributes", DEAD)], {"api_handler"}),
    "look into dead letters": ([Need("sqs:ReceiveMessage", DEAD), Need("sqs:DeleteMessage", DEAD)], {"api_handler"}),
    "record a run": (of_table("marks", "UpdateItem", kind="job"), set(policies.FUNCTIONS) - {"collect", "worker"}),
    "lease a build": (of_table("marks", "UpdateItem", kind="build#"), {"api_handler", "aggregate"}),
    "sign sessions": ([Need("secretsmanager:GetSecretValue", iam.secret(settings().signing_key))], {"api_handler"}),
    "see the licence key": (
        [Need("ssm:GetParameter", iam.parameter(settings().geo_source))],
        {"api_handler", "update_geoip"},
    ),
    "send mail": ([Need("ses:SendEmail", iam.identity("example.com"))], {"api_handler"}),
    "change who may send mail": ([Need("ses:CreateEmailIdentity", iam.identity("example.com"))], set()),
    "change or copy tables": ([need for name in TABLES for need in of_table(name, *BEYOND)], set()),
    "open the bucket": ([Need("s3:PutBucketPolicy", iam.bucket()), Need("s3:PutBucketAcl", iam.bucket())], set()),
}


@pytest.mark.parametrize("what", MAY)
def test_nobody_else_may(what: str) -> None:
    needs, who = MAY[what]
    assert {function for function in policies.FUNCTIONS if any(allows(function, need) for need in needs)} == who
