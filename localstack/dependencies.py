"""The functions' dependencies, for this machine.

A local stack runs its functions with this machine's Python and C library, so pip selects the right wheels. (For AWS,
Chalice selects wheels for Lambda's system, and rejects DuckDB's under Python 3.11.) What is built is cached, and built
again only when requirements.txt, the Python version or what builds it changes.
"""

from __future__ import annotations

import fcntl
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.aws_environment import DeployError
from infra.dependencies import REQUIREMENTS, Dependencies, key_of

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".local" / "cache"
_ARCHITECTURES: Final = {"aarch64": "arm64", "arm64": "arm64"}


@contextmanager
def one_deploy_at_a_time() -> Iterator[None]:
    """Stacks of one working copy share its cache; two deploys that package at once would read unfinished files."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def architecture() -> str:
    """What Lambda calls the processor of this machine."""
    return _ARCHITECTURES.get(platform.machine(), "x86_64")


def for_this_machine(_architecture: str = "") -> Dependencies:
    """The dependencies, which this machine's pip installs."""
    return Dependencies(key_of(f"{sys.version} {platform.platform()}"), _install)


def _install(folder: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder), "-r", str(REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DeployError(f"pip could not install requirements.txt for the local functions:\n{done.stderr[-3000:]}")
