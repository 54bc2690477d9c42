"""MaxMind's own test databases, read and survived: `make setup` takes them from the source package of their reader."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.enrich import geoip_database
from chalicelib.enrich.geolocation import CITY, NETWORK, Location, locate
from tests.unit.enrich import geoip_samples

FOLDER = Path(__file__).parents[3] / ".local" / "maxmind-tests"
ALL = sorted(FOLDER.glob("*.mmdb"))
ADDRESSES = (
    "81.2.69.142", "2.125.160.216", "89.160.20.112", "216.160.83.56", "175.16.199.0", "67.43.156.1", "1.1.1.1",
    "1.128.0.0", "1.2.3.4", "128.101.101.101", "2001:218::1", "2001:480:10::1", "2a02:cf40::1", "2.3.3.3", "::1.1.1.32",
)  # fmt: skip
pytestmark = pytest.mark.skipif(not ALL, reason="the registry had no source package of maxminddb")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> geoip_samples.Bucket:
    return geoip_samples.set_up(monkeypatch, tmp_path)[0]


LONDON = Location("GB", "England", "London", 51.5, -0.1, "Europe/London")


@pytest.mark.parametrize("intact", [True, False])
@pytest.mark.parametrize(
    ("name", "address", "expected"),
    [
        ("GeoLite2-City-Test", "81.2.69.142", LONDON),
        ("GeoIP2-City-Test", "81.2.69.142", LONDON),
        ("GeoIP2-City-Test", "2001:218::1", Location("JP", latitude=35.7, longitude=139.8, timezone="Asia/Tokyo")),
        ("GeoLite2-Country-Test", "89.160.20.112", Location("SE")),
        ("GeoIP2-Country-Test", "2.125.160.216", Location("GB")),
        ("GeoLite2-ASN-Test", "1.128.0.0", Location(network="Telstra Pty Ltd")),
        ("GeoIP2-ISP-Test", "1.128.0.0", Location(network="Telstra Pty Ltd")),
        ("GeoLite2-City-Test", "8.8.8.8", Location()),
    ],
)
def test_maxminds_databases_tell_every_field_they_have(
    bucket: geoip_samples.Bucket, name: str, address: str, expected: Location, intact: bool
) -> None:
    bucket.intact = intact
    bucket.there[CITY] = (FOLDER / f"{name}.mmdb").read_bytes()
    assert locate(address) == expected


def test_city_and_network_come_together(bucket: geoip_samples.Bucket) -> None:
    bucket.there[CITY] = (FOLDER / "GeoIP2-Enterprise-Test.mmdb").read_bytes()
    bucket.there[NETWORK] = (FOLDER / "GeoLite2-ASN-Test.mmdb").read_bytes()
    found = locate("74.209.24.0")
    assert (found.country, found.region, found.city) == ("US", "New York", "Chatham")
    assert found.network == "FairPoint Communications"  # the Enterprise database has its own word for it


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_none_of_them_is_a_danger_to_hits(
    bucket: geoip_samples.Bucket, capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    """Many are corrupted on purpose, each in a way that was bad for some reader once."""
    bucket.there[CITY] = path.read_bytes()
    for address in ADDRESSES:
        assert isinstance(locate(address), Location)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(line["geoip"] == CITY for line in lines)
    assert len(lines) <= 2
    geoip_database.close_all()
