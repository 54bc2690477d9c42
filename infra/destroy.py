"""Taking a stage down: what `make destroy` does. It can be repeated after a failure anywhere.

What runs is deleted first, so that nothing writes any more: domain, URL for hits, then what Chalice has made, with the
package of its functions. Data stays, in the CloudFormation stack of the resources, which the next deployment goes on
with; or it is deleted with that stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from infra import cloudformation, deployed_resources, domain, package_store
from infra.aws_environment import Cloud
from infra.deploy_lock import KEY, DeployLock

_TABLES: Final = ("core", "sessions", "rollups", "marks", "salts")
# What AWS calls that something does not exist, by its services.
_ABSENT: Final = frozenset({
    "NoSuchEntity", "ResourceNotFoundException", "NotFoundException", "NoSuchBucket", "ParameterNotFound",
    "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue",
})  # fmt: skip
Say = Callable[[str], None]


def destroy(cloud: Cloud, *, data: bool, say: Say = print) -> None:
    """Delete the stage.

    :param data: whether to delete what was collected, too, with people, sites and settings. It cannot be restored.
    :raises DeployError: if CloudFormation cannot delete a stack, with the reason; or if somebody is deploying it.
    """
    with DeployLock(cloud) as lock:
        _destroy(cloud, lock, data=data, say=say)


def _destroy(cloud: Cloud, lock: DeployLock, *, data: bool, say: Say) -> None:
    def step(line: str) -> None:
        lock.check()
        say(line)

    step("domain and its certificate, if there is one")
    domain.remove(cloud, say)
    step(f"URL for hits: CloudFormation stack {cloudformation.stack_name(cloud, cloudformation.INGEST)}")
    cloudformation.delete(cloud, cloudformation.INGEST)
    step("functions, API and schedules")
    _delete_functions(cloud)
    lock.check()
    _if_there(package_store.discard, s3=cloud.client("s3"), bucket=cloud.names.bucket)
    if not data:
        say(f"the data stays in the CloudFormation stack {cloudformation.stack_name(cloud)}")
        return
    step(f"tables, queues and bucket: CloudFormation stack {cloudformation.stack_name(cloud)}")
    _unprotect(cloud)
    lock.check()
    cloudformation.delete(cloud)
    step("what the stack keeps when it is deleted")
    _delete_kept(cloud, lock)


def _delete_functions(cloud: Cloud) -> None:
    """Delete what Chalice has made: first what starts a function, then its role and the function."""
    found = deployed_resources.find(cloud, {}).get("resources", [])
    by_type: dict[str, list[dict[str, Any]]] = {}
    for resource in found:
        by_type.setdefault(resource["resource_type"], []).append(resource)
    for api in deployed_resources.apis(cloud):
        cloud.client("apigateway").delete_rest_api(restApiId=api["id"])
    for event in by_type.get("sqs_event", []):
        deployed_resources.delete_event_source(cloud, event["event_uuid"])
    for rule in by_type.get("cloudwatch_event", []):
        _if_there(_delete_rule, cloud=cloud, rule=rule["rule_name"])
    # Roles first: those of earlier releases are only found by their functions.
    for role in by_type.get("iam_role", []):
        _if_there(_delete_role, cloud=cloud, role=role["role_name"])
    for function in by_type.get("lambda_function", []):
        _if_there(cloud.client("lambda").delete_function, FunctionName=function["lambda_arn"])


def _delete_rule(cloud: Cloud, rule: str) -> None:
    client = cloud.client("events")
    targets = [one["Id"] for one in client.list_targets_by_rule(Rule=rule)["Targets"]]
    if targets:
        client.remove_targets(Rule=rule, Ids=targets)
    client.delete_rule(Name=rule)


def _delete_role(cloud: Cloud, role: str) -> None:
    client = cloud.client("iam")
    for policy in client.list_role_policies(RoleName=role)["PolicyNames"]:
        client.delete_role_policy(RoleName=role, PolicyName=policy)
    client.delete_role(RoleName=role)


def _unprotect(cloud: Cloud) -> None:
    client = cloud.client("dynamodb")
    for name in map(cloud.names.table, _TABLES):
        _if_there(_unprotect_table, client=client, table=name)


def _unprotect_table(client: Any, table: str) -> None:
    if client.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
        client.update_table(TableName=table, DeletionProtectionEnabled=False)
        client.get_waiter("table_exists").wait(TableName=table)


def _delete_kept(cloud: Cloud, lock: DeployLock) -> None:
    """Delete what the stack keeps, and what the program itself has made; last the bucket, in which the lock is."""
    names = cloud.names
    for table in map(names.table, _TABLES):
        lock.check()
        _if_there(cloud.client("dynamodb").delete_table, TableName=table)
    for table in map(names.table, _TABLES):  # their names are free for the next deployment then
        cloud.client("dynamodb").get_waiter("table_not_exists").wait(TableName=table)
    for queue in (names.queue, names.dead_letters):
        lock.check()
        _if_there(_delete_queue, cloud=cloud, queue=queue)
    lock.check()
    # Without a time in which it could be restored: a new deployment of the stage would find its name in use.
    secrets = cloud.client("secretsmanager")
    _if_there(secrets.delete_secret, SecretId=names.signing_key, ForceDeleteWithoutRecovery=True)
    for parameter in (names.encryption_key, names.geo_source):
        _if_there(cloud.client("ssm").delete_parameter, Name=parameter)
    _if_there(_delete_bucket, cloud=cloud, lock=lock)


def _delete_queue(cloud: Cloud, queue: str) -> None:
    client = cloud.client("sqs")
    client.delete_queue(QueueUrl=client.get_queue_url(QueueName=queue)["QueueUrl"])


def _delete_bucket(cloud: Cloud, lock: DeployLock) -> None:
    """Delete the bucket with every version of its objects; last of them the lock."""
    client, bucket = cloud.client("s3"), cloud.names.bucket
    for portion in _versions(client, bucket):
        lock.check()
        if others := [one for one in portion if one["Key"] != KEY]:
            client.delete_objects(Bucket=bucket, Delete={"Objects": others, "Quiet": True})
    lock.check()
    for portion in _versions(client, bucket):
        client.delete_objects(Bucket=bucket, Delete={"Objects": portion, "Quiet": True})
    client.delete_bucket(Bucket=bucket)


def _versions(client: Any, bucket: str) -> Iterator[list[dict[str, str]]]:
    """The versions of the objects, by up to a thousand."""
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if found:
            yield [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]


def _if_there(delete: Callable[..., object], **given: object) -> None:
    """Delete something, unless it is gone already."""
    try:
        delete(**given)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ABSENT:
            raise
