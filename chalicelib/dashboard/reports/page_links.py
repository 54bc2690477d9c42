"""Links to the pages behind the overview. They carry over the period and the filters."""

from __future__ import annotations

import re
from typing import Final

from chalicelib import catalogue
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.store.sites import Site

# The parameter by which a link to the form of a filter says which page the form leads back to.
ON: Final = "on"
# The pages beside the overview that take filters, by their paths behind that of the site.
VISITS: Final = "visits"
REALTIME: Final = "realtime"
TABLES: Final = "tables/"
EVENTS: Final = "events"  # the table beside those of dimensions
FILTERED: Final = (VISITS, REALTIME, *(TABLES + key for key in (*catalogue.DIMENSIONS, EVENTS)))


def overview(root: str, site: Site, query: PageQuery) -> str:
    """The link to the overview. `root`: of the page that has the link; so in the other links."""
    return f"{root}sites/{site.id}{query.suffix}"


def whole_table(root: str, site: Site, table: str, query: PageQuery) -> str:
    """The link to a table: a key of `catalogue.DIMENSIONS`, or ``events``."""
    return f"{root}sites/{site.id}/{TABLES}{table}{query.suffix}"


def visits(root: str, site: Site, query: PageQuery) -> str:
    """The link to the list of visits."""
    return f"{root}sites/{site.id}/{VISITS}{query.suffix}"


def filter_form(root: str, site: Site, query: PageQuery) -> str:
    """The link to what there is to filter by, or to the form of a filter."""
    return f"{root}sites/{site.id}/filter{query.suffix}"


def filtered(root: str, site: Site, query: PageQuery) -> str:
    """The link that the form of a filter leads to: the overview, unless `query` names another page (`ON`)."""
    page = dict(query.items).get(ON, "")
    return f"{root}sites/{site.id}{f'/{page}' if page in FILTERED else ''}{query.without(ON).suffix}"


def visit(root: str, site: Site, visit_id: str, query: PageQuery) -> str:
    """The link to a visit."""
    return f"{root}sites/{site.id}/visits/{_in_path(visit_id)}{query.suffix}"


def visit_id(in_path: str) -> str:
    """The id of the visit in a path."""
    return re.sub(r"~([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), in_path)


def _in_path(text: str) -> str:
    """A text of printable ASCII, as a part of a path. Gateways treat ``%2F`` as a slash, so ``~2f`` stands for it."""
    return re.sub(r"[^A-Za-z0-9._-]", lambda found: f"~{ord(found[0]):02x}", text)
