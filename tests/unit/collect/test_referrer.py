"""What of a referrer is kept, and that whatever is kept can be read again by everybody after."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.collect.referrer import read_referrer, same_site, take_apart
from chalicelib.enrich.bots import referrer_reason
from chalicelib.enrich.source import read_source

# URLs that begin well and go on anyhow, and any text at all.
ANY_URL = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["http://", "https://", "HTTPS://", "android-app://", "ios-app://", "//", " http://", ""]),
        st.text(alphabet="[]@:%.-_ab19é🙂\u200b\ud800\x00 /?#", max_size=40) | st.text(max_size=40),
        st.sampled_from(["", "/", "/ ", "/a b", "/\ud800x", "/https/", "/https/é.example/x", "//", "?q", "#f", "/%ff"]),
        st.text(max_size=20),
    ),
)


@pytest.mark.parametrize(
    ("referrer", "kept"),
    [
        (None, None),
        ("", None),
        ("about:blank", None),
        ("file:///home/ada/notes.html", None),
        ("https://[bad", None),
        ("http://[v1.[]/", None),
        ("http://[::1%25eth0]/", None),
        ("https://exa%20mple.com/", None),
        ("https://./", None),
        ("https://" + "a." * 127 + "example/", None),
        ("https://www.google.com./search", ("www.google.com", "https://www.google.com/search")),
        ("https://[2001:DB8:0::7]:8443/x", ("2001:db8::7", "https://[2001:db8::7]:8443/x")),
        ("https://example.org:443", ("example.org", "https://example.org/")),
        ("http://example.org:443/", ("example.org", "http://example.org:443/")),
        ("https://München.example/Straße", ("xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example/Straße")),
        ("https://xn--mnchen-3ya.example/", ("xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example/")),
        ("https://example.org/a b\u202e\ud800", ("example.org", "https://example.org/a%20b%E2%80%AE\ufffd")),
        (
            "https://user:pw@Search.example:8080/find?q=private#x",
            ("search.example", "https://search.example:8080/find"),
        ),
    ],
)
def test_of_a_referrer_scheme_host_and_path_are_kept(referrer: str | None, kept: tuple[str, str] | None) -> None:
    assert read_referrer(referrer) == kept


@pytest.mark.parametrize(
    ("referrer", "kept"),
    [
        ("android-app://com.example.Reader/", "android-app://com.example.reader"),
        ("android-app://com.example.Reader", "android-app://com.example.reader"),
        ("android-app://com.example.reader/https/Example.com", "android-app://com.example.reader/https/example.com"),
        ("android-app://com.example.reader/http/example.com/a?b", "android-app://com.example.reader/http/example.com"),
        ("android-app://com.example.reader/reader/article/7", "android-app://com.example.reader"),
        ("android-app://com.example.reader/https/", "android-app://com.example.reader"),
        ("android-app://com.example.reader/https/[::1]/", "android-app://com.example.reader"),
        ("android-app://www.example.com/", "android-app://www.example.com"),
    ],
)
def test_of_an_app_its_package_and_the_page_it_stands_for_are_kept(referrer: str, kept: str) -> None:
    read = read_referrer(referrer)
    assert read is not None
    assert read[1] == kept
    assert read[0] == kept.split("/")[2]


@given(ANY_URL | st.text())
@example("http://[v1.[]/")
@example("https://a.example/" + " " * 1100)
@example("android-app://a/https/a\u3002b")
def test_what_is_kept_can_be_read_by_everybody_and_stays_as_it_is(url: str) -> None:
    kept = read_referrer(url)
    if kept is not None:
        assert read_referrer(kept[1]) == kept
        parts = urlsplit(kept[1])
        assert parts.hostname == kept[0]
        assert take_apart(kept[1]) == (parts.scheme, parts.hostname, parts.path)
        assert not parts.query
        assert not parts.fragment
        assert same_site(kept[0], kept[0])
        assert read_source(kept[1]) is not None
        referrer_reason(kept[1])


@given(ANY_URL | st.text(), st.none() | st.text(), st.none() | st.text())
@example("http://[v1.[]/", None, None)
@example("android-app://[", "http://[v1.[]/", None)
def test_no_forged_text_breaks_the_readers_after_the_collector(url: str, tag: str | None, network: str | None) -> None:
    take_apart(url)
    read_source(url, tag, network)
    referrer_reason(url)
    same_site(url, "www.")


def test_www_is_the_same_site() -> None:
    assert same_site("www.example.com", "example.com")
    assert not same_site("notexample.com", "example.com")
