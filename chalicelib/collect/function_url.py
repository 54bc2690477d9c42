"""Requests that come in through the URL of the function `collect`, without API Gateway.

A function URL sends events in payload format 2.0; the routes expect format 1.0, that of API Gateway's REST API. Here
one is converted to the other, so that a hit is handled by the same code whichever way it comes. Only the collector's
routes can be reached.

Format 2.0: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
Format 1.0: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from chalicelib.collect.routes import ROUTES
from chalicelib.errors import MethodNotAllowed, NotFound, ShylightError
from chalicelib.routing import path_pattern, with_head
from chalicelib.structured_log import log_line
from chalicelib.web import json_text

Event = Mapping[str, Any]
Program = Callable[[dict[str, Any], Any], dict[str, Any]]


_PATTERNS: Final = {route.path: re.compile(path_pattern(route.path)) for route in ROUTES}
_METHODS: Final = {
    path: sorted(route.method for route in with_head(ROUTES) if route.path == path) for path in _PATTERNS
}


def answer(program: Program, event: Event, context: Any) -> dict[str, Any]:
    """The response to a request, in format 2.0.

    :param program: handles an event in format 1.0.
    :param event: a request in format 2.0.
    """
    request = event["requestContext"]["http"]
    try:
        resource, parameters = _find_route(request["method"], event.get("rawPath") or "/")
    except ShylightError as error:
        log_line(route="unknown", method=request["method"], status=int(error.status))
        return _refusal(error)
    return _convert_response(program(_convert_event(event, resource, parameters), context))


def _find_route(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The path of the route, and the path parameters, still percent-encoded.

    :raises NotFound: if the collector has no such path.
    :raises MethodNotAllowed: if the path does not accept the method.
    """
    matches = ((resource, pattern.fullmatch(path)) for resource, pattern in _PATTERNS.items())
    resource, found = next((one for one in matches if one[1]), ("", None))
    if found is None:
        raise NotFound("There is no such path. This address only receives hits; the pages and the API are elsewhere.")
    methods = _METHODS[resource]
    if method in methods:
        return resource, found.groupdict()
    error = MethodNotAllowed(f"This path does not accept {method}; it accepts {', '.join(methods)}.")
    error.headers["Allow"] = ", ".join(methods)
    raise error


def _convert_event(event: Event, resource: str, parameters: dict[str, str]) -> dict[str, Any]:
    """An event in format 1.0, from one in format 2.0.

    The decoded `queryStringParameters` of format 2.0 join the values of a repeated parameter with commas, so the raw
    query is parsed instead.
    """
    context = event["requestContext"]
    request = context["http"]
    path = event.get("rawPath") or "/"
    headers = dict(event.get("headers") or {})
    if event.get("cookies"):
        headers["cookie"] = "; ".join(event["cookies"])
    query = parse_qs(event.get("rawQueryString") or "", keep_blank_values=True)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": request["method"],
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "body": event.get("body"),
        "isBase64Encoded": bool(event.get("isBase64Encoded")),
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": request["method"],
            "path": path,
            "domainName": context.get("domainName"),
            "identity": {"sourceIp": request.get("sourceIp")},
            "requestTimeEpoch": context.get("timeEpoch"),
        },
    }


def _convert_response(response: Mapping[str, Any]) -> dict[str, Any]:
    """A response in format 2.0, from one in format 1.0. Format 2.0 has no repeated headers, except for cookies."""
    headers = dict(response.get("headers") or {})
    cookies: list[str] = []
    for name, value in _repeated(response):
        if name.lower() == "set-cookie":
            cookies.append(value)
        else:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    converted = {
        "statusCode": response["statusCode"],
        "headers": headers,
        "body": response.get("body") or "",
        "isBase64Encoded": bool(response.get("isBase64Encoded")),
    }
    return converted | ({"cookies": cookies} if cookies else {})


def _repeated(response: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in (response.get("multiValueHeaders") or {}).items():
        for value in values:
            yield name, value


def _refusal(error: ShylightError) -> dict[str, Any]:
    """A response in format 2.0 with an error, in the shape of all errors for programs."""
    return {
        "statusCode": int(error.status),
        "headers": {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Access-Control-Allow-Origin": "*",
            **error.headers,
        },
        "body": json_text(error.as_json()),
        "isBase64Encoded": False,
    }
