"""Where a visit came from, by name: the campaign's own word for it, else the site or app behind the referrer.

The names are those their makers use; `sources.json` lists them by category, each with what stands for it:

==================  =================================================================================
``example.com``     that host and those below it
``=example.com``    that host alone (with or without ``www.``)
``example.*``       the same under every public suffix: example.com, example.de, example.co.uk
``app:org.example`` an Android app, by the package name it gives as its referrer
``tag:ex``          a word campaigns use for it; its name is one, if it has four letters or more
``paid:exads``      a word campaigns use for its ads; other words with "ads" behind them need no entry
==================  =================================================================================

Under the name ``""`` are hosts and words that have a category and no better name than themselves.

Hosts are compared label by label, so that `notgoogle.com` and `google.com.example.net` are not Google.

Which site belongs to the categories search, social, video and shopping follows the list of source categories that
Google publishes with the default channel group of GA4 (https://support.google.com/analytics/answer/9756891), where
it knows the site; it has no category for mail and AI assistants. `networks` lists where the ads of an advertising
network are shown that has its own click ids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Final
from urllib.parse import urlsplit

DIRECT: Final = "Direct"
# As stored: the referrer is a page of the site itself, so it is no source of a visit.
INTERNAL: Final = ""

# Second-level registries under which the brand is the third label, as in google.co.uk.
_REGISTRIES: Final = frozenset({"ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"})
_APP: Final = "android-app"
# "google-ads", "fb_ad", "tiktokads": a source's own name, and the word that the click was bought.
_ADS: Final = re.compile(r"(.+?) ?ads?")
_NO_TAG: Final = frozenset({"(direct)", "direct", "(none)", "(not set)"})
_MIN_NAME_CHARS: Final = 4


@dataclass(frozen=True, slots=True)
class Source:
    """Where a visit came from.

    :ivar category: ``search``, ``social``, ``video``, ``shopping``, ``email``, ``ai`` or ``other``; None: unknown.
    :ivar paid: the click was bought, by its tag or because an advertising network's click id came from its own site.
    """

    name: str
    category: str | None = None
    paid: bool = False


@dataclass(frozen=True, slots=True)
class _Index:
    """The list, by what is looked for; all but `networks` lead to a name."""

    networks: dict[str, list[str]]
    categories: dict[str, str] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    exact: dict[str, str] = field(default_factory=dict)
    stems: dict[str, str] = field(default_factory=dict)
    exact_stems: dict[str, str] = field(default_factory=dict)
    apps: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    paid_tags: dict[str, str] = field(default_factory=dict)


@lru_cache(5_000)
def read_source(referrer: str | None, tag: str | None = None, ad_network: str | None = None) -> Source | None:
    """The source of a view, or None if nothing tells.

    :param referrer: a referrer's URL as kept by the collector; None also for a page of the site itself.
    :param tag: what the URL says of its source: it is believed before the referrer.
    :param ad_network: whose click id the URL had. Such URLs get copied and posted elsewhere, so it counts only on
        the network's own sites and on those nobody here knows; without tag and referrer, it is all there is.
    """
    index = _index()
    bought = False
    if tag:
        if says_direct(tag):
            return None
        name, bought = _name_tag(tag, index)
    elif referrer:
        name = _name_referrer(referrer, index)
    elif ad_network in index.networks:
        name = index.networks[ad_network][0]
    else:
        return None
    if not name:
        return None
    category = index.categories.get(name)
    if ad_network is not None:
        bought = bought or category is None or name in index.networks.get(ad_network, ())
    return Source(name, category, bought)


def says_direct(tag: str | None) -> bool:
    """Whether a campaign's word for the source is that there is none, which is believed before any referrer."""
    return tag is not None and tag.lower() in _NO_TAG


def _name_tag(tag: str, index: _Index) -> tuple[str, bool]:
    """The name for a campaign's word, and whether that word says that the click was bought."""
    key = _key(tag)
    if key in index.tags:
        return index.tags[key], False
    if key in index.paid_tags:
        return index.paid_tags[key], True
    ads = _ADS.fullmatch(key)
    if ads and ads[1] in index.tags:
        return index.tags[ads[1]], True
    host = tag.lower().removeprefix("https://").removeprefix("http://").partition("/")[0]
    return _name_host(host, index) or tag, False


def _name_referrer(referrer: str, index: _Index) -> str:
    parts = urlsplit(referrer)
    host = parts.hostname or ""
    if parts.scheme == _APP:
        return index.apps.get(host, host)
    return _name_host(host, index) or host.removeprefix("www.")


def _name_host(host: str, index: _Index) -> str | None:
    labels = host.removeprefix("www.").split(".")
    if len(labels) < 2:
        return None
    name = index.exact.get(".".join(labels)) or _stem_name(labels, index.exact_stems)
    if name is not None:
        return name
    # The longest entry is the closest: mail.example.com before example.com, mail.example.* before both.
    for start in range(len(labels) - 1):
        name = index.hosts.get(".".join(labels[start:])) or _stem_name(labels[start:], index.stems)
        if name is not None:
            return name
    return None


def _stem_name(labels: list[str], stems: Mapping[str, str]) -> str | None:
    """The name of the stem that, with a public suffix behind it, is all of the labels."""
    for length in (1, 2):
        if len(labels) > length and _is_suffix(labels[-length:]):
            name = stems.get(".".join(labels[:-length]))
            if name is not None:
                return name
    return None


def _is_suffix(labels: list[str]) -> bool:
    if len(labels) == 1:
        return len(labels[0]) == 2 or labels[0] == "com"
    return labels[0] in _REGISTRIES and len(labels[1]) == 2


def _key(tag: str) -> str:
    """A campaign's word in one spelling, so that Hacker-News and hacker_news are one."""
    return " ".join(tag.lower().replace("-", " ").replace("_", " ").split())


@cache
def _index() -> _Index:
    data = json.loads(resources.files("chalicelib.enrich").joinpath("sources.json").read_text("utf-8"))
    index = _Index(networks=data.pop("networks"))
    names: dict[str, str] = {}
    tables = {
        "": index.hosts, "=": index.exact, "*": index.stems, "=*": index.exact_stems,
        "app": index.apps, "tag": index.tags, "paid": index.paid_tags,
    }  # fmt: skip
    for category, sources in data.items():
        for host in sources.pop("", ()):
            index.categories[host] = category
            (index.hosts if "." in host else index.tags)[host if "." in host else _key(host)] = host
        for name, entries in sources.items():
            index.categories[name] = category
            for key in {_key(name), re.sub(r"[\W_]", "", name.lower())}:
                if len(key) >= _MIN_NAME_CHARS:
                    names.setdefault(key, name)
            for kind, key in map(_entry, entries):
                tables[kind][key] = name
    for key, name in names.items():
        index.tags.setdefault(key, name)
    return index


def _entry(entry: str) -> tuple[str, str]:
    """The kind of an entry of the list, and what is looked for."""
    kind, colon, key = entry.partition(":")
    if colon:
        return kind, _key(key) if kind == "tag" else key
    kind = "=" if entry.startswith("=") else ""
    key = entry.removeprefix("=")
    return (kind + "*", key.removesuffix(".*")) if key.endswith(".*") else (kind, key)
