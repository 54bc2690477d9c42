"""Robots: which hits no person caused, and why one can say so, in a word that the site's owner sees.

A user agent is ``empty``, that of a ``headless`` browser, of a ``library``, or of a robot that is ``declared`` as
one; a hit may also be a ``prefetch`` or a ``preview`` (see `collect.hint`), or come by ``referrer_spam``.

The patterns are those of the npm package isbot, made into `data/robots.json` at build time. They are written for
JavaScript and for today's browsers, so they are rewritten where Python reads them differently, and what old phones
and televisions say of themselves is set aside before they are asked: a phone may be called "Discovery" or "bot 54".
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Final

from chalicelib.collect.referrer import take_apart

DECLARED: Final = "declared"
HEADLESS: Final = "headless"
LIBRARY: Final = "library"
EMPTY: Final = "empty"
SPAM: Final = "referrer_spam"

_HEADLESS = re.compile(
    r"headless|phantomjs|slimerjs|puppeteer|playwright|selenium|webdriver|cypress/|splash\b|chrome-lighthouse|ptst/",
    re.ASCII,
)
# Of a program that names its library first; a robot that names it later is known by its own name.
_LIBRARY = re.compile(
    r"(?:python|aiohttp|httpx|urllib|pycurl|libwww|lwp|mechanize|curl|libcurl|wget|java|okhttp|go-http|go-resty|axios|"
    r"node-fetch|node(?:\.js)?\b|undici|got\b|superagent|guzzle|php\b|ruby|faraday|reqwest|hyper/|rest-client|restsharp|"
    r"apache-|jakarta|postman|insomnia|powershell|dart/|nokogiri|perl|scrapy|colly|jetty|[\w.-]*http[-_ ]?client)"
    r"|.*(?:windowspowershell/|ms web services client)",
    re.ASCII,
)
# Robots that look like a browser but for one word, and libraries, which isbot does not know.
_ALSO = re.compile(
    r"\b(?:gtmetrix|assetnote|amzn-user|ylt chrome|miniature\.io|jsdom/|wkhtmlto(?:pdf|image)|windowspowershell/|"
    r"ms web services client protocol)|^(?:dart/|powershell/|nokogiri)",
    re.ASCII,
)

# Devices, by what is theirs to name: not what a robot would say of itself.
_DEVICE = re.compile(
    r"""
    ^mozilla/5\.0\ \((?:linux;(?:\ \w+;)?\ )?android\ (?![^()]*(?:-google/|compatible|https?:|\+http))[^()]*\)
    | \bwindows\ phone\ [^()]*\)
    | \b(?:webos|hpwos|bada|ce-html|nettv|freesat|hbbtv|rex|gt-[\w-]+)/[12]\.0\b
    | \bomi/[\w.]+
    | \bsogou(?:mse|mobile|search)\w*
    | \bchromeframe/[\d.]+
    | \bqqdownload\b
    | (?<![a-z])google(?:\ earth|\ nexus|\ ?tv)(?![a-z])
    | ^(?:netsurf|dillo)/[\d.]+(?:\ \([^()]*\))?$
    | \bcom\.google\.(?:googleplus|maps)\b
    | \bmicromessenger/.*
    | \binstagram\ [\d.]+\ android\ .*
    """,
    re.ASCII | re.VERBOSE,
)
_SOME_DEVICE = "x(x;x)"
# Phones before smartphones, and televisions, name whatever they like; of them, only plain words count.
_FEATURE_PHONE = re.compile(
    r"midp|cldc|\bmaui|wap[- ]?browser|up\.(?:browser|link)|ucbrowser|\bfban/|profile/", re.ASCII
)
_PLAIN_WORDS = re.compile(
    r"(?<!cu)bot\b|(?<!cu)bot[/_-]|crawl|spider[/;-]|slurp|headless|https?://|@\w+\.|monitor", re.ASCII
)

# What a robot is called: the word with its trade in it, or what it says it is, or what it says first.
_NAME = (
    re.compile(r"\b(\w[\w.-]{0,30}(?:bot|crawler|spider)[\w-]{0,10})(?![\w@])", re.ASCII | re.IGNORECASE),
    re.compile(r"\bcompatible; +(?!MSIE)(\w[\w.' -]{1,39}?)(?= *[/;,)+(])", re.ASCII),
    re.compile(r"^(?!Mozilla|Opera)([A-Za-z][\w.-]{1,39})(?![\w.-])", re.ASCII),
)


def agent_reason(agent: str, parsed_is_bot: bool = False) -> str | None:
    """Why a user agent is a robot's; None if it may be a browser's."""
    text = agent.strip().lower()
    if not text:
        return EMPTY  # every browser names itself
    if not (parsed_is_bot or _is_listed(text)):
        return None
    if _HEADLESS.search(text):
        return HEADLESS
    return LIBRARY if _LIBRARY.match(text) else DECLARED


def robot_name(agent: str) -> str | None:
    """What a robot's user agent says it is called."""
    agent = agent.strip()
    return next((found[1] for name in _NAME if (found := name.search(agent))), None)


def referrer_reason(url: str) -> str | None:
    """Why a hit with this referrer (a URL) is a robot's; None if nothing is known against it."""
    return SPAM if is_spammer(take_apart(url)[1]) else None


def is_spammer(host: str) -> bool:
    """Whether a referrer's host, or a domain above it, advertises itself by faked visits."""
    labels = host.lower().rstrip(".").split(".")
    return any(".".join(labels[start:]) in _spammers() for start in range(len(labels) - 1))


def _is_listed(text: str) -> bool:
    if _FEATURE_PHONE.search(text):
        return _PLAIN_WORDS.search(text) is not None
    asked = _DEVICE.sub(_SOME_DEVICE, text)
    return _ALSO.search(asked) is not None or any(pattern.search(asked) for pattern in patterns())


@cache
def patterns() -> Sequence[re.Pattern[str]]:
    """Isbot's patterns, for user agents in lower case.

    One after the other they take a quarter of the time of one long alternation, as Python looks for plain text fast.

    :raises RuntimeError: if they have not been built.
    """
    try:
        text = resources.files("chalicelib.enrich").joinpath("data", "robots.json").read_text("utf-8")
    except FileNotFoundError as error:
        raise RuntimeError("chalicelib/enrich/data/robots.json is missing; `make build` makes it") from error
    return [re.compile(for_python(pattern), re.ASCII) for pattern in json.loads(text)["patterns"]]


def for_python(pattern: str) -> str:
    r"""A pattern of JavaScript, to be asked of lower-case text, as Python's `re` takes it.

    Python wants the alternatives of a look-behind to have one length (each becomes a look-behind of its own), and a
    hyphen behind ``\d`` in a class to be escaped.

    >>> for_python(r"(?<! channel/|Google/)google")
    '(?<! channel/)(?<!google/)google'
    """
    pattern = re.sub(r"\(\?<!([^()|]+(?:\|[^()|]+)+)\)", _one_by_one, pattern)
    pattern = re.sub(r"(\\[dws])-(?=[^\]])", r"\1\\-", pattern)
    return re.sub(r"\\.|[A-Z]+", lambda found: found[0] if found[0][0] == "\\" else found[0].lower(), pattern)


def _one_by_one(behind: re.Match[str]) -> str:
    return "".join(f"(?<!{alternative})" for alternative in behind[1].split("|"))


@cache
def _spammers() -> frozenset[str]:
    lines = resources.files("chalicelib.enrich").joinpath("spammers.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
