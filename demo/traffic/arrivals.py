"""Where visits come from: what the browser sends, and the source and channel that should be reported."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

DIRECT = "Direct"


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a visit begins.

    :ivar source: the source that should be reported; :ivar channel: its channel.
    :ivar referrer: the referrer that the browser sends; for other sites usually only their origin.
    :ivar query: the query string of the link.
    :ivar internal: whether the referrer is a page of the site itself, so that it is not the visit's source.
    :ivar bounce: how much more often than others such visitors leave after one page, as a factor.
    """

    source: str
    channel: str = "Direct"
    referrer: str | None = None
    query: str = ""
    internal: bool = False
    bounce: float = 1.0

    @property
    def shown_referrer(self) -> str | None:
        """The referrer that should be reported: without its query string."""
        return self.referrer.partition("?")[0] if self.referrer and not self.internal else None

    @property
    def campaign(self) -> str | None:
        """The campaign in the link's query string."""
        return next(iter(parse_qs(self.query).get("utm_campaign", ())), None)


Weighted = tuple[tuple[float, Arrival], ...]

_SEARCH: Weighted = (
    (24, Arrival("Google", "Organic Search", "https://www.google.com/")),
    (4, Arrival("Google", "Organic Search", "https://www.google.de/")),
    (3, Arrival("Bing", "Organic Search", "https://www.bing.com/")),
    (4, Arrival("DuckDuckGo", "Organic Search", "https://duckduckgo.com/")),
    (2, Arrival("Ecosia", "Organic Search", "https://www.ecosia.org/")),
    (1, Arrival("Brave Search", "Organic Search", "https://search.brave.com/")),
)
_SOCIAL: Weighted = (
    (3, Arrival("Reddit", "Organic Social", "https://www.reddit.com/", bounce=1.4)),
    (2, Arrival("Mastodon", "Organic Social", "https://mastodon.social/", bounce=1.2)),
    (2, Arrival("Bluesky", "Organic Social", "https://bsky.app/", bounce=1.2)),
    (2, Arrival("X", "Organic Social", "https://t.co/Zk3vW9uLq1", bounce=1.5)),
    (1, Arrival("LinkedIn", "Organic Social", "https://www.linkedin.com/", bounce=1.2)),
    (2, Arrival("Facebook", "Organic Social", "https://l.facebook.com/", bounce=1.4)),
    (1, Arrival("YouTube", "Organic Video", "https://www.youtube.com/", bounce=1.1)),
    (1, Arrival("GitHub", "Organic Social", "https://github.com/", bounce=0.9)),
)
_REFERRALS: Weighted = (
    (2, Arrival("Wikipedia", "Referral", "https://en.wikipedia.org/", bounce=0.9)),
    (2, Arrival("tidalnotes.example", "Referral", "https://www.tidalnotes.example/2026/links-of-the-week?page=2")),
    (1, Arrival("coastwatch.example", "Referral", "https://coastwatch.example/", bounce=0.8)),
    (1, Arrival("notgoogle.example", "Referral", "https://notgoogle.example/search?q=lighthouse")),
)
_ASSISTANTS: Weighted = (
    (3, Arrival("ChatGPT", "AI Assistants", "https://chatgpt.com/", "utm_source=chatgpt.com", bounce=0.8)),
    (1.5, Arrival("Perplexity", "AI Assistants", "https://www.perplexity.ai/", bounce=0.8)),
    (1.5, Arrival("Claude", "AI Assistants", "https://claude.ai/", bounce=0.7)),
    (0.5, Arrival("Gemini", "AI Assistants", "https://gemini.google.com/", bounce=0.8)),
)
_EVERYWHERE: Weighted = (
    (31, Arrival(DIRECT, bounce=0.85)), *_SEARCH, *_SOCIAL, *_REFERRALS, *_ASSISTANTS,
)  # fmt: skip


def _campaign(
    source: str, channel: str, tags: str, referrer: str | None = None, bounce: float = 1.0, tag: str = ""
) -> Arrival:
    """An arrival by a tagged link; `tag`: its ``utm_source``, if that is not the source's name."""
    query = f"utm_source={tag or source}&" + "&".join(f"utm_{part}" for part in tags.split())
    return Arrival(source, channel, referrer, query, bounce=bounce)


