"""One page has one spelling: what RFC 3986 calls equivalent is one, what it keeps apart is not; people can read it."""

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib import url_normalization
from chalicelib.aggregate import rollup_sums
from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.collect.urls import read_location
from chalicelib.errors import BadRequest

KEPT = frozenset({"q", "page", "a[]", "größe"})


def page(url: str) -> str:
    return read_location(url, "location", kept=KEPT, hash_routing=True).page


@pytest.mark.parametrize(
    ("spellings", "shown"),
    [
        (["/caf%C3%A9", "/caf%c3%a9", "/café", "/c%61f%C3%a9", "/x/../caf%C3%A9", "/./caf%c3%A9"], "/café"),
        (["/%E6%9C%8D%E5%8A%A1", "/服务"], "/服务"),
        (["/%7Eada/%2d%2E%5F", "/~ada/-._"], "/~ada/-._"),
        (["", "/", "/.", "/a/..", "/%2e", "/a/%2E%2e"], "/"),
        (["/a/b/", "/a/b/.", "/a/b/c/..", "\\a\\b\\"], "/a/b/"),
        (["/a b", "/a%20b"], "/a%20b"),
        (['/<"{|}^`>', "/%3C%22%7b%7C%7D%5E%60%3e"], '/<"{|}^`>'),
        (["/[slug]", "/%5bslug%5d"], "/%5Bslug%5D"),
        (["/100%", "/100%25"], "/100%25"),
        (["/%zz%4", "/%25zz%254"], "/%25zz%254"),
        (["/%2525"], "/%2525"),
        (["/%%34%31", "/%2541"], "/%2541"),
        (["/?q=b&page=1", "/?page=1&q=b", "?x=1&page=1&&q=b", "/?q=%62&%70age=1"], "/?page=1&q=b"),
        (["/?q=a+b", "/?q=a%20b", "/?q=a b"], "/?q=a%20b"),
        (["/?q=a%3Db/%3f", "/?q=a=b/?"], "/?q=a=b/?"),
        (["/?q=1%2B1%26", "/?q=1%2b1%26"], "/?q=1%2B1%26"),
        (["/?a[]=2&a[]=1", "/?a%5B%5D=2&a%5b%5d=1"], "/?a[]=2&a[]=1"),
        (["/?gr%C3%B6%c3%9Fe=%E2%82%AC", "/?größe=€"], "/?größe=€"),
        (["/?q", "/?q="], "/?q="),
        (["/app#/caf%c3%a9?q=1&x", "/app#/café?q=1"], "/app#/café?q=1"),
        (["/a#/b#c", "/a#/b%23c"], "/a#/b%23c"),
    ],
)
def test_one_page_has_one_spelling(spellings: list[str], shown: str) -> None:
    assert {page(f"https://example.com{spelling}") for spelling in spellings} == {shown}


@pytest.mark.parametrize(
    "pages",
    [
        [f"/a{character}b" for character in "!$&'()*+,;=:@"] + [f"/a{quote(c, safe='')}b" for c in "!$&'()*+,;=:@"],
        ["/a/b", "/a%2Fb", "/a%5Cb", "/a%252Fb"],
        ["/a", "/a%3Fq=1", "/a?q=1", "/a%23/b", "/a#/b"],
        ["/a", "/a/", "/A", "//a", "/a//"],
        ["/%E9", "/%C3%A9", "/e%CC%81"],
        ["/?q=1&q=2", "/?q=2&q=1"],
        ["/?q=a+b", "/?q=a%2Bb", "/?q=a%252Bb"],
    ],
)
def test_what_may_be_another_page_stays_another(pages: list[str]) -> None:
    assert len({page(f"https://example.com{spelling}") for spelling in pages}) == len(pages)


