"""The GeoIP databases of a stage: the packaged ones, and those of a publisher that an administrator chose.

The packaged databases are open data from npm packages, whose checksums package-lock.json pins: the countries of
geo-whois-asn-country (CC0) unchanged, and the network operators of asn (CC BY 4.0), converted by
`infra.geoip_networks`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from infra import stage_commands
from infra.aws_environment import Cloud, DeployError

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules" / "@ip-location-db"
COUNTRY = MODULES / "geo-whois-asn-country-mmdb" / "geo-whois-asn-country.mmdb"
NETWORK = ROOT / ".local" / "geo" / "network.mmdb"
TIMEOUT_S = 1800.0  # 200 MB may be downloaded and uploaded over a home connection
# Name in the bucket -> the file, and the package that it comes from.
_PACKAGED = {
    "country.mmdb": (COUNTRY, COUNTRY.parent),
    "network.mmdb": (NETWORK, MODULES / "asn"),
}


def upload(cloud: Cloud) -> list[str]:
    """Upload the packaged databases that are missing or outdated in the bucket; gives the names written.

    Databases from a publisher or uploaded by hand are not replaced.
    """
    return cast("list[str]", _run(cloud, "install_packaged", files=packaged()))


def packaged() -> dict[str, tuple[str, str]]:
    """The packaged databases: name -> path and release.

    :raises DeployError: if one has not been installed.
    """
    missing = [path for path, _ in _PACKAGED.values() if not path.is_file()]
    if missing:
        raise DeployError(f"{missing[0].relative_to(ROOT)} is missing; run `make setup`.")
    return {name: (str(path), _version(package)) for name, (path, package) in _PACKAGED.items()}


def installed(cloud: Cloud) -> list[str]:
    """The databases installed in a stage, one line of text each, with its release."""
    return cast("list[str]", _run(cloud, "list_installed"))


def update(cloud: Cloud, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """`make geo`: update from the publisher that SOURCE names, which is stored, or else from the stored one.

    SOURCE=none deletes the stored publisher and its databases.

    :param environ: may contain SOURCE, MIRROR, MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY.
    :raises DeployError: if an update fails; the publisher is not stored then.
    """
    source = environ.get("SOURCE", "")
    if source == "none":
        _run(cloud, "reset_publisher")
        upload(cloud)
    else:
        choice = {
            "publisher": source,
            "account": environ.get("MAXMIND_ACCOUNT_ID", "") if source == "maxmind" else "",
            "key": environ.get("MAXMIND_LICENSE_KEY", "") if source == "maxmind" else "",
            "mirror": environ.get("MIRROR", ""),
        }
        say("checking for newer GeoIP databases (a city database takes a minute or two)")
        for line in cast("list[str]", _run(cloud, "fetch_databases", choice=choice if source else None)):
            say(f"  {line}")
    for line in installed(cloud):
        say(line)


def _version(package: Path) -> str:
    manifest = json.loads((package / "package.json").read_text(encoding="utf-8"))
    return f"{manifest['name']} {manifest['version']}"


def _run(cloud: Cloud, command: str, /, **arguments: object) -> object:
    return stage_commands.run(cloud, "infra.geoip", command, arguments, TIMEOUT_S)


def _execute(command: str, arguments: dict[str, Any]) -> object:
    if command == "install_packaged":
        return _install_packaged(arguments["files"])
    if command == "list_installed":
        return _list_installed()
    if command == "fetch_databases":
        return _fetch_databases(arguments["choice"])
    if command == "reset_publisher":
        _reset_publisher()
        return None
    raise ValueError(command)


def _install_packaged(files: dict[str, tuple[str, str]]) -> list[str]:
    from chalicelib.store import geoip_files

    written = []
    for name, (path, release) in files.items():
        current = geoip_files.edition(name)
        if current is not None and current.source != geoip_files.PACKAGE:
            continue
        # npm has verified the packages' checksums, and the other files are built from them on this machine.
        if geoip_files.install(
            name, Path(path), vouched=True, edition=geoip_files.Edition(geoip_files.PACKAGE, release)
        ):
            written.append(name)
    return written


def _list_installed() -> list[str]:
    from chalicelib.store import geoip_files

    editions = {name: geoip_files.edition(name) or geoip_files.Edition() for name in geoip_files.installed()}
    return [f"{name}: {edition.release or 'your own file'}" for name, edition in editions.items()]


def _fetch_databases(given: dict[str, str] | None) -> list[str]:
    from chalicelib.enrich import geoip_update
    from chalicelib.errors import BadRequest, Unavailable
    from chalicelib.operations.geoip_source import choose
    from chalicelib.store import geoip_source

    choice = geoip_source.Choice(**given) if given is not None else geoip_source.chosen()
    if choice is None:
        raise BadRequest(
            "Choose a source: SOURCE=dbip for DB-IP Lite (CC BY 4.0), or SOURCE=maxmind for GeoLite2 with your own key."
        )
    outcomes = geoip_update.update(choice)
    failed = [f"{one.database}: {one.error}" for one in outcomes if one.error]
    if failed:
        raise Unavailable("\n".join(failed))
    choose(None, choice)
    return [f"{one.database}: {one.release}{'' if one.changed else ', unchanged'}" for one in outcomes]


def _reset_publisher() -> None:
    from chalicelib.enrich.geoip_publishers import PUBLISHERS
    from chalicelib.operations import geoip_source
    from chalicelib.store import geoip_files

    geoip_source.forget(None)
    for name in geoip_files.installed():
        edition = geoip_files.edition(name)
        if edition is not None and edition.source in PUBLISHERS:
            geoip_files.remove(name)


if __name__ == "__main__":
    sys.exit(stage_commands.main(_execute))
