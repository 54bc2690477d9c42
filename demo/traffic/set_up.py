"""What the owner of a demo site has set up there: its settings, saved segments, shared links, and invitations."""

from __future__ import annotations

from typing import Any, Final

from demo.traffic.client import Shylight
from demo.traffic.demo_site import DemoSite
from demo.traffic.sites import JOURNAL, SHOP

_SEARCH: Final = "is,channel,Organic Search"
_PAID: Final = ("is,channel,Paid Search", "is,channel,Paid Social")
# By site: below which address of the API, and with which fields.
_ADDED: Final[dict[str, tuple[tuple[str, dict[str, Any]], ...]]] = {
    JOURNAL.domain: (
        ("segments", {"name": "Readers in Germany", "filters": ["is,country,DE"], "shared": True}),
        ("segments", {"name": "Stories, from search", "filters": ["contains,page,/stories/", _SEARCH]}),
        ("shares", {"name": "For the board", "hidden": ["events"]}),
        ("people", {"email": "mara@lighthouse-journal.example", "role": "editor"}),
        ("people", {"email": "ole@lighthouse-journal.example", "role": "viewer"}),
    ),
    SHOP.domain: (
        ("segments", {"name": "Paid campaigns", "filters": list(_PAID), "shared": True}),
        ("shares", {"name": "For the agency"}),
        ("people", {"email": "finn@harbour.example", "role": "editor"}),
    ),
}


def create(shylight: Shylight, site: DemoSite) -> str:
    """Create a site with its settings; gives its id. It must have them before it gets traffic."""
    return shylight.create_site(site.name, site.domain, site.timezone, site.settings)


def complete(shylight: Shylight, site_id: str, site: DemoSite) -> None:
    """Add the rest, which no figure depends on."""
    for what, fields in _ADDED.get(site.domain, ()):
        shylight.add(site_id, what, fields)
