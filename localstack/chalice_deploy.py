"""What infra/chalice_deploy.py is for AWS, for an emulator: with this machine's dependencies.

Run as ``python -m localstack.chalice_deploy EMULATOR deploy --stage STAGE``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from infra import chalice_deploy
from localstack import bridge, dependencies


def main(arguments: Sequence[str]) -> int:
    """Deploy the project in the current folder; gives the exit code."""
    kind, *rest = arguments
    if kind == "ministack":
        bridge.install()
    return chalice_deploy.main(rest, dependencies.for_this_machine, dependencies.CACHE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
