"""The directory of known sources: `sources.json`, looked up by host, by app and by campaign tag (``utm_source``).

The file lists each source's name by category, with the entries that identify it:

====================  =================================================================================
``example.com``       that host and its subdomains
``=example.com``      that host alone (with or without ``www.``)
``example.*``         the same under ``.com`` and every country's suffix: example.de, example.co.uk
``example.**``        under any suffix: for software hosted by many under its name, such as mastodon.**
``example.com/chat``  pages of that host and its subdomains whose path begins so
``*.social``          every host under a top-level domain
``webmail.+``         the host of that name directly below any domain, such as webmail.example.com, also with
                      a number: webmail2.example.com
``webmail.++``        the same, and up to two levels deeper: webmail.law.example.edu
``app:org.example``   an Android app by its package, and all packages that begin so
``tag:ex``            a campaign tag; the source's name is one by itself, if it has four letters or more
``paid:exads``        a campaign tag for paid ads; tags that only add "ads" to another tag need no entry
====================  =================================================================================

Hosts and tags under the name ``""`` have a category only; they are shown as they are.

Hosts are compared label by label, so `notgoogle.com` and `google.com.example.net` are not Google. The word before
``.+`` counts only if nothing but a domain follows it, so `mail.google.com.example.net` is not a mail service. The
longest matching entry wins, with one exception: words for mail and search take precedence over a portal that offers
both, so `mail.daum.net` is mail and `suche.web.de` is search. `networks` lists, for each advertising network that has
click ids, the sources that show its ads.

Sources: the categories search, social, video and shopping follow the list that Google publishes with the default
channel group of GA4 (https://support.google.com/analytics/answer/9756891), for the sites on it. Further search engines
and mail services come from Snowplow's referer-parser, Chromium's `prepopulated_engines.json` and Thunderbird's
autoconfig, further apps from PostHog's channel definitions, and Fediverse servers with more than about 1,500 accounts
from activitypub.mod.pm. The rest comes from the sites' own documentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

# Second-level suffixes, after which the brand is the third label, as in google.co.uk.
_SECOND_LEVEL_SUFFIXES: Final = frozenset(
    {"ac", "ad", "co", "com", "edu", "go", "gob", "gov", "gv", "ne", "net", "or", "org"}
)
# First labels of a site's variants, such as the mobile one.
_HOST_VARIANTS: Final = frozenset({"www", "m", "mobile", "touch", "wap"})
_NUMBER: Final = re.compile(r"-?\d{1,3}$")
_MIN_NAME_CHARS: Final = 4
_MAX_LABELS_BETWEEN: Final = 2
# "google-ads", "fb_ad", "tiktokads": a source's tag, and the word for paid clicks.
_ADS_TAG: Final = re.compile(r"(.+?) ?ads?")
# Services that portals offer on subdomains.
_PORTAL_SERVICES: Final = frozenset({"email", "search"})


class KnownSource(NamedTuple):
    """A source in the directory.

    :ivar category: ``search``, ``social``, ``video``, ``shopping``, ``email``, ``ai``, ``sms``, ``push`` or ``other``.
    """

    name: str
    category: str


class TagMatch(NamedTuple):
    """The source that a campaign tag stands for; `paid`: whether the tag says that the click was paid for."""

    known: KnownSource
    paid: bool


@dataclass(frozen=True, slots=True)
class _Index:
    """The directory, indexed by each kind of entry."""

    networks: dict[str, list[str]]
    names: dict[str, KnownSource] = field(default_factory=dict)
    hosts: dict[str, KnownSource] = field(default_factory=dict)
    exact: dict[str, KnownSource] = field(default_factory=dict)
    stems: dict[str, KnownSource] = field(default_factory=dict)
    exact_stems: dict[str, KnownSource] = field(default_factory=dict)
    any_suffix: dict[str, KnownSource] = field(default_factory=dict)
    paths: dict[str, list[tuple[str, KnownSource]]] = field(default_factory=dict)
    top_level_domains: dict[str, KnownSource] = field(default_factory=dict)
    host_words: dict[str, KnownSource] = field(default_factory=dict)
    deep_host_words: dict[str, KnownSource] = field(default_factory=dict)
    apps: dict[str, KnownSource] = field(default_factory=dict)
    tags: dict[str, KnownSource] = field(default_factory=dict)
    paid_tags: dict[str, KnownSource] = field(default_factory=dict)


def find_site(host: str, path: str = "") -> KnownSource | None:
    """The source at a normalized host and path; if the entry has no name, the host is its name. None if unknown."""
    index = _index()
    labels = host.removeprefix("www.").split(".")
    if len(labels) < 2:
        return None
    found = _by_path(labels, path, index) if len(path) > 1 else None
    found = found or index.exact.get(".".join(labels)) or _by_stem(labels, index.exact_stems)
    if found is None:
        below, found = _closest_entry(labels, index)
        if found is None or (below and found.category in _PORTAL_SERVICES):
            by_word = _by_host_word(labels, index)
            if found is None or (by_word is not None and by_word.category in _PORTAL_SERVICES - {found.category}):
                found = by_word
    found = found or index.top_level_domains.get(labels[-1])
    if found is None:
        return None
    return found if found.name else KnownSource(".".join(labels), found.category)


def find_app(package: str) -> KnownSource | None:
    """The source for an Android package, by the longest prefix in the directory; None if unknown."""
    index = _index()
    labels = package.split(".")
    prefixes = (".".join(labels[:end]) for end in range(len(labels), 1, -1))
    return next((index.apps[prefix] for prefix in prefixes if prefix in index.apps), None)


def find_tag(tag: str) -> TagMatch | None:
    """The source for a campaign tag; case, hyphens and underscores do not matter. None if unknown."""
    index = _index()
    key = _normalized(tag)
    if key in index.tags:
        return TagMatch(index.tags[key], paid=False)
    if key in index.paid_tags:
        return TagMatch(index.paid_tags[key], paid=True)
    ads = _ADS_TAG.fullmatch(key)
    if ads and ads[1] in index.tags:
        return TagMatch(index.tags[ads[1]], paid=True)
    return None


def find_network(network: str | None) -> Sequence[KnownSource]:
    """The sources that show an advertising network's ads, its own site first; none if the network is unknown."""
    index = _index()
    return [index.names[name] for name in index.networks.get(network or "", ())]


