"""`make demo` until Ctrl-C: visitors keep coming, open pages are left at the end, and no process remains."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from localstack.stack import ROOT

PATIENCE_S = 60.0
# The command, with a stack that is somebody else's server and without history.
PROGRAM = """
import signal
import sys
from pathlib import Path
from localstack import __main__ as commands

class Stack:
    home = Path(sys.argv[1])
    def is_running(self): return False
    def up(self): return None
    def down(self): print("stack stopped", flush=True)

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, if the tests run in the background
commands.DEMO_DAYS = 0
commands._announce = commands._print_info = lambda info: None
sys.exit(commands._demo(Stack()))
"""


class Collector(ThreadingHTTPServer):
    """Accepts sites and beacons."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.beacons: list[dict[str, Any]] = []
        self.has_view = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_GET(self) -> None:
        self._answer(200, {"sites": []})

    def do_PATCH(self) -> None:
        self._body()
        self._answer(200, {})

    def do_POST(self) -> None:
        body = self._body()
        if self.path.startswith("/ingress/"):
            self.server.beacons.append(body)
            if "location" in body:
                self.server.has_view.set()
        self._answer(201, {"id": f"site-{body.get('domain', '')}"})

    def _body(self) -> dict[str, Any]:
        return dict(json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0)))))

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def running(home: Path) -> list[str]:
    """The command lines of processes that work for a stack."""
    listed = subprocess.run(["ps", "-axwwo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(home) in line]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_ctrl_c_leaves_all_pages_and_no_process(collector: Collector, tmp_path: Path, number: signal.Signals) -> None:
    base_url = f"http://127.0.0.1:{collector.server_port}"
    (tmp_path / "stack.json").write_text(json.dumps({"base_url": base_url, "api_token": "token"}), "utf-8")
    demo = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT, env={**os.environ, "DETACH": ""}, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert collector.has_view.wait(PATIENCE_S)
        assert running(tmp_path)
        os.killpg(demo.pid, number)
        printed, _ = demo.communicate(timeout=PATIENCE_S)
    finally:
        if demo.poll() is None:
            demo.kill()
    assert demo.returncode == 0
    assert "stack stopped" in printed
    viewed = {beacon["idempotency"] for beacon in collector.beacons if "location" in beacon and "event" not in beacon}
    left = {beacon["idempotency"] for beacon in collector.beacons if "engagement" in beacon}
    assert viewed == left
    deadline = time.monotonic() + PATIENCE_S
    while running(tmp_path):
        assert time.monotonic() < deadline, running(tmp_path)
