"""User-agent client hints, which Chromium sends in addition to its reduced user agent.

It sends ``Sec-CH-UA``, ``Sec-CH-UA-Mobile`` and ``Sec-CH-UA-Platform`` with every request, and
``Sec-CH-UA-Platform-Version`` if a site delegates it. Source: WICG, User-Agent Client Hints.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_BRANDS = 5
# A header's brands are quoted strings with versions: "Chromium";v="141", "Not?A_Brand";v="8".
_BRAND = re.compile(r'"((?:[^"\\]|\\.){1,40})"\s*;\s*v="(?:(\d{1,4})[."])?', re.ASCII)
_QUOTED = re.compile(r'\s*"([A-Za-z0-9 ._-]{1,20})"\s*')
_HEADER_CHARS = 500
_TEXT = re.compile(r"[A-Za-z0-9 ._()+!&'-]{1,40}")
_PACKED_BRAND = rf"{_TEXT.pattern}(?:/\d{{1,4}})?"
PACKED = re.compile(
    rf"(?:{_PACKED_BRAND}(?:,{_PACKED_BRAND}){{0,{_BRANDS - 1}}})?\|[01]?\|[A-Za-z0-9 ._-]{{0,20}}\|\d{{0,4}}"
)


@dataclass(frozen=True, slots=True)
class ClientHints:
    """The client hints of a browser.

    :ivar brands: its names, without Chromium, Google Chrome and GREASE brands, each with its major version, if it has
        one: ``Brave/143``.
    :ivar mobile: whether it prefers a mobile page; None if unknown.
    :ivar platform: the name of the system, ``""`` if unknown; :ivar version: its major version.
    """

    brands: tuple[str, ...] = ()
    mobile: bool | None = None
    platform: str = ""
    version: int | None = None

    def pack(self) -> str:
        """The packed form, for events."""
        mobile = "" if self.mobile is None else str(int(self.mobile))
        version = "" if self.version is None else str(self.version)
        return f"{','.join(self.brands)}|{mobile}|{self.platform}|{version}"


def read_client_hints(headers: Mapping[str, str]) -> str | None:
    """The client hints in a request's headers, packed, at most 300 characters; None if there are none.

    :param headers: with names in lower case.
    """
    if "sec-ch-ua" not in headers and "sec-ch-ua-platform" not in headers:
        return None
    platform = _QUOTED.fullmatch(headers.get("sec-ch-ua-platform", "")[:_HEADER_CHARS])
    version = re.match(r'\s*"(\d{1,4})[."]', headers.get("sec-ch-ua-platform-version", "")[:_HEADER_CHARS], re.ASCII)
    hints = ClientHints(
        _brands(headers.get("sec-ch-ua", "")[:_HEADER_CHARS]),
        {"?1": True, "?0": False}.get(headers.get("sec-ch-ua-mobile", "").strip()),
        platform[1] if platform else "",
        int(version[1]) if version else None,
    )
    return hints.pack() if hints != ClientHints() else None


def unpack(packed: str) -> ClientHints:
    """Client hints from their packed form.

    :raises ValueError: if it is invalid.
    """
    if not PACKED.fullmatch(packed):
        raise ValueError(f"invalid client hints: {packed[:40]!r}")
    brands, mobile, platform, version = packed.split("|")
    return ClientHints(
        tuple(brands.split(",")) if brands else (),
        None if not mobile else mobile == "1",
        platform,
        int(version) if version else None,
    )


def _brands(header: str) -> tuple[str, ...]:
    named = {
        brand: f"{brand}/{version}" if version else brand
        for brand, version in _BRAND.findall(header)
        if _TEXT.fullmatch(brand) and not _means_nothing(brand)
    }
    return tuple(named.values())[:_BRANDS]


def _means_nothing(brand: str) -> bool:
    """Whether a brand is Chromium's default or a GREASE brand (there to keep servers from relying on the list)."""
    return brand in ("Chromium", "Google Chrome") or re.sub(r"[^a-z]", "", brand.lower()) == "notabrand"
