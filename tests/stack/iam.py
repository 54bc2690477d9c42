"""What IAM would say: the permissions that an AWS call takes, and whether a policy gives them.

No emulator here asks a policy. This is as much of IAM as the program's calls and policies have use for; what it does
not know it refuses, so that whoever uses something new teaches it here. Sources: AWS's Service Authorization
Reference for actions and resources, its IAM User Guide for how policies are evaluated, and what stands beside a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any, Final

from chalicelib.config import settings

# Conditions of DynamoDB (fine-grained access control) and of all services.
LEADING_KEYS: Final = "dynamodb:LeadingKeys"
RESOURCE_ACCOUNT: Final = "aws:ResourceAccount"
_MISSING: Final = ("404", "NoSuchKey", "NotFound")


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """A permission that a call takes.

    :ivar resource: an ARN; of an object without what differs from site to site, of a secret with made-up characters.
    :ivar leading_key: the partition key in a table that holds several kinds of items, of one like ``person#…`` as much
        as tells the kind; ``""`` elsewhere.
    """

    action: str
    resource: str
    leading_key: str = ""

    def context(self) -> dict[str, str]:
        """The request's condition keys: all of our resources are in our account."""
        keys = {RESOURCE_ACCOUNT: settings().account}
        return keys | ({LEADING_KEYS: self.leading_key} if self.leading_key else {})


def needs(service: str, operation: str, given: Mapping[str, Any], error: str = "") -> set[Need]:
    """The permissions that a call takes.

    :param given: its parameters; :param error: the code of the error it was answered with, if it was.
    :raises KeyError: for a service or an operation that is not known here yet.
    """
    return set(_SERVICES[service](operation, given, error))


def _dynamodb(operation: str, given: Mapping[str, Any], _error: str) -> Iterator[Need]:
    if operation == "TransactWriteItems":
        # Its parts need what they would need alone, and it needs nothing for itself:
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
        for entry in given["TransactItems"]:
            ((kind, part),) = entry.items()
            yield from _dynamodb(_TRANSACTED[kind], part, "")
    elif operation == "BatchGetItem":
        for name, part in given["RequestItems"].items():
            yield from (_of_item("dynamodb:BatchGetItem", name, key) for key in part["Keys"])
    elif operation == "BatchWriteItem":
        for name, requests in given["RequestItems"].items():
            parts = (part for request in requests for part in request.values())
            yield from (_of_item("dynamodb:BatchWriteItem", name, part.get("Key") or part["Item"]) for part in parts)
    elif operation in ("Query", "Scan"):
        arn = table(given["TableName"]) + (f"/index/{given['IndexName']}" if "IndexName" in given else "")
        yield Need(f"dynamodb:{operation}", arn, _kind(given["TableName"], _queried(given)))
    elif operation in _TRANSACTED.values():
        yield _of_item(f"dynamodb:{operation}", given["TableName"], given.get("Key") or given["Item"])
    else:
        raise KeyError(operation)


_TRANSACTED: Final = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def _of_item(action: str, name: str, key: Mapping[str, Any]) -> Need:
    partition = key.get("pk") or key.get("bucket") or {}
    return Need(action, table(name), _kind(name, partition.get("S", "")))


def _queried(given: Mapping[str, Any]) -> str:
    """The partition key that a query names; PynamoDB puts it first."""
    found = re.match(r"\(*#?\w+ = (:\w+)", given.get("KeyConditionExpression", ""))
    return str(given["ExpressionAttributeValues"][found[1]].get("S", "")) if found else ""


def _kind(name: str, key: str) -> str:
    """What the partition key tells of the kind of item; only `core` and `marks` hold several."""
    if name == settings().table("marks"):
        return re.sub(r"\d+$", "", key) or "hours"
    return re.sub(r"(?<=#).*", "", key) if name == settings().table("core") else ""


def _s3(operation: str, given: Mapping[str, Any], error: str) -> Iterator[Need]:
    whole = bucket()
    if operation in ("HeadBucket", "ListObjectsV2"):
        yield Need("s3:ListBucket", whole)
        return
    keys = [one["Key"] for one in given["Delete"]["Objects"]] if operation == "DeleteObjects" else [given["Key"]]
    for key in keys:
        yield Need(_OF_OBJECTS[operation], objects(key))
        if operation == "PutObject" and "IfMatch" in given:
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            yield Need("s3:GetObject", objects(key))
    if operation in ("GetObject", "HeadObject") and error in _MISSING:
        # Who may not list is told 403: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        yield Need("s3:ListBucket", whole)


_OF_OBJECTS: Final = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "DeleteObjects": "s3:DeleteObject",
}


