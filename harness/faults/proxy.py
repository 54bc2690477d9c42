"""A proxy between functions and their AWS: it passes every call on, unless the rule of the day says otherwise.

    with Proxy(cloud.endpoint_url) as proxy, proxy.rule(refuse_every_third_write):
        ...  # whatever uses proxy.url as its AWS_ENDPOINT_URL

A rule sees a call and decides what is answered: what AWS says (`call.forward()`, as often and as late as it likes),
something else, or nothing at all, which closes the connection.
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
# Of one connection only, or counted by whoever writes the body.
_OWN_HEADERS = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server", "expect"}
)
_SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A call of AWS.

    :ivar service: e.g. ``dynamodb``; :ivar operation: e.g. ``UpdateItem``; of S3, the HTTP method.
    :ivar forward_as: what AWS says to the same call with another body.
    """

    service: str
    operation: str
    path: str
    body: bytes
    forward_as: Callable[[bytes], Answer]

    def forward(self) -> Answer:
        """What AWS says."""
        return self.forward_as(self.body)

    @cached_property
    def given(self) -> dict[str, Any]:
        """The parameters; of S3, none."""
        return {} if self.service == "s3" else dict(json.loads(self.body))

    @property
    def writes(self) -> bool:
        """Whether it changes a table."""
        return self.service == "dynamodb" and self.operation in WRITES

    def is_on(self, table: str, *operations: str) -> bool:
        """Whether it is one of the operations on the table of that short name, e.g. ``salts``."""
        if self.service != "dynamodb" or self.operation not in operations:
            return False
        return str(self.given.get("TableName", "")).endswith(f"-{table}")

    @property
    def sends_hits(self) -> bool:
        """Whether it puts a message on the queue of hits."""
        sends = self.service == "sqs" and self.operation in ("SendMessage", "SendMessageBatch")
        return sends and str(self.given["QueueUrl"]).endswith("-hits")


Rule = Callable[[Call], Answer | None]


def refusal(call: Call) -> Answer:
    """What the service says when it will not: busy, throttled, down. Its clients know all of these as passing."""
    if call.service == "s3":
        return Answer(503, b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>")
    if call.service == "dynamodb":
        return _json_error(400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException")
    return _json_error(503, "com.amazonaws.sqs#ServiceUnavailable")


def _json_error(status: int, kind: str) -> Answer:
    body = json.dumps({"__type": kind, "message": "Refused by the fault run."}).encode()
    return Answer(status, body, {"Content-Type": "application/x-amz-json-1.0"})


class Proxy:
    """The proxy, on a free port of the loopback interface, in threads of its own.

    :param upstream: the endpoint of the AWS behind it.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._rule: Rule | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def url(self) -> str:
        """Its endpoint."""
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
        """Let every call meanwhile go by the rule; it is called in many threads."""
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
            kept = {name: value for name, value in headers.items() if name.lower() not in _OWN_HEADERS}
            connection.request(method, path, body or None, kept)
            said = connection.getresponse()
            return Answer(said.status, said.read(), dict(said.getheaders()))
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            """One connection of a client."""

            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _serve(self) -> None:
                try:
                    answer = proxy._answer(self)
                except OSError:  # AWS behind it is gone, or was never there
                    answer = None
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    if name.lower() not in _OWN_HEADERS:
                        self.send_header(name, value)
                said_length = answer.headers.get("Content-Length") or answer.headers.get("content-length")
                length = said_length if self.command == "HEAD" and said_length else str(len(answer.body))
                self.send_header("Content-Length", length)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815  # http.server's names

            def handle(self) -> None:
                with suppress(ConnectionError):  # a function that was killed, or went, does not say good-bye
                    super().handle()

            def log_message(self, *_: object) -> None:
                """Nothing: a call is no news."""

        return Handler
