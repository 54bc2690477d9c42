"""Commands that the program's own code runs against a stage, in a separate process.

The process is separate because the program reads its settings from the environment once. The command is passed on
standard input and the result on standard output, both as JSON: command-line arguments, which every user of the machine
can read, must not contain secrets.
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
TIMEOUT_S = 120.0


def run(
    cloud: Cloud, module: str, command: str, arguments: Mapping[str, object], timeout_s: float = TIMEOUT_S
) -> object:
    """Run `command` in a new process of `module`, which calls :func:`main`; gives the result.

    :raises DeployError: if it fails or does not end in time, with its error message.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=cloud.environ(),
            input=json.dumps({"command": command, "arguments": arguments}),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DeployError(
            f"{command.replace('_', ' ')} did not end within {timeout_s:.0f} s. It may have taken effect nevertheless."
        ) from error
    if done.returncode:
        raise DeployError(f"{command.replace('_', ' ')} failed: {done.stderr.strip()[-2000:]}")
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer["result"]


def main(execute: Callable[[str, dict[str, Any]], object]) -> int:
    """Execute the command on standard input and print its result; gives the exit code.

    :param execute: takes the command's name and arguments, and gives its result.
    """
    from chalicelib.errors import ShylightError
    from chalicelib.store import aws

    given = json.load(sys.stdin)
    try:
        print(json.dumps({"result": execute(given["command"], given["arguments"])}))
    except ShylightError as error:
        print(error.message, file=sys.stderr)
        return 1
    except Exception as error:
        if not aws.failed(error):
            raise
        print(f"AWS refused a request: {error}", file=sys.stderr)
        return 1
    return 0
