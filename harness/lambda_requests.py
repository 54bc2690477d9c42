"""Requests as API Gateway hands them to the program, and the program called with them in this process."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:shylight-local"


@dataclass(frozen=True, slots=True)
class Context:
    """What the program asks of Lambda's context."""

    invoked_function_arn: str = FUNCTION_ARN
    function_name: str = "shylight-local"
    aws_request_id: str = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """Plenty."""
        return 300_000


def event(
    method: str, resource: str, parameters: dict[str, str], *, body: str = "", headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None, address: str = "79.192.0.1",
) -> dict[str, Any]:  # fmt: skip
    """The event of a request to `resource`, e.g. ``/sites/{site}``."""
    path = resource.format(**parameters)
    given = {"Accept": "*/*", "Host": "shylight.example", "X-Forwarded-Proto": "https", **(headers or {})}
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": given,
        "multiValueHeaders": {name: [value] for name, value in given.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()} or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "body": base64.b64encode(body.encode()).decode(),
        "isBase64Encoded": True,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/local{path}",
            "domainName": "shylight.example",
            "stage": "local",
            "identity": {"sourceIp": address},
        },
    }


def body_of(answer: dict[str, Any]) -> bytes:
    """The body of an answer, which must be a good one."""
    if answer["statusCode"] >= 400:
        raise RuntimeError(f"{answer['statusCode']}: {answer['body'][:500]}")
    body = answer["body"]
    if answer.get("isBase64Encoded"):
        return base64.b64decode(body)
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()