# A week's letter has two links to the site, and some people read it in a browser.
_LETTER = "medium=email campaign=week-{week} content="
_GOOGLE, _INSTAGRAM = "https://www.google.com/", "https://l.instagram.com/"
JOURNAL_ARRIVALS: Weighted = (
    *_EVERYWHERE,
    (4, _campaign("lamp-letter", "Email", _LETTER + "top-story", bounce=0.5)),
    (1, _campaign("lamp-letter", "Email", _LETTER + "footer", bounce=0.6)),
    (1, _campaign("lamp-letter", "Email", _LETTER + "top-story", "https://mail.google.com/", 0.5)),
    (1.5, _campaign("Instagram", "Organic Social", "medium=social campaign=storm content=reel", _INSTAGRAM, 1.3,
                    "instagram")),
    (1, _campaign("Mastodon", "Organic Social", "medium=social campaign=winter-appeal", "https://mastodon.social/",
                  0.7, "mastodon")),
    (1, _campaign("coastwatch.example", "Display", "medium=display campaign=winter-appeal content=banner-wide",
                  "https://coastwatch.example/", 1.5)),
)  # fmt: skip
SHOP_ARRIVALS: Weighted = (
    *_EVERYWHERE,
    (5, _campaign("Google", "Paid Search", "medium=cpc campaign=autumn-lights term=brass+lantern content=text-a",
                  _GOOGLE, 0.8, "google")),
    (3, _campaign("Google", "Paid Search", "medium=cpc campaign=autumn-lights term=ship+lantern content=text-b",
                  _GOOGLE, 1.1, "google")),
    (2, _campaign("Google", "Paid Search", "medium=cpc campaign=gifts-for-sailors term=sailor+gift content=text-a",
                  _GOOGLE, 1.2, "google")),
    (3, _campaign("Instagram", "Paid Social", "medium=paid_social campaign=autumn-lights content=carousel",
                  _INSTAGRAM, 1.5, "instagram")),
    (2, _campaign("Pinterest", "Organic Social", "medium=social campaign=cosy-cabin content=pin-3",
                  "https://www.pinterest.com/", 1.1, "pinterest")),
    (4, _campaign("quay-notes", "Email", "medium=email campaign=sale-{week} content=button", bounce=0.5)),
    (1.5, _campaign("quay-notes", "Email", "medium=email campaign=left-in-cart content=reminder", bounce=0.4)),
    (2, _campaign("lighthouse-journal.example", "Affiliates", "medium=affiliate campaign=readers-offer",
                  "https://lighthouse-journal.example/", 0.7)),
)  # fmt: skip
NOTES_ARRIVALS: Weighted = (
    *(row for row in _EVERYWHERE if row[1].source != "tidalnotes.example"),  # it is that site itself
    (12, Arrival("lighthouse-journal.example", "Referral", "https://lighthouse-journal.example/", bounce=0.7)),
    (6, Arrival("LINE", "Organic Social", "https://line.me/", bounce=1.2)),
)

HACKER_NEWS = Arrival("Hacker News", "Organic Social", "https://news.ycombinator.com/", bounce=1.6)
REDDIT = Arrival("Reddit", "Organic Social", "https://www.reddit.com/", bounce=1.4)
MASTODON = Arrival("Mastodon", "Organic Social", "https://mastodon.social/", bounce=1.3)
YOUTUBE = Arrival("YouTube", "Organic Video", "https://www.youtube.com/", bounce=1.2)
COAST_WATCH = Arrival("coastwatch.example", "Referral", "https://coastwatch.example/", bounce=1.1)


def pick_arrival(rng: random.Random, week: int, arrivals: Weighted = JOURNAL_ARRIVALS) -> Arrival:
    """A random arrival of those that a site has.

    :param week: the calendar week, which is part of the newsletter's links.
    """
    arrival = rng.choices(arrivals, weights=[weight for weight, _ in arrivals])[0][1]
    return replace(arrival, query=arrival.query.format(week=week))
