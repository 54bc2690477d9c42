"""Declarations: how a robot in the shape of a browser says that it is one, and what it is called.

By a word of its trade, by its name, by calling itself compatible, or by an address to read about it. In the user agent
of a browser or an app nothing else decides, because there stand the names of phones, news, shops and search as well.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from chalicelib.enrich.regex_set import Patterns
from chalicelib.enrich.user_agent_shape import is_on_device, without_model

# Words that only robots use of themselves, asked of lower-case text without the model of the phone.
_CLEAR = (
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
# Words that are apps' on phones, and robots' anywhere else.
_ON_NO_DEVICE = (
    r"monitor|uptime|scanner|checker|inspector|inspection|analy[sz]er|grader|classifier|downloader|thumbnail",
    r"audit(?:or|s)?(?:[^a-z]|$)",
    r"security[ _-]?scan(?:[^a-z]|$)",
    r"archiv(?:er|ing|ebox)",
    r"(?:screen|thumb)[ _-]?shot",
)
# Browsers and systems that called themselves compatible, with Netscape's.
_COMPATIBLE_BROWSERS = (
    "abrowse", "acorn", "amiga", "android", "ant", "avefront", "aweb", "beos", "blazer", "dillo", "dplus",
    "e?links", "epiphany", "escape", "eudora", "fw", "galeon", "gecko", "go\\.web", "haiku", "ibrowse", "icab",
    "intel", "ipad", "iphone", "konqueror", "liberate", "linux", "lotus-notes", "lynx", "mac", "maui", "mmef",
    "mozilla", "ms-office", "netbox", "netfront", "netpositive", "nokia", "odyssey", "offbyone", "omniweb",
    "opentv", "opera", "oregano", "origyn", "os/2", "oss", "palm", "planetweb", "polaris", "risc", "snom", "sony",
    "sonyericsson", "teleca", "voyager", "w3m", "wap", "warp", "webtv", "win", "windows", "x11",
)  # fmt: skip
_COMPATIBLE = rf"[(;] *compatible[;,] *(?!(?:u;|x86|msp?ie|(?:{'|'.join(_COMPATIBLE_BROWSERS)})\b))[\w!'.]"
_CALLS_ITSELF_COMPATIBLE = re.compile(_COMPATIBLE, re.ASCII)
_ADDRESS = re.compile(
    r"https?://|mailto:|[(;,-] ?www\.|[( ;+][\w.-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.[a-z]{2,}", re.ASCII
)
_BROWSERS_WITH_ADDRESS = ("qtweb internet browser/", " miro/", "superhumanproxy")
# With Mozilla's name, but neither an engine nor a device behind it.
_BARE = re.compile(rf"mozilla/[\d.]+\W*$|mozilla/5\.0 [a-z]|mozilla/[45]\.0 *[^()]*{_COMPATIBLE}", re.ASCII)

# What a robot is called: the word with its trade in it, or what it says it is, or what it says first, or last.
_READ_ABOUT_IT = re.compile(r"https?://[^\s;,)]*|[\w.-]{1,64}@[\w.-]+", re.ASCII | re.IGNORECASE)
_BOT = re.compile(r"\b(\w[\w.-]{0,30}(?:bot|crawler|spider)[\w-]{0,10})(?![\w@])", re.ASCII | re.IGNORECASE)
_NAMES = (
    re.compile(r"\bcompatible; +(?!MSIE)(\w[\w.' -]{1,39}?)(?= *[/;,)+(])", re.ASCII),
    re.compile(r"^(?!Mozilla|Opera)([A-Za-z][\w.-]{1,39})(?![\w.-])", re.ASCII),
    re.compile(
        r"\b([\w.-]{0,30}(?:preview|monitor|check|valid|fetch|archiv|shot|speed|synthetic|uptime|inspect|audit|analy|scan|"
        r"crawl|capture|-google|google-|thumb|grader|classif|headless|phantom|slimer|playwright|selenium)[\w.-]{0,30})",
        re.ASCII | re.IGNORECASE,
    ),
    re.compile(r"(?:Safari|Firefox|Chrome|Edg)/[\d.]+[ ;(]+([A-Za-z][\w.-]{2,39})", re.ASCII),
)


def declares_itself(text: str) -> bool:
    """Whether the user agent of a browser or an app, in lower case, is that of a robot by its own words."""
    told, model = without_model(text)
    if _words_and_names().find(told) or (model and _names().find(model)):
        return True
    on_device = is_on_device(text)
    if not on_device and _more_words().find(told):
        return True
    modern = told.startswith("mozilla/")
    if " msie " in told or "trident/" in told:  # where anybody could leave a name, and companies an address
        return "+http" in told
    if "compatible" in told and modern and _CALLS_ITSELF_COMPATIBLE.search(told):
        return True
    if not ("http" in told or "@" in told or "www." in told or "mailto" in told):
        return False
    if on_device or not modern:  # in whose apps stand the addresses of newspapers and shops
        return "+http" in told or "+ http" in told
    return bool(_ADDRESS.search(told)) and not any(name in told for name in _BROWSERS_WITH_ADDRESS)


def is_bare(text: str) -> bool:
    """Whether what calls itself Mozilla, and no more that a browser would say, is a robot by the way it does so."""
    return bool(_BARE.match(text) or _words_and_names().find(text) or _more_words().find(text))


def robot_name(agent: str) -> str | None:
    """What a robot's user agent says it is called."""
    agent = _READ_ABOUT_IT.sub("", agent.strip())
    if found := _BOT.search(agent):
        return found[1]
    text = agent.lower()
    if (known := _names().find(text)) and len(text) == len(agent):
        start = text.index(known)
        return agent[start : start + len(known)].strip(" /")
    return next((found[1] for name in _NAMES if (found := name.search(agent))), None)


@cache
def _words_and_names() -> Patterns:
    return Patterns([*((word, "trade") for word in _CLEAR), *_listed()])


@cache
def _more_words() -> Patterns:
    return Patterns((word, "trade") for word in _ON_NO_DEVICE)


@cache
def _names() -> Patterns:
    return Patterns(_listed())


def _listed() -> list[tuple[str, str]]:
    lines = resources.files("chalicelib.enrich").joinpath("robots.txt").read_text("utf-8").splitlines()
    return [(_as_words(line), line) for line in lines if line and not line.startswith("#")]


def _as_words(name: str) -> str:
    behind = "(?:[^a-z0-9]|$)" if name[-1].isalnum() else ""
    return f"(?:^|[^a-z0-9]){re.escape(name)}{behind}"
