"""Browser and operating system families, under their usual names.

The families are those of ua-parser, matched by its Rust engine. Our own patterns come first, for apps and systems that
it does not know or names differently. The standard parser takes 600 µs per user agent.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import util
from typing import Any, Final

import ua_parser
from ua_parser import RegexResolver, load_lazy_builtins
from ua_parser.lazy import OSMatcher, UserAgentMatcher

from chalicelib.enrich.regex_set import read_patterns


def _load_when_used(package: Any, name: str) -> None:
    """Have a module of a package executed when something in it is used."""
    spec = util.find_spec(f"{package.__name__}.{name}")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{package.__name__}.{name}")
    spec.loader = util.LazyLoader(spec.loader)
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    setattr(package, name, module)


# user-agents imports ua-parser's slow engine, which compiles its 630 patterns then, and which is not used here.
_load_when_used(ua_parser, "user_agent_parser")
from user_agents import parsers  # noqa: E402  # it has to come second

UNKNOWN: Final = "Other"

# ua-parser's names, and the usual ones.
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
# Systems that ua-parser does not know, or reports as the system they are based on.
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
    """The logic of the library user-agents on ua-parser's fast engine; the library itself uses the slow one.

    :ivar browser_name, system_name: the usual names.
    :ivar browser_major, system_major, system_minor: parts of the versions, as the user agent has them.
    """

    def __init__(self, text: str) -> None:
        browser, system = _resolver().ua.extract(text), _resolver().os.extract(text)
        self.ua_string = text
        self.browser_family: str = browser.family if browser else UNKNOWN
        self.system_family: str = system.family if system else UNKNOWN
        self.browser_name = _BROWSER_NAMES.get(self.browser_family, self.browser_family)
        self.system_name = _SYSTEM_NAMES.get(self.system_family, self.system_family)
        self.browser_major: str | None = browser.major if browser else None
        self.system_major: str | None = system.major if system else None
        self.system_minor: str | None = system.minor if system else None

    # Only some user agents need these: computed on demand.

    @property
    def browser(self) -> Any:
        """The browser's family; the library's device logic needs no version."""
        return parsers.parse_browser(self.browser_family)

    @property
    def os(self) -> Any:
        """The system's family, and the version, which the library's logic needs for Windows."""
        found = _resolver().os.extract(self.ua_string)
        version = found.major if found and (found.major or "").isascii() else None
        return parsers.parse_operating_system(self.system_family, version)

    @property
    def device(self) -> Any:
        """The device's family, brand and model."""
        found = _devices().de.extract(self.ua_string)
        return parsers.parse_device(*((found.family, found.brand, found.model) if found else (UNKNOWN, None, None)))


@cache
def _resolver() -> Any:
    browsers, systems, _ = load_lazy_builtins()  # the engine takes their texts, so Python need not compile them
    return _compiled(
        (
            # The empty group stands for the name: ua-parser reads the version from the second group.
            [*(UserAgentMatcher(f"(){pattern}", name) for pattern, name in read_patterns("browsers.tsv")), *browsers],
            [*(OSMatcher(pattern, name) for pattern, name in _SYSTEMS), *systems],
            [],
        )
    )


@cache
def _devices() -> Any:
    """The patterns of devices, which are most of all; only some user agents need them."""
    return _compiled(([], [], load_lazy_builtins()[2]))


def _compiled(patterns: Any) -> Any:
    """A resolver for patterns of browsers, systems and devices."""
    if RegexResolver is None:  # ua-parser-rs was not packaged; without this check ua-parser would be slow instead
        raise RuntimeError("ua-parser-rs is not installed; install requirements.txt")
    return RegexResolver(patterns)


@cache
def app_names() -> frozenset[str]:
    """The names in browsers.tsv, which come before ua-parser's families: browsers and apps that people use."""
    return frozenset(name for _, name in read_patterns("browsers.tsv"))
