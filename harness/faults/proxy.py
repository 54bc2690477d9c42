"""A proxy between the functions and AWS, which forwards every call unless a rule handles it.

    with Proxy(cloud.endpoint_url) as proxy, proxy.rule(reject_every_third_write):
        ...  # programs that use proxy.url as AWS_ENDPOINT_URL

A rule gets a call and gives the response: AWS's (`call.forward()`, once or several times, at any time), another one, or
None, which closes the connection.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

TIMEOUT_S = 60.0
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
# Headers of one connection, or set by the sender of the body.
_UNFORWARDED_HEADERS = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server", "expect"}
)
_SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a call."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """An AWS call.

    :ivar service: e.g. ``dynamodb``; :ivar operation: e.g. ``UpdateItem``; for S3, the HTTP method.
    :ivar forward_as: makes the same call with another body and gives AWS's response.
    """

    service: str
    operation: str
    path: str
    body: bytes
    forward_as: Callable[[bytes], Answer]

    def forward(self) -> Answer:
        """Make the call; gives AWS's response."""
        return self.forward_as(self.body)

    @cached_property
    def given(self) -> dict[str, Any]:
        """The call's parameters; for S3, none."""
        return {} if self.service == "s3" else dict(json.loads(self.body))

    @property
    def writes(self) -> bool:
        """Whether the call writes to a table."""
        return self.service == "dynamodb" and self.operation in WRITES

    def is_on(self, table: str, *operations: str) -> bool:
        """Whether the call is one of the operations on the table with that short name, e.g. ``salts``."""
        if self.service != "dynamodb" or self.operation not in operations:
            return False
        return str(self.given.get("TableName", "")).endswith(f"-{table}")

    @property
    def sends_hits(self) -> bool:
        """Whether the call puts a message on the hit queue."""
        sends = self.service == "sqs" and self.operation in ("SendMessage", "SendMessageBatch")
        return sends and str(self.given["QueueUrl"]).endswith("-hits")


Rule = Callable[[Call], Answer | None]


def rejection(call: Call) -> Answer:
    """The service's response when it is throttled or unavailable; AWS clients treat it as a temporary error."""
    if call.service == "s3":
        return Answer(503, b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>")
    if call.service == "dynamodb":
        return _json_error(400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException")
    return _json_error(503, "com.amazonaws.sqs#ServiceUnavailable")


def _json_error(status: int, kind: str) -> Answer:
    body = json.dumps({"__type": kind, "message": "Rejected by the fault run."}).encode()
    return Answer(status, body, {"Content-Type": "application/x-amz-json-1.0"})


class Proxy:
    """The proxy, on a free port of the loopback interface, with its own threads.

    :param upstream: the endpoint of AWS.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._rule: Rule | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def url(self) -> str:
        """The proxy's endpoint."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @contextmanager
    def rule(self, rule: Rule) -> Iterator[None]:
        """Apply a rule to every call in the context; it is called from several threads."""
        self._rule = rule
        try:
            yield
        finally:
            self._rule = None

    def _answer(self, handler: BaseHTTPRequestHandler) -> Answer | None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        method, path, headers = handler.command, handler.path, dict(handler.headers.items())

        def forward_as(body: bytes) -> Answer:
            return self._forward(method, path, headers, body)

        service = _SERVICE.search(headers.get("Authorization", ""))
        target = headers.get("X-Amz-Target", "").rpartition(".")[2]
        call = Call(service[1] if service else "", target or method, path, body, forward_as)
        return call.forward() if self._rule is None else self._rule(call)

    def _forward(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        connection = http.client.HTTPConnection(self._upstream.hostname or "", self._upstream.port, timeout=TIMEOUT_S)
        try:
            kept = {name: value for name, value in headers.items() if name.lower() not in _UNFORWARDED_HEADERS}
            connection.request(method, path, body or None, kept)
            response = connection.getresponse()
            return Answer(response.status, response.read(), dict(response.getheaders()))
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            """Handles one connection of a client."""

            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _serve(self) -> None:
                try:
                    answer = proxy._answer(self)
                except OSError:  # AWS does not respond
                    answer = None
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    if name.lower() not in _UNFORWARDED_HEADERS:
                        self.send_header(name, value)
                given_length = answer.headers.get("Content-Length") or answer.headers.get("content-length")
                length = given_length if self.command == "HEAD" and given_length else str(len(answer.body))
                self.send_header("Content-Length", length)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815  # http.server's names

            def handle(self) -> None:
                with suppress(ConnectionError):  # a function that was killed or stopped does not close its connection
                    super().handle()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        return Handler
