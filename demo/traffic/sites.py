"""The demo's sites: a magazine, a shop, and a weblog that began three weeks ago."""

from __future__ import annotations

from demo.traffic import arrivals
from demo.traffic.audience import OFFICE_NETWORK
from demo.traffic.demo_site import DemoSite, Goal, Page, Story

HOME = "/"

# The magazine
_FORMATS = ("format", ("PDF", "EPUB"))
_METHODS = ("method", ("card", "transfer", "paypal"))
_DONATE = Goal("Donate", 0.2, (("kind", ("once", "monthly")), _METHODS), (500, 12_000))
_DOWNLOAD = Goal("Download", 0.11, (_FORMATS,))
_LISTEN = Goal("Listen", 0.07, (("voice", ("author", "read aloud")),))
_OPEN = Goal("Open lighthouse", 0.3, (("coast", ("Scotland", "Norway", "Brittany", "Maine", "Galicia", "Taiwan")),))
_SHARE = Goal("Share", 0.025, (("to", ("copied link", "Mastodon", "e-mail", "Bluesky")),))
_SUBSCRIBE = Goal("Subscribe", 0.36, (("frequency", ("weekly", "monthly")), ("form", ("page", "footer"))))

_READ_ON = (("/newsletter", 0.04), ("/support", 0.03))
_STORY, _GUIDE = (_LISTEN, _SHARE), (_DOWNLOAD, _SHARE)
_ARCHIVE_HOST, _MAP_HOST = "archive.lighthouse-journal.example", "map.lighthouse-journal.example"


def _story(name: str, seconds: float, host: str = "") -> Page:
    return Page(f"/stories/{name}", seconds, _STORY, host, _READ_ON)


def _guide(name: str, seconds: float) -> Page:
    return Page(f"/guides/{name}", seconds, _GUIDE, leads_to=_READ_ON)


_JOURNAL = (
    Page(HOME, 18), _story("the-last-keeper-of-hornbill-rock", 190), _guide("how-a-fresnel-lens-works", 150),
    Page("/map", 55, (_OPEN,), _MAP_HOST), _story("a-winter-on-mingulay", 170),
    _guide("visiting-lighthouses-with-children", 80), Page("/stories", 15),
    _story("the-day-the-light-went-out", 140), _guide("fog-signals-explained", 95),
    _story("letters-from-skerryvore", 160), Page("/about", 30), _guide("reading-a-list-of-lights", 120),
    _story("painting-by-red-and-white", 110), Page("/guides", 14), Page("/newsletter", 20, (_SUBSCRIBE,)),
    _story("night-boat-to-utsira", 130), Page("/archive", 25, host=_ARCHIVE_HOST), _story("caf%C3%A9-at-the-pier", 75),
    _guide("knots-for-visitors", 60), _story("the-clockwork-room", 120, _ARCHIVE_HOST), Page("/contact", 12),
    _story("a-bell-under-water", 100, _ARCHIVE_HOST), _guide("photographing-the-beam", 85), Page("/shop", 25),
    _story("three-generations-at-lindesnes", 150, _ARCHIVE_HOST), Page("/imprint", 8), _guide("sector-lights", 70),
    _story("paraffin-and-patience", 90, _ARCHIVE_HOST), Page("/privacy", 10),
    _story("the-relief-boat", 80, _ARCHIVE_HOST), Page("/support", 45, (_DONATE,)),
)  # fmt: skip
_JOURNAL_STORIES = (
    Story(
        arrivals.HACKER_NEWS, "/guides/how-a-fresnel-lens-works",
        "“How a Fresnel lens works” is on the front page of Hacker News",
    ),
    Story(
        arrivals.MASTODON, "/stories/a-winter-on-mingulay", "Thousands share “A winter on Mingulay” on Mastodon",
    ),
    Story(
        arrivals.REDDIT, "/stories/the-last-keeper-of-hornbill-rock", "The last keeper answers questions on Reddit",
    ),
)  # fmt: skip

