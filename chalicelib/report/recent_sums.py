"""Sums of rollups that were asked for lately, in memory: an open page asks for the same ones again and again.

A sum is kept under the names of the builds that it is made of, so a kept sum is never outdated.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from chalicelib import config
from chalicelib.aggregate import rollup_sums
from chalicelib.aggregate.rollup_sums import Rollup

# The builds of a sum -> the sum; those that were asked for last are at the end.
_kept: OrderedDict[tuple[str, ...], Rollup] = OrderedDict()


def of_builds(builds: Sequence[str], newest_first: Callable[[], Iterable[Rollup]]) -> Rollup:
    """The sum of some rollups with all rows of their tables, to be summed again.

    :param builds: a name for each rollup that no other one ever has, newest first.
    :param newest_first: gives the rollups; only called if the sum is not kept.
    """
    key = tuple(builds)
    found = _kept.pop(key, None)
    if found is None:
        found = rollup_sums.sum_days(newest_first(), most=None)
    _kept[key] = found
    while _kept and sum(map(_rows, _kept.values())) > config.RECENT_SUMS_ROWS:
        _kept.popitem(last=False)
    return found


def forget() -> None:
    """Forget all sums."""
    _kept.clear()


def _rows(rollup: Rollup) -> int:
    return sum(map(len, rollup.tables.values())) + len(rollup.events)
