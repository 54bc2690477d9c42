"""Visitors: people with browsers and addresses, and bots; each with the traits that should be reported.

No requests are sent to these addresses; they are only used in headers and bodies, as the addresses of clients.
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

DESKTOP, PHONE, TABLET, ROBOT = "desktop", "phone", "tablet", "robot"


@dataclass(frozen=True, slots=True)
class UserAgent:
    """A user agent, and the browser, system and device type that should be reported for it."""

    text: str
    browser: str
    system: str
    device: str


@dataclass(frozen=True, slots=True)
class Person:
    """A visitor of one day; no other visitor of that day has the same address.

    :ivar country: ISO 3166 code of the address's country; ``""`` for unassigned addresses.
    :ivar identifier: the site's own identifier of somebody who has signed in there.
    :ivar refuses: whether the browser asks not to be tracked; its hits are dropped.
    """

    address: str
    agent: UserAgent
    country: str
    identifier: str | None = None
    refuses: bool = False

    @property
    def accept_language(self) -> str:
        """The header that the person's browser sends: the country's language first."""
        region = f"-{self.country}" if self.country else ""
        spoken = self.language.partition("-")[0]  # browsers say zh-TW, not zh-Hant
        return f"{spoken}{region},{spoken};q=0.9,en;q=0.8"

    @property
    def language(self) -> str:
        """The language that should be reported: that of the country, or of those who live there and speak another."""
        chance = random.Random(f"{self.address} language")
        return chance.choice(_SPOKEN_ELSEWHERE) if chance.random() < 0.09 else _LANGUAGES.get(self.country, "en")

    @property
    def width(self) -> int:
        """The width of the browser's window, CSS pixels."""
        return random.Random(f"{self.address} width").choice(_WIDTHS[self.agent.device])

    @property
    def is_bot(self) -> bool:
        """Whether the visitor is a bot."""
        return self.agent.device == ROBOT

    @property
    def is_counted(self) -> bool:
        """Whether the figures count the visitor: neither a bot, nor in the office, nor somebody who refuses."""
        return not self.is_bot and not self.refuses and not is_editor(self.address)


# The editors' own visits come from here, so the sites ignore it. Nobody has these addresses (RFC 5737).
OFFICE_NETWORK = "203.0.113.0/24"


def is_editor(address: str) -> bool:
    """Whether somebody in the office of the site's own editors has this address."""
    return address.startswith("203.0.113.")


# The languages of countries, if they are not English.
_LANGUAGES = {
    "DE": "de",
    "AT": "de",
    "CH": "de",
    "FR": "fr",
    "BE": "fr",
    "NL": "nl",
    "SE": "sv",
    "DK": "da",
    "NO": "nb",
    "ES": "es",
    "MX": "es",
    "IT": "it",
    "PL": "pl",
    "JP": "ja",
    "BR": "pt",
    "PT": "pt",
    "FI": "fi",
    "CZ": "cs",
    "KR": "ko",
    "TR": "tr",
    "TW": "zh-Hant",
}
_SPOKEN_ELSEWHERE = ("en", "en", "es", "fr", "de", "tr", "uk", "ar", "pl", "pt")  # fmt: skip
_WIDTHS = {
    DESKTOP: (1024, 1280, 1366, 1440, 1512, 1536, 1680, 1920, 1920, 2560),
    PHONE: (360, 375, 384, 390, 393, 412, 430),
    TABLET: (744, 768, 810, 820, 834, 1024),
    ROBOT: (800,),
}
_WIN = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
_MAC_SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
_LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
_CROS = "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
_IPAD = "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
_TAB = "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) "
_DROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "

