"""The HTTP client of tools and tests, against a server of its own."""

import ast
import json
import threading
from collections.abc import Iterator
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra import http_client
from infra.http_client import Client, ask, request

ROOT = Path(__file__).resolve().parents[3]
# The servers that answer, and the program itself, which downloads with bounds of its own.
OTHERS = {"harness/faults/proxy.py", "infra/http_client.py"}


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections: set[tuple[str, int]]

    def do_GET(self) -> None:
        self.connections.add(self.client_address)
        length = int(self.headers.get("Content-Length") or 0)
        told = {"method": self.command, "path": self.path, "body": self.rfile.read(length).decode(),
                "headers": {name.lower(): value for name, value in self.headers.items()}}  # fmt: skip
        body = json.dumps(told).encode()
        self.send_response(303 if self.path == "/base/moved" else 404 if self.path == "/base/gone" else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def base_url() -> Iterator[str]:
    Echo.connections = set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/base"
    server.shutdown()
    server.server_close()


def test_exactly_the_given_headers_are_sent(base_url: str) -> None:
    told = request("DELETE", f"{base_url}/x?y=1", b"body", {"Accept": "*/*"}).json()
    assert (told["method"], told["path"], told["body"]) == ("DELETE", "/base/x?y=1", "body")
    assert set(told["headers"]) == {"host", "accept-encoding", "accept", "content-length"}


def test_statuses_and_redirects_are_answers(base_url: str) -> None:
    moved = request("GET", f"{base_url}/moved")
    assert (moved.status, moved.headers["location"], moved.cookies) == (303, "/elsewhere", ("a=1", "b=2"))
    assert ask(f"{base_url}/gone").status == 404


def test_a_client_keeps_its_connection_and_one_request_has_its_own(base_url: str) -> None:
    client = Client(base_url)
    assert [client.request("GET", "/a").json()["path"] for _ in range(3)] == ["/base/a"] * 3
    assert len(Echo.connections) == 1
    client.close()
    request("GET", base_url)
    assert len(Echo.connections) == 2


def test_ask_posts_json_with_its_token(base_url: str) -> None:
    told = ask(base_url, "{}", token="secret").json()
    assert told["method"] == "POST"
    assert told["headers"]["content-type"] == "application/json"
    assert told["headers"]["authorization"] == "Bearer secret"


def test_no_answer_is_status_0_and_the_reason(base_url: str) -> None:
    unused = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    url = f"http://127.0.0.1:{unused.server_port}"
    unused.server_close()
    assert ask(url).status == 0
    assert "refused" in ask(url).text
    with pytest.raises(ConnectionError):
        request("GET", url)
    assert not http_client.is_healthy(url)


def test_https_goes_through_the_proxy_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://ada:p%40ss@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    through = http_client._connection("https", "stats.example", None, 1)
    assert isinstance(through, HTTPSConnection)
    assert (through.host, through.port) == ("proxy.example", 3128)
    assert (through._tunnel_host, through._tunnel_port) == ("stats.example", 443)  # type: ignore[attr-defined]
    assert through._tunnel_headers["Proxy-Authorization"] == "Basic YWRhOnBAc3M="  # type: ignore[attr-defined]
    assert http_client._connection("https", "inside.example", None, 1).host == "inside.example"
    assert http_client._connection("http", "127.0.0.1", 4566, 1).host == "127.0.0.1"


def test_tools_and_tests_have_no_other_client() -> None:
    for folder in ("infra", "localstack", "demo", "bench", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            called = {
                node.attr if isinstance(node, ast.Attribute) else node.id
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.Attribute | ast.Name)
            }
            name = path.relative_to(ROOT).as_posix()
            if name not in OTHERS and path != Path(__file__):
                assert not called & {"urlopen", "build_opener", "HTTPConnection", "HTTPSConnection"}, name
