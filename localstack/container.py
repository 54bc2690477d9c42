"""LocalStack: started in Docker with compose.yaml, or an existing one at AWS_ENDPOINT_URL.

An existing LocalStack is never stopped. LocalStack keeps no data across restarts.
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
START_TIMEOUT_S = 300.0
LOOPBACK = {"localhost", "127.0.0.1", "::1", "localhost.localstack.cloud"}


def start(home: Path) -> str:
    """The endpoint of a running LocalStack, which is started unless AWS_ENDPOINT_URL is set."""
    given = os.environ.get("AWS_ENDPOINT_URL")
    if given:
        given = given.rstrip("/")
        if urlsplit(given).hostname not in LOOPBACK:
            raise DeployError(
                f"AWS_ENDPOINT_URL={given} is not on this machine; a local stack is never deployed elsewhere."
            )
        if not process.health(given):
            raise DeployError(f"No LocalStack answers at AWS_ENDPOINT_URL={given}.")
        return given
    saved = _saved_port(home)
    port = saved if saved and _is_ours(saved) else process.free_port()
    _compose(port, "up", "--detach", "--wait")
    (home / "localstack.json").write_text(json.dumps({"port": port}), encoding="utf-8")
    url = f"http://{process.HOST}:{port}"
    deadline = time.monotonic() + START_TIMEOUT_S
    while not process.health(url):
        if time.monotonic() > deadline:
            raise DeployError(f"LocalStack did not answer at {url} within {START_TIMEOUT_S:.0f} s.")
        time.sleep(0.5)
    return url


def stop(home: Path) -> bool:
    """Stop the container that :func:`start` started; gives whether there was one."""
    saved = _saved_port(home)
    if saved is None:
        return False
    _compose(saved, "down", "--volumes")
    (home / "localstack.json").unlink(missing_ok=True)
    return True


def is_running(home: Path) -> bool:
    """Whether the LocalStack at AWS_ENDPOINT_URL, or the container that :func:`start` started, answers."""
    given = os.environ.get("AWS_ENDPOINT_URL")
    if given:
        return bool(process.health(given.rstrip("/")))
    saved = _saved_port(home)
    return saved is not None and _is_ours(saved)


def _saved_port(home: Path) -> int | None:
    try:
        return int(json.loads((home / "localstack.json").read_text(encoding="utf-8"))["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_ours(port: int) -> bool:
    published = _compose(port, "port", "localstack", "4566", quiet=True)
    return published.strip().endswith(f":{port}") and bool(process.health(f"http://{process.HOST}:{port}"))


def _compose(port: int, *arguments: str, quiet: bool = False) -> str:
    if shutil.which("docker") is None:
        raise DeployError("STACK=localstack needs Docker, or the endpoint of a LocalStack in AWS_ENDPOINT_URL.")
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