# {v} is one of the versions; the other parts of Chrome's user agent have been frozen for years.
_BROWSERS: tuple[tuple[float, str, str, str, str, range], ...] = (
    (21, _WIN + "Chrome/{v}.0.0.0 Safari/537.36", "Chrome", "Windows", DESKTOP, range(148, 157)),
    (9, _MAC + "Chrome/{v}.0.0.0 Safari/537.36", "Chrome", "Mac OS X", DESKTOP, range(150, 157)),
    (2, _LINUX + "Chrome/{v}.0.0.0 Safari/537.36", "Chrome", "Linux", DESKTOP, range(150, 157)),
    (1, _CROS + "Chrome/{v}.0.0.0 Safari/537.36", "Chrome", "Chrome OS", DESKTOP, range(150, 156)),
    (7, _MAC_SAFARI + "Version/{v}.1 Safari/605.1.15", "Safari", "Mac OS X", DESKTOP, range(17, 19)),
    (6, _WIN + "Chrome/{v}.0.0.0 Safari/537.36 Edg/{v}.0.0.0", "Edge", "Windows", DESKTOP, range(149, 157)),
    (1, _WIN + "Chrome/{v}.0.0.0 Safari/537.36 OPR/124.0.0.0", "Opera", "Windows", DESKTOP, range(150, 155)),
    (4, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
     "Firefox", "Windows", DESKTOP, range(140, 151)),
    (2, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
     "Firefox", "Mac OS X", DESKTOP, range(143, 151)),
    (2, "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
     "Firefox", "Ubuntu", DESKTOP, range(140, 151)),
    (17, _IPHONE + "Version/{v}.5 Mobile/15E148 Safari/604.1", "Mobile Safari", "iOS", PHONE, range(16, 19)),
    (1.5, _IPHONE + "CriOS/{v}.0.7390.41 Mobile/15E148 Safari/604.1", "Chrome Mobile iOS", "iOS", PHONE,
     range(148, 157)),
    (17, _DROID + "Chrome/{v}.0.0.0 Mobile Safari/537.36", "Chrome Mobile", "Android", PHONE, range(145, 157)),
    (4, _DROID + "SamsungBrowser/{v}.0 Chrome/142.0.0.0 Mobile Safari/537.36",
     "Samsung Internet", "Android", PHONE, range(26, 30)),
    (1.5, "Mozilla/5.0 (Android 15; Mobile; rv:{v}.0) Gecko/{v}.0 Firefox/{v}.0",
     "Firefox Mobile", "Android", PHONE, range(144, 151)),
    (2.5, _IPAD + "Version/{v}.4 Mobile/15E148 Safari/604.1", "Mobile Safari", "iOS", TABLET, range(16, 18)),
    (1, _TAB + "Chrome/{v}.0.0.0 Safari/537.36", "Chrome", "Android", TABLET, range(146, 157)),
)  # fmt: skip

