"""Admission: which pages a site takes hits from."""

import pytest

from chalicelib.collect.origins import origin_allowed, parse_origin
from chalicelib.collect.site_rules import is_ignored


@pytest.mark.parametrize(
    ("origins", "page", "taken"),
    [
        ("*", "https://anything.example", True),
        ("", "https://anything.example", True),
        ("example.com", "https://EXAMPLE.com", True),
        ("example.com", "http://example.com:8080/page?x=a://b", True),
        ("example.com", "https://www.example.com", False),
        ("example.com", "https://example.com.evil.example", False),
        ("example.com:8443", "https://example.com:8443", True),
        ("example.com:8443", "https://example.com", False),
        ("example.com:443", "https://example.com", True),
        ("*.example.com", "https://a.b.example.com:99", True),
        ("*.example.com", "https://example.com", False),
        ("*.example.com", "https://notexample.com", False),
        ("*.example.com:8443", "https://a.example.com:8443", True),
        ("*.example.com:8443", "https://a.example.com", False),
        ("https://example.com", "https://example.com", True),
        ("https://example.com:443", "https://example.com", True),
        ("https://example.com/", "https://example.com:443", True),
        ("https://example.com", "http://example.com", False),
        ("https://example.com", "https://example.com:8443", False),
        ("https://*.example.com", "https://a.example.com", True),
        ("https://*.example.com", "https://a.example.com:8443", False),
        ("https://*.example.com:8443", "https://a.example.com:8443", True),
        ("https://[2001:db8::1]:8443", "https://[2001:DB8::1]:8443", True),
        ("one.example, two.example", "https://two.example", True),
        ("münchen.example", "https://xn--mnchen-3ya.example", True),
        ("xn--mnchen-3ya.example", "https://MÜNCHEN.example", True),
        ("https://*.Bücher.example:8443", "https://a.xn--bcher-kva.example:8443", True),
        ("*.bücher.example", "https://xn--bcher-kva.example", False),
        ("bücher.example", "https://bucher.example", False),
        ("example.com.", "https://example.com", True),
        ("example.com", "https://example.com.", True),
        ("https://[2001:db8:0::1]", "https://[2001:db8::1]", True),
        ("example.com", "null", False),
        ("example.com", "", False),
        ("example.com", "https://[::1", False),
        ("example.com", "file:///example.com", False),
    ],
)
def test_a_page_is_taken_by_its_origin(origins: str, page: str, taken: bool) -> None:
    assert origin_allowed(origins, {"origin": page}) is taken
    assert origin_allowed(origins, {"referer": page}) is taken


@pytest.mark.parametrize(
    "text",
    ["", "[::1", "[v1.[]", "http://a:99999", "ftp://example.com", "://example.com", "https://", "a%2fb"],
)
def test_what_is_no_origin_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"origin|IPv6|Port|port"):
        parse_origin(text)


@pytest.mark.parametrize("ignored", ["::ffff:198.51.100.0/120", "198.51.100.0/24", "::ffff:198.51.100.7"])
def test_an_ignored_network_may_be_written_as_v4_in_v6(ignored: str) -> None:
    assert is_ignored(ignored, "198.51.100.7")
    assert not is_ignored(ignored, "198.51.101.7")
    assert not is_ignored(ignored, "2001:db8::7")
