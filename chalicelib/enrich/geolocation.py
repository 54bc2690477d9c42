"""A visitor's location: country, region, city, coordinates, time zone and network.

Each field comes from the first database that has it; a field that none has is empty. Supported record formats:

* MaxMind's, in GeoLite2 and GeoIP2 City, Country, ASN, ISP and Enterprise, and in DB-IP's databases: nested, with
  names by language;
* the flat one of ip-location-db: ``country_code``, ``state1``, ``city``, ``latitude``, ``longitude``, ``timezone``;
* IPinfo's: flat as well, ``country`` being the code or the name, ``region``, ``lat``, ``lng``, ``as_name``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from chalicelib.config import settings
from chalicelib.enrich import geoip_database
from chalicelib.structured_log import log_line

CITY: Final = "city.mmdb"
COUNTRY: Final = "country.mmdb"
NETWORK: Final = "network.mmdb"
NAMES: Final = (CITY, COUNTRY, NETWORK)

# Coordinates are kept to a tenth of a degree, about 11 km: no database is more exact for a network, and coordinates
# must not appear to point at a house.
_DECIMALS = 1
_MAX_NAME_CHARS = 100
_CODE = re.compile(r"[A-Z]{2}")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_UNKNOWN = frozenset({"", "-", "ZZ", "XX", "N/A"})


@dataclass(frozen=True, slots=True)
class Location:
    """The location of an IP address, as stored.

    :ivar country: ISO 3166-1 alpha-2 code.
    :ivar region, city: English names.
    :ivar latitude, longitude: degrees, rounded.
    :ivar timezone: name in the tz database.
    :ivar network: the name of the network's operator.
    """

    country: str | None = None
    region: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    timezone: str | None = None
    network: str | None = None


def prepare() -> None:
    """Open the databases before locating. If there is none, log it once.

    :raises Unavailable: if the bucket does not answer and never has.
    """
    is_open = [geoip_database.prepare(name) for name in NAMES]
    if not any(is_open):
        _log_no_database()


@cache  # once per container
def _log_no_database() -> None:
    hint = f"no GeoIP database is installed, so locations are unknown; run `make geo STAGE={settings().stage}`"
    log_line(geoip="*", error="none", detail=hint)


def locate(address: str) -> Location:
    """The location of an IP address."""
    if not address:
        return Location()
    return read(geoip_database.record(name, address) for name in NAMES)


def read(records: Iterable[Mapping[str, Any]]) -> Location:
    """The location from the records of one address; where two disagree, the earlier one counts."""
    known = [record for record in records if record]
    latitude, longitude = next(filter(None, map(_coordinates, known)), (None, None))
    return Location(
        country=_first(_country, known) or _first(_registered, known),
        region=_first(_region, known),
        city=_first(_city, known),
        latitude=latitude,
        longitude=longitude,
        timezone=_first(_timezone, known),
        network=_first(_network, known),
    )


def _first(read_field: Any, records: Iterable[Mapping[str, Any]]) -> str | None:
    return next((value for record in records if (value := read_field(record))), None)


def _country(record: Mapping[str, Any]) -> str | None:
    paths: tuple[tuple[str, ...], ...] = (("country", "iso_code"), ("country_code",), ("country",))
    return next((code for path in paths if (code := _code(_at(record, *path)))), None)


def _registered(record: Mapping[str, Any]) -> str | None:
    return _code(_at(record, "registered_country", "iso_code"))


def _region(record: Mapping[str, Any]) -> str | None:
    return (
        _name(_at(record, "subdivisions", 0))
        or _text(_at(record, "subdivisions", 0, "iso_code"))
        or next((name for key in ("state1", "region", "region_name") if (name := _text(record.get(key)))), None)
    )


def _city(record: Mapping[str, Any]) -> str | None:
    return _name(record.get("city")) or _text(record.get("city"))


def _coordinates(record: Mapping[str, Any]) -> tuple[float, float] | None:
    for here, north, east in (
        (_at(record, "location"), "latitude", "longitude"),
        (record, "latitude", "longitude"),
        (record, "lat", "lng"),
    ):
        latitude, longitude = _degrees(_at(here, north), 90), _degrees(_at(here, east), 180)
        if latitude is not None and longitude is not None:
            return latitude, longitude
    return None


def _timezone(record: Mapping[str, Any]) -> str | None:
    for value in (_at(record, "location", "time_zone"), record.get("timezone"), record.get("time_zone")):
        if isinstance(value, str) and len(value) <= _MAX_NAME_CHARS and _ZONE.fullmatch(value):
            return value
    return None


def _network(record: Mapping[str, Any]) -> str | None:
    keys = ("autonomous_system_organization", "as_organization", "as_name", "isp", "organization")
    for here in (record, record.get("traits")):
        for key in keys:
            if name := _text(_at(here, key)):
                return name
    return None


def _at(value: object, *path: str | int) -> object:
    """The value at a path of keys and indexes; None if there is none."""
    for step in path:
        # Databases are read as exactly these types; checking for abstract ones would take a tenth of a hit's CPU time.
        if type(value) is dict:
            value = value.get(step)
        elif type(value) is list and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _name(value: object) -> str | None:
    """The English name in a nested record, or any other if there is no English one."""
    names = _at(value, "names")
    if not isinstance(names, dict):
        return None
    others = sorted(key for key in names if isinstance(key, str))
    return next((name for key in ("en", *others) if (name := _text(names.get(key)))), None)


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if text not in _UNKNOWN and len(text) <= _MAX_NAME_CHARS and text.isprintable() else None


def _code(value: object) -> str | None:
    code = value.upper() if isinstance(value, str) else ""
    return code if _CODE.fullmatch(code) and code not in _UNKNOWN else None


def _degrees(value: object, limit: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        degrees = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(degrees) or abs(degrees) > limit:
        return None
    return round(degrees, _DECIMALS) + 0.0  # no minus zero
