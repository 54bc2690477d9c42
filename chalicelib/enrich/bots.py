"""Robots: which hits no person caused, and why one can say so, in a word that the site's owner sees.

A user agent is ``empty``, that of a ``headless`` browser, of a ``library``, or of a robot that is ``declared`` as
one; a hit may also be a ``prefetch`` or a ``preview`` (see `collect.prefetch`), or come by ``referrer_spam``.

What a user agent looks like says which of its words may tell (see `shape`): a browser's or an app's is a robot's only
by its own declaration (see `declared`); of all others isbot's patterns decide, and ua-parser. See docs/adr/0023.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Final

from chalicelib.collect.referrer import take_apart
from chalicelib.enrich.declared_bots import declares_itself, is_bare
from chalicelib.enrich.isbot import is_listed
from chalicelib.enrich.user_agent_shape import BROWSER, PROGRAM, shape_of

DECLARED: Final = "declared"
HEADLESS: Final = "headless"
LIBRARY: Final = "library"
EMPTY: Final = "empty"
SPAM: Final = "referrer_spam"

_HEADLESS = re.compile(
    r"headless|phantomjs|slimerjs|casperjs|puppeteer|playwright|selenium|webdriver|cypress/|splash\b|chrome-lighthouse|"
    r"ptst/",
    re.ASCII,
)
# Of a program that names its library first; a robot that names it later is known by its own name.
_LIBRARY = re.compile(
    r"(?:python|aiohttp|httpx|urllib|pycurl|libwww|lwp|mechanize|curl|libcurl|wget|java|okhttp|go-http|go-resty|axios|"
    r"node-fetch|node(?:\.js)?\b|undici|got\b|superagent|guzzle|php\b|ruby|faraday|reqwest|hyper/|rest-client|restsharp|"
    r"apache-|jakarta|postman|insomnia|powershell|dart/|nokogiri|perl|scrapy|reactornetty|"
    r"gitlab-runner|colly|jetty|[\w.-]*http[-_ ]?client)"
    r"|.*(?:powershell/|ms web services client)",
    re.ASCII,
)


def agent_reason(agent: str, is_bot: Callable[[], bool] = lambda: False) -> str | None:
    """Why a user agent is a robot's; None if it may be a browser's.

    :param is_bot: whether ua-parser takes it for one; asked only where what it says decides.
    """
    text = agent.strip().lower()
    if not text:
        return EMPTY  # every browser names itself
    if not _is_robot(text, is_bot):
        return None
    if _HEADLESS.search(text):
        return HEADLESS
    return LIBRARY if _LIBRARY.match(text) else DECLARED


def _is_robot(text: str, is_bot: Callable[[], bool]) -> bool:
    shape = shape_of(text)
    if shape != BROWSER and _LIBRARY.match(text):
        return True
    if shape == PROGRAM:
        return is_listed(text) or is_bare(text) or is_bot()
    return declares_itself(text)


def referrer_reason(url: str) -> str | None:
    """Why a hit with this referrer (a URL) is a robot's; None if nothing is known against it."""
    return SPAM if is_spammer(take_apart(url)[1]) else None


def is_spammer(host: str) -> bool:
    """Whether a referrer's host, or a domain above it, advertises itself by faked visits."""
    labels = host.lower().rstrip(".").split(".")
    return any(".".join(labels[start:]) in _spammers() for start in range(len(labels) - 1))


@cache
def _spammers() -> frozenset[str]:
    lines = resources.files("chalicelib.enrich").joinpath("spammers.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
