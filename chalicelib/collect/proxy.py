"""Whose address a request has, where proxies stand before the gateway.

Anybody can send a forwarding header, so one is believed only as far as the site's owner declares the proxies
that write it: a number of hops, or a service that sets a header of its own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final

from chalicelib.collect.visitor import normal_address

# Preset -> the header in which the service writes the visitor's address, over whatever a client sent in it.
PRESETS: Final[Mapping[str, str]] = {
    "cloudflare": "cf-connecting-ip",
    "cloudfront": "cloudfront-viewer-address",
}
# With "Pseudo IPv4: overwrite headers" Cloudflare writes a made-up address of class E in the place of an IPv6 one,
# which is then in another header: https://developers.cloudflare.com/network/pseudo-ipv4/
_PSEUDO: Final = ipaddress.IPv4Network("240.0.0.0/4")
_BEHIND_PSEUDO: Final = "cf-connecting-ipv6"
MAX_HOPS: Final = 5
# CloudFront writes it into every request that it passes on. An edge-optimised API Gateway is behind one of AWS's own.
_THROUGH_CLOUDFRONT: Final = "x-amz-cf-id"


def client_address(proxies: str, source_ip: str, headers: Mapping[str, str]) -> str:
    """The visitor's address; the peer's, if the proxies say none.

    :param proxies: the site's setting: ``""``, ``"1"`` to ``"5"`` (trusted hops before the gateway), or a preset.
    :param source_ip: the gateway's peer.
    """
    said = _said(proxies, source_ip, headers) if proxies else ""
    return said if normal_address(said) else source_ip


def _said(proxies: str, source_ip: str, headers: Mapping[str, str]) -> str:
    """What the declared proxies say: an address, or anything, or nothing."""
    if proxies in PRESETS:
        value = headers.get(PRESETS[proxies], "").strip()
        return _without_port(value) if proxies == "cloudfront" else _without_pseudo(value, headers)
    hops = int(proxies)
    chain = _sent(source_ip, headers)
    return _without_port(chain[-hops]) if len(chain) >= hops else ""


def _without_pseudo(address: str, headers: Mapping[str, str]) -> str:
    """What Cloudflare says, or what it says beside an IPv4 address that it made up; nobody else sends from class E."""
    try:
        pseudo = ipaddress.IPv4Address(address) in _PSEUDO
    except ValueError:
        return address
    real = headers.get(_BEHIND_PSEUDO, "").strip() if pseudo else ""
    return real if ":" in real and normal_address(real) else address


def _sent(source_ip: str, headers: Mapping[str, str]) -> list[str]:
    """X-Forwarded-For as the gateway's peer sent it, without what AWS itself appended.

    A regional API Gateway appends its peer. An edge-optimised one, Chalice's default, appends its peer and then the
    address of the CloudFront server between the two. (Emulators append nothing.)
    """
    chain = [part.strip() for part in headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if chain[-1:] == [source_ip]:
        return chain[:-1]
    if chain[-2:-1] == [source_ip] and _THROUGH_CLOUDFRONT in headers:
        return chain[:-2]
    return chain


def _without_port(text: str) -> str:
    """``203.0.113.9:443`` and ``[2001:db8::1]:443`` (and CloudFront's ``2001:db8::1:443``) without the port."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    head, colon, port = text.rpartition(":")
    if colon and port.isdigit() and ("." in head or head.count(":") == 7 or "::" in head):
        return head
    return text
