"""Bot detection: whether a person caused a hit, and if not, the reason that the site's owner is shown.

A user agent can be ``empty``, of a ``headless`` browser, of a ``library``, or of a ``declared`` bot. A hit can also be
a ``prefetch`` or a ``preview`` (see `collect.prefetch`), or ``referrer_spam``.

The rules depend on the client that a user agent claims to be (see `claimed_client`). One that claims to be a browser
or an app counts as a bot only if it declares itself as one (see `declared_bots`). For all others, the patterns of isbot
and ua-parser decide. See docs/adr/0023.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Final

from chalicelib.collect.referrer import take_apart
from chalicelib.enrich.claimed_client import BROWSER, PROGRAM, claimed_client
from chalicelib.enrich.declared_bots import declares_bot, is_minimal_bot
from chalicelib.enrich.isbot import matches

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
# Programs that name their library first. A bot that names its library later is known by its own name.
_LIBRARY = re.compile(
    r"(?:python|aiohttp|httpx|urllib|pycurl|libwww|lwp|mechanize|curl|libcurl|wget|java|okhttp|go-http|go-resty|axios|"
    r"node-fetch|node(?:\.js)?\b|undici|got\b|superagent|guzzle|php\b|ruby|faraday|reqwest|hyper/|rest-client|restsharp|"
    r"apache-|jakarta|postman|insomnia|powershell|dart/|nokogiri|perl|scrapy|reactornetty|"
    r"gitlab-runner|colly|jetty|[\w.-]*http[-_ ]?client)"
    r"|.*(?:powershell/|ms web services client)",
    re.ASCII,
)


def user_agent_reason(user_agent: str, is_bot: Callable[[], bool] = lambda: False) -> str | None:
    """Why a user agent counts as a bot's; None if it may be a browser's.

    :param is_bot: whether ua-parser classifies it as a bot; called only when the answer depends on it.
    """
    text = user_agent.strip().lower()
    if not text:
        return EMPTY  # every browser sends a user agent
    if not _is_bot(text, is_bot):
        return None
    if _HEADLESS.search(text):
        return HEADLESS
    return LIBRARY if _LIBRARY.match(text) else DECLARED


def _is_bot(text: str, is_bot: Callable[[], bool]) -> bool:
    client = claimed_client(text)
    if client != BROWSER and _LIBRARY.match(text):
        return True
    if client == PROGRAM:
        return matches(text) or is_minimal_bot(text) or is_bot()
    return declares_bot(text)


def referrer_reason(url: str) -> str | None:
    """Why a hit with this referrer (a URL) counts as a bot's; None if the referrer is not a known spammer."""
    return SPAM if is_spammer(take_apart(url)[1]) else None


def is_spammer(host: str) -> bool:
    """Whether a referrer's host, or a parent domain, is known to advertise itself with fake visits."""
    labels = host.lower().rstrip(".").split(".")
    return any(".".join(labels[start:]) in _spammers() for start in range(len(labels) - 1))


@cache
def _spammers() -> frozenset[str]:
    lines = resources.files("chalicelib.enrich").joinpath("spammers.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
