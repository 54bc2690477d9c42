"""The lists of people, sites and audit entries of a stage: what earlier versions have stored is added to them."""

from __future__ import annotations

import sys
from typing import Any, cast

from infra import stage_commands
from infra.aws_environment import Cloud

TIMEOUT_S = 600.0


def fill(cloud: Cloud) -> int:
    """List what is in no list yet; gives how much that was."""
    return cast("int", stage_commands.run(cloud, "infra.listings", "fill", {}, TIMEOUT_S))


def _execute(command: str, _arguments: dict[str, Any]) -> object:
    from chalicelib.store import listings

    if command == "fill":
        return listings.fill()
    raise ValueError(command)


if __name__ == "__main__":
    sys.exit(stage_commands.main(_execute))