_BOTS: tuple[tuple[float, str], ...] = (
    (30, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    (14, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    (14, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"),
    (8, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)"),
    (8, "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
    (
        6,
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
    ),
    (5, "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"),
    (5, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    (5, "python-requests/2.32.3"),
    (3, "curl/8.9.1"),
)

# Networks of home and mobile connections that the packaged database locates completely in the country. The last is a
# documentation network (RFC 5737), which is in no country.
_NETWORKS: tuple[tuple[float, str, tuple[str, ...]], ...] = (
    (24, "DE", ("79.192.0.0/10", "87.128.0.0/10", "2003:e0::/32")),
    (15, "US", ("70.128.0.0/12", "73.0.0.0/10", "99.128.0.0/12", "2601::/32")),
    (8, "GB", ("86.128.0.0/10", "2a00:23c0::/32")),
    (6, "FR", ("90.0.0.0/10", "92.128.0.0/10", "2a01:cb00::/32")),
    (5, "NL", ("77.160.0.0/12", "145.144.0.0/12")),
    (4, "AT", ("77.116.0.0/14", "84.112.0.0/14")),
    (4, "CH", ("85.0.0.0/13", "178.192.0.0/13")),
    (3, "SE", ("78.64.0.0/12", "90.224.0.0/12")),
    (3, "DK", ("80.160.0.0/13", "83.88.0.0/13")),
    (3, "NO", ("84.208.0.0/13", "88.88.0.0/13")),
    (3, "ES", ("83.32.0.0/11", "88.0.0.0/11")),
    (3, "IT", ("79.0.0.0/10", "87.0.0.0/11")),
    (3, "PL", ("83.0.0.0/11", "89.64.0.0/12")),
    (3, "CA", ("99.224.0.0/11", "70.64.0.0/12")),
    (3, "IN", ("117.192.0.0/10", "106.192.0.0/11")),
    (2, "JP", ("60.64.0.0/10", "126.64.0.0/10")),
    (2, "BR", ("179.128.0.0/11", "152.240.0.0/12")),
    (2, "AU", ("1.128.0.0/11", "101.160.0.0/11")),
    (1, "FI", ("91.152.0.0/13",)),
    (1, "BE", ("109.128.0.0/12",)),
    (1, "CZ", ("90.180.0.0/14",)),
    (1, "PT", ("85.240.0.0/13",)),
    (1, "IE", ("87.32.0.0/12",)),
    (1, "KR", ("121.128.0.0/10",)),
    (1, "MX", ("189.128.0.0/10",)),
    (0.5, "NZ", ("122.56.0.0/13",)),
    (0.5, "ZA", ("41.0.0.0/11",)),
    (0.5, "NG", ("105.112.0.0/12",)),
    (0.5, "TR", ("88.224.0.0/11",)),
    (0.5, "TW", ("114.32.0.0/12", "1.160.0.0/12", "36.224.0.0/12")),
    (0.2, "", ("192.0.2.0/24",)),
)
_BOT_COUNTRIES = ("US", "US", "US", "DE", "IE")


class Audience:
    """The visitors of one day, each with a unique address.

    :param nearby: how many times as many as elsewhere come from a country.
    :param members: the people who sign in to the site, the most frequent visitors first.
    """

    def __init__(
        self, rng: random.Random, nearby: Mapping[str, float] | None = None, members: tuple[Person, ...] = ()
    ) -> None:
        self._rng = rng
        self._networks = _networks(nearby or {})
        self._members = members
        self._taken: set[str] = set()

    def person(self) -> Person:
        """A new person."""
        _, country, blocks = _choose(self._rng, self._networks)
        return Person(self._address(blocks), self._agent(), country)

    def member(self) -> Person:
        """Somebody who signs in to the site and was not there today; a new person, if everybody was."""
        weights = [1 / rank for rank in range(1, len(self._members) + 1)]
        found = self._rng.choices(self._members, weights)[0] if self._members else None
        if found is None or found.address in self._taken:
            return self.person()
        self._taken.add(found.address)
        return found

    def editor(self) -> Person:
        """Somebody in the office of the site's own editors."""
        return Person(self._address((OFFICE_NETWORK,)), self._agent(), "")

    def _agent(self) -> UserAgent:
        _, text, browser, system, device, versions = _choose(self._rng, _BROWSERS)
        return UserAgent(text.format(v=self._rng.choice(versions)), browser, system, device)

    def bot(self) -> Person:
        """A new bot."""
        _, text = _choose(self._rng, _BOTS)
        country = self._rng.choice(_BOT_COUNTRIES)
        blocks = next(blocks for _, code, blocks in _NETWORKS if code == country)
        return Person(self._address(blocks), UserAgent(text, "", "", ROBOT), country)

    def _address(self, blocks: tuple[str, ...]) -> str:
        while True:
            network = ipaddress.ip_network(self._rng.choice(blocks))
            # Any address of the network except the first and the last.
            offset = self._rng.randrange(1, network.num_addresses - 1)
            address = str(network.network_address + offset)
            if address not in self._taken:
                self._taken.add(address)
                return address


def members(domain: str, prefix: str, count: int, nearby: Mapping[str, float] | None = None) -> tuple[Person, ...]:
    """The people who sign in to a site, the same every day; their identifiers are `prefix` and a number."""
    rng = random.Random(f"{domain} members")
    audience = Audience(rng, nearby)
    numbers = sorted(rng.sample(range(1001, 1001 + 9 * count), count))
    rng.shuffle(numbers)
    return tuple(replace(audience.person(), identifier=f"{prefix}-{number}") for number in numbers)


def _networks(nearby: Mapping[str, float]) -> tuple[tuple[float, str, tuple[str, ...]], ...]:
    return tuple((weight * nearby.get(country, 1), country, blocks) for weight, country, blocks in _NETWORKS)


def _choose(rng: random.Random, rows: tuple[Any, ...]) -> Any:
    """A random row, weighted by its first column."""
    return rng.choices(rows, weights=[row[0] for row in rows])[0]
