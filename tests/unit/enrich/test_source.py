"""Sources by name and category; look-alikes do not match."""

import json
import time
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.enrich.source import Source, read_source


@pytest.mark.parametrize(
    ("referrer", "name"),
    [
        ("https://www.google.com/", "Google"),
        ("https://google.co.uk/search", "Google"),
        ("https://www.google.com.au/", "Google"),
        ("https://docs.google.com/document/d/1", "Google Docs"),
        ("https://meet.google.com/", "meet.google.com"),
        ("https://t.co/abc", "X"),
        ("https://old.reddit.com/r/python", "Reddit"),
        ("https://gemini.google.com/app", "Gemini"),
        ("https://mail.google.com/", "Gmail"),
        ("https://us-mg6.mail.yahoo.com/", "Yahoo! Mail"),
        ("https://uk.search.yahoo.com/", "Yahoo!"),
        ("https://finance.yahoo.com/", "finance.yahoo.com"),
        ("https://chatgpt.com/", "ChatGPT"),
        ("https://edgeservices.bing.com/", "Copilot"),
        ("https://news.ycombinator.com/item", "Hacker News"),
        ("https://fr.pinterest.com/", "Pinterest"),
        ("https://www.pinterest.co.uk/", "Pinterest"),
        ("https://www.amazon.co.jp/", "Amazon"),
        ("https://aws.amazon.com/", "Amazon Web Services"),
        ("https://tieba.baidu.com/", "Tieba"),
        ("https://m.baidu.com/", "Baidu"),
        ("https://go.bsky.app/", "Bluesky"),
        ("https://fosstodon.org/@ada", "Mastodon"),
        ("https://www.example.org/blog", "example.org"),
        ("https://en.m.wikipedia.org/wiki/X", "Wikipedia"),
        ("https://cac-excel.officeapps.live.com/", "Microsoft 365"),
        ("http://localhost:8000/", "localhost"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
        ("android-app://com.reddit.frontpage", "Reddit"),
        ("android-app://com.google.android.gm", "Gmail"),
        ("android-app://com.slack", "Slack"),
        ("android-app://org.example.reader", "org.example.reader"),
    ],
)
def test_a_referrer_has_a_name(referrer: str, name: str) -> None:
    found = read_source(referrer)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "host",
    [
        "notgoogle.com", "google.example.com", "google.com.evil.example", "google.evil", "google.search",
        "google-search.com", "mygoogle.co.uk", "evil.google.com", "fakebing.com", "bing.com.example.net", "not.co",
        "facebook.com.evil.net", "xn--ggle-0nda.com", "wwwgoogle.com", "notofficeapps.live.com", "notwikipedia.org",
        "pinterest.evil.com", "chatgpt.com.example.org", "com.reddit.frontpage", "co.uk", "com",
    ],
)  # fmt: skip
def test_a_look_alike_keeps_its_own_name(host: str) -> None:
    assert read_source(f"https://{host}/") == Source(host)


@pytest.mark.parametrize(
    ("tag", "source"),
    [
        ("google", Source("Google", "search")),
        ("GOOGLE", Source("Google", "search")),
        ("twitter", Source("X", "social")),
        ("News Letter", Source("News Letter")),
        ("newsletter", Source("Newsletter", "email")),
        ("facebook.com", Source("Facebook", "social")),
        ("https://l.facebook.com/x", Source("Facebook", "social")),
        ("notfacebook.com", Source("notfacebook.com")),
        ("fb", Source("Facebook", "social")),
        ("ig", Source("Instagram", "social")),
        ("yt", Source("YouTube", "video")),
        ("hacker-news", Source("Hacker News", "social")),
        ("HackerNews", Source("Hacker News", "social")),
        ("producthunt", Source("Product Hunt", "social")),
        ("chatgpt.com", Source("ChatGPT", "ai")),
        ("walmart", Source("Walmart", "shopping")),
        ("threads", Source("Threads", "social")),
        ("Adwords", Source("Google", "search", paid=True)),
        ("google_ads", Source("Google", "search", paid=True)),
        ("Reddit-ads", Source("Reddit", "social", paid=True)),
        ("fbad", Source("Facebook", "social", paid=True)),
        ("yt-ads", Source("YouTube", "video", paid=True)),
        ("nomads", Source("nomads")),
        ("google+", Source("Google+", "social")),
        ("dev", Source("dev")),
        ("sms", Source("sms")),
    ],
)
def test_a_campaigns_own_word_comes_first(tag: str, source: Source) -> None:
    assert read_source("https://www.bing.com/", tag) == source


