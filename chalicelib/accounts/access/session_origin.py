"""Where a session begins: browser, operating system and country, for the list of a person's sessions.

The address and the user agent themselves are not stored. The user agent parser in `enrich` is not used: it takes half a
second to load, and people recognize their own browsers by the few names here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Thread
from typing import Final

from chalicelib.config import MAX_USER_AGENT_CHARS, SESSION_COUNTRY_WAIT_S
from chalicelib.enrich import geoip_database, geolocation
from chalicelib.web import Request

# A word of the user agent, or of the header Sec-CH-UA -> the name. The first that is found counts: most browsers also
# call themselves Chrome and Safari, and Android and ChromeOS are Linux.
_BROWSERS: Final = (
    ('"Brave"', "Brave"), ("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("OPR/", "Opera"),
    ("OPiOS/", "Opera"), ("OPT/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"), ("DuckDuckGo/", "DuckDuckGo"), ("Ddg/", "DuckDuckGo"), ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("iPhone", "iOS"), ("iPad", "iOS"), ("iPod", "iOS"), ("Android", "Android"), ("CrOS", "ChromeOS"),
    ("Windows", "Windows"), ("Macintosh", "macOS"), ("FreeBSD", "FreeBSD"), ("OpenBSD", "OpenBSD"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SessionOrigin:
    """Names of browser and operating system, and the country's ISO code; ``""`` where unknown."""

    browser: str
    system: str
    country: str


def origin_of(request: Request) -> SessionOrigin:
    """Where `request` comes from."""
    agent = request.headers.get("user-agent", "")[:MAX_USER_AGENT_CHARS]
    brands = request.headers.get("sec-ch-ua", "")[:MAX_USER_AGENT_CHARS]
    return SessionOrigin(
        _first_name(_BROWSERS, f"{brands} {agent}"), _first_name(_SYSTEMS, agent), _country(request.source_ip)
    )


def _first_name(names: Iterable[tuple[str, str]], text: str) -> str:
    return next((name for word, name in names if word in text), "")


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
