"""What the OpenAPI document says of each operation because of its row in the table of routes, and examples of calls.

By this, scopes, limits and errors that the routes have in common are in the document as they are in the program.
"""

from __future__ import annotations

import uuid
from typing import Any

from chalicelib import config
from chalicelib.api import code_samples, example_values
from chalicelib.api.routes import ROUTES
from chalicelib.routing import Route

_HEADERS = ("RateLimit", "RateLimit-Policy")
# The answers of every operation that needs a token, by their names in the document.
_ERRORS = {"401": "Unauthorized", "403": "Forbidden", "429": "RateLimited", "503": "Unavailable"}
_ERRORS_OF_KEYS = {"409": "Conflict", "422": "Unprocessable"}


def complete(document: dict[str, Any]) -> None:
    """Add what follows from the table of routes, and examples of calls and answers, to the operations."""
    routes = {(route.path, route.method.lower()): route for route in ROUTES}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            route = routes.get((path, method))
            if route is not None and route.scope is not None:
                _add_rules(operation, route)
            for response in operation["responses"].values():
                _add_example(document, response)
            operation["x-codeSamples"] = code_samples.of(document, path, method)


def _add_rules(operation: dict[str, Any], route: Route) -> None:
    scope = route.scope.value if route.scope else ""
    operation["security"] = [{"token": [scope]}]
    errors = _ERRORS | (_ERRORS_OF_KEYS if route.creates else {})
    if route.like_shynet:
        errors.pop("401")  # Shynet's is 403
    headers: dict[str, object] = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
    if route.creates:
        operation["parameters"] = [*operation.get("parameters", []), _idempotency_key(operation["operationId"])]
        headers["Idempotent-Replayed"] = {
            "description": "`true`: this is the answer to an earlier request with this Idempotency-Key.",
            "schema": {"type": "string"},
        }
    responses = operation["responses"]
    for status, response in responses.items():
        if status.startswith("2"):
            response["headers"] = {**response.get("headers", {}), **headers}
    for status, name in errors.items():
        responses.setdefault(status, {"$ref": f"#/components/responses/{name}"})
    operation["responses"] = dict(sorted(responses.items()))


def _add_example(document: dict[str, Any], response: dict[str, Any]) -> None:
    """Add an example to a JSON answer that has none."""
    media = response.get("content", {}).get("application/json")
    if media is not None and "example" not in media:
        media["example"] = example_values.of(document, media["schema"])


def _idempotency_key(operation_id: str) -> dict[str, Any]:
    hours, most = config.IDEMPOTENCY_KEY_LIFE_S // 3600, config.MAX_IDEMPOTENCY_KEY_CHARS
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "description": f"1 to {most} characters, such as a UUID, with or without quotes. In {hours} hours, the same "
        "request with the same key is carried out once, and gets the same answer; another request with it gets 422.",
        "schema": {"type": "string", "minLength": 1, "maxLength": most},
        "example": str(uuid.uuid5(uuid.NAMESPACE_URL, operation_id)),
    }
