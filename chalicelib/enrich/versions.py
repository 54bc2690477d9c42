"""Major versions of browsers and systems, as far as a user agent may be believed.

Browsers have frozen the version of the system in their user agents. A frozen version is given as a range, such as "10
or 11" of Windows, unless something else tells more. Sources: "User-Agent Reduction" of the Chromium project, for
Windows, macOS and Android; WebKit's notes on Safari 26, for macOS and iOS; Microsoft's documentation of client hints.
"""

from __future__ import annotations

import re
from typing import Final

from chalicelib.collect.client_hints import ClientHints
from chalicelib.enrich.browser_families import FastUserAgent

_NUMBER: Final = re.compile(r"[1-9]\d{0,2}", re.ASCII)
_NAME: Final = re.compile(r"[1-9]\d{0,3}|[A-Za-z]{2,8}", re.ASCII)  # 26, 2000, XP
# These say which version of the system or of a library they use, not their own.
_WITHOUT_VERSION: Final = ("Safari (in an app)", "CFNetwork", "Other")
# Systems whose user agents have the version of their kernel, or one that nobody knows.
_UNVERSIONED: Final = ("Linux", "Chrome OS", "Other")
# The names that the client hints have for systems.
_PLATFORMS: Final = {"Windows": "Windows", "Mac OS X": "macOS", "Android": "Android"}
_WINDOWS_11: Final = 13  # its lowest Sec-CH-UA-Platform-Version; that of Windows 10 is 1
_FROZEN_ANDROID: Final = "Android 10; K)"
_SAFARI: Final = re.compile(r" Version/(\d{1,3})\.", re.ASCII)


def browser_version(agent: FastUserAgent) -> str | None:
    """The major version of the browser, such as ``143``; None if the user agent has none."""
    if agent.browser_name in _WITHOUT_VERSION or not _NUMBER.fullmatch(agent.browser_major or ""):
        return None
    return agent.browser_major


def system_version(agent: FastUserAgent) -> str | None:
    """The version of the system as people call it, such as ``26``, ``XP`` or ``10 or 11``; None if it is unknown."""
    system, major, minor = agent.system_name, agent.system_major or "", agent.system_minor or ""
    if system in _UNVERSIONED or not _NAME.fullmatch(major):
        return None
    if system == "Windows" and major == "10":
        return "10 or 11"
    if system == "Mac OS X" and major == "10":
        return "10.15 or later" if minor == "15" else f"10.{minor}" if _NUMBER.fullmatch(minor) else "10"
    if system == "Android" and _FROZEN_ANDROID in agent.ua_string:
        return "10 or later"
    if system == "iOS" and major == "18":
        # Of Safari, later ones say that they are 18, too. Its own version is that of its system.
        safari = _SAFARI.search(agent.ua_string)
        return safari[1] if safari and int(safari[1]) > 18 else major
    return major


def hinted_system_version(system: str, hints: ClientHints) -> str | None:
    """The version of the system in client hints, if they are of this system; None if they have none."""
    if not hints.version or _PLATFORMS.get(system) != hints.platform:
        return None
    if system == "Windows":
        return "11" if hints.version >= _WINDOWS_11 else "10"
    return str(hints.version)
