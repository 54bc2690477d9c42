"""The program of this process behind an HTTP server, as API Gateway would call it: for tests of its own rules.

It is several times quicker than a deployment, and tests can change its limits. The server listens on a free loopback
port. Its address is http://localhost, where browsers allow passkeys.
"""

from __future__ import annotations

import base64
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlsplit

from chalicelib.dispatch import ROUTES, UNKNOWN
from chalicelib.routing import path_pattern, with_head
from harness import lambda_requests


class LocalServer:
    """The program at `url`. The caller sets ``SHYLIGHT_PUBLIC_URL`` to it, or says where API Gateway has it.

    :param stage: the API's stage, whose name begins all paths; ``""`` for a domain that leads to a stage.
    :param domain: the host name that API Gateway reports.
    """

    def __init__(self, program: Any, stage: str = "", domain: str = "") -> None:
        root = f"/{stage}" if stage else ""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # connections are kept open
            disable_nagle_algorithm = True
            wbufsize = -1

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                below = self.path.removeprefix(root) or "/"
                made = event(self.command, below, dict(self.headers), body)
                if made is None or not self.path.startswith(root):
                    self._send(404, [], b"")
                    return
                # API Gateway tells of the stage in the context only.
                made["requestContext"] |= {"path": root + below.partition("?")[0]}
                made["requestContext"] |= {"domainName": domain} if domain else {}
                answer = program(made, lambda_requests.Context())
                several = answer.get("multiValueHeaders") or {}
                headers = [(name, str(value)) for name, value in answer["headers"].items()]
                headers += [(name, str(value)) for name, values in several.items() for value in values]
                content = answer["body"] or ""
                raw = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
                self._send(answer["statusCode"], headers, raw)

            def _send(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD" and status != 204:
                    self.wfile.write(content)

            def log_message(self, *args: Any) -> None:
                pass

        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            setattr(Handler, f"do_{method}", Handler._answer)

        class Server(ThreadingHTTPServer):
            daemon_threads = True  # of connections that clients keep open

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://localhost:{self._server.server_port}{root}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def event(method: str, target: str, headers: dict[str, str], body: bytes) -> dict[str, Any] | None:
    """The Lambda event of a request to a path and query; None if no route matches."""
    parts = urlsplit(target)
    found = _route(method, parts.path)
    if found is None:
        return None
    resource, parameters = found
    made = lambda_requests.event(
        method,
        resource,
        {name: quote(value, safe="/" if name.endswith("+") else "") for name, value in parameters.items()},
        body="",
        headers=headers,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        address=headers.get("X-Forwarded-For", "127.0.0.1"),
    )
    made["multiValueQueryStringParameters"] = parse_qs(parts.query, keep_blank_values=True) or None
    made["requestContext"] |= {"path": made["path"]}
    return made | {"body": base64.b64encode(body).decode()}


def _pattern(path: str) -> re.Pattern[str]:
    """What the paths of a resource match, e.g. of ``/sites/{site}`` or ``/api/{proxy+}``."""
    return re.compile(re.sub(r"\\{(\w+)\\\+\\}", r"(?P<\1>.+)", path_pattern(path)))


# Resources without parameters first, and those that match anything last, as in API Gateway.
_RESOURCES: Final = [
    (route.method, route.path, _pattern(route.path))
    for route in with_head((*sorted(ROUTES, key=lambda one: one.path.count("{")), *UNKNOWN))
]


def _route(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """The matching resource, and its parameters."""
    for of_method, resource, pattern in _RESOURCES:
        found = pattern.fullmatch(path) if of_method == method else None
        if found:
            greedy = "+" if "+}" in resource else ""
            return resource, {f"{name}{greedy}": unquote(value) for name, value in found.groupdict().items()}
    return None
