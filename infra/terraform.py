"""A stage as Terraform, written by Chalice and fixed, with the package of the functions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from infra import dependencies, function_package, project
from infra.aws_environment import Cloud

NAME = "chalice.tf.json"
# Chalice 1.34 excludes Terraform 1.4 and later, although a configuration means the same in all of 1.x:
# https://developer.hashicorp.com/terraform/language/v1-compatibility-promises
CORE_VERSIONS = ">= 0.12.26, < 2"


def write(stage: str, folder: Path, target: Path, region: str) -> None:
    """Write the configuration and the package, ``deployment.zip``, to `target`. It makes no AWS requests.

    :param folder: where the project is assembled.
    :param region: Chalice only needs one to be set.
    :raises DeployError: if a dependency cannot be had.
    """
    project.copy_to(folder, stage, {})
    project.leave_out_dependencies(folder)
    project.chalice(
        Cloud(stage, region, ""), folder, ["package", "--stage", stage, "--pkg-format", "terraform", str(target)]
    )
    fix(target)
    package = folder / "package.zip"
    dependencies.for_lambda(project.architecture(stage)).write(package)
    function_package.renew(package, (target / "deployment.zip").read_bytes())
    shutil.move(package, target / "deployment.zip")


def fix(folder: Path) -> None:
    """Fix the configuration that Chalice wrote to `folder`.

    IAM variables look like Terraform's: ``${aws:PrincipalAccount}`` must be escaped as ``$${aws:PrincipalAccount}``, or
    the configuration does not load.
    """
    path = folder / NAME
    written = json.loads(path.read_text(encoding="utf-8").replace("${aws:", "$${aws:"))
    written["terraform"]["required_version"] = CORE_VERSIONS
    path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
