"""Publishers of GeoIP databases: what each has, where it lies, and how it is packed.

* **MaxMind** GeoLite2, for who has a (free) licence key; twice a week, with a SHA-256 of every file.
  https://dev.maxmind.com/geoip/updating-databases/#directly-downloading-databases
* **DB-IP** Lite, CC BY 4.0, without a key; once a month, without a checksum that a program could read.
  https://db-ip.com/db/lite.php
"""

from __future__ import annotations

import base64
import gzip
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, Final, Protocol, cast

from chalicelib.enrich import geoip_download
from chalicelib.enrich.geolocation import CITY, NETWORK
from chalicelib.errors import BadRequest, Forbidden, Unavailable
from chalicelib.store.geoip_source import Choice

_GEOLITE2: Final = {CITY: "GeoLite2-City", NETWORK: "GeoLite2-ASN"}
_LITE: Final = {CITY: "dbip-city-lite", NETWORK: "dbip-asn-lite"}
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Release:
    """The newest edition of a database that a publisher has.

    :ivar name: what the publisher calls it, e.g. ``dbip-city-lite-2026-11``.
    :ivar sha256: of the file as it is downloaded, in hex; ``""`` where the publisher tells none.
    """

    name: str
    url: str
    sha256: str = ""


class Publisher(Protocol):
    """Where databases come from."""

    def newest(self, database: str) -> Release:
        """The newest edition of a database, ``city.mmdb`` or ``network.mmdb``.

        :raises Unavailable: if that cannot be told now.
        :raises Forbidden: if the publisher does not know us.
        """

    def fetch(self, release: Release, folder: Path) -> Path:
        """Download it into `folder` and unpack it there; gives the path of the database.

        :raises Unavailable: if it does not come whole.
        """


@dataclass(frozen=True, slots=True)
class MaxMind:
    """MaxMind, which wants the id of an account and a licence key of it."""

    account: str
    key: str
    url: str = "https://download.maxmind.com"

    def newest(self, database: str) -> Release:
        """See :class:`Publisher`."""
        url = f"{self.url}/geoip/databases/{_GEOLITE2[database]}/download?suffix=tar.gz"
        with _key_explained():
            line = geoip_download.text(f"{url}.sha256", self._authorization)
        found = re.match(r"([0-9a-f]{64})\s+\*?([\w.-]+)\.tar\.gz\s*$", line)
        if found is None:
            raise Unavailable(f"MaxMind did not answer with the checksum of {_GEOLITE2[database]}; please try again.")
        return Release(found[2], url, found[1])

    def fetch(self, release: Release, folder: Path) -> Path:
        """See :class:`Publisher`."""
        archive, target = folder / "download.tar.gz", folder / "unpacked.mmdb"
        with _key_explained():
            digest = geoip_download.save(release.url, archive, self._authorization)
        if digest != release.sha256:
            raise Unavailable(f"{release.name} has not the checksum that MaxMind tells; please try again.")
        with _unpacking(release), tarfile.open(archive) as files:
            _unpack(next(filter(None, (files.extractfile(one) for one in files if one.name.endswith(".mmdb")))), target)
        return target

    @property
    def _authorization(self) -> str:
        return "Basic " + base64.b64encode(f"{self.account}:{self.key}".encode()).decode()


@dataclass(frozen=True, slots=True)
class DbIp:
    """DB-IP, whose files carry the month in their name.

    :ivar today: the date, UTC.
    """

    url: str = "https://download.db-ip.com"
    today: Callable[[], date] = lambda: datetime.now(UTC).date()

    def newest(self, database: str) -> Release:
        """See :class:`Publisher`. A month's edition comes in its first days; before that, it is the last month's."""
        month = self.today()
        for _ in range(2):
            name = f"{_LITE[database]}-{month:%Y-%m}"
            url = f"{self.url}/free/{name}.mmdb.gz"
            if geoip_download.exists(url):
                return Release(name, url)
            month = month.replace(day=1) - timedelta(days=1)
        raise Unavailable(f"DB-IP has no {_LITE[database]} of this month or the last.")

    def fetch(self, release: Release, folder: Path) -> Path:
        """See :class:`Publisher`."""
        packed, target = folder / "download.mmdb.gz", folder / "unpacked.mmdb"
        geoip_download.save(release.url, packed)
        with _unpacking(release), gzip.open(packed) as content:
            _unpack(cast("IO[bytes]", content), target)
        return target


# Name of a publisher -> what stands behind it, made of what was chosen.
PUBLISHERS: Final[dict[str, Callable[[Choice], Publisher]]] = {
    "dbip": lambda choice: DbIp(choice.mirror) if choice.mirror else DbIp(),
    "maxmind": lambda choice: (
        MaxMind(choice.account, choice.key, choice.mirror) if choice.mirror else MaxMind(choice.account, choice.key)
    ),
}


def publisher(choice: Choice) -> Publisher:
    """The publisher that was chosen.

    :raises BadRequest: if there is none of this name, or something it needs is missing.
    """
    if choice.publisher not in PUBLISHERS:
        raise BadRequest(f"There is no source {choice.publisher!r}; it may be {' or '.join(PUBLISHERS)}.")
    if choice.publisher == "maxmind" and not (choice.account and choice.key):
        raise BadRequest("MaxMind wants the id of an account, MAXMIND_ACCOUNT_ID, and its MAXMIND_LICENSE_KEY.")
    if choice.mirror and not choice.mirror.startswith(("https://", "http://")):
        raise BadRequest("A mirror is an address that begins with https://.")
    return PUBLISHERS[choice.publisher](choice)


@contextmanager
def _key_explained() -> Iterator[None]:
    try:
        yield
    except geoip_download.Refused as refused:
        if refused.http_status not in (401, 403):
            raise
        raise Forbidden(
            f"MaxMind does not accept this account id with this licence key ({refused.http_status}). Both are under "
            "'Manage license keys' in your account there."
        ) from refused


@contextmanager
def _unpacking(release: Release) -> Iterator[None]:
    try:
        yield
    except (EOFError, StopIteration, gzip.BadGzipFile, tarfile.TarError, zlib.error) as error:
        raise Unavailable(f"{release.name} came damaged ({type(error).__name__}); please try again.") from error


def _unpack(content: IO[bytes], target: Path) -> None:
    size = 0
    with content, target.open("wb") as file:
        while chunk := content.read(_CHUNK):
            size += len(chunk)
            if size > geoip_download.MAX_BYTES:
                raise Unavailable(f"A database of more than {geoip_download.MAX_BYTES >> 20} MB has no room here.")
            file.write(chunk)