def _sqs(operation: str, given: Mapping[str, Any], _error: str) -> Iterator[Need]:
    yield Need(_OF_QUEUES[operation], queue(given["QueueUrl"].rpartition("/")[2]))


_OF_QUEUES: Final = {
    "SendMessage": "sqs:SendMessage",
    "SendMessageBatch": "sqs:SendMessage",
    "ReceiveMessage": "sqs:ReceiveMessage",
    "DeleteMessageBatch": "sqs:DeleteMessage",
    "ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "GetQueueAttributes": "sqs:GetQueueAttributes",
}


def _secretsmanager(operation: str, given: Mapping[str, Any], _error: str) -> Iterator[Need]:
    # Its own key decrypts for whoever may read the secret in this account; so does Parameter Store's.
    yield Need({"GetSecretValue": "secretsmanager:GetSecretValue"}[operation], secret(given["SecretId"]))


def _ssm(operation: str, given: Mapping[str, Any], _error: str) -> Iterator[Need]:
    yield Need(f"ssm:{operation}", parameter(given["Name"]))


def _lambda(operation: str, given: Mapping[str, Any], _error: str) -> Iterator[Need]:
    yield Need({"Invoke": "lambda:InvokeFunction"}[operation], function(given["FunctionName"]))


def _sesv2(operation: str, given: Mapping[str, Any], _error: str) -> Iterator[Need]:
    if operation == "GetEmailIdentity":
        yield Need("ses:GetEmailIdentity", identity(given["EmailIdentity"]))
        return
    # Of the address or of its domain, whichever is an identity; so for both:
    # https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
    sender = parseaddr(given["FromEmailAddress"])[1]
    for name in (sender, sender.rpartition("@")[2]):
        yield Need({"SendEmail": "ses:SendEmail"}[operation], identity(name))


_SERVICES: Final[Mapping[str, Callable[[str, Mapping[str, Any], str], Iterable[Need]]]] = {
    "dynamodb": _dynamodb,
    "s3": _s3,
    "sqs": _sqs,
    "secretsmanager": _secretsmanager,
    "ssm": _ssm,
    "lambda": _lambda,
    "sesv2": _sesv2,
}


# ── ARNs ──


def table(name: str) -> str:
    """A table, by its full name."""
    return _arn("dynamodb", f"table/{name}")


def bucket() -> str:
    """The bucket."""
    return f"arn:aws:s3:::{settings().bucket}"


def objects(key: str) -> str:
    """The objects that lie where `key` does: its folder, up to where sites part."""
    return f"{bucket()}/{re.sub(r'(site=.*|[^/]*)$', '', key)}"


def queue(name: str) -> str:
    """A queue, by its full name."""
    return _arn("sqs", name)


def secret(name: str) -> str:
    """A secret, whose ARN ends with six characters that nobody chose."""
    return _arn("secretsmanager", f"secret:{name}-Ab12Cd")


def parameter(name: str) -> str:
    """A parameter of Systems Manager."""
    return _arn("ssm", f"parameter/{name}")


def function(name: str) -> str:
    """A function, by its full name."""
    return _arn("lambda", f"function:{name}")


def identity(name: str) -> str:
    """An identity of SES: an address or a domain."""
    return _arn("ses", f"identity/{name}")


def log_streams(function: str) -> str:
    """The log streams of a function, by its full name."""
    return _arn("logs", f"log-group:/aws/lambda/{function}:log-stream:")


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{settings().region}:{settings().account}:{rest}"


# ── Policies ──


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One action on one resource, of a statement that allows several; both may have wildcards.

    :ivar conditions: operator, key and values of each.
    """

    action: str
    resource: str
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def allows(self, need: Need) -> bool:
        """Whether it gives what is needed."""
        return (
            _matches(self.action.lower(), need.action.lower())
            and _matches(self.resource, need.resource)
            and all(_holds(operator, values, need.context().get(key)) for operator, key, values in self.conditions)
        )


def grants(policy: Mapping[str, Any]) -> set[Grant]:
    """What a policy allows, one by one."""
    found: set[Grant] = set()
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        conditions = tuple(
            (operator, key, tuple(_listed(values)))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
        assert all(key in (LEADING_KEYS, RESOURCE_ACCOUNT) for _, key, _ in conditions)
        for action in _listed(statement["Action"]):
            found |= {Grant(action, resource, conditions) for resource in _listed(statement["Resource"])}
    return found


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _matches(pattern: str, text: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text) is not None


def _holds(operator: str, wanted: tuple[str, ...], given: str | None) -> bool:
    named = {value.replace("${aws:PrincipalAccount}", settings().account) for value in wanted}
    return {
        "StringEquals": given in named,
        "ForAllValues:StringEquals": given is None or given in named,
        "ForAllValues:StringLike": given is None or any(_matches(pattern, given) for pattern in named),
    }[operator]
