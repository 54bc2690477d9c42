"""Channels by the published rules. Cases without a source of their own: those of the rules' text, one by one."""

import itertools

import pytest

from chalicelib.collect.referrer import read_referrer
from chalicelib.collect.urls import read_location
from chalicelib.enrich.channel import channel
from chalicelib.enrich.source import read_source, says_direct


def channel_of(query: str, referrer: str | None = None) -> str:
    """The channel of a visit to a URL with this query, as collector and worker find it."""
    location = read_location(f"https://example.com/?{query}", "location")
    came_from = None if says_direct(location.source_tag) else read_referrer(referrer)
    source = read_source(came_from[1] if came_from else None, location.source_tag, location.ad_network)
    return channel(
        source.name if source else None,
        source.category if source else None,
        location.utm_medium,
        location.utm_campaign,
        source is not None and source.paid,
        came_from is not None,
    )


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        (None, "Direct"),
        ("about:blank", "Direct"),
        ("https://www.google.co.uk/", "Organic Search"),
        ("https://www.bing.com/", "Organic Search"),
        ("https://cn.bing.com/", "Organic Search"),
        ("https://duckduckgo.com/", "Organic Search"),
        ("https://yandex.ru/", "Organic Search"),
        ("https://www.baidu.com/", "Organic Search"),
        ("https://m.sogou.com/", "Organic Search"),
        ("https://www.ecosia.org/", "Organic Search"),
        ("https://search.brave.com/", "Organic Search"),
        ("https://kagi.com/", "Organic Search"),
        ("https://uk.search.yahoo.com/", "Organic Search"),
        ("https://yahoo.co.jp/", "Organic Search"),
        ("https://m.search.naver.com/", "Organic Search"),
        ("https://notgoogle.com/", "Referral"),
        ("https://l.facebook.com/", "Organic Social"),
        ("https://lnkd.in/x", "Organic Social"),
        ("https://old.reddit.com/", "Organic Social"),
        ("https://t.co/x", "Organic Social"),
        ("https://news.ycombinator.com/", "Organic Social"),
        ("https://github.com/", "Organic Social"),
        ("https://stackoverflow.com/", "Organic Social"),
        ("https://discord.com/", "Organic Social"),
        ("https://statics.teams.cdn.office.net/", "Organic Social"),
        ("https://steamcommunity.com/", "Organic Social"),
        ("https://www.tiktok.com/", "Organic Social"),
        ("https://away.vk.com/", "Organic Social"),
        ("android-app://com.reddit.frontpage", "Organic Social"),
        ("https://www.youtube.com/", "Organic Video"),
        ("https://vimeo.com/1", "Organic Video"),
        ("https://www.twitch.tv/", "Organic Video"),
        ("https://www.walmart.com/", "Organic Shopping"),
        ("https://www.ebay.de/", "Organic Shopping"),
        ("https://m.alibaba.com/", "Organic Shopping"),
        ("https://checkout.stripe.com/", "Organic Shopping"),
        ("https://www.temu.com/", "Organic Shopping"),
        ("https://chatgpt.com/", "AI Assistants"),
        ("https://claude.ai/", "AI Assistants"),
        ("https://gemini.google.com/", "AI Assistants"),
        ("https://www.perplexity.ai/", "AI Assistants"),
        ("https://copilot.microsoft.com/", "AI Assistants"),
        ("https://chat.deepseek.com/", "AI Assistants"),
        ("https://grok.com/", "AI Assistants"),
        ("https://www.phind.com/", "AI Assistants"),
        ("https://mail.google.com/", "Email"),
        ("android-app://com.google.android.gm", "Email"),
        ("https://en.wikipedia.org/", "Referral"),
        ("https://linktr.ee/x", "Referral"),
        ("https://euc-word-edit.officeapps.live.com/", "Referral"),
        ("https://example.org/blog", "Referral"),
        ("android-app://org.example.reader", "Referral"),
    ],
)
def test_a_referrer_has_a_channel(referrer: str | None, expected: str) -> None:
    assert channel_of("", referrer) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # Direct
        ("utm_source=(direct)&utm_medium=(none)", "Direct"),
        ("utm_source=(direct)&utm_medium=(not%20set)", "Direct"),
        ("utm_campaign=summer", "Direct"),
        # Cross-network: the campaign's name contains it
        ("utm_campaign=cross-network", "Cross-network"),
        ("utm_source=google&utm_medium=cpc&utm_campaign=2026-Cross-Network-de", "Cross-network"),
        # Paid: ^(.*cp.*|ppc|retargeting|paid.*)$, and a source of the category, or for shopping a campaign
        ("utm_source=alibaba&utm_medium=cpc", "Paid Shopping"),
        ("utm_source=shopify&utm_medium=paid", "Paid Shopping"),
        ("utm_source=ebay&utm_medium=ppc", "Paid Shopping"),
        ("utm_campaign=shopping&utm_medium=ppc", "Paid Shopping"),
        ("utm_source=google&utm_medium=cpc&utm_campaign=Spring_Shop", "Paid Shopping"),
        ("utm_source=google&utm_medium=cpc", "Paid Search"),
        ("utm_source=google&utm_medium=CPC", "Paid Search"),
        ("utm_source=google&utm_medium=paidsearch", "Paid Search"),
        ("utm_source=yahoo&utm_medium=ppc", "Paid Search"),
        ("utm_source=google&utm_medium=retargeting", "Paid Search"),
        ("utm_source=bing&utm_medium=cpm", "Paid Search"),
        ("utm_source=google&utm_medium=cpc&utm_campaign=workshop", "Paid Search"),
        ("utm_source=dzone.com", "Organic Social"),
        ("utm_source=dzone", "Organic Social"),
        ("utm_source=cnn", "Organic Search"),
        ("utm_source=justin.tv", "Organic Video"),
        ("utm_source=google&utm_medium=cpc&utm_campaign=eshop", "Paid Shopping"),
        ("utm_source=google&utm_medium=cpc&utm_campaign=bishop", "Paid Search"),
        ("utm_source=facebook&utm_medium=paid", "Paid Social"),
        ("utm_source=tiktok&utm_medium=paid-social", "Paid Social"),
        ("utm_source=linkedin.com&utm_medium=ecpc", "Paid Social"),
        ("utm_source=youtube.com&utm_medium=cpc", "Paid Video"),
        ("utm_source=vimeo&utm_medium=cpv", "Paid Video"),
        ("utm_medium=display", "Display"),
        ("utm_source=x.example&utm_medium=banner", "Display"),
        ("utm_source=x.example&utm_medium=expandable", "Display"),
        ("utm_source=x.example&utm_medium=interstitial", "Display"),
        ("utm_source=x.example&utm_medium=cpm", "Display"),
        ("utm_medium=cpc", "Paid Other"),
        ("utm_source=x.example&utm_medium=retargeting", "Paid Other"),
        ("utm_source=x.example&utm_medium=ppc2", "Unassigned"),
        # Organic
        ("utm_source=walmart", "Organic Shopping"),
        ("utm_campaign=shop", "Organic Shopping"),
        ("utm_medium=social", "Organic Social"),
        ("utm_medium=social-network", "Organic Social"),
        ("utm_medium=social-media", "Organic Social"),
        ("utm_medium=sm", "Organic Social"),
        ("utm_medium=social+network", "Organic Social"),
        ("utm_medium=social%20media", "Organic Social"),
        ("utm_source=twitter&utm_medium=post", "Organic Social"),
        ("utm_source=43things.com", "Organic Social"),
        ("utm_medium=video", "Organic Video"),
        ("utm_source=vimeo&utm_medium=video", "Organic Video"),
        ("utm_source=x.example&utm_medium=in-video-link", "Organic Video"),
        ("utm_source=bing&utm_medium=organic", "Organic Search"),
        ("utm_source=x.example&utm_medium=organic", "Organic Search"),
        ("utm_source=chatgpt.com", "AI Assistants"),
        ("utm_source=x.example&utm_medium=ai-assistant", "AI Assistants"),
        # The rest
        ("utm_medium=referral", "Referral"),
        ("utm_source=x.example&utm_medium=app", "Referral"),
        ("utm_source=x.example&utm_medium=link", "Referral"),
        ("utm_source=email&utm_medium=foo", "Email"),
        ("utm_source=foo&utm_medium=email", "Email"),
        ("utm_source=foo&utm_medium=e-mail", "Email"),
        ("utm_source=foo&utm_medium=e_mail", "Email"),
        ("utm_source=foo&utm_medium=e%20mail", "Email"),
        ("utm_source=Newsletter-UK", "Email"),
        ("utm_source=x.beehiiv.com&utm_medium=newsletter", "Email"),
        ("utm_source=foo&utm_medium=affiliate", "Affiliates"),
        ("utm_source=foo&utm_medium=audio", "Audio"),
        ("utm_source=sms", "SMS"),
        ("utm_source=foo&utm_medium=sms", "SMS"),
        ("utm_medium=app-push", "Mobile Push Notifications"),
        ("utm_medium=example-mobile", "Mobile Push Notifications"),
        ("utm_source=foo&utm_medium=web-notification-2", "Mobile Push Notifications"),
        ("utm_source=firebase", "Mobile Push Notifications"),
        ("utm_source=something&utm_medium=unknown", "Unassigned"),
        ("utm_source=linktree", "Referral"),
        ("ref=somewhere", "Referral"),
        ("source=producthunt", "Organic Social"),
    ],
)
def test_a_campaign_has_a_channel(query: str, expected: str) -> None:
    assert channel_of(query) == expected


