"""The IP address of the client, if there are proxies in front of API Gateway.

Clients can send any forwarding header. So it is used only if the site's settings declare the proxies that write it: a
number of hops, or a service with a header of its own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final

from chalicelib.collect.visitor import normal_address

# Preset -> the header in which the service writes the client's address, replacing any that the client sent.
PRESETS: Final[Mapping[str, str]] = {
    "cloudflare": "cf-connecting-ip",
    "cloudfront": "cloudfront-viewer-address",
}
# With "Pseudo IPv4: overwrite headers", Cloudflare replaces an IPv6 address by a pseudo IPv4 address of class E, and
# sends the real one in another header: https://developers.cloudflare.com/network/pseudo-ipv4/
_PSEUDO: Final = ipaddress.IPv4Network("240.0.0.0/4")
_BEHIND_PSEUDO: Final = "cf-connecting-ipv6"
MAX_HOPS: Final = 5
# CloudFront adds it to every request. An edge-optimized API Gateway is behind a CloudFront distribution of AWS.
_THROUGH_CLOUDFRONT: Final = "x-amz-cf-id"


def client_address(proxies: str, source_ip: str, headers: Mapping[str, str]) -> str:
    """The client's IP address; that of the gateway's peer, if the proxies report none.

    :param proxies: the site's setting: ``""``, ``"1"`` to ``"5"`` (trusted hops before the gateway), or a preset.
    :param source_ip: the gateway's peer.
    """
    said = _said(proxies, source_ip, headers) if proxies else ""
    return said if normal_address(said) else source_ip


def _said(proxies: str, source_ip: str, headers: Mapping[str, str]) -> str:
    """The value that the declared proxies report, which may be invalid or empty."""
    if proxies in PRESETS:
        value = headers.get(PRESETS[proxies], "").strip()
        return _without_port(value) if proxies == "cloudfront" else _without_pseudo(value, headers)
    hops = int(proxies)
    chain = _sent(source_ip, headers)
    return _without_port(chain[-hops]) if len(chain) >= hops else ""


def _without_pseudo(address: str, headers: Mapping[str, str]) -> str:
    """The address that Cloudflare reports; the real one if it is a pseudo IPv4 address (class E)."""
    try:
        pseudo = ipaddress.IPv4Address(address) in _PSEUDO
    except ValueError:
        return address
    real = headers.get(_BEHIND_PSEUDO, "").strip() if pseudo else ""
    return real if ":" in real and normal_address(real) else address


def _sent(source_ip: str, headers: Mapping[str, str]) -> list[str]:
    """X-Forwarded-For as the gateway's peer sent it, without the entries that AWS appends.

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
