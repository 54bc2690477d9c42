"""The demo's sites and their pages."""

from __future__ import annotations

import random
from dataclasses import dataclass

from demo.traffic.arrivals import HACKER_NEWS, REDDIT, Arrival

HOME = "/"


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal on a page, which is counted as a custom event.

    :ivar share: the share of the page's views that reach it.
    :ivar choices: the values of the event's property `prop`.
    :ivar cents: the minimum and maximum revenue in hundredths of `currency`; None: no revenue.
    """

    event: str
    share: float
    prop: str
    choices: tuple[str, ...]
    cents: tuple[int, int] | None = None
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Page:
    """A page; `seconds` is the median engagement time."""

    path: str
    seconds: float
    goal: Goal | None = None


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A site with its pages, the most popular first.

    :ivar visits_a_day: visits by people on an average weekday, after the traffic has grown.
    :ivar bounce: the share of visits with one page view.
    :ivar spike: where additional visits come from on a day when a story spreads.
    """

    name: str
    domain: str
    timezone: str
    pages: tuple[Page, ...]
    visits_a_day: float
    bounce: float
    spike: Arrival

    def url(self, path: str, query: str = "") -> str:
        """The URL of a page."""
        return f"https://{self.domain}{path}{'?' if query else ''}{query}"

    def entry(self, rng: random.Random) -> Page:
        """A random entry page, most often the home page."""
        return self.pages[0] if rng.random() < 0.3 else self.page(rng)

    def page(self, rng: random.Random) -> Page:
        """A random page, weighted by popularity according to Zipf's law."""
        return rng.choices(self.pages, weights=[1 / rank for rank in range(1, len(self.pages) + 1)])[0]


_SUBSCRIBE = Goal("Subscribe", 0.4, "frequency", ("weekly", "monthly"))
_PURCHASE = Goal("Purchase", 0.9, "payment", ("card", "paypal", "invoice"), (900, 24_900), "USD")

_JOURNAL = (
    Page(HOME, 18), Page("/stories/the-last-keeper-of-hornbill-rock", 190),
    Page("/guides/how-a-fresnel-lens-works", 150), Page("/map", 55), Page("/stories/a-winter-on-mingulay", 170),
    Page("/guides/visiting-lighthouses-with-children", 80), Page("/stories", 15),
    Page("/stories/the-day-the-light-went-out", 140), Page("/guides/fog-signals-explained", 95),
    Page("/stories/letters-from-skerryvore", 160), Page("/about", 30),
    Page("/guides/reading-a-list-of-lights", 120), Page("/stories/painting-by-red-and-white", 110),
    Page("/guides", 14), Page("/newsletter", 20, _SUBSCRIBE), Page("/stories/night-boat-to-utsira", 130),
    Page("/archive", 25), Page("/stories/caf%C3%A9-at-the-pier", 75), Page("/guides/knots-for-visitors", 60),
    Page("/stories/the-clockwork-room", 120), Page("/contact", 12), Page("/stories/a-bell-under-water", 100),
    Page("/guides/photographing-the-beam", 85), Page("/shop", 25),
    Page("/stories/three-generations-at-lindesnes", 150), Page("/imprint", 8),
    Page("/guides/sector-lights", 70), Page("/stories/paraffin-and-patience", 90), Page("/privacy", 10),
    Page("/stories/the-relief-boat", 80),
)  # fmt: skip
_SHOP = (
    Page(HOME, 15), Page("/products/brass-lantern", 40), Page("/products/sea-chart-poster", 35),
    Page("/cart", 25), Page("/products/wool-sweater", 45), Page("/checkout", 70),
    Page("/products/tide-clock", 40), Page("/sale", 20), Page("/products/signal-flags", 30),
    Page("/thanks", 10, _PURCHASE), Page("/shipping", 15), Page("/products/barometer", 35), Page("/returns", 15),
    Page("/products/enamel-mug", 25), Page("/contact", 15),
)  # fmt: skip

JOURNAL = DemoSite(
    "Lighthouse Journal", "lighthouse-journal.example", "Europe/Berlin", _JOURNAL, 150, 0.46, HACKER_NEWS
)
SHOP = DemoSite("Harbour Shop", "shop.harbour.example", "America/New_York", _SHOP, 40, 0.35, REDDIT)
SITES = (JOURNAL, SHOP)
