"""Where a visit came from, by name: the campaign's own word for it, else the site or app behind the referrer.

What has a name and a kind is in the `directory`; any other source is called as the campaign calls it, or as its host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chalicelib.collect.referrer import APP, take_apart
from chalicelib.enrich.source_directory import Known, find_app, find_network, find_site, find_word
from chalicelib.hostnames import normal_host

DIRECT: Final = "Direct"
# As stored: the referrer is a page of the site itself, so it is no source of a visit.
INTERNAL: Final = ""

UNKNOWN: Final = ""
_NO_TAG: Final = frozenset({"(direct)", "direct", "(none)", "(not set)"})
# A host in any script, perhaps with a path, for a campaign's word.
_HOST: Final = re.compile(r"(?:https?://)?((?:[^\s/:?#@.]+\.)+[^\W\d_][\w-]+)(/[^\s?#]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a visit came from.

    :ivar category: see `directory.Known`; None: unknown.
    :ivar paid: the click was bought, by its tag or because an advertising network's click id came from its own site.
    """

    name: str
    category: str | None = None
    paid: bool = False


@lru_cache(5_000)
def read_source(referrer: str | None, tag: str | None = None, ad_network: str | None = None) -> Source | None:
    """The source of a view, or None if nothing tells.

    :param referrer: a referrer's URL as kept by the collector; None also for a page of the site itself.
    :param tag: what the URL says of its source: it is believed before the referrer.
    :param ad_network: whose click id the URL had. Such URLs get copied and posted elsewhere, so it counts only on
        the network's own sites and on those nobody here knows; without tag and referrer, it is all there is.
    """
    bought = False
    shown = find_network(ad_network)
    if tag:
        if says_direct(tag):
            return None
        found, bought = _by_tag(tag)
    elif referrer:
        found = _by_referrer(referrer)
    elif shown:
        found = shown[0]
    else:
        return None
    if not found.name:
        return None
    if ad_network is not None:
        bought = bought or not found.category or found in shown
    return Source(found.name, found.category or None, bought)


def says_direct(tag: str | None) -> bool:
    """Whether a campaign's word for the source is that there is none, which is believed before any referrer."""
    return tag is not None and tag.lower() in _NO_TAG


def _by_tag(tag: str) -> tuple[Known, bool]:
    """What a campaign's word stands for, and whether that word says that the click was bought."""
    word = find_word(tag)
    if word is not None:
        return word
    host = _HOST.fullmatch(tag)
    normal = normal_host(host[1]) if host else None
    if host is None or normal is None:
        return Known(tag, UNKNOWN), False
    found = find_site(normal, host[2] or "")
    # In another script it would not be the same as the referrer, which browsers send in ASCII.
    return found or Known(tag if tag.isascii() else normal.removeprefix("www."), UNKNOWN), False


def _by_referrer(referrer: str) -> Known:
    scheme, host, path = take_apart(referrer)
    if scheme == APP:
        # An app that nobody here knows may give a host for its package, or say for which page of the web it stands.
        page = path.rpartition("/")[2]
        return find_app(host) or find_site(host) or (page and _by_host(page)) or _by_host(host)
    return _by_host(host, path)


def _by_host(host: str, path: str = "") -> Known:
    return find_site(host, path) or Known(host.removeprefix("www."), UNKNOWN)
