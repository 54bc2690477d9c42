"""Newer GeoIP databases, from the publisher that was chosen into the bucket, where workers find them.

What does not come whole, or does not know where well-known addresses are, never replaces what is there.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chalicelib.enrich import geoip_database, geolocation
from chalicelib.enrich.geoip_publishers import Publisher, publisher
from chalicelib.errors import ShylightError, Unavailable
from chalicelib.store import geoip_files, geoip_source
from chalicelib.store.geoip_files import Edition
from chalicelib.store.geoip_source import Choice
from chalicelib.structured_log import log_line

# What is renewed; a country is in the cities' database.
DATABASES: Final = (geolocation.CITY, geolocation.NETWORK)

# Resolvers that everybody knows, of four operators: of any database of the world, most are in it.
_WELL_KNOWN = (
    "8.8.8.8", "1.1.1.1", "9.9.9.9", "208.67.222.222", "2001:4860:4860::8888", "2606:4700:4700::1111",
)  # fmt: skip
# Through all of IPv4, so that a hole in the file is noticed wherever it is.
_EVERYWHERE = tuple(f"{first}.{second}.0.0" for first in range(1, 224) for second in (0, 100, 200))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of renewing one database.

    :ivar release: what is in the bucket now, as its publisher calls it; ``""`` after a failure.
    :ivar error: why there is no newer one now; ``""`` if all went well.
    """

    database: str
    release: str = ""
    changed: bool = False
    error: str = ""


def run() -> None:
    """The scheduled job: renew from where somebody chose; without a choice, nothing is asked of anybody.

    :raises RuntimeError: if a database could not be renewed, for the alarm and for Lambda to try again.
    """
    choice = geoip_source.chosen()
    outcomes = renew(choice) if choice is not None else []
    failed = [f"{one.database}: {one.error}" for one in outcomes if one.error]
    log_line(
        job="update_geoip",
        source=choice.publisher if choice is not None else None,
        changed=[one.release for one in outcomes if one.changed],
        failed=failed,
    )
    if failed:
        raise RuntimeError("GeoIP databases could not be renewed; those that are there stay. See the line above.")


def renew(choice: Choice) -> list[Outcome]:
    """Bring every database up to date, each by itself.

    :raises BadRequest: if the choice makes no sense.
    """
    source = publisher(choice)
    return [_renew(choice.publisher, source, name) for name in DATABASES]


def _renew(source: str, publisher: Publisher, name: str) -> Outcome:
    try:
        release = publisher.newest(name)
        edition = Edition(source, release.name)
        if geoip_files.edition(name) == edition:
            return Outcome(name, release.name)
        with tempfile.TemporaryDirectory(prefix="geo-") as folder:
            path = publisher.fetch(release, Path(folder))
            check(name, path)
            changed = geoip_files.install(name, path, bool(release.sha256), edition)
        return Outcome(name, release.name, changed)
    except ShylightError as error:
        return Outcome(name, error=error.message)
    except OSError as error:
        return Outcome(name, error=f"It does not fit into the scratch folder ({error.strerror}).")


def check(name: str, path: Path) -> None:
    """Look a few hundred addresses up in the database at `path`.

    :raises Unavailable: if it is damaged, or most of the well-known ones are not in it.
    """
    try:
        look_up = geoip_database.lookup(str(path), intact=False)
        for address in _EVERYWHERE:
            look_up(address)
        places = [geolocation.read([found]) for found in map(look_up, _WELL_KNOWN) if isinstance(found, dict)]
    except Exception as error:  # a damaged database can raise anything
        raise Unavailable(f"The new {name} is damaged ({type(error).__name__}); the one before stays.") from error
    known = [one for one in places if (one.network if name == geolocation.NETWORK else one.country)]
    if len(known) * 2 <= len(_WELL_KNOWN):
        raise Unavailable(f"The new {name} does not know where well-known addresses are; the one before stays.")
