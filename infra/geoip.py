"""The GeoIP databases of a stage: those that come along, and those of a publisher that somebody chose.

Along come open data, from npm packages that package-lock.json pins by their checksums: the countries of
geo-whois-asn-country (CC0) as they are, and what `infra.geoip_networks` makes of the operators of asn (CC BY 4.0).
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
PATIENCE_S = 1800.0  # 200 MB may come and go over somebody's line at home
# Name in the bucket -> the file, and the package that it is, or is made of.
_PACKAGED = {
    "country.mmdb": (COUNTRY, COUNTRY.parent),
    "network.mmdb": (NETWORK, MODULES / "asn"),
}


def upload(cloud: Cloud) -> list[str]:
    """Put the databases that come along into the bucket, where they are missing or older; gives the names written.

    What a publisher delivered or somebody put there themselves is left alone.
    """
    return cast("list[str]", _order(cloud, "install_packaged", files=packaged()))


def packaged() -> dict[str, tuple[str, str]]:
    """The databases that come along: name -> path and release.

    :raises DeployError: if the set-up has not brought one.
    """
    missing = [path for path, _ in _PACKAGED.values() if not path.is_file()]
    if missing:
        raise DeployError(f"{missing[0].relative_to(ROOT)} is missing; `make setup` brings it.")
    return {name: (str(path), _version(package)) for name, (path, package) in _PACKAGED.items()}


def installed(cloud: Cloud) -> list[str]:
    """The databases of a stage, each with its edition, for people to read."""
    return cast("list[str]", _order(cloud, "tell_installed"))


def update(cloud: Cloud, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """The command: newer databases from the publisher that SOURCE names, which is kept, or from the one that was kept.

    :param environ: may hold SOURCE, MIRROR, MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY.
    :raises DeployError: if they could not be had; a publisher from which nothing came is not kept.
    """
    source = environ.get("SOURCE", "")
    if source == "none":
        _order(cloud, "forget_publisher")
        upload(cloud)
    else:
        choice = {
            "publisher": source,
            "account": environ.get("MAXMIND_ACCOUNT_ID", "") if source == "maxmind" else "",
            "key": environ.get("MAXMIND_LICENSE_KEY", "") if source == "maxmind" else "",
            "mirror": environ.get("MIRROR", ""),
        }
        say("asking for newer GeoIP databases (a city's takes a minute or two)")
        for line in cast("list[str]", _order(cloud, "fetch_databases", choice=choice if source else None)):
            say(f"  {line}")
    for line in installed(cloud):
        say(line)


def _version(package: Path) -> str:
    told = json.loads((package / "package.json").read_text(encoding="utf-8"))
    return f"{told['name']} {told['version']}"


def _order(cloud: Cloud, order: str, /, **arguments: object) -> object:
    return stage_commands.give(cloud, "infra.geoip", order, arguments, PATIENCE_S)


def _carry_out(order: str, arguments: dict[str, Any]) -> object:
    if order == "install_packaged":
        return _install_packaged(arguments["files"])
    if order == "tell_installed":
        return _tell_installed()
    if order == "fetch_databases":
        return _fetch_databases(arguments["choice"])
    if order == "forget_publisher":
        _forget_publisher()
        return None
    raise ValueError(order)


def _install_packaged(files: dict[str, tuple[str, str]]) -> list[str]:
    from chalicelib.store import geoip_files

    written = []
    for name, (path, release) in files.items():
        there = geoip_files.edition(name)
        if there is not None and there.source != geoip_files.PACKAGE:
            continue
        # What npm installed has the checksum of the lock file, and the rest was made of it on this machine.
        if geoip_files.install(
            name, Path(path), vouched=True, edition=geoip_files.Edition(geoip_files.PACKAGE, release)
        ):
            written.append(name)
    return written


def _tell_installed() -> list[str]:
    from chalicelib.store import geoip_files

    editions = {name: geoip_files.edition(name) or geoip_files.Edition() for name in geoip_files.installed()}
    return [f"{name}: {edition.release or 'of your own'}" for name, edition in editions.items()]


def _fetch_databases(given: dict[str, str] | None) -> list[str]:
    from chalicelib.enrich import geoip_update
    from chalicelib.errors import BadRequest, Unavailable
    from chalicelib.store import geoip_source

    choice = geoip_source.Choice(**given) if given is not None else geoip_source.chosen()
    if choice is None:
        raise BadRequest(
            "From where? SOURCE=dbip takes DB-IP Lite (CC BY 4.0), SOURCE=maxmind takes GeoLite2 with your own key."
        )
    outcomes = geoip_update.update(choice)
    failed = [f"{one.database}: {one.error}" for one in outcomes if one.error]
    if failed:
        raise Unavailable("\n".join(failed))
    geoip_source.choose(choice)
    return [f"{one.database}: {one.release}{'' if one.changed else ', as before'}" for one in outcomes]


def _forget_publisher() -> None:
    from chalicelib.enrich.geoip_publishers import PUBLISHERS
    from chalicelib.store import geoip_files, geoip_source

    geoip_source.forget()
    for name in geoip_files.installed():
        edition = geoip_files.edition(name)
        if edition is not None and edition.source in PUBLISHERS:
            geoip_files.remove(name)


if __name__ == "__main__":
    sys.exit(stage_commands.take(_carry_out))
