"""The script that a site's pages load: the tracker as the site's settings make it, and what it takes to serve it."""

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
    """A script, and what is known of its bytes.

    :ivar packed: the body in gzip, always the same bytes.
    :ivar integrity: of the body, for the ``integrity`` attribute of its tag (W3C, Subresource Integrity).
    """

    body: bytes
    packed: bytes
    integrity: str

    def etag(self, *, packed: bool) -> str:
        """The ETag of one of its representations; each needs its own (RFC 9110, section 8.8.3.3)."""
        return f'"{self.integrity[7:23]}{"-gzip" if packed else ""}"'


def script_of(site: Site, *, options: bool = False, whole: bool = False) -> Script:
    """The script of `site`; with `options`, what attributes of its tag can switch on is in it.

    :param whole: the module that the script asks for where it is not alone in a window, see tracker.js. What came with
        the script is not in it again.
    """
    named = _Named(tuple(sorted(site.page_parameters)), site.hash_routing, site.merge_trailing_slash)
    return _whole(named, site.id) if whole else _compose(named, options, site.script_inject)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a client that sends this header takes gzip (RFC 9110, section 12.5.3)."""
    taken = {}
    for part in accept_encoding.lower().split(","):
        coding, _, weight = part.partition(";")
        taken[coding.strip()] = weight.replace(" ", "") not in _NOT_AT_ALL
    return taken.get("gzip", taken.get("*", False))


class _Named(NamedTuple):
    """What a site's pages are named by beside their path."""

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
