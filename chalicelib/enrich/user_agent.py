"""What a user agent says: browser, system, type of device, and whether it is a person at all."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from chalicelib import config
from chalicelib.collect.client_hints import ClientHints, unpack
from chalicelib.enrich import device
from chalicelib.enrich.bots import HEADLESS, agent_reason
from chalicelib.enrich.browser_families import UNKNOWN, FastUserAgent, app_names
from chalicelib.enrich.declared_bots import robot_name
from chalicelib.enrich.user_agent_shape import plain_model

_CACHED_AGENTS = 5_000
ROBOT: Final = "robot"

# Families that say little of a robot: of the browser whose user agent it borrowed, and of no robot in particular.
_BORROWED = re.compile(
    r"Other|Mobile Safari|(?:Chrome|Firefox|Safari|Edge|IE|Opera|Chromium|Android|Mozilla)\b.*|.*/.*|"
    r"(?i:bots?|robots?|crawl(?:er|ing)?|spider)"
)
# What ua-parser calls a robot by the model of a person's phone.
_MODEL_AS_NAME = re.compile(r"bot\b|spider|crawl", re.IGNORECASE)
# Browsers that say nothing else in their user agents, so that their hints may say more.
_PLAIN = {"Chrome": "", "Chrome Mobile": " Mobile", "Chromium": "", "Electron": ""}
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
_OF_NO_BROWSER = {"Android WebView", "Microsoft Edge WebView2", "Electron"}
_MOBILE_NAMES = {"Edge": "Edge Mobile", "Opera": "Opera Mobile"}
_WINDOWS_11 = 13  # the first version of it that Sec-CH-UA-Platform-Version gives, by Microsoft's documents


@dataclass(frozen=True, slots=True)
class Agent:
    """What is kept of a user agent.

    :ivar browser: its name; a robot's own name.
    :ivar device_type: one of `device.TYPES`, or ``robot``.
    :ivar robot_reason: why it is a robot's, see `robot.agent_reason`; None if it is not.
    """

    browser: str
    system: str
    device_type: str
    robot_reason: str | None = None

    @property
    def robot(self) -> bool:
        """Whether a program sent this, not a person's browser."""
        return self.robot_reason is not None


@lru_cache(_CACHED_AGENTS)
def parse_agent(text: str, client_hints: str | None = None) -> Agent:
    """What the user agent `text` says, and the hints that came with it, as an event carries them.

    :raises ValueError: never for any text, only for hints that nobody has packed.
    """
    hints = unpack(client_hints) if client_hints else None
    read = _read(text[: config.MAX_USER_AGENT_CHARS].encode("utf-8", "replace").decode(), hints)
    return _refined(read, hints) if hints else read


def _read(text: str, hints: ClientHints | None) -> Agent:
    if not text.strip():
        return Agent(UNKNOWN, UNKNOWN, ROBOT, agent_reason(text))
    parsed = FastUserAgent(text)
    family, system = parsed.browser_name, parsed.system_name
    reason = agent_reason(text, lambda: bool(parsed.is_bot))
    if reason is None:
        if _MODEL_AS_NAME.search(family):
            family = FastUserAgent(plain_model(text)).browser_name
        kind = device.device_type(text.lower(), hints.mobile if hints else None)
        return Agent(family, system, kind or _by_library(parsed))
    if family in app_names() or _BORROWED.fullmatch(family):
        family = robot_name(text) or family
    return Agent(family, system, ROBOT, reason)


def _by_library(parsed: FastUserAgent) -> str:
    if parsed.is_mobile:
        return device.PHONE
    if parsed.is_tablet:
        return device.TABLET
    return device.DESKTOP if parsed.is_pc else device.OTHER


def _refined(read: Agent, hints: ClientHints) -> Agent:
    """What the hints add where Chromium's user agent says no more; they never overrule what it does say."""
    if any("headless" in brand.lower() for brand in hints.brands):
        return replace(read, device_type=ROBOT, robot_reason=read.robot_reason or HEADLESS)
    if read.robot or read.browser not in _PLAIN:
        return read
    named = next((_BRANDS.get(brand, brand) for brand in hints.brands if brand not in _OF_NO_BROWSER), None)
    browser, system = read.browser, read.system
    if named is not None:
        browser = _MOBILE_NAMES.get(named, named) if read.device_type == device.PHONE else named
    if hints.platform == "Windows" and system == "Windows" and (hints.version or 0) >= _WINDOWS_11:
        system = "Windows 11"
    return replace(read, browser=browser, system=system)
