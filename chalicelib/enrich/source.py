"""The source of a visit: the campaign tag (``utm_source``) if there is one, else the referring site or app.

Known sources have a name and a category in `source_directory`; any other source is named after its tag or host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chalicelib.collect.referrer import APP, take_apart
from chalicelib.enrich.source_directory import KnownSource, find_app, find_network, find_site, find_tag
from chalicelib.hostnames import normal_host

DIRECT: Final = "Direct"
# As stored: the referrer is a page of the site itself, so there is no source.
INTERNAL: Final = ""

UNKNOWN: Final = ""
_DIRECT_TAGS: Final = frozenset({"(direct)", "direct", "(none)", "(not set)"})
# A host in any script, perhaps with a path, as a campaign tag.
_HOST: Final = re.compile(r"(?:https?://)?((?:[^\s/:?#@.]+\.)+[^\W\d_][\w-]+)(/[^\s?#]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a visit came from.

    :ivar category: see `source_directory.KnownSource`; None: unknown.
    :ivar paid: whether the click was paid for, by its tag or by an advertising network's click id from its own site.
    """

    name: str
    category: str | None = None
    paid: bool = False


@lru_cache(5_000)
def read_source(referrer: str | None, tag: str | None = None, ad_network: str | None = None) -> Source | None:
    """The source of a view, or None if there is none.

    :param referrer: the referrer's URL as the collector keeps it; None also for a page of the site itself.
    :param tag: the campaign tag in the URL; it takes precedence over the referrer.
    :param ad_network: the advertising network whose click id was in the URL. Such URLs are copied and posted elsewhere,
        so the click counts as paid only if it came from one of the network's own sites or from an unknown source.
        Without tag and referrer, the network is the source.
    """
    paid = False
    network_sources = find_network(ad_network)
    if tag:
        if says_direct(tag):
            return None
        found, paid = _by_tag(tag)
    elif referrer:
        found = _by_referrer(referrer)
    elif network_sources:
        found = network_sources[0]
    else:
        return None
    if not found.name:
        return None
    if ad_network is not None:
        paid = paid or not found.category or found in network_sources
    return Source(found.name, found.category or None, paid)


def says_direct(tag: str | None) -> bool:
    """Whether a campaign tag says that the visit is direct; it takes precedence over any referrer."""
    return tag is not None and tag.lower() in _DIRECT_TAGS


def _by_tag(tag: str) -> tuple[KnownSource, bool]:
    """The source for a campaign tag, and whether the tag says that the click was paid for."""
    match = find_tag(tag)
    if match is not None:
        return match
    host = _HOST.fullmatch(tag)
    normal = normal_host(host[1]) if host else None
    if host is None or normal is None:
        return KnownSource(tag, UNKNOWN), False
    found = find_site(normal, host[2] or "")
    # In ASCII, to equal the referrer, which browsers send in ASCII.
    return found or KnownSource(tag if tag.isascii() else normal.removeprefix("www."), UNKNOWN), False


def _by_referrer(referrer: str) -> KnownSource:
    scheme, host, path = take_apart(referrer)
    if scheme == APP:
        # An unknown app may send a host as its package, or the web page that it shows as its path.
        page = path.rpartition("/")[2]
        return find_app(host) or find_site(host) or (page and _by_host(page)) or _by_host(host)
    return _by_host(host, path)


def _by_host(host: str, path: str = "") -> KnownSource:
    return find_site(host, path) or KnownSource(host.removeprefix("www."), UNKNOWN)
