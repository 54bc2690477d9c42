"""Where a session begins: browser, operating system and country, for the list of a person's sessions.

The address and the user agent themselves are not stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Thread

from chalicelib.collect.client_hints import read_client_hints
from chalicelib.config import SESSION_COUNTRY_WAIT_S
from chalicelib.enrich import geoip_database, geolocation
from chalicelib.enrich.browser_families import UNKNOWN
from chalicelib.enrich.user_agent import parse_agent
from chalicelib.web import Request


@dataclass(frozen=True, slots=True)
class SessionOrigin:
    """Names of browser and operating system, and the country's ISO code; ``""`` where unknown."""

    browser: str
    system: str
    country: str


def origin_of(request: Request) -> SessionOrigin:
    """Where `request` comes from."""
    agent = parse_agent(request.headers.get("user-agent", ""), read_client_hints(request.headers))
    browser, system = ("" if name == UNKNOWN else name for name in (agent.browser, agent.system))
    return SessionOrigin(browser, system, _country(request.source_ip))


def _country(address: str) -> str:
    """The country of an address; ``""`` if it is unknown, or not known in time.

    The first look-up in a container fetches the database. It goes on while the answer is already on its way, and the
    next sign-in finds the database open.
    """
    found: list[str | None] = []

    def look_up() -> None:
        found.append(geolocation.read([geoip_database.record(geolocation.COUNTRY, address)]).country)

    thread = Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(SESSION_COUNTRY_WAIT_S)
    return found[0] or "" if found else ""
