"""Measurements, and their output as text and JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement.

    :ivar name: what was measured; :ivar value: in `unit`.
    :ivar budget: the maximum that the design allows, in the same unit; None for no limit.
    :ivar note: how it was measured, if the name does not say so.
    """

    name: str
    value: float
    unit: str
    budget: float | None = None
    note: str = ""

    @property
    def over(self) -> bool:
        """Whether the value is over its budget."""
        return self.budget is not None and self.value > self.budget

    def as_json(self) -> dict[str, object]:
        """The measurement as in bench/results.json."""
        return {**asdict(self), "value": round(self.value, 6), "over": self.over}


@dataclass(frozen=True, slots=True)
class Section:
    """The measurements of one part of the program."""

    title: str
    measurements: list[Measurement]

    def value(self, name: str) -> float:
        """The value of the measurement with this name."""
        return next(measurement.value for measurement in self.measurements if measurement.name == name)

    def lines(self) -> list[str]:
        """The section as lines of text."""
        lines = ["", self.title]
        for measurement in self.measurements:
            budget = f"of {_number(measurement.budget)}" if measurement.budget is not None else ""
            flag = "  OVER" if measurement.over else ""
            line = f"  {measurement.name:<58} {_number(measurement.value):>10} {measurement.unit:<8} {budget:<11}{flag}"
            lines.append(line.rstrip())
            if measurement.note:
                lines.append(f"      {measurement.note}")
        return lines


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
