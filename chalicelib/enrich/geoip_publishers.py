"""Publishers of GeoIP databases: which databases each has, their URLs, and how they are compressed.

* **MaxMind** GeoLite2: needs a (free) licence key; updated twice a week, with the SHA-256 of every file.
  https://dev.maxmind.com/geoip/updating-databases/#directly-downloading-databases
* **DB-IP** Lite, CC BY 4.0: needs no key; updated monthly, without a machine-readable checksum.
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
_DBIP_LITE: Final = {CITY: "dbip-city-lite", NETWORK: "dbip-asn-lite"}
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a database.

    :ivar name: the publisher's name for it, e.g. ``dbip-city-lite-2026-11``.
    :ivar sha256: of the file as downloaded, in hex; ``""`` if the publisher does not state it.
    """

    name: str
    url: str
    sha256: str = ""


class Publisher(Protocol):
    """A source of databases."""

    def newest(self, database: str) -> Release:
        """The newest release of a database, ``city.mmdb`` or ``network.mmdb``.

        :raises Unavailable: if the publisher does not answer as expected.
        :raises Forbidden: if the publisher rejects the credentials.
        """

    def fetch(self, release: Release, folder: Path) -> Path:
        """Download a release into `folder` and decompress it there; gives the path of the database.

        :raises Unavailable: if the download fails or is damaged.
        """


@dataclass(frozen=True, slots=True)
class MaxMind:
    """MaxMind, which needs an account id and a licence key."""

    account: str
    key: str
    url: str = "https://download.maxmind.com"

    def newest(self, database: str) -> Release:
        """See :class:`Publisher`."""
        url = f"{self.url}/geoip/databases/{_GEOLITE2[database]}/download?suffix=tar.gz"
        with _explaining_rejected_key():
            line = geoip_download.fetch_text(f"{url}.sha256", self._authorization)
        found = re.match(r"([0-9a-f]{64})\s+\*?([\w.-]+)\.tar\.gz\s*$", line)
        if found is None:
            raise Unavailable(f"MaxMind did not answer with the checksum of {_GEOLITE2[database]}; please try again.")
        return Release(found[2], url, found[1])

    def fetch(self, release: Release, folder: Path) -> Path:
        """See :class:`Publisher`."""
        archive, target = folder / "download.tar.gz", folder / "unpacked.mmdb"
        with _explaining_rejected_key():
            digest = geoip_download.download(release.url, archive, self._authorization)
        if digest != release.sha256:
            raise Unavailable(f"{release.name} does not match MaxMind's checksum; please try again.")
        with _reporting_damage(release), tarfile.open(archive) as files:
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
        """See :class:`Publisher`. A month's release appears in its first days; until then, it is last month's."""
        month = self.today()
        for _ in range(2):
            name = f"{_DBIP_LITE[database]}-{month:%Y-%m}"
            url = f"{self.url}/free/{name}.mmdb.gz"
            if geoip_download.exists(url):
                return Release(name, url)
            month = month.replace(day=1) - timedelta(days=1)
        raise Unavailable(f"DB-IP has no {_DBIP_LITE[database]} for this month or last month.")

    def fetch(self, release: Release, folder: Path) -> Path:
        """See :class:`Publisher`."""
        packed, target = folder / "download.mmdb.gz", folder / "unpacked.mmdb"
        geoip_download.download(release.url, packed)
        with _reporting_damage(release), gzip.open(packed) as content:
            _unpack(cast("IO[bytes]", content), target)
        return target


# Publisher by name, constructed from the administrator's choice.
PUBLISHERS: Final[dict[str, Callable[[Choice], Publisher]]] = {
    "dbip": lambda choice: DbIp(choice.mirror) if choice.mirror else DbIp(),
    "maxmind": lambda choice: (
        MaxMind(choice.account, choice.key, choice.mirror) if choice.mirror else MaxMind(choice.account, choice.key)
    ),
}


def publisher(choice: Choice) -> Publisher:
    """The publisher that an administrator chose.

    :raises BadRequest: if its name is unknown, a credential is missing, or the mirror is not a URL.
    """
    if choice.publisher not in PUBLISHERS:
        raise BadRequest(f"There is no source {choice.publisher!r}; use {' or '.join(PUBLISHERS)}.")
    if choice.publisher == "maxmind" and not (choice.account and choice.key):
        raise BadRequest(
            "MaxMind needs an account id and a licence key: set MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY."
        )
    if choice.mirror and not choice.mirror.startswith(("https://", "http://")):
        raise BadRequest("The mirror must be an http or https URL.")
    return PUBLISHERS[choice.publisher](choice)


@contextmanager
def _explaining_rejected_key() -> Iterator[None]:
    try:
        yield
    except geoip_download.DownloadFailed as failure:
        if failure.http_status not in (401, 403):
            raise
        raise Forbidden(
            f"MaxMind rejected this account id and licence key ({failure.http_status}). You find both under "
            "'Manage license keys' in your MaxMind account."
        ) from failure


@contextmanager
def _reporting_damage(release: Release) -> Iterator[None]:
    try:
        yield
    except (EOFError, StopIteration, gzip.BadGzipFile, tarfile.TarError, zlib.error) as error:
        raise Unavailable(
            f"The download of {release.name} is damaged ({type(error).__name__}); please try again."
        ) from error


def _unpack(content: IO[bytes], target: Path) -> None:
    size = 0
    with content, target.open("wb") as file:
        while chunk := content.read(_CHUNK):
            size += len(chunk)
            if size > geoip_download.MAX_BYTES:
                raise Unavailable(f"The database is larger than the limit of {geoip_download.MAX_BYTES >> 20} MB.")
            file.write(chunk)
