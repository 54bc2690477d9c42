"""Origins that may embed a shared page: what is accepted, and that nothing can break out of the header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts.sharing import embed_origins


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ("https://example.com", "https://example.com"),
        ("example.com", "https://example.com"),
        ("  HTTPS://Example.COM/ ", "https://example.com"),
        ("http://intranet:8080", "http://intranet:8080"),
        ("https://example.com:443", "https://example.com"),
        ("http://example.com:80", "http://example.com"),
        ("https://*.example.com:8443", "https://*.example.com:8443"),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_websites_are_accepted_in_the_spellings_of_people(written: str, source: str) -> None:
    assert embed_origins.parse(written) == source
    assert embed_origins.is_source(source)


@pytest.mark.parametrize(
    "written",
    [
        "", "*", "https://*", "*.com", "https://*.com", "'self'", "'none'", "https:", "https://", "data:", "ftp://a.example",
        "https://a.example/path", "https://a.example?x", "https://a.example#x", "https://u:p@a.example",
        "https://a.example; script-src *", "https://a.example https://b.example", "https://a.example,b.example",
        "https://a.example\r\nSet-Cookie: x=1", "https://a.example\x00", "https://a.example:0",
        "https://a.example:65536", "https://a.example:99999999", "https://[::1]", "https://-a.example", "https://a..b",
        "https://*.*.example.com", "https://a.*.example.com", "javascript:alert(1)", f"https://{'a' * 300}.example",
        "https://a.example;", "https://a\u2028b.example", "https://\ud800.example",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_rejected(written: str) -> None:
    with pytest.raises(ValueError, match=r"origin|port"):
        embed_origins.parse(written)


@given(st.text() | st.from_regex(r"(https?://)?(\*\.)?[a-zé.\-;:'/ \r\n]{0,20}(:\d{0,6})?", fullmatch=True))
def test_whatever_is_accepted_is_one_source_and_nothing_more(written: str) -> None:
    try:
        source = embed_origins.parse(written)
    except ValueError:
        return
    assert embed_origins.is_source(source)
    assert source.isascii()
    assert source.isprintable()
    assert not set(source) & set(" ;,'\"\r\n")
    assert embed_origins.parse(source) == source


@pytest.mark.parametrize("stored", ["*", "'self'", "https://a.example; x", "https://a.example/x"])
def test_what_was_stored_by_hand_is_checked_again(stored: str) -> None:
    assert not embed_origins.is_source(stored)
