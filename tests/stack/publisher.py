"""A publisher of GeoIP databases on this machine: answers as MaxMind and DB-IP do, also on their bad days."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.unit.enrich import geoip_samples

ACCOUNT, KEY = "123456", "a-licence-key"
AUTHORIZATION = "Basic " + base64.b64encode(f"{ACCOUNT}:{KEY}".encode()).decode()
WELL_KNOWN = (
    "8.8.8.0/24", "1.1.1.0/24", "9.9.9.0/24", "208.67.222.0/24", "2001:4860::/32", "2606:4700::/32",
)  # fmt: skip


def cities(code: str = "SE") -> bytes:
    """A database of cities in which the documentation network and all that is well known lie in one country."""
    record = geoip_samples.LINKOEPING | {"country": {"iso_code": code}}
    return geoip_samples.build("GeoLite2-City", dict.fromkeys((*WELL_KNOWN, "192.0.2.0/24"), record))


def operators(name: str = "Example Net") -> bytes:
    """A database of operators, as `cities`."""
    record = {"autonomous_system_number": 64496, "autonomous_system_organization": name}
    return geoip_samples.build("GeoLite2-ASN", dict.fromkeys((*WELL_KNOWN, "192.0.2.0/24"), record))


@dataclass
class Answer:
    """What is at a path. `cut`: bytes that are sent, though all are announced."""

    body: bytes
    status: int = 200
    location: str = ""
    key: bool = False
    cut: int | None = None


@dataclass
class Publisher:
    """The server. `asked`: path and authorization of each request."""

    url: str = ""
    elsewhere: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def has_dbip(self, month: str, city: bytes, network: bytes) -> None:
        """It is DB-IP, with the editions of this month, ``YYYY-MM``."""
        for kind, data in (("city", city), ("asn", network)):
            self.answers[f"/free/dbip-{kind}-lite-{month}.mmdb.gz"] = Answer(gzip.compress(data))

    def has_maxmind(self, day: str, city: bytes, network: bytes) -> None:
        """It is MaxMind, with the editions of this day, ``YYYYMMDD``; the files lie on another host."""
        for kind, data in (("City", city), ("ASN", network)):
            name = f"GeoLite2-{kind}_{day}"
            packed = _tar(f"{name}/GeoLite2-{kind}.mmdb", data)
            at = f"/geoip/databases/GeoLite2-{kind}/download?suffix=tar.gz"
            line = f"{hashlib.sha256(packed).hexdigest()}  {name}.tar.gz\n"
            self.answers[f"{at}.sha256"] = Answer(line.encode(), key=True)
            self.answers[at] = Answer(b"", 302, f"{self.elsewhere}/store/{name}.tar.gz", key=True)
            self.answers[f"/store/{name}.tar.gz"] = Answer(packed)


def _tar(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as files:
        for path, content in ((f"{name.partition('/')[0]}/LICENSE.txt", b"EULA"), (name, data)):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            files.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@contextmanager
def serve() -> Iterator[Publisher]:
    """Publish on a free port; the other host is the same machine by its other name."""
    publisher = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            publisher.asked.append((self.path, given))
            answer = publisher.answers.get(self.path, Answer(b"<html>nothing here</html>", 404))
            if answer.key and given != AUTHORIZATION:
                answer = Answer(b"Invalid license key", 401)
            if urlsplit(f"//{self.headers['Host']}").hostname == "localhost" and given:
                answer = Answer(b"Only one auth mechanism allowed", 400)  # as R2 says to a signed address
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            if answer.location:
                self.send_header("Location", answer.location)
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut])

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    publisher.url = f"http://127.0.0.1:{server.server_port}"
    publisher.elsewhere = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
