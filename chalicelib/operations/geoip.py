"""The GeoIP databases: which are installed, where newer ones come from, and updating them now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.accounts import audit_log
from chalicelib.config import MAX_PROVIDER_CHARS, settings
from chalicelib.enrich import geoip_publishers
from chalicelib.errors import BadRequest, Conflict
from chalicelib.operations import geoip_source, schedules
from chalicelib.operations.schedules import LastRun, Outcome, schedule_of
from chalicelib.store import functions, geoip_files
from chalicelib.store import geoip_source as stored
from chalicelib.store.geoip_source import Choice
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

FUNCTION: Final = "update_geoip"
# Databases by name -> what visitors get from them.
CONTENTS: Final[Mapping[str, str]] = {
    "country.mmdb": N_("Countries"),
    "city.mmdb": N_("Countries, regions and cities"),
    "network.mmdb": N_("Network operators"),
}


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whom the data of a source comes from, as its licence wants it named. `url`: of the licence or the source."""

    text: str
    url: str


# The source of a database (`geoip_files.Edition`) and its name -> its attribution.
_PACKAGED: Final[Mapping[str, Attribution]] = {
    "country.mmdb": Attribution("ip-location-db, CC0", "https://github.com/sapics/ip-location-db"),
    "network.mmdb": Attribution("RouteViews, DB-IP and the NRO, CC BY 4.0", "https://github.com/sapics/ip-location-db"),
}
_PUBLISHED: Final[Mapping[str, Attribution]] = {
    "dbip": Attribution("IP Geolocation by DB-IP, CC BY 4.0", "https://db-ip.com"),
    "maxmind": Attribution("GeoLite2, created by MaxMind", "https://www.maxmind.com"),
}
# Publishers, as people know them.
PUBLISHER_NAMES: Final[Mapping[str, str]] = {"dbip": "DB-IP Lite", "maxmind": "MaxMind GeoLite2"}


@dataclass(frozen=True, slots=True)
class Database:
    """An installed database.

    :ivar name: its file, such as ``city.mmdb``.
    :ivar source: a publisher's name, ``package`` for those that come with Shylight, or ``""`` for somebody's own.
    :ivar release: what the source calls it; ``""`` if that is unknown.
    :ivar installed_at: epoch seconds.
    :ivar attribution: None for a database of somebody's own.
    """

    name: str
    source: str
    release: str
    installed_at: int
    attribution: Attribution | None

    @property
    def contents(self) -> str:
        """What visitors get from it."""
        return _(CONTENTS[self.name]) if self.name in CONTENTS else _("Other")


@dataclass(frozen=True, slots=True)
class Source:
    """Where newer databases come from.

    :ivar publisher: ``""``: nowhere, the installed ones are kept.
    :ivar account: MaxMind's account id; :ivar has_key: whether a licence key is stored. The key itself is never shown.
    :ivar mirror: the URL that is used in place of the publisher's.
    """

    publisher: str = ""
    account: str = ""
    has_key: bool = False
    mirror: str = ""


def databases() -> list[Database]:
    """The installed databases, by name.

    :raises Unavailable: if the bucket does not answer now.
    """
    found = []
    for name, at in sorted(geoip_files.installed_at().items()):
        edition = geoip_files.edition(name) or geoip_files.Edition()
        named = _PACKAGED.get(name) if edition.source == geoip_files.PACKAGE else _PUBLISHED.get(edition.source)
        found.append(Database(name, edition.source, edition.release, at, named))
    return found


def source() -> Source:
    """Where newer databases come from."""
    choice = stored.chosen()
    if choice is None:
        return Source()
    return Source(choice.publisher, choice.account, bool(choice.key), choice.mirror)


def choose(actor: Person, publisher: str, account: str = "", key: str = "") -> Source:
    """Choose where newer databases come from; nothing is downloaded yet.

    A mirror, which only the command line sets, stays if the publisher does, and so does an empty licence key. Installed
    databases stay, too.

    :param publisher: a key of :data:`PUBLISHER_NAMES`, or ``""``.
    :raises BadRequest: if there is no such publisher, or a credential is missing or malformed.
    """
    for field, value in (("account", account), ("key", key)):
        if len(value) > MAX_PROVIDER_CHARS or not value.isascii() or not value.isprintable():
            raise BadRequest(_("%(name)s is not one of MaxMind's.", name=field), field=field)
    before = stored.chosen()
    if not publisher:
        geoip_source.forget(actor)
        return Source()
    if publisher not in PUBLISHER_NAMES:
        choices = ", ".join(PUBLISHER_NAMES)
        raise BadRequest(_("publisher must be one of: %(choices)s.", choices=choices), field="publisher")
    kept = before if before is not None and before.publisher == publisher else Choice(publisher)
    choice = replace(kept, account=account, key=key or kept.key) if publisher == "maxmind" else kept
    _check_credentials(choice)
    geoip_source.choose(actor, choice)
    return source()


def update_now(actor: Person) -> None:
    """Start the update; it takes a minute or two, and its outcome is that of the scheduled function.

    :raises Conflict: if no source is chosen, or an update is running.
    :raises Unavailable: if the function cannot be started.
    """
    if stored.chosen() is None:
        raise Conflict(_("Choose a source first."))
    if last_update().outcome is Outcome.RUNNING:
        raise Conflict(_("An update is running. Wait until it has ended."))
    functions.start(settings().update_geoip, "An administrator asks for newer databases")
    audit_log.record(actor, "geoip.update")


def last_update() -> LastRun:
    """What came of the last update."""
    return next(run for run in schedules.last_runs() if run.schedule is schedule_of(FUNCTION))


def _check_credentials(choice: Choice) -> None:
    """Check that MaxMind gets what it asks for."""
    if choice.publisher == "maxmind" and not choice.account:
        raise BadRequest(_("Enter the account ID."), field="account")
    if choice.publisher == "maxmind" and not choice.key:
        raise BadRequest(_("Enter the licence key."), field="key")
    geoip_publishers.publisher(choice)
