"""``chalice deploy`` for ministack: the stock command with the gaps between the two bridged, and nothing else.

* ministack knows no ImportRestApi and no PutRestApi: Chalice's deploy would end well and leave an API without routes.
  So the swagger document is laid out as resources, methods and integrations, one call each. A route that is the same
  as before is left alone, so a redeploy after a code change touches nothing.
* Chalice builds the deployment package anew, dependencies and all, whenever a line of code changes. Here the
  dependencies' part of it is kept and only the program's own files are added to a copy.
* All functions run the same package of some 50 MB. It is sent once, to a bucket, instead of once a function in JSON.
* botocore's waiters look every 5 s; an emulator is ready at once.

Run as ``python -m localstack.bridge``, with the arguments of the ``chalice`` command. On LocalStack and on AWS the
stock command runs. Real routes are probed after every deploy (see localstack/stack.py), so what is missing here shows.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import botocore.waiter
from botocore.config import Config
from chalice.awsclient import TypedAWSClient
from chalice.cli import main as chalice
from chalice.deploy.packager import LambdaDeploymentPackager

METHODS = {"delete", "get", "head", "options", "patch", "post", "put"}
WAITER_DELAY_S = 0.2
CODE_BUCKET = "shylight-local-code"
LIMIT = 500

Method = tuple[str, str]  # path and HTTP method
Route = dict[str, str]


def import_rest_api(self: TypedAWSClient, swagger_document: dict[str, Any], endpoint_type: str) -> str:
    """Stands in for ImportRestApi."""
    created = self._client("apigateway").create_rest_api(
        name=swagger_document["info"]["title"],
        endpointConfiguration={"types": [endpoint_type]},
        # only here: in a later patch ministack takes the escaped "*~1*" for the type itself
        binaryMediaTypes=swagger_document.get("x-amazon-apigateway-binary-media-types", []),
    )
    rest_api_id = str(created["id"])
    update_api_from_swagger(self, rest_api_id, swagger_document)
    return rest_api_id


def update_api_from_swagger(self: TypedAWSClient, rest_api_id: str, swagger_document: dict[str, Any]) -> None:
    """Stands in for PutRestApi in its mode ``overwrite``."""
    client = self._client("apigateway")
    wanted = dict(_routes(swagger_document))
    resources, present = _present(client, rest_api_id)
    for path, method in sorted(present.keys() - wanted.keys()):
        client.delete_method(restApiId=rest_api_id, resourceId=resources[path], httpMethod=method)
    for (path, method), route in wanted.items():
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


def create_deployment_package(self: LambdaDeploymentPackager, project_dir: str, python_version: str) -> str:
    """The package from the kept dependencies and the program as it is now."""
    deployments = Path(project_dir, ".chalice", "deployments")
    deployments.mkdir(parents=True, exist_ok=True)
    vendor = Path(project_dir, self._VENDOR_DIR)
    key = hashlib.sha256(str(vendor.resolve()).encode()).hexdigest()[:16]  # the folder is named after what is in it
    kept = deployments.resolve() / f"dependencies-{key}.zip"
    if not kept.exists():
        unfinished = kept.with_suffix(".part")
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as package:
            self._add_vendor_files(package, str(vendor))
        unfinished.replace(kept)
    finished = Path(project_dir, ".chalice", f"package-{python_version}.zip")
    shutil.copyfile(kept, finished)
    with zipfile.ZipFile(finished, "a", zipfile.ZIP_DEFLATED) as package:
        self._add_app_files(package, project_dir)
    return str(finished)


def _routes(swagger_document: dict[str, Any]) -> Iterator[tuple[Method, Route]]:
    for path, methods in swagger_document["paths"].items():
        for method, described in methods.items():
            if method in METHODS:
                yield (path, method.upper()), {"uri": described["x-amazon-apigateway-integration"]["uri"]}


def _present(client: Any, rest_api_id: str) -> tuple[dict[str, str], dict[Method, str]]:
    """The resources by path, and the integrations' URIs by path and method, as they are."""
    items = client.get_resources(restApiId=rest_api_id, limit=LIMIT, embed=["methods"])["items"]
    if len(items) >= LIMIT:
        raise RuntimeError(f"more than {LIMIT} resources: read them page by page here")
    uris = {
        (item["path"], method): found.get("methodIntegration", {}).get("uri", "")
        for item in items
        for method, found in item.get("resourceMethods", {}).items()
    }
    return {item["path"]: item["id"] for item in items}, uris


def _resource(client: Any, rest_api_id: str, resources: dict[str, str], path: str) -> str:
    """The id of a path's resource; it and its parents are made if they are not there."""
    if path not in resources:
        parent, _, part = path.rpartition("/")
        parent_id = _resource(client, rest_api_id, resources, parent or "/")
        resources[path] = client.create_resource(restApiId=rest_api_id, parentId=parent_id, pathPart=part)["id"]
    return resources[path]


def _send_code_once(session: botocore.session.Session) -> None:
    """Let CreateFunction and UpdateFunctionCode name a place in a bucket instead of carrying the package."""
    sent: set[str] = set()

    def name_the_place(params: dict[str, Any], **_: Any) -> None:
        code = params.get("Code", params)  # CreateFunction has it one level deeper
        package = code.pop("ZipFile", None)
        if package is None:
            return
        key = hashlib.sha256(package).hexdigest()
        if key not in sent:
            client = session.create_client("s3", config=Config(s3={"addressing_style": "path"}))
            client.create_bucket(Bucket=CODE_BUCKET)
            for old in client.list_objects_v2(Bucket=CODE_BUCKET).get("Contents", []):
                client.delete_object(Bucket=CODE_BUCKET, Key=old["Key"])
            client.put_object(Bucket=CODE_BUCKET, Key=key, Body=package)
            sent.add(key)
        code.update(S3Bucket=CODE_BUCKET, S3Key=key)

    for operation in ("CreateFunction", "UpdateFunctionCode"):
        session.register(f"provide-client-params.lambda.{operation}", name_the_place)


def build() -> None:
    """Put the bridges in place."""
    begin = TypedAWSClient.__init__

    def begin_with_bucket(self: TypedAWSClient, session: botocore.session.Session, *rest: Any, **options: Any) -> None:
        _send_code_once(session)
        begin(self, session, *rest, **options)

    for owner, stand_in in (
        (TypedAWSClient, import_rest_api),
        (TypedAWSClient, update_api_from_swagger),
        (LambdaDeploymentPackager, create_deployment_package),
    ):
        setattr(owner, stand_in.__name__, stand_in)
    setattr(TypedAWSClient, "__init__", begin_with_bucket)  # noqa: B010 (mypy forbids the plain assignment)
    configure = botocore.waiter.SingleWaiterConfig.__init__

    def impatient(self: Any, single_waiter_config: dict[str, Any]) -> None:
        configure(self, single_waiter_config)
        self.delay = WAITER_DELAY_S

    botocore.waiter.SingleWaiterConfig.__init__ = impatient


if __name__ == "__main__":
    build()
    sys.exit(chalice())
