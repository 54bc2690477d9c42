"""ministack as a process: started on a free loopback port, identified, and stopped so that its state is saved.

Nothing else that answers on that port (another project's emulator, or a tunnel to a real service) may ever be written
to. So the process gets a random word when it starts, which its health page repeats. It is ours only if the process id
is alive and the word matches.
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
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
HEALTH_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Process:
    """A ministack that was started.

    :ivar pid: its process id.
    :ivar port: its port on the loopback interface.
    :ivar word: a random word that identifies it.
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


def start(home: Path, preferred_port: int | None = None, python: Path = PYTHON) -> Process:
    """Start ministack with its state under `home`.

    :param preferred_port: used if it is free, so that URLs stay the same after a restart.
    :param python: of the virtual environment in which it is installed.
    :raises DeployError: if it does not start, with the end of its log.
    """
    if not python.exists():
        raise DeployError("ministack is not installed; run `make setup`.")
    folder = home / "ministack"
    temporary = folder / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)  # code of functions of an earlier run
    for path in (folder / "state", folder / "s3", temporary):
        path.mkdir(parents=True, exist_ok=True)
    port = preferred_port if preferred_port and _is_free(preferred_port) else free_port()
    word = f"shylight-{secrets.token_hex(8)}"
    log = folder / "ministack.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [python, "-m", "ministack"],
            cwd=folder,
            env=_environ(folder, port, word),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C in the terminal does not reach it before it is stopped cleanly
        )
    process = Process(child.pid, port, word)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not process.is_ours():
        if child.poll() is not None or time.monotonic() > deadline:
            stop(process)
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise DeployError(f"ministack did not start on port {port}:\n{tail}")
        time.sleep(0.05)
    return process


def stop(process: Process) -> None:
    """Stop ministack so that it saves its state, then its child processes. Idempotent."""
    workers = children(process.pid)
    if is_alive(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        if not _wait_until_gone(process.pid, STOP_TIMEOUT_S):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            _wait_until_gone(process.pid, 5.0)
    for pid in workers:
        if is_alive(pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGTERM)


def save(process: Process, home: Path) -> None:
    """Save the process's data for the next command."""
    (home / "process.json").write_text(json.dumps(asdict(process)), encoding="utf-8")


def load(home: Path) -> Process | None:
    """The process saved under `home`, whether or not it still runs; None if there is none."""
    try:
        return Process(**json.loads((home / "process.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs; a zombie does not."""
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
    """The content of the emulator's health page; empty if it does not answer."""
    try:
        found = ask(f"{url}/_localstack/health", timeout_s=HEALTH_TIMEOUT_S).json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _environ(folder: Path, port: int, word: str) -> dict[str, str]:
    # The caller's AWS and Python settings must not reach the emulator or its functions.
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
    """A port on the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_gone(pid: int, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def children(pid: int) -> list[int]:
    """The child processes of a process; ministack's run the functions."""
    try:
        found = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    pairs = (line.split() for line in found.splitlines())
    return [int(child) for child, parent in pairs if int(parent) == pid]
