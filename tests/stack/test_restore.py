"""Restoring a deployment as docs/install-and-operate.md says: tables from backups, figures from the bucket."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.config import Settings
from infra import admin
from infra.admin_commands import Deployment
from infra.aws_environment import Cloud
from infra.http_client import ask
from localstack.stack import Info, Stack
from tests.conftest import ON_LOCALSTACK
from tests.stack.calls import Caller, wait_for

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="there is one stack, which other tests use")

# What a restored table does not have by itself, as in infra/template.yaml.
EXPIRING = ("core", "sessions")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Info]:
    """A stack of its own, because its tables are deleted."""
    local = Stack(tmp_path_factory.mktemp("restored"), say=lambda _line: None)
    yield local.up()
    local.down()


@pytest.fixture(scope="module")
def caller(running: Info) -> Caller:
    return Caller(running.base_url, running.api_token)


@pytest.fixture(scope="module")
def site(caller: Caller) -> str:
    """A site with three views of two visitors."""
    made = caller.new_site()
    for address, path in (("192.0.2.1", "a"), ("192.0.2.1", "b"), ("192.0.2.2", "a")):
        view(caller, made, path, address)
    assert figures(caller, made, 3) == (2, 3)
    return made


def view(caller: Caller, site: str, path: str, address: str) -> None:
    body = {"idempotency": uuid.uuid4().hex, "location": f"https://example.com/{path}"}
    assert caller.beacon(site, body, address=address).status == 204


def figures(caller: Caller, site: str, views: int) -> tuple[int, int]:
    """Visitors and page views of today, once there are so many views."""
    found = wait_for(lambda: caller.stats(site)["metrics"], lambda metrics: metrics["pageviews"] >= views, 60)
    return found["visitors"], found["pageviews"]


def full_name(cloud: Cloud, table: str) -> str:
    return Settings(stage=cloud.stage).table(table)


def back_up(cloud: Cloud, table: str) -> str:
    name = full_name(cloud, table)
    made = cloud.client("dynamodb").create_backup(TableName=name, BackupName=f"{name}-{uuid.uuid4().hex[:6]}")
    return str(made["BackupDetails"]["BackupArn"])


def delete(cloud: Cloud, table: str) -> dict[str, Any]:
    """Delete a table; gives its description."""
    client, name = cloud.client("dynamodb"), full_name(cloud, table)
    described: dict[str, Any] = client.describe_table(TableName=name)["Table"]
    client.delete_table(TableName=name)
    client.get_waiter("table_not_exists").wait(TableName=name)
    return described


def restore(cloud: Cloud, table: str, backup: str) -> dict[str, Any]:
    """Restore a table under its name, with the settings that a restore leaves out; gives its description."""
    client, name = cloud.client("dynamodb"), full_name(cloud, table)
    client.restore_table_from_backup(TargetTableName=name, BackupArn=backup)
    client.get_waiter("table_exists").wait(TableName=name)
    if table in EXPIRING:
        expiry = {"AttributeName": "expires", "Enabled": True}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
    recovery = {"PointInTimeRecoveryEnabled": True}
    client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    described: dict[str, Any] = client.describe_table(TableName=name)["Table"]
    return described


def command(running: Info, *arguments: str) -> int:
    return admin.main(arguments, lambda: Deployment(running.cloud, lambda: running.base_url))


def shape(described: dict[str, Any]) -> tuple[object, object]:
    indexes = [(one["IndexName"], one["KeySchema"]) for one in described.get("GlobalSecondaryIndexes", [])]
    return described["KeySchema"], indexes


def test_a_deployment_goes_on_with_tables_that_were_restored(running: Info, caller: Caller, site: str) -> None:
    cloud = running.cloud
    tables = ("core", "sessions", "rollups")
    backups = {table: back_up(cloud, table) for table in tables}
    before = {table: delete(cloud, table) for table in tables}
    assert ask(f"{running.base_url}/healthz").status == 503
    after = {table: restore(cloud, table, backups[table]) for table in tables}
    assert {table: shape(after[table]) for table in tables} == {table: shape(before[table]) for table in tables}
    assert ask(f"{running.base_url}/healthz").status == 200
    assert command(running, "verify") == 0
    assert figures(caller, site, 3) == (2, 3)
    view(caller, site, "c", "192.0.2.1")
    assert figures(caller, site, 4) == (2, 4)  # the salts were not touched: a known visitor


def test_figures_that_are_lost_come_back_from_the_bucket(running: Info, caller: Caller, site: str) -> None:
    """The table of rollups is there, but empty; and the table of sessions with it."""
    cloud, today = running.cloud, datetime.now(UTC).date().isoformat()
    before = figures(caller, site, 3)
    for table in ("rollups", "sessions"):
        described = delete(cloud, table)
        kept = {"TableName", "KeySchema", "AttributeDefinitions"}
        given = {name: value for name, value in described.items() if name in kept}
        indexes = [
            {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
            for index in described.get("GlobalSecondaryIndexes", [])
        ]
        given |= {"GlobalSecondaryIndexes": indexes} if indexes else {}
        cloud.client("dynamodb").create_table(**given, BillingMode="PAY_PER_REQUEST")
    assert command(running, "rebuild-days", site, today, today) == 0
    assert figures(caller, site, before[1]) == before


def test_without_its_salt_today_does_not_know_its_visitors_again(running: Info, caller: Caller) -> None:
    """The table of salts has no backup. Made anew, it is empty, and hits are counted on."""
    cloud, site = running.cloud, caller.new_site()
    view(caller, site, "a", "192.0.2.1")
    assert figures(caller, site, 1) == (1, 1)
    described = delete(cloud, "salts")
    given = {name: described[name] for name in ("TableName", "KeySchema", "AttributeDefinitions")}
    cloud.client("dynamodb").create_table(**given, BillingMode="PAY_PER_REQUEST")
    for function in cloud.client("lambda").list_functions()["Functions"]:  # what they know of today's salt ends
        known = function.get("Environment", {}).get("Variables", {})
        cloud.client("lambda").update_function_configuration(
            FunctionName=function["FunctionName"], Environment={"Variables": known | {"RESTORED": "1"}}
        )
    view(caller, site, "b", "192.0.2.1")
    assert figures(caller, site, 2) == (2, 2)
