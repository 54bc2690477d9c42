"""Whose address a request has: what a client says of itself counts as far as the site declares who may say it."""

import pytest

from chalicelib.collect.client_ip import client_address

PEER = "198.51.100.1"  # of the gateway: the site's own backend or proxy
VISITOR = "203.0.113.9"
LIE = "192.0.2.66"
EDGE = {"x-amz-cf-id": "4nCNnZ=="}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        ("", f"{LIE}, {PEER}", PEER),
        ("1", f"{VISITOR}, {PEER}", VISITOR),
        ("1", f"{LIE}, {VISITOR}, {PEER}", VISITOR),
        ("2", f"{LIE}, {VISITOR}, 10.0.0.1, {PEER}", VISITOR),
        ("2", f"{VISITOR}, {PEER}", PEER),  # it did not come through both
        ("1", PEER, PEER),
        ("1", "", PEER),
        ("1", " , ,", PEER),
        ("1", f"{VISITOR}:51234, {PEER}", VISITOR),
        ("1", f"[2001:db8::9]:51234, {PEER}", "2001:db8::9"),
    ],
)
def test_a_regional_gateway_appends_its_peer(proxies: str, forwarded: str, address: str) -> None:
    assert client_address(proxies, PEER, {"x-forwarded-for": forwarded}) == address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        ("1", f"{VISITOR}, {PEER}, 130.176.0.1", VISITOR),
        ("1", f"{LIE}, {VISITOR}, {PEER}, 130.176.0.1", VISITOR),
        ("1", f"{PEER}, 130.176.0.1", PEER),
        ("", f"{LIE}, {PEER}, 130.176.0.1", PEER),
    ],
)
def test_an_edge_optimised_gateway_appends_its_peer_and_cloudfronts_server(
    proxies: str, forwarded: str, address: str
) -> None:
    assert client_address(proxies, PEER, {"x-forwarded-for": forwarded, **EDGE}) == address


def test_a_gateway_behind_the_sites_own_cloudfront_has_it_as_its_peer() -> None:
    headers = {"x-forwarded-for": f"{LIE}, {VISITOR}, {PEER}", "cloudfront-viewer-address": f"{VISITOR}:4711", **EDGE}
    assert client_address("1", PEER, headers) == VISITOR
    assert client_address("cloudfront", PEER, headers) == VISITOR


@pytest.mark.parametrize("forwarded", [VISITOR, f"{LIE}, {VISITOR}"])
def test_an_emulator_appends_nothing(forwarded: str) -> None:
    headers = {"x-forwarded-for": forwarded}
    assert client_address("1", forwarded.partition(",")[0], headers) == VISITOR


@pytest.mark.parametrize(
    ("proxies", "headers"),
    [
        ("cloudflare", {"cf-connecting-ip": "junk"}),
        ("cloudfront", {"cloudfront-viewer-address": "junk:443"}),
        ("1", {"x-forwarded-for": f"unknown, {PEER}"}),
    ],
)
def test_what_is_no_address_is_not_taken_for_one(proxies: str, headers: dict[str, str]) -> None:
    assert client_address(proxies, PEER, headers) == PEER


@pytest.mark.parametrize(
    ("said", "beside", "address"),
    [
        ("240.12.7.9", "2001:db8::9", "2001:db8::9"),
        ("255.255.255.254", " 2001:db8::9 ", "2001:db8::9"),
        ("240.12.7.9", "", "240.12.7.9"),
        ("240.12.7.9", "junk", "240.12.7.9"),
        ("240.12.7.9", LIE, "240.12.7.9"),
        (VISITOR, "2001:db8::66", VISITOR),  # nobody overwrote anything, so the visitor sent it
        ("2001:db8::9", "2001:db8::66", "2001:db8::9"),
        ("", "2001:db8::66", PEER),
    ],
)
def test_behind_cloudflares_pseudo_ipv4_is_the_real_address(said: str, beside: str, address: str) -> None:
    headers = {"cf-connecting-ip": said, "cf-connecting-ipv6": beside}
    assert client_address("cloudflare", PEER, headers) == address
    assert client_address("1", PEER, headers) == client_address("", PEER, headers) == PEER


@pytest.mark.parametrize("proxies", ["cloudflare", "cloudfront"])
def test_who_comes_past_the_declared_service_has_the_address_it_comes_from(proxies: str) -> None:
    assert client_address(proxies, PEER, {"x-forwarded-for": LIE}) == PEER
