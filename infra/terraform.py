"""A stage as Terraform, written by Chalice and fixed, with the package of the functions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from infra import dependencies, function_package, project
from infra.aws_environment import Cloud

NAME = "chalice.tf.json"
PACKAGE = "deployment.zip"
# Chalice 1.34 excludes Terraform 1.4 and later, although a configuration means the same in all of 1.x:
# https://developer.hashicorp.com/terraform/language/v1-compatibility-promises
CORE_VERSIONS = ">= 0.12.26, < 2"


def write(stage: str, folder: Path, target: Path, region: str, architecture: str | None = None) -> None:
    """Write the configuration, and the package of the functions, to `target`. It makes no AWS requests.

    :param folder: where the project is assembled.
    :param region: its partition is that of the policies; Chalice only needs one to be set.
    :param architecture: the processor that the package is for; by default, the one of the stage.
    :raises DeployError: if a dependency cannot be had.
    """
    cloud = Cloud(stage, region, "")
    project.copy_to(folder, stage, {}, cloud.partition)
    project.leave_out_dependencies(folder)
    project.chalice(cloud, folder, ["package", "--stage", stage, "--pkg-format", "terraform", str(target)])
    fix(target)
    package = folder / "package.zip"
    dependencies.for_lambda(architecture or project.architecture(stage)).write(package)
    function_package.renew(package, (target / PACKAGE).read_bytes())
    shutil.move(package, target / PACKAGE)


def fix(folder: Path) -> None:
    """Fix the configuration that Chalice wrote to `folder`.

    IAM variables look like Terraform's: ``${aws:PrincipalAccount}`` must be escaped as ``$${aws:PrincipalAccount}``, or
    the configuration does not load.
    """
    path = folder / NAME
    written = json.loads(path.read_text(encoding="utf-8").replace("${aws:", "$${aws:"))
    written["terraform"]["required_version"] = CORE_VERSIONS
    path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
