"""User agent parsing: browser, operating system, device type, and whether it is a bot's."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from chalicelib import config
from chalicelib.collect.client_hints import ClientHints, unpack
from chalicelib.enrich import device, versions
from chalicelib.enrich.bots import HEADLESS, user_agent_reason
from chalicelib.enrich.browser_families import UNKNOWN, FastUserAgent, app_names
from chalicelib.enrich.claimed_client import plain_model
from chalicelib.enrich.declared_bots import bot_name

_CACHED_USER_AGENTS = 5_000
ROBOT: Final = "robot"

# Families that do not identify a bot: the browser whose user agent it copied, or a generic word such as "bot".
_GENERIC_FAMILY = re.compile(
    r"Other|Mobile Safari|(?:Chrome|Firefox|Safari|Edge|IE|Opera|Chromium|Android|Mozilla)\b.*|.*/.*|"
    r"(?i:bots?|robots?|crawl(?:er|ing)?|spider)"
)
# Phone models that ua-parser takes for the name of a bot.
_BOT_LIKE_MODEL = re.compile(r"bot\b|spider|crawl", re.IGNORECASE)
# Names shared by all browsers built on Chromium; the client hints may name the actual browser.
_CHROMIUM_BROWSERS = {"Chrome", "Chrome Mobile", "Chromium", "Electron"}
_BRANDS: Final = {
    "Microsoft Edge": "Edge",
    "Opera": "Opera",
    "YaBrowser": "Yandex Browser",
    "Yowser": "Yandex Browser",
    "CocCoc": "Coc Coc",
    "HuaweiBrowser": "Huawei Browser",
    "MiuiBrowser": "MIUI Browser",
    "DuckDuckGo": "DuckDuckGo",
    "Meta Quest Browser": "Oculus Browser",
    "OperaMobile": "Opera Mobile",
}
_NON_BROWSER_BRANDS = {"Android WebView", "Microsoft Edge WebView2", "Electron"}
_PHONE_NAMES = {"Edge": "Edge Mobile", "Opera": "Opera Mobile"}


@dataclass(frozen=True, slots=True)
class UserAgent:
    """A parsed user agent.

    :ivar browser: the browser's name; for a bot, the bot's name.
    :ivar system: the operating system's name.
    :ivar device_type: one of `device.TYPES`, or ``robot``.
    :ivar robot_reason: why it counts as a bot's, see `bots.user_agent_reason`; None if it does not.
    :ivar browser_version, system_version: see `versions`; None if unknown, and for bots.
    """

    browser: str
    system: str
    device_type: str
    robot_reason: str | None = None
    browser_version: str | None = None
    system_version: str | None = None

    @property
    def robot(self) -> bool:
        """Whether a program sent this, not a person's browser."""
        return self.robot_reason is not None


def prepare() -> None:
    """Compile the patterns that every user agent is compared with."""
    parse_agent("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36")


@lru_cache(_CACHED_USER_AGENTS)
def parse_agent(text: str, client_hints: str | None = None) -> UserAgent:
    """Parse a user agent.

    :param client_hints: the client hints sent with it, packed as in an event.
    :raises ValueError: if `client_hints` is not in the packed format; never because of `text`.
    """
    hints = unpack(client_hints) if client_hints else None
    parsed = _parse(text[: config.MAX_USER_AGENT_CHARS].encode("utf-8", "replace").decode(), hints)
    return _with_client_hints(parsed, hints, text) if hints else parsed


def _parse(text: str, hints: ClientHints | None) -> UserAgent:
    if not text.strip():
        return UserAgent(UNKNOWN, UNKNOWN, ROBOT, user_agent_reason(text))
    parsed = FastUserAgent(text)
    family, system = parsed.browser_name, parsed.system_name
    reason = user_agent_reason(text, lambda: bool(parsed.is_bot))
    if reason is None:
        if _BOT_LIKE_MODEL.search(family):
            family = FastUserAgent(plain_model(text)).browser_name
        kind = device.device_type(text.lower(), hints.mobile if hints else None)
        return UserAgent(
            family,
            system,
            kind or _device_from_ua_parser(parsed),
            browser_version=versions.browser_version(parsed),
            system_version=versions.system_version(parsed),
        )
    if family in app_names() or _GENERIC_FAMILY.fullmatch(family):
        family = bot_name(text) or family
    return UserAgent(family, system, ROBOT, reason)


def _device_from_ua_parser(parsed: FastUserAgent) -> str:
    if parsed.is_mobile:
        return device.PHONE
    if parsed.is_tablet:
        return device.TABLET
    return device.DESKTOP if parsed.is_pc else device.OTHER


def _with_client_hints(parsed: UserAgent, hints: ClientHints, text: str) -> UserAgent:
    """Add what the client hints know where the user agent is generic; they never override anything specific in it."""
    if any("headless" in brand.lower() for brand in hints.brands):
        return UserAgent(parsed.browser, parsed.system, ROBOT, parsed.robot_reason or HEADLESS)
    if parsed.robot or "Chrome/" not in text:
        return parsed
    version = versions.hinted_system_version(parsed.system, hints) or parsed.system_version
    parsed = replace(parsed, system_version=version)
    if parsed.browser not in _CHROMIUM_BROWSERS:
        return parsed
    brand = next((brand for brand in hints.brands if brand.partition("/")[0] not in _NON_BROWSER_BRANDS), None)
    if brand is not None:
        name, _, major = brand.partition("/")
        name = _BRANDS.get(name, name)
        name = _PHONE_NAMES.get(name, name) if parsed.device_type == device.PHONE else name
        parsed = replace(parsed, browser=name, browser_version=major or None)
    if parsed.system == "Windows" and version == "11":
        parsed = replace(parsed, system="Windows 11")
    return parsed
