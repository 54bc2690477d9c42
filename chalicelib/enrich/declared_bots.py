"""Declared bots: how a bot whose user agent looks like a browser's says that it is a bot, and what it is called.

It uses a word such as "crawler", a known bot's name, the form ``compatible; Name``, or a URL or e-mail address for more
information. No other words count in the user agent of a browser or an app, because it also contains the names of
phones, news services, shops and search engines.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from chalicelib.enrich.claimed_client import is_on_device, without_model
from chalicelib.enrich.regex_set import RegexSet

# Words that only bots use, matched against lower-case text without the phone's model.
_BOT_WORDS = (
    r"(?:^|[^u]|[^c]u)bots?(?:[^a-z]|$)",  # Cubot makes phones
    r"(?:^|[^a-z])robots?(?:[^a-z]|$)",
    r"crawl|slurp|harvest|indexer|fetcher|favicon|synthetic|lighthouse|page ?speed|validat(?:or|ion)",
    r"spiders?(?:[^a-z]|$)",
    r"scrap(?:e|er|ing|y)(?:[^a-z]|$)",
    r"(?:bing|web|link|page|url|site|uri)[ _-]?preview",
    r"(?:content|cookie|hub|site|web|port|link|malware|ssl)[ _-]?scan(?:ner)?(?:[^a-z]|$)",
    r"(?:link|site|web|page|status|health|uptime|availability)[ _-]?(?:check|monitor|audit|inspect|grader|archiv|shot)",
    r"(?:web|page|site)[ _-]?capture",
    r"headless|phantomjs|slimerjs|casperjs|selenium|webdriver|playwright|puppeteer|cypress/",
    r"(?:^|[^a-z])splash(?:[^a-z]|$)",
    r"html2|2png|2pdf|to(?:png|pdf|image)(?:[^a-z]|$)",
    r"security ?headers|nikto|sqlmap|site ?map|transcoder|-optimi[sz]er",
    r"[a-z]-google(?:[^a-z]|$)|(?:^|[^a-z])google-[a-z]",
    r"powershell/|ms web services client",
)
# Words that apps use on phones, and only bots use elsewhere.
_NON_DEVICE_BOT_WORDS = (
    r"monitor|uptime|scanner|checker|inspector|inspection|analy[sz]er|grader|classifier|downloader|thumbnail",
    r"audit(?:or|s)?(?:[^a-z]|$)",
    r"security[ _-]?scan(?:[^a-z]|$)",
    r"archiv(?:er|ing|ebox)",
    r"(?:screen|thumb)[ _-]?shot",
)
# Browsers and systems that called themselves compatible with Netscape's browser.
_COMPATIBLE_BROWSERS = (
    "abrowse", "acorn", "amiga", "android", "ant", "avefront", "aweb", "beos", "blazer", "dillo", "dplus",
    "e?links", "epiphany", "escape", "eudora", "fw", "galeon", "gecko", "go\\.web", "haiku", "ibrowse", "icab",
    "intel", "ipad", "iphone", "konqueror", "liberate", "linux", "lotus-notes", "lynx", "mac", "maui", "mmef",
    "mozilla", "ms-office", "netbox", "netfront", "netpositive", "nokia", "odyssey", "offbyone", "omniweb",
    "opentv", "opera", "oregano", "origyn", "os/2", "oss", "palm", "planetweb", "polaris", "risc", "snom", "sony",
    "sonyericsson", "teleca", "voyager", "w3m", "wap", "warp", "webtv", "win", "windows", "x11",
)  # fmt: skip
_COMPATIBLE_NAME = rf"[(;] *compatible[;,] *(?!(?:u;|x86|msp?ie|(?:{'|'.join(_COMPATIBLE_BROWSERS)})\b))[\w!'.]"
_COMPATIBLE_BOT = re.compile(_COMPATIBLE_NAME, re.ASCII)
_CONTACT = re.compile(
    r"https?://|mailto:|[(;,-] ?www\.|[( ;+][\w.-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.[a-z]{2,}", re.ASCII
)
_BROWSERS_WITH_CONTACT = ("qtweb internet browser/", " miro/", "superhumanproxy")
# "Mozilla" followed by neither an engine nor a device.
_MINIMAL = re.compile(rf"mozilla/[\d.]+\W*$|mozilla/5\.0 [a-z]|mozilla/[45]\.0 *[^()]*{_COMPATIBLE_NAME}", re.ASCII)

# A bot's name: a word that contains "bot" or the like, the name after "compatible;", or the first or last product.
_URL_OR_EMAIL = re.compile(r"https?://[^\s;,)]*|[\w.-]{1,64}@[\w.-]+", re.ASCII | re.IGNORECASE)
_BOT_IN_NAME = re.compile(r"\b(\w[\w.-]{0,30}(?:bot|crawler|spider)[\w-]{0,10})(?![\w@])", re.ASCII | re.IGNORECASE)
_NAME_POSITIONS = (
    re.compile(r"\bcompatible; +(?!MSIE)(\w[\w.' -]{1,39}?)(?= *[/;,)+(])", re.ASCII),
    re.compile(r"^(?!Mozilla|Opera)([A-Za-z][\w.-]{1,39})(?![\w.-])", re.ASCII),
    re.compile(
        r"\b([\w.-]{0,30}(?:preview|monitor|check|valid|fetch|archiv|shot|speed|synthetic|uptime|inspect|audit|analy|scan|"
        r"crawl|capture|-google|google-|thumb|grader|classif|headless|phantom|slimer|playwright|selenium)[\w.-]{0,30})",
        re.ASCII | re.IGNORECASE,
    ),
    re.compile(r"(?:Safari|Firefox|Chrome|Edg)/[\d.]+[ ;(]+([A-Za-z][\w.-]{2,39})", re.ASCII),
)


def declares_bot(text: str) -> bool:
    """Whether a user agent that looks like a browser's or an app's declares itself as a bot.

    :param text: the user agent in lower case.
    """
    rest, model = without_model(text)
    if _bot_words_and_names().find(rest) or (model and _bot_names().find(model)):
        return True
    on_device = is_on_device(text)
    if not on_device and _non_device_bot_words().find(rest):
        return True
    modern = rest.startswith("mozilla/")
    if " msie " in rest or "trident/" in rest:  # add-ons and companies could add names and addresses to these
        return "+http" in rest
    if "compatible" in rest and modern and _COMPATIBLE_BOT.search(rest):
        return True
    if not ("http" in rest or "@" in rest or "www." in rest or "mailto" in rest):
        return False
    if on_device or not modern:  # apps include the addresses of newspapers and shops
        return "+http" in rest or "+ http" in rest
    return bool(_CONTACT.search(rest)) and not any(name in rest for name in _BROWSERS_WITH_CONTACT)


def is_minimal_bot(text: str) -> bool:
    """Whether a user agent without an engine or device is a bot's, by its form or its words.

    :param text: the user agent in lower case.
    """
    return bool(_MINIMAL.match(text) or _bot_words_and_names().find(text) or _non_device_bot_words().find(text))


def bot_name(user_agent: str) -> str | None:
    """The name that a bot's user agent gives; None if none is found."""
    user_agent = _URL_OR_EMAIL.sub("", user_agent.strip())
    if found := _BOT_IN_NAME.search(user_agent):
        return found[1]
    text = user_agent.lower()
    if (known := _bot_names().find(text)) and len(text) == len(user_agent):
        start = text.index(known)
        return user_agent[start : start + len(known)].strip(" /")
    return next((found[1] for name in _NAME_POSITIONS if (found := name.search(user_agent))), None)


@cache
def _bot_words_and_names() -> RegexSet:
    return RegexSet([*((word, "bot word") for word in _BOT_WORDS), *_bot_name_patterns()])


@cache
def _non_device_bot_words() -> RegexSet:
    return RegexSet((word, "bot word") for word in _NON_DEVICE_BOT_WORDS)


@cache
def _bot_names() -> RegexSet:
    return RegexSet(_bot_name_patterns())


def _bot_name_patterns() -> list[tuple[str, str]]:
    lines = resources.files("chalicelib.enrich").joinpath("bot_names.txt").read_text("utf-8").splitlines()
    return [(_whole_words(line), line) for line in lines if line and not line.startswith("#")]


def _whole_words(name: str) -> str:
    behind = "(?:[^a-z0-9]|$)" if name[-1].isalnum() else ""
    return f"(?:^|[^a-z0-9]){re.escape(name)}{behind}"
