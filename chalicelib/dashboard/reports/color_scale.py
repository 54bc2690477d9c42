"""Colour scales: in which of five steps a count is drawn, on the map and in the hours of the week."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

from chalicelib.dashboard import formatting

STEPS: Final = 5
# The first digits of round numbers: of the bounds of steps that grow, and of equal steps.
_COARSE: Final = (1, 2, 5, 10)
_FINE: Final = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


class Step(NamedTuple):
    """A step for the legend: its number, from 1, and the counts from which it is used, such as ``10+``."""

    number: int
    text: str


class Scale(NamedTuple):
    """A scale from 1 up.

    :ivar bounds: the smallest count of each step, ascending; at most :data:`STEPS`, and the first is 1.
    """

    bounds: tuple[int, ...]

    def step(self, count: int) -> int:
        """The number of a count's step, from 1; 0 for 0."""
        return sum(bound <= count for bound in self.bounds)

    def legend(self) -> tuple[Step, ...]:
        """The steps, smallest counts first; a step of a single count is named by that alone, such as ``1``."""
        following = [*self.bounds[1:], 0]
        return tuple(
            Step(number, formatting.axis(bound) + ("" if after == bound + 1 else "+"))
            for number, (bound, after) in enumerate(zip(self.bounds, following, strict=True), start=1)
        )


def growing(counts: Iterable[int]) -> Scale:
    """Steps that grow by about the same factor: for counts of which a few are many times as large as most."""
    largest = max(counts, default=0)
    if largest <= STEPS:
        return _scale(range(1, largest + 1))
    factor = largest ** (1 / STEPS)
    return _scale(_round(factor**step, _COARSE) for step in range(STEPS))


def equal(counts: Iterable[int]) -> Scale:
    """Equal steps: for counts of the same order of magnitude."""
    largest = max(counts, default=0)
    if largest <= STEPS:
        return _scale(range(1, largest + 1))
    size = _round(largest / STEPS, _FINE)
    return _scale(step * size for step in range(STEPS) if step * size <= largest)


def _scale(bounds: Iterable[int]) -> Scale:
    return Scale(tuple(sorted({max(bound, 1) for bound in bounds})) or (1,))


def _round(value: float, digits: tuple[float, ...]) -> int:
    """The nearest round number, of those with such first digits; nearest by factor."""
    power = 10.0 ** math.floor(math.log10(value))
    candidates = [digit * power for digit in digits if float(digit * power).is_integer()] or [1.0]
    return int(min(candidates, key=lambda one: abs(math.log(one / value))))
