"""Requests to servers whose URLs people enter reach the public internet only, and end in time."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib import outgoing_http
from chalicelib.config import MAX_OUTGOING_ANSWER_BYTES, Settings
from chalicelib.outgoing_http import RequestFailed

DEPLOYED = Settings(stage="prod", account="123456789012")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + b'{"a": "b"}\n'


@pytest.fixture
def deployed() -> Iterator[None]:
    with patch("chalicelib.outgoing_http.settings", return_value=DEPLOYED):
        yield


@contextmanager
def server(answer: Callable[[Any], None], tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A server for one connection; gives its port and, afterwards, what it received."""
    received: list[bytes] = []

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                peer = tls.wrap_socket(connection, server_side=True) if tls else connection
                received.append(_request(peer))
                answer(peer)
                if tls:
                    peer.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], received
        listening.close()
        thread.join(5)


def _request(peer: socket.socket) -> bytes:
    """One request, which may arrive in parts: its head, and as many bytes of a body as the head announces."""
    received = b""
    while part := peer.recv(65536):
        received += part
        head, ended, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
        if ended and len(body) >= int(length[1] if length else 0):
            break
    return received


def resolving(**hosts: str) -> Any:
    """A resolver that knows these hosts; `_` in a name stands for a dot."""
    known = {name.replace("_", "."): address for name, address in hosts.items()}
    resolve_others = socket.getaddrinfo

    def resolve(host: str, port: int, *more: Any, **named: Any) -> list[Any]:
        if host not in known:
            return resolve_others(host, port, *more, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host].split()]

    return patch("chalicelib.outgoing_http.socket.getaddrinfo", resolve)


