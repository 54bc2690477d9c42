"""The engine in which questions about visits are answered: loaded with days, and narrowed to what meets the filters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

from chalicelib.aggregate.duckdb_engine import Engine, engine
from chalicelib.report import narrowing
from chalicelib.report.day_tables import load_days
from chalicelib.report.filters import Condition
from chalicelib.report.narrowing import EVERYTHING, Needed, Window
from chalicelib.report.query_budget import within_budget
from chalicelib.store.rollups import StoredRollup
from chalicelib.store.sites import Site


@contextmanager
def opened(
    site: Site,
    built: Mapping[date, StoredRollup],
    conditions: Sequence[Condition],
    until: float,
    *,
    window: Window | None = None,
    end: int | None = None,
    needed: Needed = EVERYTHING,
) -> Iterator[Engine]:
    """An engine with the visits, views and events of some days that meet all conditions.

    :param built: see `day_tables.load_days`.
    :param until: see `query_budget.deadline`; :param window: see `narrowing.narrow`.
    :param end: what happened after this instant (epoch ms) is left out; None: all is included.
    :param needed: see `narrowing.narrow`.
    :raises QueryTooLarge: if it takes too much time or memory, here or in the block.
    """
    with engine() as db, within_budget(db, until):
        load_days(db, site, built)
        if end is not None:
            narrowing.cut_at(db, end)
        narrowing.narrow(db, conditions, window, needed)
        yield db
