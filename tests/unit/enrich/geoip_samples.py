"""GeoIP databases for tests: written small, in the shapes of their publishers, and damaged on demand."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from chalicelib.enrich import geoip_database, geolocation
from chalicelib.errors import Unavailable
from chalicelib.store import geoip_files

METADATA = b"\xab\xcd\xefMaxMind.com"

LINKOEPING = {
    "city": {"geoname_id": 2694762, "names": {"de": "Linköping", "en": "Linköping"}},
    "continent": {"code": "EU", "names": {"en": "Europe"}},
    "country": {"geoname_id": 2661886, "is_in_european_union": True, "iso_code": "SE", "names": {"en": "Sweden"}},
    "location": {"accuracy_radius": 76, "latitude": 58.4167, "longitude": 15.6167, "time_zone": "Europe/Stockholm"},
    "registered_country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "subdivisions": [{"iso_code": "E", "names": {"en": "Östergötland County", "fr": "Comté d'Östergötland"}}],
}
DBIP = {
    "city": {"names": {"en": "Mountain View"}},
    "continent": {"code": "NA", "names": {"en": "North America"}},
    "country": {"iso_code": "US", "names": {"en": "United States"}},
    "location": {"latitude": 37.4229, "longitude": -122.085},
    "subdivisions": [{"names": {"en": "California"}}],
}
FLAT = {
    "city": "Zürich", "country_code": "CH", "latitude": 47.3667, "longitude": 8.55, "postcode": "8001",
    "state1": "Zurich", "state2": "", "timezone": "Europe/Zurich",
}  # fmt: skip
IPINFO = {
    "city": "Reykjavik", "country": "IS", "lat": "64.1355", "lng": "-21.8954", "region": "Capital Region",
    "timezone": "Atlantic/Reykjavik",
}  # fmt: skip
OPERATOR = {"autonomous_system_number": 64496, "autonomous_system_organization": "Example Net"}
# Where each is, of the networks of RFC 5737 and RFC 3849.
SHAPES: Mapping[str, dict[str, Any]] = {
    "192.0.2.0/25": LINKOEPING,
    "192.0.2.128/25": DBIP,
    "198.51.100.0/24": FLAT,
    "203.0.113.0/24": IPINFO,
    "2001:db8::/33": LINKOEPING,
    "2001:db8:8000::/33": FLAT,
}


def build(kind: str, networks: Mapping[str, dict[str, Any]], version: int = 6) -> bytes:
    """A database of this type, as MaxMind calls it, with a record for each network."""
    writer = MMDBWriter(ip_version=version, ipv4_compatible=version == 6, database_type=kind, languages=["en"])
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), record)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "built.mmdb"
        writer.to_db_file(str(path))
        return path.read_bytes()


def damaged(data: bytes, seed: int, count: int) -> Iterator[bytes]:
    """The database `count` times, each damaged in one way at places drawn from `seed`."""
    chance = random.Random(seed)
    metadata = data.rindex(METADATA)
    for _ in range(count):
        bad = bytearray(data)
        match chance.randrange(5):
            case 0:  # one bit
                bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
            case 1:  # bits here and there
                for _ in range(chance.randrange(2, 100)):
                    bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
            case 2:  # a hole of zeros
                start = chance.randrange(len(bad))
                bad[start : start + 500] = bytes(len(bad[start : start + 500]))
            case 3:  # what the file says of itself
                for _ in range(chance.randrange(1, 6)):
                    bad[chance.randrange(metadata, len(bad))] = chance.randrange(256)
            case _:  # cut off
                del bad[chance.randrange(len(bad)) :]
        yield bytes(bad)


class Bucket:
    """What stands where the bucket would: databases by name, and moods."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.there: dict[str, bytes] = {}
        self.intact = False
        self.refuses: Exception | None = None
        self.asked: list[str] = []

    def fetch(self, name: str, known: str | None = None) -> geoip_files.Fetched | None:
        """In place of `geo.fetch`."""
        self.asked.append(name)
        if self.refuses is not None:
            raise self.refuses
        if name not in self.there:
            return None
        etag = str(hash(self.there[name]))
        if etag == known:
            return geoip_files.Fetched(None, etag)
        path = self.folder / f"{len(self.asked)}-{name}"
        path.write_bytes(self.there[name])
        return geoip_files.Fetched(str(path), etag, self.intact)

    def is_away(self) -> None:
        """It does not answer from now on."""
        self.refuses = Unavailable("503 Slow Down")


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def set_up(monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[Bucket, Clock]:
    """Have the program look for databases in a :class:`Bucket`, by a :class:`Clock`."""
    bucket, clock = Bucket(folder), Clock()
    geoip_database.close_all()
    geolocation._log_no_database.cache_clear()
    monkeypatch.setattr(geoip_files, "fetch", bucket.fetch)
    monkeypatch.setattr(geoip_database, "monotonic", lambda: clock.now)
    return bucket, clock
