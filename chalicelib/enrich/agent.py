"""What a user agent says: browser, system, type of device, and whether it is a person at all.

The families are those of user-agents over ua-parser. Its stock parser takes 600 µs a string; ua-parser's engine in
Rust, with a cache before it, gives the same answers in a twentieth of that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from ua_parser import Parser
from user_agents import parsers

from chalicelib.enrich.robot import agent_reason, robot_name

_CACHED_AGENTS = 5_000
_OTHER = "Other"

# Families that say little of a robot: of the browser whose user agent it borrowed, and of no robot in particular.
_BORROWED = re.compile(
    r"Other|Mobile Safari|(?:Chrome|Firefox|Safari|Edge|IE|Opera|Chromium|Android|Mozilla)\b.*|.*/.*|"
    r"(?i:bots?|robots?|crawl(?:er|ing)?|spider)"
)


@dataclass(frozen=True, slots=True)
class Agent:
    """What is kept of a user agent.

    :ivar browser: its family; a robot's own name.
    :ivar device_type: ``phone``, ``tablet``, ``desktop``, ``robot`` or ``other``.
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


class _FastUserAgent(parsers.UserAgent):  # type: ignore[misc]
    """user-agents' own logic on ua-parser's fast engine; the library itself is wired to the slow one."""

    def __init__(self, text: str) -> None:
        result = _parser().parse(text).with_defaults()
        self.ua_string = text
        self.os = parsers.parse_operating_system(**_fields(result.os, "family", "major", "minor", "patch"))
        self.browser = parsers.parse_browser(**_fields(result.user_agent, "family", "major", "minor", "patch"))
        self.device = parsers.parse_device(**_fields(result.device, "family", "brand", "model"))


def _fields(part: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(part, name) for name in names}


@cache
def _parser() -> Parser:
    from ua_parser import Cache, CachingResolver, RegexResolver, load_builtins

    if RegexResolver is None:  # the wheel of ua-parser-rs is missing: a packaging fault, not a reason to crawl
        raise RuntimeError("ua-parser-rs is not installed; install requirements.txt")
    return Parser(CachingResolver(RegexResolver(load_builtins()), Cache(_CACHED_AGENTS)))


@lru_cache(_CACHED_AGENTS)
def parse_agent(text: str) -> Agent:
    """What the user agent `text` says."""
    if not text.strip():
        return Agent(_OTHER, _OTHER, "robot", agent_reason(text))
    parsed = _FastUserAgent(text)
    family, system = parsed.browser.family, parsed.os.family
    reason = agent_reason(text, parsed.is_bot)
    if reason is None:
        return Agent(family, system, _device_type(parsed))
    if _BORROWED.fullmatch(family):
        family = robot_name(text) or family
    return Agent(family, system, "robot", reason)


def _device_type(parsed: _FastUserAgent) -> str:
    if parsed.is_mobile:
        return "phone"
    if parsed.is_tablet:
        return "tablet"
    return "desktop" if parsed.is_pc else "other"
