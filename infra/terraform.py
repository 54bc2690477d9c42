"""Fixes for the Terraform configuration that Chalice generates."""

from __future__ import annotations

import json
from pathlib import Path

NAME = "chalice.tf.json"
# Chalice 1.34 excludes Terraform 1.4 and later, although a configuration means the same in all of 1.x:
# https://developer.hashicorp.com/terraform/language/v1-compatibility-promises
CORE_VERSIONS = ">= 0.12.26, < 2"


def fix(folder: Path) -> None:
    """Fix the configuration that Chalice wrote to `folder`.

    IAM variables look like Terraform's: ``${aws:PrincipalAccount}`` must be escaped as ``$${aws:PrincipalAccount}``, or
    the configuration does not load.
    """
    path = folder / NAME
    written = json.loads(path.read_text(encoding="utf-8").replace("${aws:", "$${aws:"))
    written["terraform"]["required_version"] = CORE_VERSIONS
    path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
