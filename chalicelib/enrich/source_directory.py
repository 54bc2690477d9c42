"""The directory of known sources: `sources.json`, looked up by host, by app and by a campaign's word.

The file lists names, as their makers use them, by category; each name with what stands for it:

====================  =================================================================================
``example.com``       that host and those below it
``=example.com``      that host alone (with or without ``www.``)
``example.*``         the same under ``.com`` and every country's suffix: example.de, example.co.uk
``example.**``        under whatever suffix: for programs that many run under their name, as mastodon.**
``example.com/chat``  the pages of that host, and of those below it, from that path on
``*.social``          every host under a top-level domain
``webmail.+``         the host of that name directly below any domain, as webmail.example.com, and with a
                      number, as webmail2.example.com
``webmail.++``        the same, up to two levels deeper too: webmail.law.example.edu
``app:org.example``   an Android app by its package, and those whose package begins so
``tag:ex``            a word campaigns use for it; its name is one, if it has four letters or more
``paid:exads``        a word campaigns use for its ads; other words with "ads" behind them need no entry
====================  =================================================================================

Under the name ``""`` are hosts and words that have a category and no better name than themselves.

Hosts are compared label by label, so that `notgoogle.com` and `google.com.example.net` are not Google, and the word
before a ``.+`` counts only where nothing but a domain follows, so that `mail.google.com.example.net` is no mail. The
closest entry wins; but the words for mail and for search are believed before a portal that has both: `mail.daum.net`
is mail, `suche.web.de` a search. `networks` lists where the ads of an advertising network are shown that has its own
click ids.

Sources: which site belongs to search, social, video and shopping follows the source categories that Google publishes
with the default channel group of GA4 (https://support.google.com/analytics/answer/9756891), where it knows the site.
More search engines and mail services are those of Snowplow's referer-parser, of Chromium's
`prepopulated_engines.json` and of Thunderbird's autoconfig, more apps those of PostHog's channel definitions; servers
of the Fediverse with more than some 1,500 accounts are those that activitypub.mod.pm counted; the rest is what their
makers say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

# Second-level registries under which the brand is the third label, as in google.co.uk.
_REGISTRIES: Final = frozenset({"ac", "ad", "co", "com", "edu", "go", "gob", "gov", "gv", "ne", "net", "or", "org"})
# The same page for phones, and servers with a number.
_SAME: Final = frozenset({"www", "m", "mobile", "touch", "wap"})
_NUMBER: Final = re.compile(r"-?\d{1,3}$")
_MIN_NAME_CHARS: Final = 4
_MAX_DEEP: Final = 2
# "google-ads", "fb_ad", "tiktokads": a source's own name, and the word that the click was bought.
_ADS: Final = re.compile(r"(.+?) ?ads?")
# What a portal has beside all else.
_ON_PORTALS: Final = frozenset({"email", "search"})


class Known(NamedTuple):
    """What is known of a source.

    :ivar category: ``search``, ``social``, ``video``, ``shopping``, ``email``, ``ai``, ``sms``, ``push`` or ``other``.
    """

    name: str
    category: str


class Word(NamedTuple):
    """What a campaign's word stands for; `paid`: and that the click was bought."""

    known: Known
    paid: bool


@dataclass(frozen=True, slots=True)
class _Index:
    """The directory, by what is looked for."""

    networks: dict[str, list[str]]
    names: dict[str, Known] = field(default_factory=dict)
    hosts: dict[str, Known] = field(default_factory=dict)
    exact: dict[str, Known] = field(default_factory=dict)
    stems: dict[str, Known] = field(default_factory=dict)
    exact_stems: dict[str, Known] = field(default_factory=dict)
    anywhere: dict[str, Known] = field(default_factory=dict)
    paths: dict[str, list[tuple[str, Known]]] = field(default_factory=dict)
    top_levels: dict[str, Known] = field(default_factory=dict)
    words: dict[str, Known] = field(default_factory=dict)
    deep_words: dict[str, Known] = field(default_factory=dict)
    apps: dict[str, Known] = field(default_factory=dict)
    tags: dict[str, Known] = field(default_factory=dict)
    paid_tags: dict[str, Known] = field(default_factory=dict)


def find_site(host: str, path: str = "") -> Known | None:
    """What is known of a host (normalized), or of a page of it; its name is the host's own if it has none."""
    index = _index()
    labels = host.removeprefix("www.").split(".")
    if len(labels) < 2:
        return None
    found = _by_path(labels, path, index) if len(path) > 1 else None
    found = found or index.exact.get(".".join(labels)) or _by_stem(labels, index.exact_stems)
    if found is None:
        below, found = _closest(labels, index)
        if found is None or (below and found.category in _ON_PORTALS):
            said = _by_word(labels, index)
            if found is None or (said is not None and said.category in _ON_PORTALS - {found.category}):
                found = said
    found = found or index.top_levels.get(labels[-1])
    if found is None:
        return None
    return found if found.name else Known(".".join(labels), found.category)