def _by_path(labels: list[str], path: str, index: _Index) -> KnownSource | None:
    """The entry with the longest matching path, on the longest matching host."""
    lower = path.lower()
    for start in range(len(labels) - 1):
        for prefix, known in index.paths.get(".".join(labels[start:]), ()):
            if lower.startswith(prefix) and lower[len(prefix) : len(prefix) + 1] in ("", "/"):
                return known
    return None


def _closest_entry(labels: list[str], index: _Index) -> tuple[bool, KnownSource | None]:
    """The longest entry that matches the host or a parent domain; and whether it is a parent domain's."""
    for start in range(len(labels) - 1):
        rest = labels[start:]
        found = index.hosts.get(".".join(rest)) or _by_stem(rest, index.stems) or _by_any_suffix(rest, index)
        if found is not None:
            return start > 0, found
    return False, None


def _by_any_suffix(labels: list[str], index: _Index) -> KnownSource | None:
    known = index.any_suffix.get(labels[0])
    return known if known is not None and _is_registrable(labels) else None


def _by_stem(labels: list[str], stems: Mapping[str, KnownSource]) -> KnownSource | None:
    """The source for the labels before a public suffix."""
    for length in (1, 2):
        if len(labels) > length and _is_suffix(labels[-length:]):
            found = stems.get(".".join(labels[:-length]))
            if found is not None:
                return found
    return None


def _by_host_word(labels: list[str], index: _Index) -> KnownSource | None:
    """The source for the first label, if only a registrable domain follows it."""
    while len(labels) > 2 and labels[0] in _HOST_VARIANTS:
        labels = labels[1:]
    word, rest = _NUMBER.sub("", labels[0]), labels[1:]
    if _is_registrable(rest):
        return index.host_words.get(word) or index.deep_host_words.get(word)
    # Labels in between may name a department; they must not be the suffix of another domain.
    for extra in range(1, min(len(rest) - 1, _MAX_LABELS_BETWEEN + 1)):
        between = rest[:extra]
        if _is_registrable(rest[extra:]) and all(
            len(label) > 2 and label not in _SECOND_LEVEL_SUFFIXES for label in between
        ):
            return index.deep_host_words.get(word)
    return None


def _is_registrable(labels: list[str]) -> bool:
    """Whether the labels are a registrable domain: one label and a public suffix."""
    if len(labels) == 2:
        return not _is_suffix(labels)
    return len(labels) == 3 and _is_suffix(labels[1:])


def _is_suffix(labels: list[str]) -> bool:
    if len(labels) == 1:
        return len(labels[0]) == 2 or labels[0] == "com"
    return labels[0] in _SECOND_LEVEL_SUFFIXES and len(labels[1]) == 2


def _normalized(tag: str) -> str:
    """A campaign tag in its normalized spelling, the same for Hacker-News and hacker_news."""
    return " ".join(tag.lower().replace("-", " ").replace("_", " ").split())


@cache
def _index() -> _Index:
    data = json.loads(resources.files("chalicelib.enrich").joinpath("sources.json").read_text("utf-8"))
    index = _Index(networks=data.pop("networks"))
    name_tags: dict[str, KnownSource] = {}
    for category, sources in data.items():
        for name, entries in sources.items():
            known = index.names[name] = KnownSource(name, category)
            for key in {_normalized(name), re.sub(r"[\W_]", "", name.lower())}:
                if len(key) >= _MIN_NAME_CHARS:
                    name_tags.setdefault(key, known)
            for entry in entries:
                _add_entry(index, entry, known)
    for key, known in name_tags.items():
        index.tags.setdefault(key, known)
    for paths in index.paths.values():
        paths.sort(key=lambda path: -len(path[0]))
    return index


def _add_entry(index: _Index, entry: str, known: KnownSource) -> None:
    """Add an entry for a source to the index; see the module's docstring for its forms."""
    kind, colon, key = entry.partition(":")
    if colon:
        tables = {"app": index.apps, "tag": index.tags, "paid": index.paid_tags}
        tables[kind][key if kind == "app" else _normalized(key)] = known
        return
    if not known.name and "." not in entry:
        index.tags[_normalized(entry)] = KnownSource(entry, known.category)
        return
    host, slash, path = entry.partition("/")
    if slash:
        index.paths.setdefault(host, []).append((f"/{path}", known))
        return
    if host.startswith("*."):
        index.top_level_domains[host[2:]] = known
        return
    exact = host.startswith("=")
    host = host.removeprefix("=")
    for ending, table in (
        (".++", index.deep_host_words), (".+", index.host_words), (".**", index.any_suffix),
        (".*", index.exact_stems if exact else index.stems), ("", index.exact if exact else index.hosts),
    ):  # fmt: skip
        if host.endswith(ending):
            table[host.removesuffix(ending)] = known if known.name or ending else KnownSource(host, known.category)
            return
