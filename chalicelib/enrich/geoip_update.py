"""GeoIP updates: newer databases are downloaded from the chosen publisher to the bucket, where workers fetch them.

A database that is incomplete, or does not contain well-known addresses, never replaces the installed one.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chalicelib.enrich import geoip_database, geolocation
from chalicelib.enrich.geoip_publishers import Publisher, publisher
from chalicelib.errors import ShylightError, Unavailable
from chalicelib.store import geoip_files, geoip_source, job_runs
from chalicelib.store.geoip_files import Edition
from chalicelib.store.geoip_source import Choice
from chalicelib.structured_log import log_line

# The city database contains the country.
DATABASES: Final = (geolocation.CITY, geolocation.NETWORK)

# Public DNS resolvers of four operators; any complete database contains most of them.
_WELL_KNOWN = (
    "8.8.8.8", "1.1.1.1", "9.9.9.9", "208.67.222.222", "2001:4860:4860::8888", "2606:4700:4700::1111",
)  # fmt: skip
# Spread over all of IPv4, so that damage is noticed anywhere in the file.
_SAMPLE_ADDRESSES = tuple(f"{first}.{second}.0.0" for first in range(1, 224) for second in (0, 100, 200))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of updating one database.

    :ivar release: the publisher's name of the installed release; ``""`` after a failure.
    :ivar changed: whether a newer release was installed.
    :ivar error: why the update failed; ``""`` if it succeeded.
    """

    database: str
    release: str = ""
    changed: bool = False
    error: str = ""


def run() -> None:
    """The scheduled job: update from the chosen publisher. Without a choice, it makes no requests.

    :raises RuntimeError: if an update failed, so that the alarm is raised and Lambda tries again.
    """
    with job_runs.recorded("update_geoip"):
        _run()


def _run() -> None:
    choice = geoip_source.chosen()
    outcomes = update(choice) if choice is not None else []
    failed = [f"{one.database}: {one.error}" for one in outcomes if one.error]
    log_line(
        job="update_geoip",
        source=choice.publisher if choice is not None else None,
        changed=[one.release for one in outcomes if one.changed],
        failed=failed,
    )
    if failed:
        raise RuntimeError("GeoIP databases could not be updated; the installed ones stay in use. See the line above.")


def update(choice: Choice) -> list[Outcome]:
    """Update each database independently of the others.

    :raises BadRequest: if the choice is invalid.
    """
    source = publisher(choice)
    return [_update(choice.publisher, source, name) for name in DATABASES]


def _update(source: str, publisher: Publisher, name: str) -> Outcome:
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
        return Outcome(name, error=f"It could not be written to the scratch folder ({error.strerror}).")


def check(name: str, path: Path) -> None:
    """Check the database at `path` by looking up a few hundred addresses.

    :raises Unavailable: if it is damaged, or does not contain most of the well-known addresses.
    """
    try:
        look_up = geoip_database.lookup(str(path), intact=False)
        for address in _SAMPLE_ADDRESSES:
            look_up(address)
        locations = [geolocation.read([found]) for found in map(look_up, _WELL_KNOWN) if isinstance(found, dict)]
    except Exception as error:  # a damaged database can raise anything
        raise Unavailable(f"The new {name} is damaged ({type(error).__name__}); the old one stays in use.") from error
    known = [one for one in locations if (one.network if name == geolocation.NETWORK else one.country)]
    if len(known) * 2 <= len(_WELL_KNOWN):
        raise Unavailable(f"The new {name} does not contain well-known addresses; the old one stays in use.")