def find_app(package: str) -> Known | None:
    """What is known of an Android app by its package, or by what its package begins with."""
    index = _index()
    labels = package.split(".")
    beginnings = (".".join(labels[:end]) for end in range(len(labels), 1, -1))
    return next((index.apps[beginning] for beginning in beginnings if beginning in index.apps), None)


def find_word(word: str) -> Word | None:
    """What a campaign's word stands for, whatever its case, hyphens and underscores."""
    index = _index()
    key = _key(word)
    if key in index.tags:
        return Word(index.tags[key], paid=False)
    if key in index.paid_tags:
        return Word(index.paid_tags[key], paid=True)
    ads = _ADS.fullmatch(key)
    if ads and ads[1] in index.tags:
        return Word(index.tags[ads[1]], paid=True)
    return None


def find_network(network: str | None) -> Sequence[Known]:
    """The sources that show an advertising network's ads, its own site first; none if the network is unknown."""
    index = _index()
    return [index.names[name] for name in index.networks.get(network or "", ())]


def _by_path(labels: list[str], path: str, index: _Index) -> Known | None:
    """The page with the longest path, of the closest host."""
    lower = path.lower()
    for start in range(len(labels) - 1):
        for prefix, known in index.paths.get(".".join(labels[start:]), ()):
            if lower.startswith(prefix) and lower[len(prefix) : len(prefix) + 1] in ("", "/"):
                return known
    return None


def _closest(labels: list[str], index: _Index) -> tuple[bool, Known | None]:
    """The longest entry that the host is, or is below of; and whether it is below."""
    for start in range(len(labels) - 1):
        rest = labels[start:]
        found = index.hosts.get(".".join(rest)) or _by_stem(rest, index.stems) or _anywhere(rest, index)
        if found is not None:
            return start > 0, found
    return False, None


def _anywhere(labels: list[str], index: _Index) -> Known | None:
    known = index.anywhere.get(labels[0])
    return known if known is not None and _is_domain(labels) else None


def _by_stem(labels: list[str], stems: Mapping[str, Known]) -> Known | None:
    """What is known of the stem that, with a public suffix behind it, is all of the labels."""
    for length in (1, 2):
        if len(labels) > length and _is_suffix(labels[-length:]):
            found = stems.get(".".join(labels[:-length]))
            if found is not None:
                return found
    return None


def _by_word(labels: list[str], index: _Index) -> Known | None:
    """What the first label says, if nothing but a domain follows it."""
    while len(labels) > 2 and labels[0] in _SAME:
        labels = labels[1:]
    word, rest = _NUMBER.sub("", labels[0]), labels[1:]
    if _is_domain(rest):
        return index.words.get(word) or index.deep_words.get(word)
    # What is between may be a part of the house; it may not be the end of somebody else's domain.
    for deep in range(1, min(len(rest) - 1, _MAX_DEEP + 1)):
        if _is_domain(rest[deep:]) and all(len(label) > 2 and label not in _REGISTRIES for label in rest[:deep]):
            return index.deep_words.get(word)
    return None


def _is_domain(labels: list[str]) -> bool:
    """Whether somebody may have registered it: a label and a public suffix."""
    if len(labels) == 2:
        return not _is_suffix(labels)
    return len(labels) == 3 and _is_suffix(labels[1:])


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
    words: dict[str, Known] = {}
    for category, sources in data.items():
        for name, entries in sources.items():
            known = index.names[name] = Known(name, category)
            for key in {_key(name), re.sub(r"[\W_]", "", name.lower())}:
                if len(key) >= _MIN_NAME_CHARS:
                    words.setdefault(key, known)
            for entry in entries:
                _enter(index, entry, known)
    for key, known in words.items():
        index.tags.setdefault(key, known)
    for paths in index.paths.values():
        paths.sort(key=lambda path: -len(path[0]))
    return index


def _enter(index: _Index, entry: str, known: Known) -> None:
    """Enter what stands for a source; see the forms above."""
    kind, colon, key = entry.partition(":")
    if colon:
        tables = {"app": index.apps, "tag": index.tags, "paid": index.paid_tags}
        tables[kind][key if kind == "app" else _key(key)] = known
        return
    if not known.name and "." not in entry:
        index.tags[_key(entry)] = Known(entry, known.category)
        return
    host, slash, path = entry.partition("/")
    if slash:
        index.paths.setdefault(host, []).append((f"/{path}", known))
        return
    if host.startswith("*."):
        index.top_levels[host[2:]] = known
        return
    exact = host.startswith("=")
    host = host.removeprefix("=")
    for ending, table in (
        (".++", index.deep_words), (".+", index.words), (".**", index.anywhere),
        (".*", index.exact_stems if exact else index.stems), ("", index.exact if exact else index.hosts),
    ):  # fmt: skip
        if host.endswith(ending):
            table[host.removesuffix(ending)] = known if known.name or ending else Known(host, known.category)
            return
