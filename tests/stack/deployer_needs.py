"""The permissions that the calls of a deployment take, and those of what CloudFormation does in the deployer's name.

What is not known here fails, so that whoever uses something new teaches it. Sources: AWS's Service Authorization
Reference for actions and resources, and the permissions of handlers in CloudFormation's resource schemas for types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final

import botocore.session
from botocore import xform_name

from tests.stack.iam import Need

REGION, ACCOUNT = "eu-central-1", "123456789012"
NAME: Final = "shylight-dev"
Given = Mapping[str, Any]


def of_call(service: str, operation: str, given: Given) -> set[Need]:
    """What a call takes.

    :param operation: as a method of botocore's client is called.
    :raises KeyError: for a service that is not known here.
    """
    return set(_SERVICES[service](operation, given))


def of_types(template: Mapping[str, Any]) -> set[Need]:
    """What CloudFormation needs to create, change and delete the resources of a template.

    :raises KeyError: for a type that is not known here.
    """
    found: set[Need] = set()
    for one in template["Resources"].values():
        for resource, actions in _TYPES[one["Type"]].items():
            found |= {Need(action, resource) for action in actions.split()}
    return found


@cache
def operations(service: str) -> Mapping[str, str]:
    """The operations of a service by the names of the client's methods."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


def _action(service: str, operation: str) -> str:
    return f"{service}:{operations(service)[operation]}"


def _iam(operation: str, given: Given) -> Iterator[Need]:
    yield Need(_action("iam", operation), f"arn:aws:iam::{ACCOUNT}:role/{given['RoleName']}")


# These can be allowed for all functions only.
_OF_ALL_FUNCTIONS: Final = {
    "create_event_source_mapping", "get_account_settings", "list_event_source_mappings", "list_functions",
}  # fmt: skip


def _lambda(operation: str, given: Given) -> Iterator[Need]:
    action = _action("lambda", operation)
    if operation in _OF_ALL_FUNCTIONS:
        yield Need(action, "*")
    elif operation.endswith("_event_source_mapping"):
        yield Need(action, _arn("lambda", f"event-source-mapping:{given.get('UUID', '0a1b')}"))
    else:
        name = str(given.get("FunctionName") or given.get("Resource")).rpartition(":")[2]
        yield Need(action, _arn("lambda", f"function:{name}"))
    if "Role" in given:
        yield Need("iam:PassRole", given["Role"])
    if operation == "create_function" and "Tags" in given:
        yield Need("lambda:TagResource", _arn("lambda", f"function:{given['FunctionName']}"))


def _events(operation: str, given: Given) -> Iterator[Need]:
    name = given.get("Name") or given.get("Rule")
    yield Need(_action("events", operation), "*" if operation == "list_rules" else _arn("events", f"rule/{name}"))


def _apigateway(operation: str, given: Given) -> Iterator[Need]:
    """Its actions are the methods of HTTP, and its resources the paths."""
    model = botocore.session.get_session().get_service_model("apigateway")
    http = model.operation_model(operations("apigateway")[operation]).http
    path = http["requestUri"].partition("?")[0].replace("{restapi_id}", str(given.get("restApiId", "")))
    path = re.sub(r"{(\w+)}", r"\1", path)
    yield Need(f"apigateway:{http['method']}", f"arn:aws:apigateway:{REGION}::{path}")


def _cloudformation(operation: str, given: Given) -> Iterator[Need]:
    name = given.get("StackName", NAME)
    yield Need(_action("cloudformation", operation), _arn("cloudformation", f"stack/{name}/0a1b"))


def _acm(operation: str, given: Given) -> Iterator[Need]:
    of_all = operation in {"list_certificates", "request_certificate"}
    yield Need(_action("acm", operation), "*" if of_all else given["CertificateArn"])
    if "Tags" in given:
        yield Need("acm:AddTagsToCertificate", _arn("acm", "certificate/0a1b"))


def _dynamodb(operation: str, given: Given) -> Iterator[Need]:
    yield Need(_action("dynamodb", operation), _arn("dynamodb", f"table/{given['TableName']}"))


def _sqs(operation: str, given: Given) -> Iterator[Need]:
    name = given.get("QueueName") or given["QueueUrl"].rpartition("/")[2]
    yield Need(_action("sqs", operation), _arn("sqs", name))


def _s3(operation: str, given: Given) -> Iterator[Need]:
    bucket = f"arn:aws:s3:::{given['Bucket']}"
    keys = [one["Key"] for one in given["Delete"]["Objects"]] if "Delete" in given else [given.get("Key")]
    for action in _OF_S3[operation]:
        of_bucket = "Bucket" in action
        yield from (Need(action, bucket if of_bucket else f"{bucket}/{key}") for key in keys)


_OF_S3: Final = {
    "get_object": ["s3:GetObject", "s3:ListBucket"],  # without the second, what is missing is answered with 403
    "put_object": ["s3:PutObject", "s3:GetObject"],  # the second for the condition If-Match
    "delete_object": ["s3:DeleteObject"],
    "list_objects_v2": ["s3:ListBucket"],
    "create_multipart_upload": ["s3:PutObject"],
    "upload_part": ["s3:PutObject"],
    "upload_part_copy": ["s3:PutObject", "s3:GetObject"],
    "complete_multipart_upload": ["s3:PutObject"],
    "abort_multipart_upload": ["s3:AbortMultipartUpload"],
    "list_parts": ["s3:ListMultipartUploadParts"],
    "list_multipart_uploads": ["s3:ListBucketMultipartUploads"],
    "delete_objects": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
    "list_object_versions": ["s3:ListBucketVersions"],
    "delete_bucket": ["s3:DeleteBucket"],
}


