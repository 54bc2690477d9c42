"""Places: each field by itself, from any shape of database."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chalicelib.enrich import worker
from chalicelib.enrich.geolocation import CITY, COUNTRY, NETWORK, Location, locate, read
from tests.unit.enrich import geoip_samples

SE = Location("SE", "Östergötland County", "Linköping", 58.4, 15.6, "Europe/Stockholm")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> geoip_samples.Bucket:
    return geoip_samples.set_up(monkeypatch, tmp_path)[0]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", SE),
        ("2001:db8::", SE),
        ("192.0.2.200", Location("US", "California", "Mountain View", 37.4, -122.1)),
        ("198.51.100.0", Location("CH", "Zurich", "Zürich", 47.4, 8.6, "Europe/Zurich")),
        ("203.0.113.9", Location("IS", "Capital Region", "Reykjavik", 64.1, -21.9, "Atlantic/Reykjavik")),
        ("8.8.8.8", Location()),
        ("::1", Location()),
        ("", Location()),
        ("not an address", Location()),
    ],
)
def test_every_publishers_shape_is_read(bucket: geoip_samples.Bucket, address: str, expected: Location) -> None:
    bucket.there[CITY] = geoip_samples.build("GeoLite2-City", geoip_samples.SHAPES)
    assert locate(address) == expected


def test_what_one_database_lacks_another_has(bucket: geoip_samples.Bucket) -> None:
    bucket.there[CITY] = geoip_samples.build(
        "DBIP-City-Lite", {"192.0.2.0/25": {"city": {"names": {"en": "Linköping"}}}}
    )
    countries: dict[str, dict[str, Any]] = {
        "192.0.2.0/24": {"country": {"iso_code": "SE"}},
        "198.51.100.0/24": {"country_code": "CH"},
    }
    bucket.there[COUNTRY] = geoip_samples.build("GeoLite2-Country", countries)
    bucket.there[NETWORK] = geoip_samples.build("GeoLite2-ASN", {"192.0.2.0/25": geoip_samples.OPERATOR})
    assert locate("192.0.2.7") == Location("SE", city="Linköping", network="Example Net")
    assert locate("192.0.2.200") == Location("SE")
    assert locate("198.51.100.7") == Location("CH")


def test_the_city_database_has_the_first_word(bucket: geoip_samples.Bucket) -> None:
    bucket.there[CITY] = geoip_samples.build("GeoLite2-City", geoip_samples.SHAPES)
    bucket.there[COUNTRY] = geoip_samples.build("GeoLite2-Country", {"192.0.2.0/24": {"country_code": "NO"}})
    assert locate("192.0.2.7").country == "SE"


def test_without_any_database_everything_is_unknown(bucket: geoip_samples.Bucket) -> None:
    assert locate("192.0.2.7") == Location()
    assert sorted(bucket.asked) == [CITY, COUNTRY, NETWORK]


def test_a_database_of_ipv4_says_nothing_about_ipv6(bucket: geoip_samples.Bucket) -> None:
    bucket.there[CITY] = geoip_samples.build("GeoLite2-City", {"192.0.2.0/24": geoip_samples.LINKOEPING}, version=4)
    assert locate("2001:db8::1") == Location()
    assert locate("192.0.2.1") == SE


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"registered_country": {"iso_code": "AU"}}, Location("AU")),
        ({"country": {"iso_code": "au"}}, Location("AU")),
        ({"country": "Germany", "country_code": "DE"}, Location("DE")),
        ({"country": "Germany"}, Location()),
        ({"country": {"iso_code": ["DE"]}, "country_code": 49}, Location()),
        ({"country_code": "-"}, Location()),
        ({"country_code": "ZZ"}, Location()),
        ({"country": None, "city": 5, "subdivisions": {}, "location": []}, Location()),
        ({"subdivisions": []}, Location()),
        ({"subdivisions": [None]}, Location()),
        ({"subdivisions": [{"names": "Bavaria", "iso_code": "BY"}]}, Location(region="BY")),
        ({"city": {"names": {"fr": "Cologne", "de": "Köln"}}}, Location(city="Köln")),
        ({"city": {"names": {"en": "", 7: "x", "de": "Köln"}}}, Location(city="Köln")),
        ({"city": "x" * 101}, Location()),
        ({"city": "a\x00b"}, Location()),
        ({"latitude": 1.0}, Location()),
        ({"latitude": 91, "longitude": 5}, Location()),
        ({"latitude": float("nan"), "longitude": 5}, Location()),
        ({"latitude": True, "longitude": False}, Location()),
        ({"latitude": 10**400, "longitude": 5}, Location()),
        ({"latitude": "-0.01", "longitude": "north"}, Location()),
        ({"latitude": "-0.01", "longitude": "5"}, Location(latitude=0.0, longitude=5.0)),
        (
            {"location": {"time_zone": "America/Argentina/Buenos_Aires"}},
            Location(timezone="America/Argentina/Buenos_Aires"),
        ),
        ({"timezone": "<script>"}, Location()),
        ({"timezone": b"UTC"}, Location()),
        ({"as_name": "Example Net"}, Location(network="Example Net")),
        ({"traits": {"isp": "Example Net"}}, Location(network="Example Net")),
        ({"traits": "Example Net"}, Location()),
    ],
)
def test_odd_values_leave_their_field_empty_and_the_others_as_they_are(
    record: Mapping[str, Any], expected: Location
) -> None:
    assert read([record]) == expected
    assert read([record, {"as_organization": "Other"}]).network == (expected.network or "Other")


def test_coordinates_come_from_one_database_and_tell_no_more_than_a_town() -> None:
    place = read([{"location": {"latitude": 52.52437}}, {"latitude": 48.13743, "longitude": 11.57549}])
    assert (place.latitude, place.longitude) == (48.1, 11.6)


def test_a_visitor_carries_all_of_it(bucket: geoip_samples.Bucket) -> None:
    bucket.there[CITY] = geoip_samples.build("GeoLite2-City", geoip_samples.SHAPES)
    bucket.there[NETWORK] = geoip_samples.build("GeoLite2-ASN", {"192.0.2.0/25": geoip_samples.OPERATOR})
    traits = worker.traits("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "192.0.2.0")
    assert (traits.country, traits.region, traits.city) == ("SE", "Östergötland County", "Linköping")
    assert (traits.latitude, traits.longitude, traits.timezone) == (58.4, 15.6, "Europe/Stockholm")
    assert traits.network == "Example Net"
