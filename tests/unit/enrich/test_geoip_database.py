"""GeoIP databases in use: swapped without a restart, and in no state a danger to hits."""

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.enrich import geoip_database, geolocation, worker
from chalicelib.enrich.geolocation import CITY, COUNTRY, NETWORK, Location, locate
from chalicelib.errors import Unavailable
from tests.unit.enrich import geoip_samples

ADDRESSES = ("192.0.2.7", "192.0.2.200", "198.51.100.0", "203.0.113.9", "2001:db8::1", "2001:db8:8000::", "8.8.8.8")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[geoip_samples.Bucket, geoip_samples.Clock]:
    return geoip_samples.set_up(monkeypatch, tmp_path)


@pytest.fixture
def bucket(world: tuple[geoip_samples.Bucket, geoip_samples.Clock]) -> geoip_samples.Bucket:
    return world[0]


@pytest.fixture
def clock(world: tuple[geoip_samples.Bucket, geoip_samples.Clock]) -> geoip_samples.Clock:
    return world[1]


def of(code: str) -> bytes:
    return geoip_samples.build("GeoLite2-Country", {"192.0.2.0/24": {"country": {"iso_code": code}}})


def said(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [(line["geoip"], line["error"]) for line in lines]


# ── versions ──


def test_a_newer_version_is_in_use_within_ten_minutes(bucket: geoip_samples.Bucket, clock: geoip_samples.Clock) -> None:
    bucket.there[COUNTRY] = of("SE")
    assert locate("192.0.2.7").country == "SE"
    bucket.there[COUNTRY] = of("NO")
    assert locate("192.0.2.7").country == "SE"
    clock.pass_(600)
    assert locate("192.0.2.7").country == "NO"
    assert bucket.asked.count(COUNTRY) == 2


def test_a_version_is_fetched_once(bucket: geoip_samples.Bucket, clock: geoip_samples.Clock) -> None:
    bucket.there[COUNTRY] = of("SE")
    for _ in range(3):
        locate("192.0.2.7")
        clock.pass_(600)
    assert len(bucket.asked) == 9
    assert not list(bucket.folder.iterdir())  # and nothing stays in the scratch folder


def test_a_database_that_is_taken_away_is_no_longer_used(
    bucket: geoip_samples.Bucket, clock: geoip_samples.Clock
) -> None:
    bucket.there[COUNTRY] = of("SE")
    assert locate("192.0.2.7").country == "SE"
    del bucket.there[COUNTRY]
    clock.pass_(600)
    assert locate("192.0.2.7").country is None


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the system does not tell what is mapped")
@pytest.mark.parametrize("intact", [True, False])
def test_a_version_that_was_replaced_is_closed(
    bucket: geoip_samples.Bucket, clock: geoip_samples.Clock, intact: bool
) -> None:
    bucket.intact = intact
    for number in range(20):
        bucket.there[COUNTRY] = of(f"A{chr(65 + number)}")
        assert locate("192.0.2.7").country == f"A{chr(65 + number)}"
        clock.pass_(600)
    mapped = {
        line.split()[-2] for line in Path("/proc/self/maps").read_text().splitlines() if str(bucket.folder) in line
    }
    assert len(mapped) == 1


def test_where_there_is_no_database_at_all_the_log_tells_once_what_to_do(
    bucket: geoip_samples.Bucket, clock: geoip_samples.Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        geolocation.prepare()
        clock.pass_(600)
    (line,) = capsys.readouterr().out.splitlines()
    assert "make geo STAGE=local" in line
    bucket.there[COUNTRY] = of("SE")
    geolocation.prepare()
    assert not said(capsys)


# ── damage ──


@pytest.mark.parametrize(
    ("kind", "networks"),
    [
        ("GeoLite2-City", geoip_samples.SHAPES),
        ("DBIP-City-Lite", {"192.0.2.128/25": geoip_samples.DBIP}),
        ("GeoLite2-Country", {"192.0.2.0/24": {"country": {"iso_code": "SE"}}}),
        ("GeoLite2-ASN", {"192.0.2.0/24": geoip_samples.OPERATOR}),
        ("flat", {"198.51.100.0/24": geoip_samples.FLAT, "203.0.113.0/24": geoip_samples.IPINFO}),
    ],
)
def test_no_damage_to_a_database_is_more_than_empty_fields_and_one_line(
    bucket: geoip_samples.Bucket, capsys: pytest.CaptureFixture[str], kind: str, networks: dict[str, Any]
) -> None:
    for bad in geoip_samples.damaged(geoip_samples.build(kind, networks), seed=2026, count=200):
        geoip_database.close_all()
        bucket.there[CITY] = bad
        for address in ADDRESSES:
            found = locate(address)
            assert isinstance(found, Location)
            assert found.country is None or (len(found.country) == 2 and found.country.isalpha())
            assert found.latitude is None or -90 <= found.latitude <= 90
        assert len(said(capsys)) <= 1


def test_a_database_cut_off_anywhere_is_no_danger(bucket: geoip_samples.Bucket) -> None:
    whole = geoip_samples.build("GeoLite2-City", geoip_samples.SHAPES)
    for length in (*range(200), *range(200, len(whole), 41)):
        geoip_database.close_all()
        bucket.there[CITY] = whole[:length]
        for address in ADDRESSES:
            locate(address)


def test_a_damaged_version_does_not_replace_a_good_one(
    bucket: geoip_samples.Bucket, clock: geoip_samples.Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.there[COUNTRY] = of("SE")
    assert locate("192.0.2.7").country == "SE"
    bucket.there[COUNTRY] = of("NO")[:300]
    for _ in range(3):
        clock.pass_(600)
        assert locate("192.0.2.7").country == "SE"
    assert said(capsys) == [(COUNTRY, "unreadable")]


def test_one_damaged_database_leaves_the_others(bucket: geoip_samples.Bucket) -> None:
    bucket.there[CITY] = b"this is not a database"
    bucket.there[COUNTRY] = of("SE")
    bucket.there[NETWORK] = geoip_samples.build("GeoLite2-ASN", {"192.0.2.0/24": geoip_samples.OPERATOR})
    assert locate("192.0.2.7") == Location("SE", network="Example Net")


def test_a_database_in_which_every_look_up_fails_slowly_is_closed(
    bucket: geoip_samples.Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.there[COUNTRY] = of("SE")
    calls = []

    def fails(_address: str) -> object:
        calls.append(1)
        raise ValueError

    ticks = iter(range(0, 1000, 2))
    monkeypatch.setattr(geoip_database, "lookup", lambda _path, _intact: fails)
    monkeypatch.setattr(geoip_database, "perf_counter", lambda: next(ticks))
    for _ in range(50):
        assert locate("192.0.2.7") == Location()
    assert len(calls) < 5


def test_log_lines_hold_no_addresses(bucket: geoip_samples.Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    bucket.there[CITY] = geoip_samples.build("GeoLite2-City", {"192.0.2.0/24": geoip_samples.LINKOEPING}, version=4)
    locate("2001:db8::1")
    assert "2001:db8" not in capsys.readouterr().out


# ── a bucket that does not answer ──


def test_the_version_in_use_goes_on_while_the_bucket_is_away(
    bucket: geoip_samples.Bucket, clock: geoip_samples.Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.there[COUNTRY] = of("SE")
    geolocation.prepare()
    bucket.is_away()
    for _ in range(10):
        clock.pass_(600)
        geolocation.prepare()
        assert locate("192.0.2.7").country == "SE"
    assert {error for _, error in said(capsys)} == {"unavailable"}


def test_a_batch_waits_for_places_while_it_is_not_known_whether_there_are_any(bucket: geoip_samples.Bucket) -> None:
    bucket.is_away()
    with pytest.raises(Unavailable):
        worker.consume([])
    with pytest.raises(Unavailable):
        worker.handle_batch([{"body": "", "attributes": {"ApproximateReceiveCount": "3"}}])


def test_a_batch_that_has_waited_long_enough_is_stored_without(bucket: geoip_samples.Bucket) -> None:
    bucket.is_away()
    worker.consume([], deliveries=4)
    assert locate("192.0.2.7") == Location()


def test_a_bucket_that_is_away_is_asked_once_in_a_while_and_not_for_each_database(
    bucket: geoip_samples.Bucket, clock: geoip_samples.Clock
) -> None:
    bucket.is_away()
    for _ in range(5):
        locate("192.0.2.7")
    assert len(bucket.asked) == 1
    clock.pass_(30)
    locate("192.0.2.7")
    assert len(bucket.asked) == 2
    bucket.refuses = None
    bucket.there[COUNTRY] = of("SE")
    clock.pass_(30)
    assert locate("192.0.2.7").country == "SE"


def test_a_bucket_that_may_not_be_read_is_one_without_databases(
    bucket: geoip_samples.Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.refuses = PermissionError("geo/city.mmdb: AccessDenied")
    geolocation.prepare()
    assert locate("192.0.2.7") == Location()
    assert set(said(capsys)) == {*((name, "unreadable") for name in geolocation.NAMES), ("*", "none")}
