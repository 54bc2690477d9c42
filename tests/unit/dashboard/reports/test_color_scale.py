"""The steps of colour scales."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.dashboard.reports import color_scale


@pytest.mark.parametrize(
    ("counts", "bounds"),
    [([], (1,)), ([0], (1,)), ([1], (1,)), ([3, 1], (1, 2, 3)), ([5], (1, 2, 3, 4, 5)), ([6], (1, 2, 5)),
     ([100], (1, 2, 5, 20, 50)), ([5000], (1, 5, 20, 200, 1000)), ([2_000_000], (1, 20, 500, 5000, 100_000))],
)  # fmt: skip
def test_steps_of_the_map_grow(counts: list[int], bounds: tuple[int, ...]) -> None:
    assert color_scale.growing(counts).bounds == bounds


@pytest.mark.parametrize(
    ("counts", "bounds"),
    [([0], (1,)), ([4], (1, 2, 3, 4)), ([13], (1, 3, 6, 9, 12)), ([123, 7], (1, 25, 50, 75, 100)),
     ([1000], (1, 200, 400, 600, 800))],
)  # fmt: skip
def test_steps_of_the_week_are_equal(counts: list[int], bounds: tuple[int, ...]) -> None:
    assert color_scale.equal(counts).bounds == bounds


@given(st.lists(st.integers(0, 10**12), min_size=1))
def test_every_count_has_a_step_and_only_nothing_has_none(counts: list[int]) -> None:
    for scale in (color_scale.growing(counts), color_scale.equal(counts)):
        assert len(scale.bounds) <= color_scale.STEPS
        assert scale.step(max(counts)) == (len(scale.bounds) if max(counts) else 0)
        for count in counts:
            assert (scale.step(count) == 0) == (count == 0)


def test_the_legend_tells_what_each_step_counts() -> None:
    texts = [step.text for step in color_scale.Scale((1, 2, 10, 2000)).legend()]
    assert texts == ["1", "2+", "10+", "2k+"]
    assert [step.number for step in color_scale.growing([100]).legend()] == [1, 2, 3, 4, 5]
