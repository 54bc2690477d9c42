"""The program of this process behind an HTTP server, as API Gateway would call it: for tests that change its limits.

The server listens on a free loopback port. Its address is http://localhost, where browsers allow passkeys.
"""

from __future__ import annotations

import base64
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from chalicelib.dispatch import ROUTES
from harness import lambda_requests


class LocalServer:
    """The program at `url`. The caller sets ``SHYLIGHT_PUBLIC_URL`` to it."""

    def __init__(self, program: Any) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer("GET")

            def do_POST(self) -> None:
                self._answer("POST")

            def _answer(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = program(event(method, self.path, dict(self.headers), body), lambda_requests.Context())
                self.send_response(answer["statusCode"])
                several = answer.get("multiValueHeaders") or {}
                for name, value in answer["headers"].items():
                    self.send_header(name, str(value))
                for name, values in several.items():
                    for value in values:
                        self.send_header(name, str(value))
                content = answer["body"] or ""
                raw = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://localhost:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def event(method: str, target: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """The Lambda event of a request to a path and query."""
    parts = urlsplit(target)
    resource, parameters = _route(method, parts.path)
    made = lambda_requests.event(
        method,
        resource,
        {name: quote(value, safe="") for name, value in parameters.items()},
        body="",
        headers=headers,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        address=headers.get("X-Forwarded-For", "127.0.0.1"),
    )
    made["requestContext"] |= {"path": made["path"]}
    return made | {"body": base64.b64encode(body).decode()}


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The path of the matching route, those without parameters first, and its parameters."""
    for route in sorted(ROUTES, key=lambda one: one.path.count("{")):
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
        found = re.fullmatch(pattern, path)
        if route.method == method and found:
            return route.path, {name: unquote(value) for name, value in found.groupdict().items()}
    return "/static/{file}", {"file": "none"}
