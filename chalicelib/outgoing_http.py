"""HTTP requests to servers whose addresses people enter, without reaching anything but the public internet (SSRF).

Only HTTPS to public IP addresses. A host is resolved once, and the connection is made to an address that was checked,
so that the name cannot lead elsewhere in between (DNS rebinding). Redirects are not followed and proxies not used. Size
and time are limited. A local stack may also reach its own machine, over HTTP too.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import SplitResult, urlencode, urlsplit

from chalicelib.config import APP, MAX_OUTGOING_ANSWER_BYTES, OUTGOING_TIMEOUT_S, settings
from chalicelib.errors import Unavailable
from chalicelib.hostnames import normal_host
from chalicelib.translation import gettext as _

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_HTTPS_PORT: Final = 443
_HTTP_PORT: Final = 80
_CHUNK_BYTES: Final = 16 * 1024
# Addresses of IPv6 that stand for one of IPv4 (RFC 6052), whatever a gateway makes of it.
_NAT64: Final = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
# IPv4-compatible addresses (RFC 4291, section 2.5.5.1) are obsolete; nothing public has one.
_IPV4_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")


class RequestFailed(Unavailable):
    """There is no usable answer; the message says why, naming the host."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, whatever its status."""

    url: str
    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object.

        :raises RequestFailed: if it is not one.
        """
        try:
            data = json.loads(self.body)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise RequestFailed(_("%(host)s did not answer with a JSON object.", host=_host(self.url)))
        return data


def request(url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Send a GET request, or a POST with `form`; at most :data:`config.OUTGOING_TIMEOUT_S` seconds from connecting on.

    :raises RequestFailed: if the URL is not allowed, or there is no complete answer in time, or it is too large.
    """
    deadline = time.monotonic() + OUTGOING_TIMEOUT_S
    parts = _allowed(url)
    addresses = _checked_addresses(parts)
    sent = {"User-Agent": APP, "Accept": "application/json", "Connection": "close", **(headers or {})}
    body = urlencode(form) if form is not None else None
    if body is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _connect(parts, addresses, deadline) as connected:
            connection = http.client.HTTPConnection(parts.hostname or "", _port(parts))
            connection.sock = _TimedSocket(connected, deadline)
            connection.request("GET" if body is None else "POST", target, body, {"Host": parts.netloc, **sent})
            response = connection.getresponse()
            return Answer(url, response.status, _body(response, url))
    except (OSError, http.client.HTTPException) as error:
        reason = "timed out" if isinstance(error, TimeoutError) else getattr(error, "reason", type(error).__name__)
        raise RequestFailed(
            _("The request to %(host)s failed (%(reason)s).", host=_host(url), reason=reason)
        ) from error


def get_json(url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON object at `url`.

    :raises RequestFailed: as :func:`request`, and if the status is not 200 or the body not a JSON object.
    """
    answer = request(url, headers=headers)
    if answer.status != http.HTTPStatus.OK:
        raise RequestFailed(
            _(
                "%(host)s answered %(status)s to a request for %(path)s.",
                host=_host(url),
                status=answer.status,
                path=urlsplit(url).path,
            )
        )
    return answer.json()


def check(url: str) -> None:
    """Check that `url` may be requested: its form, and the addresses that its host resolves to now.

    :raises RequestFailed: if it may not.
    """
    _checked_addresses(_allowed(url))


def check_form(url: str) -> None:
    """Check the form of a URL only, without resolving its host.

    :raises RequestFailed: if it may not be requested.
    """
    _allowed(url)


def is_public(address: IPAddress) -> bool:
    """Whether an address, and the IPv4 address that it may contain, belongs to the public internet."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _IPV4_COMPATIBLE or address.teredo is not None:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if any(address in network for network in _NAT64):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


def _allowed(url: str) -> SplitResult:
    """The parts of a URL that may be requested, as far as its form tells."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise RequestFailed(_("The URL contains characters that a URL cannot contain."))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RequestFailed(_("The URL is invalid.")) from error
    if parts.scheme != "https" and not (parts.scheme == "http" and settings().is_local):
        raise RequestFailed(_("The URL must begin with https://."))
    if "@" in parts.netloc or parts.fragment or port == 0 or normal_host(parts.hostname or "") is None:
        raise RequestFailed(_("The URL must have a host, and neither a user name nor a fragment."))
    return parts


def _checked_addresses(parts: SplitResult) -> list[IPAddress]:
    """The addresses of the host, all of which are allowed."""
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, _port(parts), type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0])) for entry in found))
    except (OSError, ValueError) as error:
        raise RequestFailed(_("The host %(host)s cannot be found.", host=host)) from error
    if not addresses or not all(_may_connect(parts, address) for address in addresses):
        raise RequestFailed(_("The host %(host)s is not on the public internet.", host=host))
    return addresses


def _may_connect(parts: SplitResult, address: IPAddress) -> bool:
    if address.is_loopback:
        return settings().is_local
    return parts.scheme == "https" and is_public(address)


def _connect(parts: SplitResult, addresses: list[IPAddress], deadline: float) -> socket.socket:
    """A connection to the first of the addresses that takes one."""
    for number, address in enumerate(addresses, 1):
        try:
            raw = socket.create_connection((str(address), _port(parts)), _seconds_left(deadline))
        except OSError:
            if number == len(addresses):
                raise
        else:
            break
    if parts.scheme == "http":
        return raw
    try:
        raw.settimeout(_seconds_left(deadline))
        return _tls().wrap_socket(raw, server_hostname=parts.hostname)
    except OSError:
        raw.close()
        raise


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _body(response: http.client.HTTPResponse, url: str) -> bytes:
    body = b""
    while chunk := response.read(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_OUTGOING_ANSWER_BYTES:
            raise RequestFailed(
                _("%(host)s sent more than %(most)s KB.", host=_host(url), most=MAX_OUTGOING_ANSWER_BYTES >> 10)
            )
    if response.length:
        raise http.client.IncompleteRead(body, response.length)
    return body


class _TimedSocket:
    """What `http.client` needs of a socket, each step of which ends at the deadline, however slowly data comes."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._connected = connected
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send all of `data`."""
        self._connected.settimeout(_seconds_left(self._deadline))
        self._connected.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What is received."""
        return io.BufferedReader(_TimedReader(self._connected, self._deadline))

    def close(self) -> None:
        """Nothing: the answer is still being read; the connection is closed by whoever opened it."""


class _TimedReader(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._connected = connected
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connected.settimeout(_seconds_left(self._deadline))
        return self._connected.recv_into(buffer)


def _seconds_left(deadline: float) -> float:
    """Seconds until the deadline.

    :raises TimeoutError: if it has passed.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _port(parts: SplitResult) -> int:
    return parts.port or (_HTTPS_PORT if parts.scheme == "https" else _HTTP_PORT)


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The server"