class TestWhere:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
            "169.254.169.254", "169.254.170.2", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
            "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1",
            "::10.0.0.1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
            "64:ff9b::169.254.169.254", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
            "2001:0:7f00:1::1",
        ],
    )  # fmt: skip
    def test_addresses_that_are_not_public(self, address: str) -> None:
        assert not outgoing_http.is_public(ipaddress.ip_address(address))

    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"])
    def test_public_addresses(self, address: str) -> None:
        assert outgoing_http.is_public(ipaddress.ip_address(address))

    @pytest.mark.usefixtures("deployed")
    @pytest.mark.parametrize(
        "url",
        [
            "https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://2130706433/", "https://0x7f.1/",
            "https://017700000001/", "https://169.254.169.254/latest/meta-data", "https://[::ffff:169.254.169.254]/",
            "https://[fd00:ec2::254]/", "https://10.1.2.3:8443/", "https://0/",
        ],
    )  # fmt: skip
    def test_a_deployment_asks_nobody_on_its_own_network(self, url: str) -> None:
        with pytest.raises(RequestFailed, match=r"not on the public internet|cannot be found"):
            outgoing_http.request(url)

    @pytest.mark.usefixtures("deployed")
    @pytest.mark.parametrize(
        "url",
        [
            "", "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "//example.com/", "https://",
            "https:///path", "https://user@example.com/", "https://user:pw@example.com/", "https://example.com@127.0.0.1/",
            "https://example.com\\@127.0.0.1/", "https://example.com/#x", "https://example.com:99999/",
            "https://example.com:0/", "https://exa mple.com/", "https://example.com/\r\nHost: x", "https://[::1/",
            "https://example.com:x/", "HTTP://example.com/", "https://éxample.com/", "https://[fe80::1%25lo]/",
        ],
    )  # fmt: skip
    def test_urls_that_are_not_allowed(self, url: str) -> None:
        with (
            patch("chalicelib.outgoing_http.socket.getaddrinfo", side_effect=AssertionError("it was resolved")),
            pytest.raises(RequestFailed, match="The URL"),
        ):
            outgoing_http.request(url)

    @pytest.mark.usefixtures("deployed")
    def test_one_private_address_among_public_ones_is_enough_to_refuse(self) -> None:
        with (
            resolving(idp_example="8.8.8.8 10.0.0.1"),
            pytest.raises(RequestFailed, match="not on the public internet"),
        ):
            outgoing_http.request("https://idp.example/")

    @pytest.mark.usefixtures("deployed")
    def test_the_name_is_resolved_once(self) -> None:
        """A name that resolves to another address the second time (DNS rebinding) is not asked again."""
        answers = iter(["8.8.8.8", "127.0.0.1"])
        asked: list[str] = []

        def connect(address: tuple[str, int], _timeout: float) -> socket.socket:
            asked.append(address[0])
            raise ConnectionRefusedError

        def resolve(_host: str, port: int, **_: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

        with (
            patch("chalicelib.outgoing_http.socket.getaddrinfo", resolve),
            patch("chalicelib.outgoing_http.socket.create_connection", connect),
            pytest.raises(RequestFailed, match=r"idp\.example"),
        ):
            outgoing_http.request("https://idp.example/")
        assert asked == ["8.8.8.8"]

    def test_the_local_stack_asks_this_machine_and_nobody_near_it(self) -> None:
        with server(lambda peer: peer.sendall(OK)) as (port, _):
            assert outgoing_http.get_json(f"http://127.0.0.1:{port}/") == {"a": "b"}
        for url in ("http://10.0.0.1/", "https://10.0.0.1/", "http://8.8.8.8/", "https://169.254.169.254/"):
            with pytest.raises(RequestFailed, match="not on the public internet"):
                outgoing_http.request(url)


class TestWhat:
    def test_a_request(self) -> None:
        with server(lambda peer: peer.sendall(OK)) as (port, received):
            answer = outgoing_http.request(
                f"http://127.0.0.1:{port}/a/b?c=d", {"x": "1 &", "y": "é"}, {"Authorization": "Basic eA=="}
            )
        assert (answer.status, answer.json()) == (200, {"a": "b"})
        head, _, body = received[0].decode().partition("\r\n\r\n")
        lines = head.split("\r\n")
        assert lines[0] == "POST /a/b?c=d HTTP/1.1"
        assert [line for line in lines if line.startswith("Host")] == [f"Host: 127.0.0.1:{port}"]
        assert "Authorization: Basic eA==" in lines
        assert body == "x=1+%26&y=%C3%A9"

    def test_a_redirect_is_not_followed(self) -> None:
        moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        with server(lambda peer: peer.sendall(moved)) as (port, _), pytest.raises(RequestFailed, match="answered 302"):
            outgoing_http.get_json(f"http://127.0.0.1:{port}/")

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 20_000])
    def test_an_answer_that_is_no_json_object(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with (
            server(lambda peer: peer.sendall(head + body)) as (port, _),
            pytest.raises(RequestFailed, match="JSON object"),
        ):
            outgoing_http.get_json(f"http://127.0.0.1:{port}/")

    @pytest.mark.parametrize("length", [f"Content-Length: {10**9}", "X: y", "Transfer-Encoding: chunked"])
    def test_an_answer_that_is_too_large(self, length: str) -> None:
        def answer(peer: Any) -> None:
            peer.sendall(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode())
            piece = b" " * 65536
            with suppress(OSError):
                for _ in range(1000):
                    peer.sendall(b"10000\r\n" + piece + b"\r\n" if "chunked" in length else piece)

        with server(answer) as (port, _), pytest.raises(RequestFailed, match=f"{MAX_OUTGOING_ANSWER_BYTES >> 10} KB"):
            outgoing_http.request(f"http://127.0.0.1:{port}/")

    def test_an_answer_that_ends_early(self) -> None:
        short = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"
        with server(lambda peer: peer.sendall(short)) as (port, _), pytest.raises(RequestFailed, match="failed"):
            outgoing_http.request(f"http://127.0.0.1:{port}/")

    @pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
    def test_an_answer_that_trickles_ends_in_time(self, beginning: bytes) -> None:
        """Each byte comes in time, all of them do not."""

        def answer(peer: Any) -> None:
            with suppress(OSError):
                peer.sendall(beginning)
                while True:
                    peer.sendall(b"a")
                    threading.Event().wait(0.05)

        begun = time.monotonic()
        with (
            server(answer) as (port, _),
            patch("chalicelib.outgoing_http.OUTGOING_TIMEOUT_S", 0.4),
            pytest.raises(RequestFailed, match="timed out"),
        ):
            outgoing_http.request(f"http://127.0.0.1:{port}/")
        assert time.monotonic() - begun < 5

    @pytest.mark.parametrize("rubbish", [b"", b"rubbish\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000])
    def test_rubbish_is_a_failure(self, rubbish: bytes) -> None:
        with server(lambda peer: peer.sendall(rubbish)) as (port, _), pytest.raises(RequestFailed, match="failed"):
            outgoing_http.request(f"http://127.0.0.1:{port}/")


def certificate(folder: Path, host: str) -> Path:
    """A file with a self-signed certificate for `host` and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


class TestTls:
    """The connection goes to the checked address; the certificate must be the host's all the same."""

    @pytest.mark.parametrize(("trusted", "named"), [(True, True), (False, True), (True, False)])
    def test_the_certificate_is_verified(self, tmp_path: Path, trusted: bool, named: bool) -> None:
        file = certificate(tmp_path, "idp.example" if named else "other.example")
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(file)
        asking = ssl.create_default_context(cafile=str(file) if trusted else None)
        with (
            server(lambda peer: peer.sendall(OK), serving) as (port, _),
            resolving(idp_example="127.0.0.1"),
            patch("chalicelib.outgoing_http._tls", lambda: asking),
        ):
            url = f"https://idp.example:{port}/"
            if trusted and named:
                assert outgoing_http.get_json(url) == {"a": "b"}
            else:
                with pytest.raises(RequestFailed, match="CERTIFICATE_VERIFY_FAILED"):
                    outgoing_http.get_json(url)

    def test_certificates_are_verified_by_default(self) -> None:
        assert outgoing_http._tls().verify_mode is ssl.CERT_REQUIRED
        assert outgoing_http._tls().check_hostname
