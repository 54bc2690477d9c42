"""The HTTP client of tools and tests: requests to a deployed Shylight, with exactly the headers that are given.

It follows no redirects, keeps no cookies and raises nothing for a status, because the answers themselves are what its
users look at. :func:`request` is for one request, :class:`Client` for many on one connection, and :func:`ask` for tools
that want to know and not to handle errors.
"""

from __future__ import annotations

import http.client
import json
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

TIMEOUT_S = 60.0
# Servers close connections that are idle for a while; a request that meets that end is lost.
_IDLE_S = 2.0
HTTPS_PORT = 443


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    :ivar status: the HTTP status; 0 if there was no answer, see :func:`ask`.
    :ivar headers: by name in lower case; of repeated ones, the last.
    :ivar cookies: the lines of ``Set-Cookie``.
    """

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, str]:
        """What the API says is wrong: a code, a message, and a field if it is about one."""
        error: dict[str, str] = self.json()["error"]
        return error


class Client:
    """Requests to one server, one after the other on one connection. Not for several threads at once.

    :param base_url: what every path is appended to.
    :ivar prefix: its path; :ivar connection: for requests that only the standard library can make.
    """

    def __init__(self, base_url: str, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(base_url)
        self.prefix = parts.path.rstrip("/")
        self._last = 0.0
        self.connection = _connection(parts.scheme, parts.hostname or "", parts.port, timeout_s)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, with exactly these headers and those HTTP cannot do without.

        :param path: below the base URL, with its query.
        :raises OSError: or ``http.client.HTTPException``, if there is no answer.
        """
        if time.monotonic() - self._last > _IDLE_S:
            self.connection.close()  # the server may be about to
        try:
            self.connection.request(method, self.prefix + path, body, dict(headers or {}))
            response = self.connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            cookies = tuple(response.headers.get_all("Set-Cookie") or ())
            answer = Answer(response.status, response.read(), named, cookies)
        except (http.client.HTTPException, OSError):
            self.connection.close()
            raise
        self._last = time.monotonic()
        return answer

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self.connection.close()


def request(
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """One request on a connection of its own; raises what :meth:`Client.request` raises."""
    parts = urlsplit(url)
    client = Client(f"{parts.scheme}://{parts.netloc}", timeout_s)
    try:
        path = parts.path or "/"
        return client.request(method, f"{path}?{parts.query}" if parts.query else path, body, headers)
    finally:
        client.close()


def ask(
    url: str,
    body: str | None = None,
    *,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """GET, or POST `body`, which is JSON unless the headers say otherwise.

    Without an answer, the status is 0 and the text says why.
    """
    sent = {
        "Accept": "*/*",
        "Content-Type": "application/json",
        **(headers or {}),
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }
    try:
        if body is None:
            return request("GET", url, None, sent, timeout_s)
        return request("POST", url, body.encode(), sent, timeout_s)
    except (http.client.HTTPException, OSError) as error:
        return Answer(0, str(error).encode())


def is_healthy(base_url: str, timeout_s: float = 0.0) -> bool:
    """Whether the app's health check succeeds within `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while ask(f"{base_url}/healthz").status != 200:
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.2)
    return True


def _connection(scheme: str, host: str, port: int | None, timeout_s: float) -> http.client.HTTPConnection:
    """A connection; to HTTPS through the proxy that the environment names, if it names one."""
    if scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=timeout_s)
    proxy = urlsplit("" if proxy_bypass(host) else getproxies().get("https", ""))
    if not proxy.hostname:
        return http.client.HTTPSConnection(host, port, timeout=timeout_s)
    connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, timeout=timeout_s)
    user = f"{unquote(proxy.username or '')}:{unquote(proxy.password or '')}"
    headers = {"Proxy-Authorization": f"Basic {b64encode(user.encode()).decode()}"} if proxy.username else {}
    connection.set_tunnel(host, port or HTTPS_PORT, headers)
    return connection