# The shop
_PAYMENT_HOST = "pay.harbour.example"
_SHIPPING = ("shipping", ("standard", "express", "pick-up"))
_PAYMENT = ("payment", ("card", "paypal", "invoice"))
_PURCHASE = Goal("Purchase", 0.97, (_PAYMENT, _SHIPPING), (1_900, 24_900), "USD")
_BEGIN = Goal("Begin checkout", 0.85, (_SHIPPING,))
_QUERIES = ("query", ("lantern", "rope", "barometer", "gift", "blanket"))
_SEARCH = Goal("Search", 0.08, (_QUERIES, ("results", ("12", "3", "0"))))
_ALERT = Goal("Stock alert", 0.12, (("size", ("M", "L", "S")),))


def _product(name: str, title: str, seconds: float, *others: Goal) -> Page:
    add = Goal("Add to cart", 0.15, (("product", (title,)), ("quantity", ("1", "2", "4"))))
    return Page(f"/products/{name}", seconds, (add, *others), leads_to=(("/cart", 0.18),))


_SHOP = (
    Page(HOME, 15, (_SEARCH,)), _product("brass-lantern", "Brass lantern", 40),
    _product("sea-chart-poster", "Sea chart poster", 35), _product("wool-sweater", "Wool sweater", 45, _ALERT),
    Page("/sale", 20), _product("tide-clock", "Tide clock", 40), _product("signal-flags", "Signal flags", 30),
    _product("barometer", "Barometer", 35), Page("/shipping", 15), _product("enamel-mug", "Enamel mug", 25),
    Page("/returns", 15), Page("/contact", 15), Page("/cart", 25, leads_to=(("/checkout", 0.62),), inner=True),
    Page("/checkout", 70, (_BEGIN,), _PAYMENT_HOST, (("/thanks", 0.75),), inner=True),
    Page("/thanks", 10, (_PURCHASE,), _PAYMENT_HOST, inner=True),
)  # fmt: skip
_SHOP_STORIES = (
    Story(arrivals.REDDIT, "/products/brass-lantern", "The brass lantern is all over r/BuyItForLife"),
    Story(arrivals.YOUTUBE, "/products/tide-clock", "A film about cabins on YouTube shows the tide clock"),
)

# The weblog
_NOTES = (
    Page(HOME, 25), Page("/2026/links-of-the-week", 90), Page("/2026/spring-tides-on-the-strait", 150),
    Page("/2026/%E6%BD%AE%E9%96%93%E5%B8%B6%E7%9A%84%E6%97%A9%E6%99%A8", 120),
    Page("/tides/keelung", 40), Page("/2026/what-a-tide-table-leaves-out", 170),
    Page("/about", 20), Page("/tides/penghu", 40), Page("/feed", 6),
)  # fmt: skip
_NOTES_STORIES = (
    Story(
        arrivals.COAST_WATCH, "/2026/spring-tides-on-the-strait", "Coast Watch links to “Spring tides on the strait”"
    ),
)

JOURNAL = DemoSite(
    "Lighthouse Journal", "lighthouse-journal.example", "Europe/Berlin", _JOURNAL, 74, 0.487, _JOURNAL_STORIES, 23,
    arrivals.JOURNAL_ARRIVALS, members=("reader", 60, 0.05), settings={"ignored_ips": OFFICE_NETWORK},
)  # fmt: skip
SHOP = DemoSite(
    "Harbour Shop", "shop.harbour.example", "America/New_York", _SHOP, 26, 0.38, _SHOP_STORIES, 29,
    arrivals.SHOP_ARRIVALS, depth=2.9, nearby={"US": 9, "CA": 5, "DE": 0.2, "GB": 1.5}, growth=0.7,
    members=("customer", 45, 0.18), settings={"ignored_ips": OFFICE_NETWORK, "ignore_robots": True},
)  # fmt: skip
NOTES = DemoSite(
    "Tidal Notes", "tidalnotes.example", "Asia/Taipei", _NOTES, 18, 0.58, _NOTES_STORIES, 19,
    arrivals.NOTES_ARRIVALS, depth=1.1, nearby={"TW": 120, "JP": 6, "DE": 0.3}, growth=0.2, started=23,
)  # fmt: skip
SITES = (JOURNAL, SHOP, NOTES)