@pytest.mark.parametrize(
    "octets",
    [
        "%00", "%0A", "%1B", "%7F", "%C2%85",  # controls
        "%20", "%C2%A0", "%E2%80%83", "%E3%80%80", "%E2%80%A8", "%E1%9A%80",  # spaces
        "%E2%80%AA", "%E2%80%AE", "%E2%81%A6", "%E2%81%A9", "%E2%80%8E", "%E2%80%8F", "%D8%9C",  # of direction
        "%C2%AD", "%E2%80%8B", "%E2%80%8D", "%E2%81%A0", "%EF%BB%BF", "%F3%A0%81%81",  # of format
        "%CD%8F", "%E3%85%A4", "%EF%BE%A0", "%EF%B8%8F", "%F3%A0%84%80", "%E2%A0%80",  # drawn as nothing
        "%EE%80%80", "%F4%8F%BF%BF",  # private use, no characters
        "%FF", "%C3", "%C0%AF", "%ED%A0%80", "%F5%80%80%80", "%E6%9C",  # no UTF-8
        "%2F", "%3F", "%23", "%25", "%5B", "%40", "%26",  # reserved
    ],
)  # fmt: skip
def test_what_nobody_can_read_stays_escaped(octets: str) -> None:
    assert page(f"https://example.com/a{octets}b") == f"/a{octets}b"
    assert page(f"https://example.com/a{octets.lower()}b") == f"/a{octets}b"


@pytest.mark.parametrize("character", ["\u00a0", "\u0085", "\u202e", "\u200b", "\ufe0f", "\u3164", "\ue000", "\x1b"])
def test_what_nobody_can_read_is_escaped_where_it_is_not(character: str) -> None:
    assert page(f"https://example.com/a{character}b") == f"/a{quote(character)}b"


characters = st.characters(exclude_categories=["Cs"])
escapes = st.sampled_from(["%2F", "%2f", "%25", "%C3%A9", "%c3", "%zz", "%", "%E2%80%AE", "%00"])
paths = st.lists(
    characters | escapes | st.sampled_from(["/", "/../", "/./", "a", "é", "?q=", "&page=", "+", "#/", "="])
).map("".join)


def spelled(text: str, choose: list[int]) -> str:
    """`text` in one of the ways in which a URL may spell it: characters that are not reserved may be escapes."""
    out = []
    for number, character in enumerate(text):
        how = choose[number % len(choose)]
        escaped = "".join(f"%{octet:02x}" for octet in character.encode())
        out.append([character, escaped, escaped.upper()][how])
    return "".join(out)


@given(
    st.text(characters.filter(lambda c: c.isalnum() or c in '-._~ "<>^`{|}'), min_size=1),
    st.lists(st.integers(0, 2), min_size=1, max_size=7),
    st.lists(st.integers(0, 2), min_size=1, max_size=7),
)
def test_however_it_is_escaped_it_is_one_page(text: str, one: list[int], other: list[int]) -> None:
    for before in ("/x/", "/?q=", "/#/"):
        first, second = (page(f"https://example.com{before}{spelled(text, how)}y") for how in (one, other))
        assert first == second


@given(paths)
@example("%2e%2e/%2e.")
@example("a?q=%26&q=+#/%c3%a9?page=")
def test_a_spelling_is_its_own_and_leads_back_to_the_page(text: str) -> None:
    try:
        found = page(f"https://example.com/{text}")
    except BadRequest:
        return
    assert page(f"https://example.com{found}") == found
    assert url_normalization.uri(found).isascii()
    assert not set(url_normalization.uri(found)) & set(' "<>\\^`{|}')
    assert page(f"https://example.com{url_normalization.uri(found)}") == found
    assert url_normalization.respelled(found) == found
    assert all(unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp") for character in found)


def test_days_of_before_there_was_one_spelling_are_added_up_by_it() -> None:
    before = Rollup(tables={"pages": [("/caf%C3%A9", 3, 4, 5), ("/caf%c3%a9", 2, 2, 2), ("/", 1, 1, 1)]})
    after = Rollup(tables={"pages": [("/café", 1, 1, 2)], "sources": [("a%41", 1, 1, 1)]})
    whole = rollup_sums.sum_days([after, before])
    assert whole.tables["pages"] == [("/café", 6, 7, 9), ("/", 1, 1, 1)]
    assert whole.tables["sources"] == [("a%41", 1, 1, 1)]
