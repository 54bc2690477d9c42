"""Requests in the format in which API Gateway passes them to Lambda, to call the program in this process."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:shylight-local"


@dataclass(frozen=True, slots=True)
class Context:
    """The attributes of Lambda's context that the program uses."""

    invoked_function_arn: str = FUNCTION_ARN
    function_name: str = "shylight-local"
    aws_request_id: str = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """More than any benchmark takes."""
        return 300_000


def event(
    method: str, resource: str, parameters: dict[str, str], *, body: str = "", headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None, address: str = "79.192.0.1",
) -> dict[str, Any]:  # fmt: skip
    """The Lambda event of a request to `resource`, e.g. ``/sites/{site}``."""
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
    """The body of a successful response.

    :raises RuntimeError: if the response is an error, or leads elsewhere, as to the page for signing in.
    """
    if answer["statusCode"] >= 300:
        raise RuntimeError(f"{answer['statusCode']}: {answer['body'][:500]}")
    body = answer["body"]
    if answer.get("isBase64Encoded"):
        return base64.b64decode(body)
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def url_event(
    method: str, target: str, *, body: str = "", headers: dict[str, str] | None = None, address: str = "79.192.0.1"
) -> dict[str, Any]:
    """The Lambda event of a request to a function URL (payload format 2.0), e.g. to ``/api/event?a=1``."""
    path, _, query = target.partition("?")
    host = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws"
    given = {"Accept": "*/*", "Host": host, "X-Forwarded-For": address, **(headers or {})}
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in given.items()},
        "requestContext": {
            "domainName": host,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": address},
            "routeKey": "$default",
            "stage": "$default",
        },
        "isBase64Encoded": bool(body),
    }
    return event | ({"body": base64.b64encode(body.encode()).decode()} if body else {})
