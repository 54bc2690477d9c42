"""The tracker script of a site, with its settings, compressed, and with its integrity hash."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from chalicelib.store.sites import Site

_NOT_AT_ALL = ("q=0", "q=0.0", "q=0.00", "q=0.000")


@dataclass(frozen=True, slots=True)
class Script:
    """A script.

    :ivar packed: the body in gzip; deterministic.
    :ivar integrity: the hash of the body for the ``integrity`` attribute (W3C, Subresource Integrity).
    """

    body: bytes
    packed: bytes
    integrity: str

    def etag(self, *, packed: bool) -> str:
        """The ETag, which differs between encodings (RFC 9110, section 8.8.3.3)."""
        return f'"{self.integrity[7:23]}{"-gzip" if packed else ""}"'


def script_of(site: Site, *, options: bool = False, whole: bool = False) -> Script:
    """The script of `site`.

    :param options: include the features that attributes of the tag can enable.
    :param whole: the larger module, which the script loads where it is not the only tracker in a window, see
        tracker.js.
    """
    named = _Named(tuple(sorted(site.page_parameters)), site.hash_routing, site.merge_trailing_slash)
    return _whole(named, site.id) if whole else _compose(named, options, site.script_inject)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110, section 12.5.3)."""
    taken = {}
    for part in accept_encoding.lower().split(","):
        coding, _, weight = part.partition(";")
        taken[coding.strip()] = weight.replace(" ", "") not in _NOT_AT_ALL
    return taken.get("gzip", taken.get("*", False))


class _Named(NamedTuple):
    """The settings of a site that determine what a page is."""

    parameters: tuple[str, ...]
    hash: bool
    slash: bool


@lru_cache(100)
def _compose(named: _Named, options: bool, inject: str) -> Script:
    code = _with_settings("tracker.precise.min.js", named._asdict()) if any(named) else _built("tracker.min.js")
    if options:
        code += _built("options.min.js")
    if inject:
        code += b"\n" + inject.encode("utf-8")
    return _script(code)


@lru_cache(100)
def _whole(named: _Named, site_id: str) -> Script:
    return _script(_with_settings("tracker.whole.min.js", {"id": site_id, **named._asdict()}))


def _with_settings(name: str, settings: dict[str, object]) -> bytes:
    return _built(name).replace(b'"SITE"', json.dumps(settings, separators=(",", ":")).encode())


def _script(code: bytes) -> Script:
    digest = base64.b64encode(hashlib.sha384(code).digest()).decode()
    return Script(code, gzip.compress(code, 9, mtime=0), f"sha384-{digest}")


@cache
def _built(name: str) -> bytes:
    return resources.files("chalicelib.collect").joinpath("tracker", name).read_bytes()
