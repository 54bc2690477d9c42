"""The gridlines of the chart: round values in the unit of its metric."""

from __future__ import annotations

import math
from typing import Final

from chalicelib.catalogue import Unit
from chalicelib.dashboard import formatting

# Steps between durations, s: those that people count minutes and hours by.
_DURATIONS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)


def nice_ticks(largest: int) -> list[int]:
    """Round whole values from 0 to at least `largest`: three to five steps of 1, 2, 2.5 or 5 times a power of ten.

    Of the candidates, the one with the lowest top is used; below 3, there are fewer than three steps.
    """
    if largest < 3:
        return list(range(max(largest, 1) + 1))
    power = 10 ** math.floor(math.log10(largest))
    steps = [round(times * power / 10) for times in (1, 2, 2.5, 5, 10, 20, 25) if (times * power / 10).is_integer()]
    return _lowest(largest, steps)


def ticks_of(unit: Unit, largest: float) -> list[tuple[float, str]]:
    """The gridlines for values of a unit up to `largest`, with their labels."""
    if unit == "fraction":
        return [(value / 100, f"{value}%") for value in nice_ticks(math.ceil(largest * 100))]
    if unit == "seconds":
        return [(value, formatting.duration(value)) for value in _duration_ticks(math.ceil(largest))]
    values = nice_ticks(math.ceil(largest))
    if unit == "percent":
        return [(value, f"{value}%") for value in values]
    if unit == "milliseconds":
        return [(value, formatting.milliseconds(value).replace(".00", "") if value else "0") for value in values]
    return [(value, formatting.axis(value)) for value in values]


def _duration_ticks(largest: int) -> list[int]:
    fitting = [step for step in _DURATIONS if 3 <= math.ceil(largest / step) <= 5]
    return _lowest(largest, fitting) if fitting else nice_ticks(largest)


def _lowest(largest: int, steps: list[int]) -> list[int]:
    tops = [(math.ceil(largest / step) * step, step) for step in steps if 3 <= math.ceil(largest / step) <= 5]
    top, step = min(tops, key=lambda found: (found[0], -found[1]))
    return list(range(0, top + 1, step))
