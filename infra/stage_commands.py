"""Orders that the program's own code carries out against a stage, in a process of its own.

Of its own, because the program reads its settings from the environment, once. An order goes in on standard input and
its answer comes out on standard output, both JSON: secrets have no place among arguments, which everybody on the
machine can read.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.aws_environment import Cloud, DeployError

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 120.0


def give(
    cloud: Cloud, module: str, order: str, arguments: Mapping[str, object], patience_s: float = PATIENCE_S
) -> object:
    """Have `module`, whose main part is :func:`take`, carry out `order`; gives its answer.

    :raises DeployError: if it fails, with what a person can do about it where that is known.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=cloud.environ(),
            input=json.dumps({"order": order, "arguments": arguments}),
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DeployError(f"{order.replace('_', ' ')} did not end within {patience_s:.0f} s.") from error
    if done.returncode:
        raise DeployError(f"{order.replace('_', ' ')} failed: {done.stderr.strip()[-2000:]}")
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer["result"]


def take(carry_out: Callable[[str, dict[str, Any]], object]) -> int:
    """Have the order on standard input carried out."""
    from chalicelib.errors import ShylightError

    given = json.load(sys.stdin)
    try:
        print(json.dumps({"result": carry_out(given["order"], given["arguments"])}))
    except ShylightError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0
