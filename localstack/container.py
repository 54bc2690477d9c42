"""LocalStack: in Docker by the compose file beside this, or the one whose endpoint AWS_ENDPOINT_URL gives.

One that was given is used as it is and never stopped. LocalStack keeps nothing over a restart.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

from infra.aws_environment import DeployError
from localstack import process

COMPOSE = Path(__file__).parent / "compose.yaml"
START_S = 300.0
LOOPBACK = {"localhost", "127.0.0.1", "::1", "localhost.localstack.cloud"}


def start(home: Path) -> str:
    """The endpoint of a LocalStack that answers, started if none is given."""
    given = os.environ.get("AWS_ENDPOINT_URL")
    if given:
        given = given.rstrip("/")
        if urlsplit(given).hostname not in LOOPBACK:
            raise DeployError(
                f"AWS_ENDPOINT_URL={given} is not on this machine; a local stack is not put anywhere else."
            )
        if not process.health(given):
            raise DeployError(f"No LocalStack answers at AWS_ENDPOINT_URL={given}.")
        return given
    noted = _noted(home)
    port = noted if noted and _is_ours(noted) else process.free_port()
    _compose(port, "up", "--detach", "--wait")
    (home / "localstack.json").write_text(json.dumps({"port": port}), encoding="utf-8")
    url = f"http://{process.HOST}:{port}"
    deadline = time.monotonic() + START_S
    while not process.health(url):
        if time.monotonic() > deadline:
            raise DeployError(f"LocalStack did not answer at {url} within {START_S:.0f} s.")
        time.sleep(0.5)
    return url


def stop(home: Path) -> bool:
    """Stop the container that was started here; gives whether there was one."""
    noted = _noted(home)
    if noted is None:
        return False
    _compose(noted, "down", "--volumes")
    (home / "localstack.json").unlink(missing_ok=True)
    return True


def is_running(home: Path) -> bool:
    """Whether the given LocalStack, or the container that was started here, answers."""
    given = os.environ.get("AWS_ENDPOINT_URL")
    if given:
        return bool(process.health(given.rstrip("/")))
    noted = _noted(home)
    return noted is not None and _is_ours(noted)


def _noted(home: Path) -> int | None:
    try:
        return int(json.loads((home / "localstack.json").read_text(encoding="utf-8"))["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_ours(port: int) -> bool:
    published = _compose(port, "port", "localstack", "4566", quiet=True)
    return published.strip().endswith(f":{port}") and bool(process.health(f"http://{process.HOST}:{port}"))


def _compose(port: int, *arguments: str, quiet: bool = False) -> str:
    if shutil.which("docker") is None:
        raise DeployError("STACK=localstack needs Docker, or a LocalStack's endpoint in AWS_ENDPOINT_URL.")
    done = subprocess.run(
        ["docker", "compose", "--file", str(COMPOSE), *arguments],
        env=os.environ | {"SHYLIGHT_LOCALSTACK_PORT": str(port)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and not quiet:
        raise DeployError(f"docker compose {arguments[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout
