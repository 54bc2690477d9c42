"""Chalice's Terraform, with what Terraform would refuse in it put right."""

from __future__ import annotations

import json
from pathlib import Path

NAME = "chalice.tf.json"
# Chalice 1.34 admits none since 1.4, though within 1.x every configuration keeps its meaning:
# https://developer.hashicorp.com/terraform/language/v1-compatibility-promises
CORE_VERSIONS = ">= 0.12.26, < 2"


def mend(folder: Path) -> None:
    """Mend the configuration that Chalice wrote into `folder`.

    IAM's variables look like Terraform's: ``${aws:PrincipalAccount}`` has to be written ``$${aws:PrincipalAccount}``,
    or the configuration does not load.
    """
    path = folder / NAME
    written = json.loads(path.read_text(encoding="utf-8").replace("${aws:", "$${aws:"))
    written["terraform"]["required_version"] = CORE_VERSIONS
    path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
