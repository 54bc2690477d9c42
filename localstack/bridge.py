"""``chalice deploy`` for ministack: the standard command, patched where the two are incompatible or slow.

* ministack does not support ImportRestApi and PutRestApi: the deployment would succeed but leave an API without routes.
  So resources, methods and integrations are created from the swagger document, with one call each. Unchanged routes
  are skipped, so a redeployment after a code change makes no such calls.
* Chalice rebuilds the complete deployment package, dependencies included, after every change to the code. Here the
  archive of dependencies is kept, and only the program's own files are added to a copy.
* All functions use the same package of about 50 MB. It is uploaded once to a bucket, instead of once per function.
* botocore's waiters poll every 5 s; an emulator is ready immediately.

Run as ``python -m localstack.bridge``, with the arguments of the ``chalice`` command. LocalStack and AWS use the
standard command. The app's health check runs after every deployment (see localstack/stack.py), so missing routes are
noticed.
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
from chalice.cli import main
from chalice.deploy.packager import LambdaDeploymentPackager

METHODS = {"delete", "get", "head", "options", "patch", "post", "put"}
WAITER_DELAY_S = 0.2
CODE_BUCKET = "shylight-local-code"
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


def create_deployment_package(self: LambdaDeploymentPackager, project_dir: str, python_version: str) -> str:
    """Build the package from the cached dependencies and the program's current files; gives its path."""
    deployments = Path(project_dir, ".chalice", "deployments")
    deployments.mkdir(parents=True, exist_ok=True)
    vendor = Path(project_dir, self._VENDOR_DIR)
    key = hashlib.sha256(str(vendor.resolve()).encode()).hexdigest()[:16]  # the folder's name is a hash of its content
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


def _send_code_once(session: botocore.session.Session) -> None:
    """Make CreateFunction and UpdateFunctionCode refer to the package in a bucket instead of containing it."""
    sent: set[str] = set()

    def use_bucket(params: dict[str, Any], **_: Any) -> None:
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
        session.register(f"provide-client-params.lambda.{operation}", use_bucket)


def install() -> None:
    """Apply the patches."""
    original_init = TypedAWSClient.__init__

    def init_with_bucket(self: TypedAWSClient, session: botocore.session.Session, *rest: Any, **options: Any) -> None:
        _send_code_once(session)
        original_init(self, session, *rest, **options)

    for owner, replacement in (
        (TypedAWSClient, import_rest_api),
        (TypedAWSClient, update_api_from_swagger),
        (LambdaDeploymentPackager, create_deployment_package),
    ):
        setattr(owner, replacement.__name__, replacement)
    setattr(TypedAWSClient, "__init__", init_with_bucket)  # noqa: B010 (mypy forbids the plain assignment)
    configure = botocore.waiter.SingleWaiterConfig.__init__

    def with_short_delay(self: Any, single_waiter_config: dict[str, Any]) -> None:
        configure(self, single_waiter_config)
        self.delay = WAITER_DELAY_S

    botocore.waiter.SingleWaiterConfig.__init__ = with_short_delay


if __name__ == "__main__":
    install()
    sys.exit(main())
