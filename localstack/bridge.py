"""Chalice, patched where it and ministack are incompatible or slow.

* ministack does not support ImportRestApi and PutRestApi: the deployment would succeed but leave an API without routes.
  So resources, methods and integrations are created from the swagger document, with one call each. Unchanged routes
  are skipped, so a redeployment after a code change makes no such calls.
* botocore's waiters poll every 5 s; an emulator is ready immediately.

``python -m localstack.bridge`` is the ``chalice`` command with these patches. LocalStack needs none. The app's health
check runs after every deployment (see localstack/stack.py), so missing routes are noticed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import botocore.waiter
from chalice.awsclient import TypedAWSClient
from chalice.cli import main

METHODS = {"delete", "get", "head", "options", "patch", "post", "put"}
WAITER_DELAY_S = 0.2
MAX_RESOURCES = 500

Method = tuple[str, str]  # path and HTTP method
Route = dict[str, str]


def import_rest_api(self: TypedAWSClient, swagger_document: dict[str, Any], endpoint_type: str) -> str:
    """Replaces ImportRestApi."""
    created = self._client("apigateway").create_rest_api(
        name=swagger_document["info"]["title"],
        endpointConfiguration={"types": [endpoint_type]},
        # must be set here: in a later patch, ministack takes the escaped "*~1*" for the type itself
        binaryMediaTypes=swagger_document.get("x-amazon-apigateway-binary-media-types", []),
    )
    rest_api_id = str(created["id"])
    update_api_from_swagger(self, rest_api_id, swagger_document)
    return rest_api_id


def update_api_from_swagger(self: TypedAWSClient, rest_api_id: str, swagger_document: dict[str, Any]) -> None:
    """Replaces PutRestApi in its mode ``overwrite``."""
    client = self._client("apigateway")
    expected = dict(_routes(swagger_document))
    resources, present = _present(client, rest_api_id)
    for path, method in sorted(present.keys() - expected.keys()):
        client.delete_method(restApiId=rest_api_id, resourceId=resources[path], httpMethod=method)
    for (path, method), route in expected.items():
        if present.get((path, method)) == route["uri"]:
            continue
        where = {
            "restApiId": rest_api_id,
            "resourceId": _resource(client, rest_api_id, resources, path),
            "httpMethod": method,
        }
        if (path, method) not in present:
            client.put_method(**where, authorizationType="NONE")
        client.put_integration(
            **where,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=route["uri"],
            passthroughBehavior="WHEN_NO_MATCH",
        )


def _routes(swagger_document: dict[str, Any]) -> Iterator[tuple[Method, Route]]:
    for path, methods in swagger_document["paths"].items():
        for method, described in methods.items():
            if method in METHODS:
                yield (path, method.upper()), {"uri": described["x-amazon-apigateway-integration"]["uri"]}


def _present(client: Any, rest_api_id: str) -> tuple[dict[str, str], dict[Method, str]]:
    """The API's current resource ids by path, and integration URIs by path and method."""
    items = client.get_resources(restApiId=rest_api_id, limit=MAX_RESOURCES, embed=["methods"])["items"]
    if len(items) >= MAX_RESOURCES:
        raise RuntimeError(f"The API has more than {MAX_RESOURCES} resources: add pagination here.")
    uris = {
        (item["path"], method): found.get("methodIntegration", {}).get("uri", "")
        for item in items
        for method, found in item.get("resourceMethods", {}).items()
    }
    return {item["path"]: item["id"] for item in items}, uris


def _resource(client: Any, rest_api_id: str, resources: dict[str, str], path: str) -> str:
    """The id of a path's resource, which is created with its parents if needed."""
    if path not in resources:
        parent, _, part = path.rpartition("/")
        parent_id = _resource(client, rest_api_id, resources, parent or "/")
        resources[path] = client.create_resource(restApiId=rest_api_id, parentId=parent_id, pathPart=part)["id"]
    return resources[path]


def install() -> None:
    """Apply the patches."""
    for replacement in (import_rest_api, update_api_from_swagger):
        setattr(TypedAWSClient, replacement.__name__, replacement)
    configure = botocore.waiter.SingleWaiterConfig.__init__

    def with_short_delay(self: Any, single_waiter_config: dict[str, Any]) -> None:
        configure(self, single_waiter_config)
        self.delay = WAITER_DELAY_S

    botocore.waiter.SingleWaiterConfig.__init__ = with_short_delay


if __name__ == "__main__":
    install()
    sys.exit(main())
