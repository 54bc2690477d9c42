"""Families: which browser or app, and which system, by the names that people know them by.

The families are those of ua-parser, in its engine in Rust; before them are asked for apps and systems that it does not
know or calls by other names. Its stock parser takes 600 µs a user agent.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from ua_parser import RegexResolver, load_builtins
from ua_parser.lazy import OSMatcher, UserAgentMatcher
from user_agents import parsers

from chalicelib.enrich.regex_set import listed

UNKNOWN: Final = "Other"

# ua-parser's names for what people know by another.
_BROWSER_NAMES: Final = {
    "Mobile Safari UI/WKWebView": "Safari (in an app)",
    "Chrome Mobile WebView": "Chrome (in an app)",
    "MobileSafari": "Mobile Safari",
    "com.apple.WebKit.WebContent": "Safari",
    "com.apple.WebKit.Networking": "Safari",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "WeChat Browser": "WeChat",
    "IE Large Screen": "IE",
    "Opera Tablet": "Opera Mobile",
    "Slack Desktop Client": "Slack",
    "Vewd Browser": "Vewd",
}
_SYSTEM_NAMES: Final = {
    "Web0S": "webOS",
    "ATV OS X": "tvOS",
    "WatchOS": "watchOS",
    "Chromecast Linux": "Chromecast",
    "Chromecast Android": "Chromecast",
    "Chromecast Fuchsia": "Chromecast",
    "Chromecast SmartSpeaker": "Chromecast",
}
# Systems that ua-parser does not know, or takes for what they are built on.
_SYSTEMS: Final = (
    (r"OpenHarmony|HarmonyOS|ArkWeb/", "HarmonyOS"),
    (r"(?i)playstation|\bPSP \(", "PlayStation"),
    (r"Nintendo", "Nintendo"),
    (r"\bVIDAA\b", "VIDAA"),
    (r"Apple ?TV\d|\btvOS\b", "tvOS"),
    (r"\biPadOS\b|Macintosh;.*(?:(?:FxiOS|CriOS|EdgiOS|OPiOS|GSA)/| Mobile/\d)", "iOS"),  # an iPad as a Mac
    (r"\bvisionOS\b|RealityDevice", "visionOS"),
    (r"Android Automotive", "Android"),
    (r"Titan ?OS|TitanOS", "Titan OS"),
)


class FastUserAgent(parsers.UserAgent):  # type: ignore[misc]
    """user-agents' own logic on ua-parser's fast engine; the library itself is wired to the slow one.

    :ivar browser_name, system_name: as people know them.
    """

    def __init__(self, text: str) -> None:
        browser, system = _resolver().ua.extract(text), _resolver().os.extract(text)
        self.ua_string = text
        self.browser_family: str = browser.family if browser else UNKNOWN
        self.system_family: str = system.family if system else UNKNOWN
        self.browser_name = _BROWSER_NAMES.get(self.browser_family, self.browser_family)
        self.system_name = _SYSTEM_NAMES.get(self.system_family, self.system_family)

    # What only some user agents need, as most say what they are in plain words.

    @property
    def browser(self) -> Any:
        """Its family; the library's logic about devices asks for no version."""
        return parsers.parse_browser(self.browser_family)

    @property
    def os(self) -> Any:
        """Its family, and the version of Windows, which the library's logic asks for."""
        found = _resolver().os.extract(self.ua_string)
        version = found.major if found and (found.major or "").isascii() else None
        return parsers.parse_operating_system(self.system_family, version)

    @property
    def device(self) -> Any:
        """Its family, brand and model."""
        found = _resolver().de.extract(self.ua_string)
        return parsers.parse_device(*((found.family, found.brand, found.model) if found else (UNKNOWN, None, None)))


@cache
def _resolver() -> Any:
    if RegexResolver is None:  # the wheel of ua-parser-rs is missing: a packaging fault, not a reason to crawl
        raise RuntimeError("ua-parser-rs is not installed; install requirements.txt")
    browsers, systems, devices = load_builtins()
    return RegexResolver(
        (
            [*(UserAgentMatcher(pattern, name) for pattern, name in listed("browsers.tsv")), *browsers],
            [*(OSMatcher(pattern, name) for pattern, name in _SYSTEMS), *systems],
            devices,
        )
    )


@cache
def app_names() -> frozenset[str]:
    """The names that are asked for before ua-parser's families: all of people's browsers and apps."""
    return frozenset(name for _, name in listed("browsers.tsv"))
