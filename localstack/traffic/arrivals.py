"""Where visits come from: what the browser says of it, and what a counter should call it."""

from __future__ import annotations

import random
from dataclasses import dataclass

DIRECT = "Direct"


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a visit begins.

    :ivar source: the name it should get.
    :ivar referrer: what the browser sends; of other sites mostly their origin alone, as browsers do now.
    :ivar query: what the link has appended to the page's address.
    :ivar internal: the referrer is a page of the site itself, and so says nothing of where the visit came from.
    """

    source: str
    referrer: str | None = None
    query: str = ""
    internal: bool = False

    @property
    def shown_referrer(self) -> str | None:
        """The referrer as it should be shown: without its query."""
        return self.referrer.partition("?")[0] if self.referrer and not self.internal else None


_LETTER = "utm_source=lamp-letter&utm_medium=email&utm_campaign=week-{week}"

_ARRIVALS: tuple[tuple[float, Arrival], ...] = (
    (31, Arrival(DIRECT)),
    # Search
    (24, Arrival("Google", "https://www.google.com/")),
    (4, Arrival("Google", "https://www.google.de/")),
    (3, Arrival("Bing", "https://www.bing.com/")),
    (4, Arrival("DuckDuckGo", "https://duckduckgo.com/")),
    (2, Arrival("Ecosia", "https://www.ecosia.org/")),
    (1, Arrival("Brave Search", "https://search.brave.com/")),
    # Social
    (3, Arrival("Reddit", "https://www.reddit.com/")),
    (2, Arrival("Mastodon", "https://mastodon.social/")),
    (2, Arrival("Bluesky", "https://bsky.app/")),
    (2, Arrival("X", "https://t.co/Zk3vW9uLq1")),
    (1, Arrival("LinkedIn", "https://www.linkedin.com/")),
    (2, Arrival("Facebook", "https://l.facebook.com/")),
    (1, Arrival("YouTube", "https://www.youtube.com/")),
    # News and neighbours
    (2, Arrival("Wikipedia", "https://en.wikipedia.org/")),
    (1, Arrival("GitHub", "https://github.com/")),
    (2, Arrival("tidalnotes.example", "https://www.tidalnotes.example/2026/links-of-the-week?page=2")),
    (1, Arrival("coastwatch.example", "https://coastwatch.example/")),
    (1, Arrival("notgoogle.example", "https://notgoogle.example/search?q=lighthouse")),
    # AI assistants
    (3, Arrival("ChatGPT", "https://chatgpt.com/", "utm_source=chatgpt.com")),
    (1.5, Arrival("Perplexity", "https://www.perplexity.ai/")),
    (1.5, Arrival("Claude", "https://claude.ai/")),
    (0.5, Arrival("Gemini", "https://gemini.google.com/")),
    # Letters and campaigns
    (5, Arrival("lamp-letter", None, _LETTER)),
    (1, Arrival("lamp-letter", "https://mail.google.com/", _LETTER)),
    (1, Arrival("Instagram", "https://l.instagram.com/", "utm_source=instagram&utm_medium=social&utm_campaign=storm")),
)
HACKER_NEWS = Arrival("Hacker News", "https://news.ycombinator.com/")
REDDIT = Arrival("Reddit", "https://www.reddit.com/")


def arrive(rng: random.Random, week: int) -> Arrival:
    """How one visit begins.

    :param week: the calendar week, which the letter's links carry.
    """
    found = rng.choices(_ARRIVALS, weights=[weight for weight, _ in _ARRIVALS])[0][1]
    return Arrival(found.source, found.referrer, found.query.format(week=week))