def _secretsmanager(operation: str, given: Given) -> Iterator[Need]:
    yield Need(_action("secretsmanager", operation), _arn("secretsmanager", f"secret:{given['SecretId']}-Ab12Cd"))


def _ssm(operation: str, given: Given) -> Iterator[Need]:
    yield Need(_action("ssm", operation), _arn("ssm", f"parameter/{given['Name']}"))


_SERVICES: Final[Mapping[str, Callable[[str, Given], Iterator[Need]]]] = {
    "iam": _iam, "lambda": _lambda, "events": _events, "apigateway": _apigateway, "cloudformation": _cloudformation,
    "acm": _acm, "dynamodb": _dynamodb, "sqs": _sqs, "s3": _s3, "secretsmanager": _secretsmanager, "ssm": _ssm,
}  # fmt: skip

# ── CloudFormation: type -> resource -> actions ──

_FUNCTION: Final = _arn("lambda", f"function:{NAME}-collect")
_BUCKET: Final = f"arn:aws:s3:::{NAME}-{ACCOUNT}-{REGION}"
_TOPIC: Final = _arn("sns", f"{NAME}-alarms")
_DOMAINS: Final = f"arn:aws:apigateway:{REGION}::/domainnames"
_LOG_GROUP: Final = _arn("logs", f"log-group:/aws/lambda/{NAME}-collect")
_TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    "AWS::DynamoDB::Table": {
        _arn("dynamodb", f"table/{NAME}-core"): """
            dynamodb:CreateTable dynamodb:DeleteTable dynamodb:DescribeContinuousBackups
            dynamodb:DescribeContributorInsights dynamodb:DescribeKinesisStreamingDestination dynamodb:DescribeTable
            dynamodb:DescribeTimeToLive dynamodb:GetResourcePolicy dynamodb:ListTagsOfResource
            dynamodb:UpdateContinuousBackups dynamodb:UpdateTable dynamodb:UpdateTimeToLive
        """,
    },
    "AWS::SQS::Queue": {
        _arn("sqs", f"{NAME}-hits"): """
            sqs:CreateQueue sqs:DeleteQueue sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ListQueueTags
            sqs:SetQueueAttributes
        """,
    },
    "AWS::SQS::QueuePolicy": {_arn("sqs", f"{NAME}-hits"): "sqs:GetQueueAttributes sqs:SetQueueAttributes"},
    "AWS::S3::Bucket": {
        _BUCKET: """
            s3:CreateBucket s3:DeleteBucket s3:GetBucketOwnershipControls s3:GetBucketPublicAccessBlock
            s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration s3:PutBucketOwnershipControls
            s3:PutBucketPublicAccessBlock s3:PutEncryptionConfiguration s3:PutLifecycleConfiguration
        """,
    },
    "AWS::S3::BucketPolicy": {_BUCKET: "s3:DeleteBucketPolicy s3:GetBucketPolicy s3:PutBucketPolicy"},
    "AWS::SecretsManager::Secret": {
        _arn("secretsmanager", f"secret:{NAME}-signing-key-Ab12Cd"): """
            secretsmanager:CreateSecret secretsmanager:DeleteSecret secretsmanager:DescribeSecret
            secretsmanager:UpdateSecret
        """,
        "*": "secretsmanager:GetRandomPassword",
    },
    "AWS::Logs::LogGroup": {
        _LOG_GROUP: """
            logs:CreateLogGroup logs:DeleteLogGroup logs:ListTagsForResource logs:PutRetentionPolicy
        """,
        "*": "logs:DescribeLogGroups",
    },
    "AWS::Logs::MetricFilter": {
        _LOG_GROUP: "logs:DeleteMetricFilter logs:DescribeMetricFilters logs:PutMetricFilter",
    },
    "AWS::SNS::Topic": {
        _TOPIC: """
            sns:CreateTopic sns:DeleteTopic sns:GetDataProtectionPolicy sns:GetTopicAttributes
            sns:ListSubscriptionsByTopic sns:ListTagsForResource sns:SetTopicAttributes
        """,
    },
    "AWS::SNS::Subscription": {
        _TOPIC: "sns:GetSubscriptionAttributes sns:ListSubscriptionsByTopic sns:Subscribe sns:Unsubscribe",
    },
    "AWS::CloudWatch::Alarm": {
        _arn("cloudwatch", f"alarm:{NAME}-queue-age"): """
            cloudwatch:DeleteAlarms cloudwatch:DescribeAlarms cloudwatch:ListTagsForResource
            cloudwatch:PutMetricAlarm
        """,
    },
    "AWS::CloudWatch::Dashboard": {
        f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{NAME}": """
            cloudwatch:DeleteDashboards cloudwatch:GetDashboard cloudwatch:PutDashboard
        """,
    },
    "AWS::Lambda::Url": {
        _FUNCTION: """
            lambda:CreateFunctionUrlConfig lambda:DeleteFunctionUrlConfig lambda:GetFunctionUrlConfig
            lambda:UpdateFunctionUrlConfig
        """,
    },
    "AWS::Lambda::Permission": {_FUNCTION: "lambda:AddPermission lambda:GetPolicy lambda:RemovePermission"},
    "AWS::ApiGateway::DomainName": {
        _DOMAINS: "apigateway:POST",
        f"{_DOMAINS}/stats.example.com": "apigateway:DELETE apigateway:GET apigateway:PATCH",
        # The first domain name of an account makes the role with which API Gateway reads certificates.
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway": (
            "iam:CreateServiceLinkedRole"
        ),
    },
    "AWS::ApiGateway::BasePathMapping": {
        f"{_DOMAINS}/stats.example.com/basepathmappings": "apigateway:POST",
        f"{_DOMAINS}/stats.example.com/basepathmappings/none": "apigateway:DELETE apigateway:GET apigateway:PATCH",
    },
}
