"""The search of the home page, for people with many sites. A script narrows the page down while they type."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from chalicelib import config
from chalicelib.dashboard.reports.page_query import PERIOD, PageQuery
from chalicelib.report.idn import shown_host
from chalicelib.store.sites import Site
from chalicelib.web import Request

SEARCH: Final = "search"


class HomeSearch(NamedTuple):
    """What is searched for.

    :ivar text: as it was entered, ``""`` for nothing; :ivar shown: whether the page offers the search.
    :ivar period: the parameters of the period, which the form sends along.
    """

    text: str
    shown: bool
    period: tuple[tuple[str, str], ...]

    @property
    def query(self) -> PageQuery | None:
        """What links to other periods keep; None for nothing."""
        return PageQuery(((SEARCH, self.text),)) if self.text else None

    @property
    def everything(self) -> str:
        """A link to the same page of all sites."""
        return "sites" + PageQuery(self.period).suffix

    def matching(self, sites: Sequence[Site]) -> list[Site]:
        """The sites whose name or domain contains each word, in their order."""
        words = _folded(self.text).split()

        def matches(site: Site) -> bool:
            text = _folded(f"{site.name} {shown_host(site.domain)}")
            return all(word in text for word in words)

        return [site for site in sites if matches(site)]


def of_request(request: Request, sites: Sequence[Site]) -> HomeSearch:
    """What the request searches for among all of a person's sites."""
    text = request.query.get(SEARCH, "").strip() if request.method == "GET" else ""
    period = tuple((name, request.query[name]) for name in PERIOD if request.query.get(name))
    return HomeSearch(text, bool(text) or len(sites) >= config.HOME_SEARCH_SITES, period)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
