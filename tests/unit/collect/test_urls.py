"""What of a URL is kept, and what never leaves the collector."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.collect.urls import Location, absolute, read_location
from chalicelib.errors import BadRequest


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://example.com", Location("example.com", "/")),
        ("https://Example.COM:8443/a/b?q=secret#frag", Location("example.com", "/a/b")),
        ("https://user:password@example.com/x", Location("example.com", "/x")),
        ("http://[2001:db8::1]/", Location("2001:db8::1", "/")),
        ("https://example.com/😀", Location("example.com", "/😀")),
        ("https://example.com/a\x00b", Location("example.com", "/a%00b")),
        ("https://example.com/\ud800", Location("example.com", "/\ufffd")),
        (
            "https://example.com/?utm_source=news&utm_medium=e-mail&utm_campaign=Week%2047&utm_source=again",
            Location("example.com", "/", "news", "e-mail", "Week 47", source_tag="news"),
        ),
        (
            "https://example.com/?utm_term=a+b&UTM_Content=top&utm_campaign=&x=1",
            Location("example.com", "/", utm_term="a b", utm_content="top"),
        ),
    ],
)
def test_of_a_location_host_path_and_campaign_are_kept(url: str, location: Location) -> None:
    assert read_location(url, "location") == location


@pytest.mark.parametrize(
    "url", ["", "/just/a/path", "example.com/x", "javascript:alert(1)", "https://", "ftp://example.com/", "https://[bad",
            "https://example.com:port/", "https://exa mple.com/"],
)  # fmt: skip
def test_what_is_no_web_page_is_refused_by_name(url: str) -> None:
    with pytest.raises(BadRequest) as error:
        read_location(url, "location")
    assert error.value.field == "location"


@pytest.mark.parametrize(
    ("query", "source"),
    [
        ("ref=producthunt", "producthunt"),
        ("source=app&ref=x", "app"),
        ("ref=x&source=app&utm_source=news", "news"),
        ("utm_source=%20&ref=x", "x"),
        ("ref=ada@example.com", None),
        ("reference=x", None),
    ],
)
def test_a_url_may_name_its_source_in_three_ways(query: str, source: str | None) -> None:
    assert read_location(f"https://example.com/?{query}", "location").source_tag == source


@pytest.mark.parametrize(
    ("query", "network"),
    [
        ("gclid=CjwK", "google"),
        ("a=b&gbraid=x", "google"),
        ("gad_source=1", "google"),
        ("msclkid=0a", "microsoft"),
        ("ScCid=9", "snapchat"),
        ("gclid=", None),
        ("fbclid=IwAR0", None),
        ("srsltid=Af", None),
        ("", None),
    ],
)
def test_of_a_click_id_only_the_network_is_kept_and_only_if_it_is_added_to_nothing_but_ads(
    query: str, network: str | None
) -> None:
    location = read_location(f"https://example.com/?{query}", "location")
    assert location == Location("example.com", "/", ad_network=network)


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://example.com/list?page=2&sort=up&token=secret", "/list?page=2&sort=up"),
        ("https://example.com/list?sort=up&page=2", "/list?page=2&sort=up"),
        ("https://example.com/list?sort=b&page=&sort=a", "/list?page=&sort=b&sort=a"),
        ("https://example.com/%C3%BC?%70age=%C3%BC+x", "/ü?page=ü%20x"),
        ("https://example.com/list?token=secret", "/list"),
        ("https://example.com?page=1", "/?page=1"),
        ("https://example.com/a#/orders/7", "/a"),
    ],
)
def test_the_parameters_an_owner_lists_are_part_of_the_page_in_one_order(url: str, page: str) -> None:
    assert read_location(url, "location", kept=frozenset({"page", "sort"})).page == page


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://example.com/app#/orders/7", "/app#/orders/7"),
        ("https://example.com/app?x=1#!/orders?page=2&token=secret", "/app#!/orders?page=2"),
        ("https://example.com/#", "/"),
        ("https://example.com/#section-2", "/"),
        ("https://example.com/#access_token=secret", "/"),
        ("https://example.com/app#/caf%c3%a9/%2f?page=%c3%a9+1", "/app#/café/%2F?page=é%201"),
    ],
)
def test_with_hash_routing_a_fragment_that_is_a_path_is_part_of_the_page(url: str, page: str) -> None:
    assert read_location(url, "location", kept=frozenset({"page"}), hash_routing=True).page == page


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://example.com/#about", "/#about"),
        ("https://example.com/a#/b?page=2&token=secret", "/a#/b?page=2"),
        ("https://example.com/a#", "/a"),
    ],
)
def test_a_sender_may_say_that_any_fragment_is_part_of_the_page(url: str, page: str) -> None:
    assert read_location(url, "location", kept=frozenset({"page"}), any_hash=True).page == page


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://example.com/a/", "/a"),
        ("https://example.com/a//?page=2&x=1", "/a?page=2"),
        ("https://example.com/", "/"),
        ("https://example.com", "/"),
        ("https://example.com//?page=1/", "/?page=1/"),
        ("https://example.com/app/#/orders/", "/app#/orders"),
        ("https://example.com/#/", "/#/"),
        ("https://example.com/#!/", "/#!/"),
    ],
)
def test_a_slash_at_the_end_makes_another_page_unless_the_settings_merge_them(url: str, page: str) -> None:
    kept = frozenset({"page"})
    assert read_location(url, "location", kept=kept, hash_routing=True, merge_slash=True).page == page
    assert read_location("https://example.com/a/", "location").page == "/a/"


def test_letters_of_another_case_make_another_page() -> None:
    assert read_location("https://EXAMPLE.com/About", "location").page == "/About"


@pytest.mark.parametrize(
    ("referrer", "url"),
    [
        ("/app/caf%c3%a9", "https://user:pw@example.com:8443/app/caf%c3%a9"),
        ("//elsewhere.example/x", "https://user:pw@example.com:8443//elsewhere.example/x"),
        ("https://search.example/", "https://search.example/"),
        ("", ""),
        (None, None),
    ],
)
def test_a_path_as_referrer_is_a_page_of_the_same_site(referrer: str | None, url: str | None) -> None:
    assert absolute(referrer, "https://user:pw@example.com:8443/next?x=1#y") == url
    assert absolute("/app", "nonsense") is None


def test_a_long_url_is_taken_up_to_a_limit() -> None:
    assert len(read_location("https://example.com/" + "a" * 8100, "location").page) == 1024
    assert read_location("https://example.com/p?" + "q" * 8100, "location").page == "/p"
    with pytest.raises(BadRequest):
        read_location("https://example.com/" + "a" * 8192, "location")
    kept = frozenset({"q"})
    assert read_location("https://example.com/p?q=" + "b" * 2000, "location", kept=kept).page == "/p?q=" + "b" * 1019
    assert read_location("https://example.com/" + "%C3%A9" * 1100, "location").page == "/" + "é" * 1023
    for shift in range(9):  # wherever the limit falls: an escape is whole, or not there
        page = read_location("https://example.com/" + "a" * shift + "%E2%80%8B/.." * 500, "location").page
        assert read_location("https://example.com" + page, "location").page == page
        page = read_location("https://example.com/" + "a" * shift + "%e2%80%8b" * 800, "location").page
        assert 1022 <= len(page) <= 1024
        assert re.fullmatch("/a*(%E2|%80|%8B)*", page)


@given(st.text() | st.text(alphabet="htps:/@?#[]%.&=ab\x00 \ud800", max_size=60))
def test_no_text_breaks_the_reading_of_urls(text: str) -> None:
    for url in (text, "https://" + text):
        try:
            found = read_location(url, "location", kept=frozenset({"a", "b"}), hash_routing=True)
        except BadRequest:
            continue
        assert found.page.startswith("/")
        assert found.page.encode()
