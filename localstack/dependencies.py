"""The functions' dependencies, installed for this machine in a folder that Chalice packages as ``vendor``.

A local stack runs its functions with this machine's Python and C library, so pip selects the right wheels. (Chalice
selects wheels for Lambda's system, and rejects DuckDB's under Python 3.11.) The folder is cached: dependencies are
installed again only when requirements.txt or the Python version changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.aws_environment import DeployError

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
CACHE = ROOT / ".local" / "cache"


@contextmanager
def one_deploy_at_a_time() -> Iterator[None]:
    """Stacks of one working copy share its cache; two deploys that package at once would read unfinished files."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def folder() -> Path:
    """The folder of the dependencies, which are installed if needed."""
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode() + platform.platform().encode()).hexdigest()[
        :16
    ]
    target = CACHE / f"dependencies-{key}"
    if target.is_dir():
        return target
    for stale in CACHE.glob("dependencies-*"):
        shutil.rmtree(stale, ignore_errors=True)
    unfinished = CACHE / f"unfinished-{key}"
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
        "--no-deps",
    ]
    done = subprocess.run(
        [*command, "--target", unfinished, "-r", REQUIREMENTS], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DeployError(f"pip could not install requirements.txt for the local functions:\n{done.stderr[-3000:]}")
    shutil.rmtree(unfinished / "bin", ignore_errors=True)
    unfinished.rename(target)
    return target