@pytest.mark.parametrize(
    ("query", "referrer", "expected"),
    [
        ("gclid=x", "https://www.google.co.uk/", "Paid Search"),
        ("gclid=x&gad_source=1", None, "Paid Search"),
        ("gad_source=1&utm_campaign=PMax&utm_medium=pmax&utm_source=google", None, "Paid Search"),
        ("msclkid=x", "https://www.bing.com/", "Paid Search"),
        ("msclkid=x&utm_source=bing&utm_medium=cpc", "https://duckduckgo.com/", "Paid Search"),
        ("gclid=x", "https://duckduckgo.com/", "Organic Search"),
        ("gclid=x", "https://www.youtube.com/", "Paid Video"),
        ("gclid=x", "https://2bb5.safeframe.googlesyndication.com/", "Paid Other"),
        ("gclid=x", "https://paper.example/", "Paid Other"),
        ("gclid=x&utm_source=letter&utm_medium=email", "https://mail.google.com/", "Email"),
        ("gclid=x&utm_source=google&utm_medium=cpc&utm_campaign=shopping", None, "Paid Shopping"),
        ("ttclid=x", "https://www.tiktok.com/", "Paid Social"),
        ("li_fat_id=x", None, "Paid Social"),
        ("fbclid=x", "https://l.facebook.com/", "Organic Social"),
        ("fbclid=x&utm_source=facebook&utm_medium=cpc&utm_campaign=120201", "https://l.facebook.com/", "Paid Social"),
        ("utm_source=fb-ads", None, "Paid Social"),
        ("utm_source=yt-ads", None, "Paid Video"),
        ("utm_source=Adwords", None, "Paid Search"),
        ("utm_source=google&utm_medium=display", "https://www.google.com/", "Display"),
        ("utm_source=newsletter&utm_medium=email", "https://mail.google.com/", "Email"),
        ("utm_medium=referral", "https://www.google.com/", "Organic Search"),
    ],
)
def test_click_ids_and_referrers_have_their_say(query: str, referrer: str | None, expected: str) -> None:
    assert channel_of(query, referrer) == expected


