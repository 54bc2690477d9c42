"""The URLs of pages: which parts are stored.

Stored are the path, the query parameters that the site's settings list, campaign tags, and the advertising network of a
click id. Credentials, all other parameters (including click ids) and fragments are dropped here, because they can
contain personal data.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import SplitResult, quote, unquote_plus, urlsplit

from chalicelib import url_normalization
from chalicelib.collect import validation
from chalicelib.config import MAX_PAGE_CHARS, MAX_URL_CHARS
from chalicelib.errors import BadRequest
from chalicelib.hostnames import normal_host
from chalicelib.store.sites import Site

_UTM: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
# The parameters for the source, in order of preference.
_SOURCE: Final = ("utm_source", "source", "ref")
# Click id -> the advertising network that adds it to paid clicks only. `fbclid`, `igshid`, `epik`, `srsltid` and others
# are not listed, because they are added to unpaid links, too.
_CLICK_IDS: Final[Mapping[str, str]] = {
    "gclid": "google",
    "gbraid": "google",
    "wbraid": "google",
    "gad_source": "google",
    "dclid": "doubleclick",
    "msclkid": "microsoft",
    "ttclid": "tiktok",
    "twclid": "x",
    "li_fat_id": "linkedin",
    "rdt_cid": "reddit",
    "sccid": "snapchat",
    "qclid": "quora",
    "yclid": "yandex",
    "bd_vid": "baidu",
    "tblci": "taboola",
    "dicbo": "outbrain",
}
# The root page, without its slash.
_ROOTS: Final = frozenset({"", "#", "#!"})
_MAX_TAG_CHARS: Final = 100
_WEB: Final = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Location:
    """Where a view happened. `host` is normalized by `hostnames`, without port; `page` by `url_normalization`.

    :ivar source_tag: the parameter ``utm_source``, else ``source``, else ``ref``.
    :ivar ad_network: the network of its click id.
    """

    host: str
    page: str
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    source_tag: str | None = None
    ad_network: str | None = None


def read_location(
    url: str,
    field: str,
    *,
    kept: frozenset[str] = frozenset(),
    hash_routing: bool = False,
    any_hash: bool = False,
    merge_slash: bool = False,
    apps: bool = False,
) -> Location:
    """The stored parts of the URL of a viewed page.

    :param kept: the query parameters that are part of the page. They follow the path, sorted by name.
    :param hash_routing: a fragment that is a path is part of the page, as in ``/app#/orders/7``.
    :param any_hash: any fragment is part of the page.
    :param merge_slash: ignore a slash at the end of a path.
    :param apps: accept any scheme, for screens of apps, as in ``app://localhost/login``.
    :raises BadRequest: naming `field`, if it is not an absolute http(s) URL or is too long.
    """
    if len(url) > MAX_URL_CHARS:
        raise BadRequest(f"{field} may have at most {MAX_URL_CHARS} characters.", field=field)
    read = _split(_with_slashes(url))
    if read is None or (read[0].scheme not in _WEB and not (apps and read[0].scheme)):
        raise BadRequest(f"{field} must be an absolute http or https URL.", field=field)
    parts, host = read
    page = _page("", url_normalization.path(parts.path), parts.query, kept, merge_slash=merge_slash)
    if parts.fragment and (any_hash or (hash_routing and parts.fragment.startswith(("/", "!/")))):
        path, _, query = parts.fragment.partition("?")
        page = _page(page, "#" + url_normalization.segments(path), query, kept, merge_slash=merge_slash)
    return Location(host, page, **_tags(parts.query))


def location_of(site: Site, url: str, field: str, *, apps: bool = False, any_hash: bool = False) -> Location:
    """The stored parts of a URL according to the settings of `site`, see :func:`read_location`."""
    return read_location(
        url, field, kept=site.page_parameters, hash_routing=site.hash_routing, any_hash=any_hash,
        merge_slash=site.merge_trailing_slash, apps=apps,
    )  # fmt: skip


def optional_location(value: Any, field: str, site: Site) -> Location | None:
    """A reader for forms: the stored parts of a URL; None if there is none.

    :raises BadRequest: if it is not the URL of a page.
    """
    url = validation.text(value, field)
    return location_of(site, url, field) if url else None


def required_location(value: Any, field: str, site: Site) -> Location:
    """Like :func:`optional_location`, for a required URL."""
    location = optional_location(value, field, site)
    if location is None:
        raise BadRequest(f"{field} is missing: the URL of the page.", field=field)
    return location


def absolute(referrer: str | None, location: str) -> str | None:
    """The absolute URL of a referrer, which the tracker sends as a path if it is on the same site."""
    if not referrer or not referrer.startswith("/") or len(location) > MAX_URL_CHARS:
        return referrer
    read = _split(location)
    return f"{read[0].scheme}://{read[0].netloc}{referrer}" if read is not None else None


def _split(url: str) -> tuple[SplitResult, str] | None:
    """The parts of a URL, and its normalized host; None without a valid host."""
    try:
        parts = urlsplit(url.strip())
        host = normal_host(parts.hostname or "")
        _ = parts.port
    except ValueError:
        return None
    return None if host is None else (parts, host)


def _with_slashes(url: str) -> str:
    """An http(s) URL with backslashes replaced by slashes, as browsers do (WHATWG, URL)."""
    if "\\" not in url or not url.lstrip().lower().startswith(("http:", "https:")):
        return url
    end = min((at for mark in "?#" if (at := url.find(mark)) >= 0), default=len(url))
    return url[:end].replace("\\", "/") + url[end:]


def _page(before: str, path: str, query: str, kept: frozenset[str], *, merge_slash: bool) -> str:
    """`before` followed by a path and the kept parameters, truncated to the limit."""
    room = MAX_PAGE_CHARS - len(before)
    spelled = url_normalization.cut(path, room)
    bare = spelled.rstrip("/")
    if merge_slash and bare != spelled:
        spelled = f"{bare}/" if bare in _ROOTS else bare
    page = before if spelled in _ROOTS else before + spelled
    if len(path) > room:
        return page
    mark = "?"
    for name, value in url_normalization.parameters(query, kept):
        text = url_normalization.cut(f"{mark}{name}={value}", MAX_PAGE_CHARS - len(page))
        if len(text) <= len(mark + name):
            break
        page += text
        mark = "&"
    return page


def _tags(query: str) -> dict[str, str]:
    """The campaign tags and the ad network in a query; of repeated parameters, the first counts."""
    values: dict[str, str] = {}
    for text in islice(query.split("&"), url_normalization.MAX_PARAMETERS):
        name, _, value = text.partition("=")
        values.setdefault(unquote_plus(name).lower(), value)
    found = {name: tag for name in (*_UTM, *_SOURCE) if (tag := _tag(values.get(name, "")))}
    tags: dict[str, str] = {name: found[name] for name in _UTM if name in found}
    # Sites use `source` and `ref` for their own purposes, such as e-mail addresses, which must not be stored.
    source = next((found[name] for name in _SOURCE if name in found and (name in _UTM or "@" not in found[name])), None)
    if source is not None:
        tags["source_tag"] = source
    network = next((network for name, network in _CLICK_IDS.items() if values.get(name)), None)
    if network is not None:
        tags["ad_network"] = network
    return tags


def _tag(value: str) -> str:
    """A campaign tag, normalized except for its case: NFC, single spaces."""
    text = _clean(" ".join(unquote_plus(value).split()))
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text[:_MAX_TAG_CHARS].rstrip()


def _clean(text: str) -> str:
    """`text` with control characters percent-encoded and lone surrogates replaced."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    if whole.isprintable():
        return whole
    return "".join(quote(char) if ord(char) < 32 or ord(char) == 127 else char for char in whole)