@pytest.mark.parametrize("tag", [None, "", "(direct)", "(not set)"])
def test_without_referrer_and_tag_there_is_no_source(tag: str | None) -> None:
    assert read_source(None, tag) is None


@pytest.mark.parametrize(
    ("referrer", "tag", "network", "name", "paid"),
    [
        ("https://www.google.com/", None, "google", "Google", True),
        ("https://www.youtube.com/", None, "google", "YouTube", True),
        ("https://x.safeframe.googlesyndication.com/", None, "google", "Google Display Network", True),
        ("https://paper.example/", None, "google", "paper.example", True),
        (None, None, "google", "Google", True),
        (None, None, "microsoft", "Bing", True),
        (None, None, "linkedin", "LinkedIn", True),
        (None, "newsletter", "google", "Newsletter", False),
        ("https://duckduckgo.com/", None, "google", "DuckDuckGo", False),
        ("https://www.reddit.com/", None, "google", "Reddit", False),
        ("https://www.reddit.com/", None, None, "Reddit", False),
    ],
)
def test_a_click_id_tells_of_an_ad_where_its_network_shows_ads(
    referrer: str | None, tag: str | None, network: str | None, name: str, paid: bool
) -> None:
    found = read_source(referrer, tag, network)
    assert found is not None
    assert (found.name, found.paid) == (name, paid)


def example_of(entry: str) -> tuple[str | None, str | None]:
    """What a listed entry stands for: a referrer, or a campaign's word."""
    kind, colon, key = entry.partition(":")
    if colon:
        return (f"android-app://{key}.lite", None) if kind == "app" else (None, key)
    if "." not in entry:
        return None, entry
    host, _, path = entry.removeprefix("=").partition("/")
    for ending, example in ((".++", "3.law.example.edu"), (".+", ".example.co.uk"), (".**", ".museum"), (".*", ".com")):
        if host.endswith(ending):
            host = host.removesuffix(ending) + example
    return f"https://{host.replace('*.', 'some.')}/{path}", None


def test_everything_listed_is_found_under_its_name() -> None:
    data = json.loads(resources.files("chalicelib.enrich").joinpath("sources.json").read_text("utf-8"))
    networks = data.pop("networks")
    names = {name for sources in data.values() for name in sources}
    assert {name for shown in networks.values() for name in shown} <= names
    seen: set[str] = set()
    for category, sources in data.items():
        for name, entries in sources.items():
            for entry in entries:
                assert entry not in seen
                assert entry == entry.lower()
                seen.add(entry)
                referrer, tag = example_of(entry)
                found = read_source(referrer, tag)
                own = tag or (referrer or "").split("/")[2].removeprefix("www.")
                assert found == Source(name or own, category, paid=entry.startswith("paid:")), entry
    assert len(seen) > 2500


@given(st.text(), st.text(), st.sampled_from([None, "google", "nowhere"]))
def test_no_tag_and_no_host_breaks_it(text: str, tag: str, network: str | None) -> None:
    read_source("https://" + "".join(char for char in text if char not in "[]"), tag, network)


def test_names_are_found_within_some_microseconds() -> None:
    read_source("https://www.google.com/")

    def thousand(attempt: int) -> float:
        began = time.process_time()
        for number in range(1000):
            read_source(f"https://host-{number}.{attempt}.a.b.example.co.uk/path")
        return time.process_time() - began

    assert any(thousand(attempt) < 0.5 for attempt in range(5))  # a busy machine does not interrupt all of them
