"""A measured figure, and how it is shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    :ivar name: what was measured; :ivar value: in `unit`.
    :ivar budget: what the design allows at most, in the same unit; None where it sets nothing.
    :ivar note: how it was measured, where the name does not say it.
    """

    name: str
    value: float
    unit: str
    budget: float | None = None
    note: str = ""

    @property
    def over(self) -> bool:
        """Whether it is over its budget."""
        return self.budget is not None and self.value > self.budget

    def as_json(self) -> dict[str, object]:
        """For bench/results.json."""
        return {**asdict(self), "value": round(self.value, 6), "over": self.over}


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of one part of the design."""

    title: str
    figures: list[Figure]

    def lines(self) -> list[str]:
        """The part as text."""
        lines = ["", self.title]
        for figure in self.figures:
            budget = f"of {_number(figure.budget)}" if figure.budget is not None else ""
            flag = "  OVER" if figure.over else ""
            line = f"  {figure.name:<58} {_number(figure.value):>10} {figure.unit:<8} {budget:<11}{flag}"
            lines.append(line.rstrip())
            if figure.note:
                lines.append(f"      {figure.note}")
        return lines


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