def test_case_does_not_matter() -> None:
    for query in ("utm_source=foo&utm_medium=Email", "UTM_SOURCE=FOO&UTM_MEDIUM=EMAIL"):
        assert channel_of(query) == "Email"


def test_every_visit_has_one_of_the_channels() -> None:
    known = {
        "Direct", "Cross-network", "Paid Shopping", "Paid Search", "Paid Social", "Paid Video", "Display", "Paid Other",
        "Organic Shopping", "Organic Social", "Organic Video", "Organic Search", "Referral", "Email", "Affiliates",
        "Audio", "SMS", "Mobile Push Notifications", "AI Assistants", "Unassigned",
    }  # fmt: skip
    words = ("", "cpc", "social", "email", "shop", "cross-network", "organic", "x")
    categories = (None, "search", "social", "video", "shopping", "email", "ai", "other")
    for source, category, medium, campaign in itertools.product(words, categories, words, words):
        for paid in (True, False):
            assert channel(source, category, medium, campaign, paid, False) in known


@pytest.mark.parametrize(
    "query", ["utm_source=(direct)&utm_medium=(none)", "utm_source=direct", "utm_source=(not+set)"]
)
def test_a_campaign_that_says_direct_is_believed_before_the_referrer(query: str) -> None:
    assert channel_of(query, "https://www.google.com/") == "Direct"
