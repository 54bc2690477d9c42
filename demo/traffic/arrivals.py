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
    """

    source: str
    channel: str = "Direct"
    referrer: str | None = None
    query: str = ""
    internal: bool = False

    @property
    def shown_referrer(self) -> str | None:
        """The referrer that should be reported: without its query string."""
        return self.referrer.partition("?")[0] if self.referrer and not self.internal else None

    @property
    def campaign(self) -> str | None:
        """The campaign in the link's query string."""
        return next(iter(parse_qs(self.query).get("utm_campaign", ())), None)


_LETTER = "utm_source=lamp-letter&utm_medium=email&utm_campaign=week-{week}"

_ARRIVALS: tuple[tuple[float, Arrival], ...] = (
    (31, Arrival(DIRECT)),
    # Search
    (24, Arrival("Google", "Organic Search", "https://www.google.com/")),
    (4, Arrival("Google", "Organic Search", "https://www.google.de/")),
    (3, Arrival("Bing", "Organic Search", "https://www.bing.com/")),
    (4, Arrival("DuckDuckGo", "Organic Search", "https://duckduckgo.com/")),
    (2, Arrival("Ecosia", "Organic Search", "https://www.ecosia.org/")),
    (1, Arrival("Brave Search", "Organic Search", "https://search.brave.com/")),
    # Social
    (3, Arrival("Reddit", "Organic Social", "https://www.reddit.com/")),
    (2, Arrival("Mastodon", "Organic Social", "https://mastodon.social/")),
    (2, Arrival("Bluesky", "Organic Social", "https://bsky.app/")),
    (2, Arrival("X", "Organic Social", "https://t.co/Zk3vW9uLq1")),
    (1, Arrival("LinkedIn", "Organic Social", "https://www.linkedin.com/")),
    (2, Arrival("Facebook", "Organic Social", "https://l.facebook.com/")),
    (1, Arrival("YouTube", "Organic Video", "https://www.youtube.com/")),
    (1, Arrival("GitHub", "Organic Social", "https://github.com/")),
    # Referrals
    (2, Arrival("Wikipedia", "Referral", "https://en.wikipedia.org/")),
    (2, Arrival("tidalnotes.example", "Referral", "https://www.tidalnotes.example/2026/links-of-the-week?page=2")),
    (1, Arrival("coastwatch.example", "Referral", "https://coastwatch.example/")),
    (1, Arrival("notgoogle.example", "Referral", "https://notgoogle.example/search?q=lighthouse")),
    # AI assistants
    (3, Arrival("ChatGPT", "AI Assistants", "https://chatgpt.com/", "utm_source=chatgpt.com")),
    (1.5, Arrival("Perplexity", "AI Assistants", "https://www.perplexity.ai/")),
    (1.5, Arrival("Claude", "AI Assistants", "https://claude.ai/")),
    (0.5, Arrival("Gemini", "AI Assistants", "https://gemini.google.com/")),
    # Newsletters and campaigns
    (5, Arrival("lamp-letter", "Email", None, _LETTER)),
    (1, Arrival("lamp-letter", "Email", "https://mail.google.com/", _LETTER)),
    (
        1,
        Arrival(
            "Instagram",
            "Organic Social",
            "https://l.instagram.com/",
            "utm_source=instagram&utm_medium=social&utm_campaign=storm",
        ),
    ),
)
HACKER_NEWS = Arrival("Hacker News", "Organic Social", "https://news.ycombinator.com/")
REDDIT = Arrival("Reddit", "Organic Social", "https://www.reddit.com/")


def pick_arrival(rng: random.Random, week: int) -> Arrival:
    """A random arrival.

    :param week: the calendar week, which is part of the newsletter's links.
    """
    arrival = rng.choices(_ARRIVALS, weights=[weight for weight, _ in _ARRIVALS])[0][1]
    return replace(arrival, query=arrival.query.format(week=week))
