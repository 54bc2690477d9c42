"""Links to the pages behind the overview. They carry over the period and the filters."""

from __future__ import annotations

from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.store.sites import Site


def overview(root: str, site: Site, query: PageQuery) -> str:
    """The link to the overview. `root`: of the page that has the link; so in the other links."""
    return f"{root}sites/{site.id}{query.suffix}"


def whole_table(root: str, site: Site, table: str, query: PageQuery) -> str:
    """The link to a table: a key of `catalogue.DIMENSIONS`, or ``events``."""
    return f"{root}sites/{site.id}/tables/{table}{query.suffix}"
