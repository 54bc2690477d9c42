"""How often browsers ask for the script: what the bill counts of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import script_requests
from bench.bill import MEASURED
from chalicelib.config import SCRIPT_CACHE_S
from demo.traffic.plan import View

WEEK = script_requests.week()
ONE = next(view for view in WEEK if not view.person.is_bot)


def after(*seconds: int) -> list[View]:
    """Views of one visitor, that long after their first."""
    return [replace(ONE, id=str(number), t=ONE.t + second * 1000) for number, second in enumerate(seconds)]


@pytest.mark.parametrize(
    ("seconds", "requests"), [((0,), 1), ((0, 29), 1), ((0, 30), 2), ((0, 29, 31), 2), ((0, 20, 40, 60), 2)]
)
def test_a_script_is_asked_for_again_once_it_is_older_than_the_cache_allows(
    seconds: tuple[int, ...], requests: int
) -> None:
    assert script_requests.per_view(after(*seconds), 30) == requests / len(seconds)


def test_each_browser_has_a_cache_of_its_own_and_bots_load_no_script() -> None:
    other = replace(ONE, person=replace(ONE.person, address="192.0.2.200"))
    bot = next(view for view in WEEK if view.person.is_bot)
    assert script_requests.per_view([*after(0, 1), other, bot], 30) == 2 / 3


def test_the_bill_counts_as_many_as_the_demos_traffic_has() -> None:
    assert script_requests.per_view(WEEK, SCRIPT_CACHE_S) == pytest.approx(MEASURED.script_requests, abs=0.001)
