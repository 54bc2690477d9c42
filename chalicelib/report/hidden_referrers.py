"""The referrers that a site's setting `hide_referrer_regex` hides."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.aggregate.duckdb_engine import Engine
from chalicelib.report.display_names import shown_name
from chalicelib.store.sites import Site


def hidden_of(db: Engine, site: Site, referrers: Iterable[str]) -> set[str]:
    """Those of some referrers, as stored, that the setting hides. It may match a host as displayed or as stored."""
    called = {referrer: {referrer, shown_name("referrers", referrer)} for referrer in referrers}
    if not called or not site.hide_referrer_regex:
        return set()
    matched = db.matching(set().union(*called.values()), site.hide_referrer_regex)
    return {referrer for referrer, names in called.items() if names & matched}
