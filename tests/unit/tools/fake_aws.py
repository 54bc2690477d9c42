"""An AWS account in memory, as far as Chalice's deployments reach, in which any call can be the last one.

It refuses what AWS refuses: a second role, function or event source of the same kind, and whatever names something that
does not exist. See the API references of Lambda, IAM, EventBridge, API Gateway and SQS.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import botocore.session
from botocore.exceptions import ClientError

from tests.unit.tools.fake_s3 import FakeBuckets

REGION, ACCOUNT = "eu-central-1", "123456789012"
_LAMBDA = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"


class Killed(BaseException):
    """The process ends here."""


class FakeAws(FakeBuckets):
    """The account.

    :ivar calls: the calls that were made, as (service, operation). :ivar given: the same with their parameters.
    :ivar last: how many calls are made before the process is killed; None: it is not.
    :ivar in_time: whether the last call still takes effect.
    :ivar deleting_takes: for how many calls a mapping that was deleted is still there. :ivar steps: the calls about a
    mapping in which AWS is still at it, by its id.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, str]] = []
        self.given: list[tuple[str, str, dict[str, Any]]] = []
        self.last: int | None = None
        self.in_time = True
        self.roles: dict[str, dict[str, Any]] = {}
        self.functions: dict[str, dict[str, Any]] = {}
        self.permissions: dict[str, list[dict[str, Any]]] = {}
        self.mappings: dict[str, dict[str, Any]] = {}
        self.steps: dict[str, int] = {}
        self.deleting_takes = 0
        self.rules: dict[str, dict[str, Any]] = {}
        self.apis: dict[str, dict[str, Any]] = {}
        self.stacks: set[str] = set()
        self.parameters: dict[str, dict[str, str]] = {}  # of a stack
        self.change_sets: dict[str, dict[str, Any]] = {}
        self.domains: dict[str, dict[str, str]] = {}
        self.certificates: dict[str, dict[str, Any]] = {}
        self.dns: set[str] = set()  # records that somebody has set, by their names
        # Table -> whether it is protected from deletion.
        self.tables: dict[str, bool] = {}
        self.kept: set[str] = set()  # queues, buckets, secrets and parameters, by their names
        self.executions: int | None = 1000  # Lambda's quota; None: who asks may not know it
        self._made = 0
        self._clients: dict[str, _Client] = {}

    def client(self, service: str) -> _Client:
        """A client of a service, with the operations that deployments call."""
        return self._clients.setdefault(service, _Client(self, service))

    def session(self) -> FakeSession:
        """A session as botocore makes them."""
        return FakeSession(self)

    def contents(self) -> dict[str, Any]:
        """What there is, without ids that AWS makes up."""
        return {
            "roles": self.roles,
            "functions": self.functions,
            "permissions": {name: sorted(map(str, found)) for name, found in self.permissions.items()},
            "mappings": [{**one, "UUID": ""} for one in self.mappings.values()],
            "rules": self.rules,
            "apis": len(self.apis),
            "stages": [sorted(api["stages"]) for api in self.apis.values()],
            "limits": [api["limits"] for api in self.apis.values()],
            "stacks": self.stacks,
            "parameters": self.parameters,
            "domains": self.domains,
            "certificates": [{**one, "CertificateArn": ""} for one in self.certificates.values()],
            "tables": self.tables,
            "kept": self.kept,
            "objects": self.objects,
            "uploads": [(one.bucket, one.key) for one in self.uploads.values()],
        }

    def call(self, service: str, operation: str, given: dict[str, Any]) -> Any:
        """Make a call; the last one kills the process."""
        self.calls.append((service, operation))
        self.given.append((service, operation, given))
        killed = self.last is not None and len(self.calls) >= self.last
        if killed and not self.in_time:
            raise Killed
        try:
            return getattr(self, f"{service}_{operation}")(**given)
        finally:
            if killed:  # also if AWS has refused the call
                raise Killed

    def refuse(self, service: str, code: str) -> Exception:
        error = {"Error": {"Code": code, "Message": code}}
        return _exceptions(service).from_code(code)(error, "Operation")  # type: ignore[no-any-return]

    def _id(self) -> str:
        self._made += 1
        return f"{self._made:08x}"

    # ── IAM ──

    def iam_get_role(self, RoleName: str) -> Any:
        if RoleName not in self.roles:
            raise self.refuse("iam", "NoSuchEntity")
        return {"Role": self.roles[RoleName]}

    def iam_create_role(self, RoleName: str, AssumeRolePolicyDocument: str) -> Any:
        if RoleName in self.roles:
            raise self.refuse("iam", "EntityAlreadyExists")
        arn = f"arn:aws:iam::{ACCOUNT}:role/{RoleName}"
        self.roles[RoleName] = {"Arn": arn, "RoleName": RoleName, "trust": AssumeRolePolicyDocument, "policies": {}}
        return {"Role": self.roles[RoleName]}

    def iam_put_role_policy(self, RoleName: str, PolicyName: str, PolicyDocument: str) -> Any:
        self.iam_get_role(RoleName)["Role"]["policies"][PolicyName] = PolicyDocument

    def iam_list_role_policies(self, RoleName: str) -> Any:
        return {"PolicyNames": list(self.iam_get_role(RoleName)["Role"]["policies"])}

    def iam_delete_role_policy(self, RoleName: str, PolicyName: str) -> Any:
        del self.iam_get_role(RoleName)["Role"]["policies"][PolicyName]

    def iam_delete_role(self, RoleName: str) -> Any:
        if self.iam_get_role(RoleName)["Role"]["policies"]:
            raise self.refuse("iam", "DeleteConflict")
        del self.roles[RoleName]

    # ── Lambda ──

    def _function(self, name: str) -> dict[str, Any]:
        found = self.functions.get(name.rpartition(":")[2])
        if found is None:
            raise self.refuse("lambda", "ResourceNotFoundException")
        return found

    def lambda_get_function(self, FunctionName: str) -> Any:
        return {"Configuration": self._function(FunctionName)}

    def lambda_get_function_configuration(self, FunctionName: str) -> Any:
        return self._function(FunctionName)

    def lambda_list_functions(self) -> Any:
        return {"Functions": [*self.functions.values()]}

    def lambda_get_account_settings(self) -> Any:
        if self.executions is None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "GetAccountSettings")
        return {"AccountLimit": {"ConcurrentExecutions": self.executions}}

    def lambda_list_tags(self, Resource: str) -> Any:
        return {"Tags": self._function(Resource).get("Tags", {})}

    def lambda_create_function(self, FunctionName: str, Code: Any, **given: Any) -> Any:
        if FunctionName in self.functions:
            raise self.refuse("lambda", "ResourceConflictException")
        package = self._package(**Code) if Code else b""
        self.functions[FunctionName] = {
            "package": package,
            "FunctionName": FunctionName, "FunctionArn": f"{_LAMBDA}:{FunctionName}", "State": "Active",
            "LastUpdateStatus": "Successful", **given,
        }  # fmt: skip
        return self.functions[FunctionName]

    def _package(self, S3Bucket: str, S3Key: str) -> bytes:
        """Lambda takes the package of a function from the bucket."""
        body: bytes = self.s3_get_object(S3Bucket, S3Key)["Body"].read()
        return body

    def lambda_update_function_code(self, FunctionName: str, S3Bucket: str, S3Key: str, **given: Any) -> Any:
        self._function(FunctionName).update(given, package=self._package(S3Bucket, S3Key))
        return self._function(FunctionName)

    def lambda_update_function_configuration(self, FunctionName: str, **given: Any) -> Any:
        self._function(FunctionName).update(given)
        return self._function(FunctionName)

    def lambda_tag_resource(self, Resource: str, Tags: dict[str, str]) -> Any:
        self._function(Resource).setdefault("Tags", {}).update(Tags)

    def lambda_untag_resource(self, Resource: str, TagKeys: list[str]) -> Any:
        for key in TagKeys:
            self._function(Resource)["Tags"].pop(key)

    def lambda_delete_function(self, FunctionName: str) -> Any:
        name = self._function(FunctionName)["FunctionName"]
        del self.functions[name]
        self.permissions.pop(name, None)

    def lambda_delete_function_concurrency(self, FunctionName: str) -> Any:
        self._function(FunctionName)

    def lambda_get_policy(self, FunctionName: str) -> Any:
        name = self._function(FunctionName)["FunctionName"]
        if not self.permissions.get(name):
            raise self.refuse("lambda", "ResourceNotFoundException")
        return {"Policy": json.dumps({"Id": "default", "Statement": self.permissions[name]})}

    def lambda_add_permission(self, FunctionName: str, StatementId: str, **given: Any) -> Any:
        name = self._function(FunctionName)["FunctionName"]
        source = given.get("SourceArn", "")
        self.permissions.setdefault(name, []).append({
            "Action": given["Action"], "Effect": "Allow", "Principal": {"Service": given["Principal"]},
            "Resource": self.functions[name]["FunctionArn"],
            "Condition": {"ArnLike": {"AWS:SourceArn": source}},
        })  # fmt: skip

    def lambda_create_event_source_mapping(self, EventSourceArn: str, FunctionName: str, **given: Any) -> Any:
        arn = self._function(FunctionName)["FunctionArn"]
        if any((one["EventSourceArn"], one["FunctionArn"]) == (EventSourceArn, arn) for one in self.mappings.values()):
            raise self.refuse("lambda", "ResourceConflictException")
        uuid = self._id()
        self.mappings[uuid] = {
            "UUID": uuid,
            "EventSourceArn": EventSourceArn,
            "FunctionArn": arn,
            "State": "Enabled",
            **given,
        }
        return self.mappings[uuid]

    def _mapping(self, uuid: str) -> dict[str, Any]:
        if uuid not in self.mappings:
            raise self.refuse("lambda", "ResourceNotFoundException")
        return self.mappings[uuid]

    def _go_on(self, uuid: str) -> None:
        """Finish what is being done with a mapping, once enough calls have been about it."""
        self.steps[uuid] = self.steps.get(uuid, 0) - 1
        state = self.mappings[uuid]["State"]
        if self.steps[uuid] < 0 and state == "Deleting":
            del self.mappings[uuid]
        elif self.steps[uuid] < 0 and state != "Enabled":
            self.mappings[uuid]["State"] = "Enabled"

    def lambda_get_event_source_mapping(self, UUID: str) -> Any:
        self._mapping(UUID)
        self._go_on(UUID)
        return self._mapping(UUID)

    def lambda_update_event_source_mapping(self, UUID: str, **given: Any) -> Any:
        self._mapping(UUID).update(given)
        return self._mapping(UUID)

    def lambda_delete_event_source_mapping(self, UUID: str) -> Any:
        if self._mapping(UUID)["State"] != "Enabled":
            self._go_on(UUID)
            raise self.refuse("lambda", "ResourceInUseException")
        self.mappings[UUID]["State"] = "Deleting"
        self.steps[UUID] = self.deleting_takes
        if not self.deleting_takes:
            self._go_on(UUID)

    def lambda_list_event_source_mappings(self, FunctionName: str) -> Any:
        arn = self._function(FunctionName)["FunctionArn"]
        return {"EventSourceMappings": [one for one in self.mappings.values() if one["FunctionArn"] == arn]}

    # ── EventBridge ──

    def events_put_rule(self, Name: str, **given: Any) -> Any:
        self.rules.setdefault(Name, {"targets": {}}).update(given)
        return {"RuleArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{Name}"}

    def events_put_targets(self, Rule: str, Targets: list[dict[str, Any]]) -> Any:
        self._rule(Rule)["targets"].update({one["Id"]: one for one in Targets})

    def events_list_rules(self, NamePrefix: str) -> Any:
        return {"Rules": [{"Name": name} for name in self.rules if name.startswith(NamePrefix)]}

    def events_list_targets_by_rule(self, Rule: str) -> Any:
        return {"Targets": [*self._rule(Rule)["targets"].values()]}

    def events_remove_targets(self, Rule: str, Ids: list[str], **_: Any) -> Any:
        for one in Ids:
            self._rule(Rule)["targets"].pop(one)

    def events_delete_rule(self, Name: str) -> Any:
        if self._rule(Name)["targets"]:
            raise self.refuse("events", "ValidationException")
        del self.rules[Name]

    def _rule(self, name: str) -> dict[str, Any]:
        if name not in self.rules:
            raise self.refuse("events", "ResourceNotFoundException")
        return self.rules[name]

    # ── API Gateway ──

    def _api(self, api: str) -> dict[str, Any]:
        if api not in self.apis:
            raise self.refuse("apigateway", "NotFoundException")
        return self.apis[api]

    def apigateway_import_rest_api(self, body: str, parameters: Any) -> Any:
        made = self._id()
        swagger = json.loads(body)
        self.apis[made] = {
            "id": made, "name": swagger["info"]["title"], "swagger": swagger, "stages": set(), "limits": {},
            "endpointConfiguration": {"types": [parameters["endpointConfigurationTypes"]]},
        }  # fmt: skip
        return self.apis[made]

    def apigateway_put_rest_api(self, restApiId: str, body: str, mode: str) -> Any:
        self._api(restApiId)["swagger"] = json.loads(body)

    def apigateway_get_rest_api(self, restApiId: str) -> Any:
        return self._api(restApiId)

    def apigateway_get_rest_apis(self, limit: int = 25, position: str = "0") -> Any:
        return _page([*self.apis.values()], limit, position)

    def apigateway_update_rest_api(self, restApiId: str, patchOperations: Any) -> Any:
        self._api(restApiId)

    def apigateway_create_deployment(self, restApiId: str, stageName: str, **_: Any) -> Any:
        self._api(restApiId)["stages"].add(stageName)

    def apigateway_get_stages(self, restApiId: str) -> Any:
        return {"item": [{"stageName": name} for name in self._api(restApiId)["stages"]]}

    def apigateway_get_stage(self, restApiId: str, stageName: str) -> Any:
        api = self._api(restApiId)
        if stageName not in api["stages"]:
            raise self.refuse("apigateway", "NotFoundException")
        return {"stageName": stageName, "methodSettings": api["limits"].get(stageName, {})}

    def apigateway_update_stage(self, restApiId: str, stageName: str, patchOperations: Any) -> Any:
        settings = self._api(restApiId)["limits"].setdefault(stageName, {})
        for patch in patchOperations:
            assert patch["op"] == "replace"
            method, _, name = patch["path"].removeprefix("/").partition("/throttling/")
            value = float(patch["value"])
            settings.setdefault(method, {})[f"throttling{name[0].upper()}{name[1:]}"] = value

    def apigateway_get_resources(self, restApiId: str, embed: list[str], limit: int = 25, position: str = "0") -> Any:
        paths = self._api(restApiId)["swagger"]["paths"].items()
        resources = [
            {"path": path, "resourceMethods": {verb: {"methodIntegration": of["x-amazon-apigateway-integration"]}
                                               for verb, of in verbs.items()}}
            for path, verbs in paths
        ]  # fmt: skip
        return _page(resources, limit, position)

    def apigateway_delete_rest_api(self, restApiId: str) -> Any:
        self._api(restApiId)
        del self.apis[restApiId]

    # ── CloudFormation, and what it has made ──

    def add_stacks(self, stage: str) -> None:
        """What the stacks of a stage make, with protected tables, and what the program adds to it."""
        name = f"shylight-{stage}"
        tables, others = (
            ("core", "sessions", "rollups", "marks", "salts"),
            ("hits", "hits-dead", "signing-key", "totp-key"),
        )
        self.stacks |= {name, f"{name}-ingest"}
        self.tables |= {f"{name}-{table}": True for table in tables}
        bucket = f"{name}-{ACCOUNT}-{REGION}"
        self.kept |= {bucket, *(f"{name}-{one}" for one in others)}
        self.objects |= {(bucket, f"k{number}"): b"" for number in range(3)}

    def cloudformation_describe_stacks(self, StackName: str) -> Any:
        if StackName not in self.stacks:
            error = {"Error": {"Code": "ValidationError", "Message": f"Stack {StackName} does not exist"}}
            raise ClientError(error, "DescribeStacks")
        given = self.parameters.get(StackName, {})
        outputs = {}
        if "Domain" in given:
            target = f"d-1234567890.execute-api.{REGION}.amazonaws.com"
            outputs = {"Domain": given["Domain"], "Target": target, "TargetZone": "Z2J6"}
        return {"Stacks": [{
            "StackStatus": "CREATE_COMPLETE",
            "LastUpdatedTime": json.dumps(given),
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
        }]}  # fmt: skip

    def cloudformation_create_change_set(
        self, StackName: str, ChangeSetName: str, ChangeSetType: str, TemplateBody: str, Parameters: Any
    ) -> Any:
        assert (ChangeSetType == "UPDATE") == (StackName in self.stacks)
        known = self.parameters.get(StackName, {})
        self.change_sets[ChangeSetName] = {
            one["ParameterKey"]: known[one["ParameterKey"]] if one.get("UsePreviousValue") else one["ParameterValue"]
            for one in Parameters
        }

    def cloudformation_describe_change_set(self, StackName: str, ChangeSetName: str) -> Any:
        if StackName in self.stacks and self.change_sets[ChangeSetName] == self.parameters.get(StackName):
            return {"Status": "FAILED", "StatusReason": "The submitted information didn't contain changes."}
        return {"Status": "CREATE_COMPLETE"}

    def cloudformation_delete_change_set(self, StackName: str, ChangeSetName: str) -> Any:
        del self.change_sets[ChangeSetName]

    def cloudformation_execute_change_set(self, StackName: str, ChangeSetName: str) -> Any:
        given = self.change_sets.pop(ChangeSetName)
        if StackName.endswith("-domain"):
            assert self.certificates[given["CertificateArn"]]["Status"] == "ISSUED"
            self._api(given["RestApiId"])
            self._delete_domains(StackName)
            self.domains[given["Domain"]] = {"stack": StackName, **given}
        self.stacks.add(StackName)
        self.parameters[StackName] = given

    def _delete_domains(self, stack: str) -> None:
        self.domains = {name: one for name, one in self.domains.items() if one["stack"] != stack}

    def cloudformation_delete_stack(self, StackName: str) -> Any:
        self._delete_domains(StackName)
        self.parameters.pop(StackName, None)
        salts = f"{StackName}-salts"  # the only table that is not kept
        if self.tables.get(salts):
            raise AssertionError("a protected table cannot be deleted")
        self.tables.pop(salts, None)
        self.stacks.discard(StackName)

    # ── Certificate Manager ──

    def acm_list_certificates(self, CertificateStatuses: list[str], Includes: Any) -> Any:
        self._validate()
        found = [one for one in self.certificates.values() if one["Status"] in CertificateStatuses]
        return {"CertificateSummaryList": copy.deepcopy(found)}

    def acm_request_certificate(self, DomainName: str, ValidationMethod: str, Tags: Any) -> Any:
        arn = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{self._id()}"
        self.certificates[arn] = {
            "CertificateArn": arn, "DomainName": DomainName, "Status": "PENDING_VALIDATION", "Type": "AMAZON_ISSUED",
            "Tags": Tags,
        }  # fmt: skip
        return {"CertificateArn": arn}

    def _certificate(self, arn: str) -> dict[str, Any]:
        if arn not in self.certificates:
            raise self.refuse("acm", "ResourceNotFoundException")
        return self.certificates[arn]

    def acm_describe_certificate(self, CertificateArn: str) -> Any:
        self._validate()
        found = self._certificate(CertificateArn)
        name = f"_proof.{found['DomainName']}."
        record = {"Name": name, "Type": "CNAME", "Value": "_x.acm-validations.aws."}
        return {"Certificate": {**found, "DomainValidationOptions": [{"ResourceRecord": record}]}}

    def _validate(self) -> None:
        for one in self.certificates.values():
            if one["Status"] == "PENDING_VALIDATION" and f"_proof.{one['DomainName']}." in self.dns:
                one["Status"] = "ISSUED"

    def acm_list_tags_for_certificate(self, CertificateArn: str) -> Any:
        return {"Tags": self._certificate(CertificateArn)["Tags"]}

    def acm_delete_certificate(self, CertificateArn: str) -> Any:
        self._certificate(CertificateArn)
        if any(one["CertificateArn"] == CertificateArn for one in self.domains.values()):
            raise self.refuse("acm", "ResourceInUseException")
        del self.certificates[CertificateArn]

    # ── Tables and what else is kept ──

    def _table(self, name: str) -> bool:
        if name not in self.tables:
            raise self.refuse("dynamodb", "ResourceNotFoundException")
        return self.tables[name]

    def dynamodb_describe_table(self, TableName: str) -> Any:
        return {"Table": {"DeletionProtectionEnabled": self._table(TableName)}}

    def dynamodb_update_table(self, TableName: str, DeletionProtectionEnabled: bool) -> Any:
        self._table(TableName)
        self.tables[TableName] = DeletionProtectionEnabled

    def dynamodb_delete_table(self, TableName: str) -> Any:
        if self._table(TableName):
            raise self.refuse("dynamodb", "ValidationException")
        del self.tables[TableName]

    def _remove(self, name: str, service: str, code: str) -> None:
        if name not in self.kept:
            raise self.refuse(service, code)
        self.kept.remove(name)

    def sqs_delete_queue(self, QueueUrl: str) -> Any:
        self._remove(QueueUrl.rpartition("/")[2], "sqs", "QueueDoesNotExist")

    def secretsmanager_delete_secret(self, SecretId: str, ForceDeleteWithoutRecovery: bool) -> Any:
        assert ForceDeleteWithoutRecovery
        self._remove(SecretId, "secretsmanager", "ResourceNotFoundException")

    def ssm_delete_parameter(self, Name: str) -> Any:
        self._remove(Name, "ssm", "ParameterNotFound")

    def sqs_get_queue_url(self, QueueName: str) -> Any:
        return {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{QueueName}"}


class FakeSession:
    """What Chalice asks a session for; handlers may change what calls of its clients are given."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws
        self._handlers: dict[str, Callable[..., Any]] = {}

    def create_client(self, service: str, config: Any = None, **_: object) -> _Client:
        if service == "s3":  # or S3 could not end an upload, see test_package_store.py
            assert config.request_checksum_calculation == "when_required"
        return _Client(self._aws, service, self._handlers)

    def register(self, event: str, handler: Callable[..., Any]) -> None:
        self._handlers[event] = handler

    def get_config_variable(self, name: str) -> str | None:
        return REGION if name == "region" else None

    def get_partition_for_region(self, _region: str) -> str:
        return "aws"


class _Client:
    """A client as botocore makes them: an operation is a method, with pages, waiters and exceptions."""

    def __init__(self, aws: FakeAws, service: str, handlers: dict[str, Callable[..., Any]] | None = None) -> None:
        self._aws, self._service, self._handlers = aws, service, handlers or {}

    @property
    def exceptions(self) -> Any:
        return _exceptions(self._service)

    def get_paginator(self, operation: str) -> _Pages:
        return _Pages(getattr(self, operation))

    def get_waiter(self, _name: str) -> _Waiter:
        return _Waiter()

    @property
    def meta(self) -> Any:
        return SimpleNamespace(region_name=REGION, partition="aws")

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("__"):  # which copies and debuggers look for
            raise AttributeError(operation)
        handler = self._handlers.get(f"provide-client-params.{self._service}.{operation.title().replace('_', '')}")

        def call(**given: Any) -> Any:
            return self._aws.call(self._service, operation, handler(params=given) if handler else given)

        return call


class _Pages:
    def __init__(self, ask: Callable[..., Any]) -> None:
        self._ask = ask

    def paginate(self, PaginationConfig: Any = None, **given: Any) -> Iterator[Any]:
        if PaginationConfig:
            given["limit"] = PaginationConfig["PageSize"]
        page = self._ask(**given)
        yield page
        while page and "position" in page:
            page = self._ask(**given, position=page["position"])
            yield page


def _page(items: list[Any], limit: int, position: str) -> dict[str, Any]:
    """As API Gateway lists something in pages."""
    start, end = int(position), int(position) + limit
    return {"items": items[start:end], **({"position": str(end)} if end < len(items) else {})}


class _Waiter:
    def wait(self, **_: Any) -> None:
        """What is waited for is there at once."""


_real: dict[str, Any] = {}


def _exceptions(service: str) -> Any:
    if service not in _real:
        session = botocore.session.get_session()
        _real[service] = session.create_client(
            service, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
        ).exceptions
    return _real[service]
