"""``chalice deploy`` by Chalice's own code, with a package that every function takes from the stage's bucket.

Chalice sends the package with each function, base64-encoded in the body of one request: 50 MB, seven times, of which
each has to be through after 60 s. Here it packages only the program. What it would send is put behind the dependencies,
in the bucket (infra/package_store.py), and the requests name that object instead.

Run as ``python -m infra.chalice_deploy deploy --stage STAGE`` in the project's folder, in the environment of the stage.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from chalice.cli.factory import CLIFactory
from chalice.deploy.deployer import ChaliceDeploymentError, create_default_deployer
from chalice.utils import UI

from chalicelib.config import read_settings
from infra import bytecode, dependencies
from infra.aws_environment import AwsError, DeployError
from infra.dependencies import Dependencies
from infra.package_store import PackageStore, client, discard

DependenciesFor = Callable[[str], Dependencies]
# Their requests contain the package.
_OPERATIONS = ("CreateFunction", "UpdateFunctionCode")


def deploy(
    project: Path,
    stage: str,
    bucket: str,
    session: Any = None,
    dependencies_for: DependenciesFor = dependencies.for_lambda,
    cache: Path | None = None,
) -> int:
    """Deploy the project in a folder; gives how many bytes of packages were sent.

    :param session: a botocore session; by default, one for the environment.
    :param dependencies_for: gives the dependencies for an architecture.
    :param cache: where built dependencies are kept; by default, in the project's folder.
    :raises DeployError: if the package cannot be built.
    """
    factory = CLIFactory(str(project), environ=os.environ)
    config = factory.create_config_obj(chalice_stage_name=stage)
    if config.lambda_python_version != bytecode.runtime():
        raise DeployError(f"Functions on {config.lambda_python_version} cannot be deployed from {bytecode.runtime()}.")
    session = session or factory.create_botocore_session()
    depends_on = dependencies_for(config.lambda_architecture)
    store = PackageStore(client(session), bucket, depends_on, cache or project, print)
    keys: dict[bytes, str] = {}

    def name_the_package(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        code = params.get("Code", params)  # CreateFunction has it one level deeper
        program = code["ZipFile"]
        if program not in keys:
            keys[program] = store.provide(program)
        named = {name: value for name, value in code.items() if name != "ZipFile"}
        named |= {"S3Bucket": bucket, "S3Key": keys[program]}
        # As a copy: Chalice repeats a refused request with what it has given.
        return named if code is params else {**params, "Code": named}

    for operation in _OPERATIONS:
        session.register(f"provide-client-params.lambda.{operation}", name_the_package)
    create_default_deployer(session, config, UI()).deploy(config, chalice_stage_name=stage)
    for key in keys.values():
        discard(store.s3, bucket, but=key)
    return store.sent


def main(
    arguments: Sequence[str], dependencies_for: DependenciesFor = dependencies.for_lambda, cache: Path | None = None
) -> int:
    """Deploy the project in the current folder; gives the exit code. For the other parameters, see :func:`deploy`."""
    parser = argparse.ArgumentParser(prog="infra.chalice_deploy", description=__doc__)
    parser.add_argument("command", choices=["deploy"])
    parser.add_argument("--stage", required=True)
    try:
        stage = parser.parse_args(arguments).stage
        # Not settings(), which would keep what is set now: Chalice adds the stage's variables before it imports app.py.
        bucket = read_settings(os.environ).bucket
        deploy(Path.cwd(), stage, bucket, dependencies_for=dependencies_for, cache=cache)
    except (DeployError, ChaliceDeploymentError, *AwsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
