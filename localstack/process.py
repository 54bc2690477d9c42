"""ministack as a process: started on a free loopback port, proven to be ours, stopped so that its state is kept.

Whatever else answers on that port (another project's emulator, a tunnel to something real) must never be written
to. So the process is given a word of its own when it starts, which its health page repeats; only a process that is
alive under the noted id and knows the word is ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.aws_environment import DeployError
from infra.http_client import ask

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv-ministack" / "bin" / "python"
HOST = "127.0.0.1"
START_S = 120.0
STOP_S = 30.0
HEALTH_S = 10.0


@dataclass(frozen=True)
class Process:
    """A ministack that was started.

    :ivar pid: its process id.
    :ivar port: its port on the loopback interface.
    :ivar word: what only it knows.
    """

    pid: int
    port: int
    word: str

    @property
    def url(self) -> str:
        """Its endpoint."""
        return f"http://{HOST}:{self.port}"

    def is_ours(self) -> bool:
        """Whether the process is alive and is the one that answers on the port."""
        return is_alive(self.pid) and health(self.url).get("edition") == self.word


def start(home: Path, preferred_port: int | None = None) -> Process:
    """Start ministack with its state under `home`.

    :param preferred_port: taken if it is free, so that addresses stay the same from one start to the next.
    :raises DeployError: with the end of its log, if it does not come up.
    """
    if not PYTHON.exists():
        raise DeployError("ministack is not installed; `make setup` does it.")
    folder = home / "ministack"
    temporary = folder / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)  # code of the workers of an earlier run
    for path in (folder / "state", folder / "s3", temporary):
        path.mkdir(parents=True, exist_ok=True)
    port = preferred_port if preferred_port and _is_free(preferred_port) else free_port()
    word = f"shylight-{secrets.token_hex(8)}"
    log = folder / "ministack.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [PYTHON, "-m", "ministack"],
            cwd=folder,
            env=_environ(folder, port, word),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal must not reach it: it is stopped in order
        )
    process = Process(child.pid, port, word)
    deadline = time.monotonic() + START_S
    while not process.is_ours():
        if child.poll() is not None or time.monotonic() > deadline:
            stop(process)
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise DeployError(f"ministack did not start on port {port}:\n{tail}")
        time.sleep(0.05)
    return process


def stop(process: Process) -> None:
    """Stop it so that it saves its state, then its workers; nothing happens if it is gone."""
    workers = children(process.pid)
    if is_alive(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        if not _wait_until_gone(process.pid, STOP_S):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            _wait_until_gone(process.pid, 5.0)
    for pid in workers:
        if is_alive(pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGTERM)


def save(process: Process, home: Path) -> None:
    """Note the process, for the next command."""
    (home / "process.json").write_text(json.dumps(asdict(process)), encoding="utf-8")


def load(home: Path) -> Process | None:
    """The process that was noted under `home`, whether or not it still runs."""
    try:
        return Process(**json.loads((home / "process.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs (one that ended and waits to be collected does not)."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def health(url: str) -> dict[str, object]:
    """What the emulator's health page says; empty if it does not answer."""
    try:
        said = ask(f"{url}/_localstack/health", timeout_s=HEALTH_S).json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _environ(folder: Path, port: int, word: str) -> dict[str, str]:
    # Nothing of the caller's AWS or Python settings may reach the emulator or the functions in it.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(
            ("AWS_", "SHYLIGHT_", "PYTHON", "DOCKER_", "LAMBDA_", "MINISTACK_", "VIRTUAL_ENV", "COV")
        )
    }
    return kept | {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_EDITION": word,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": "us-east-1",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder / "tmp"),
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "WARNING",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port on the loopback interface that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_gone(pid: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def children(pid: int) -> list[int]:
    """The children of a process: of ministack, the containers of functions."""
    try:
        said = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    pairs = (line.split() for line in said.splitlines())
    return [int(child) for child, parent in pairs if int(parent) == pid]
