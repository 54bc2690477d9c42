"""Rows of custom events, one per name: their sums, revenue, and stored form."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

from chalicelib import config


@dataclass(frozen=True, slots=True)
class EventRow:
    """Custom events of one name.

    :ivar revenue: currency -> (millionths, number of amounts).
    :ivar left_out: number of amounts in currencies that are not listed.
    """

    name: str = ""
    events: int = 0
    visitors: int = 0
    revenue: dict[str, tuple[int, int]] = field(default_factory=dict)
    left_out: int = 0

    @property
    def amounts(self) -> int:
        """The number of amounts."""
        return self.left_out + sum(times for _, times in self.revenue.values())

    def plus(self, other: EventRow) -> EventRow:
        """The sum of two rows, under the name of the first."""
        none = (0, 0)
        revenue = {
            name: (self.revenue.get(name, none)[0] + other.revenue.get(name, none)[0],
                   self.revenue.get(name, none)[1] + other.revenue.get(name, none)[1])
            for name in sorted(self.revenue | other.revenue)
        }  # fmt: skip
        sums = (self.events + other.events, self.visitors + other.visitors)
        return EventRow(self.name, *sums, revenue, self.left_out + other.left_out)

    def with_fewer_currencies(self) -> EventRow:
        """The row with its currencies limited to those with the most amounts."""
        if len(self.revenue) <= config.EVENT_CURRENCIES:
            return self
        most_first = sorted(self.revenue.items(), key=lambda item: (-item[1][1], item[0]))
        kept = dict(sorted(most_first[: config.EVENT_CURRENCIES]))
        left = sum(times for _, (_, times) in most_first[config.EVENT_CURRENCIES :])
        return replace(self, revenue=kept, left_out=self.left_out + left)

    def values(self) -> list[Any]:
        """The stored form, for :meth:`read`."""
        return [self.name, self.events, self.visitors, self.revenue, self.left_out]

    @classmethod
    def read(cls, values: list[Any]) -> Self:
        """A row from its stored form."""
        name, events, visitors, revenue, left_out = values
        return cls(name, events, visitors, {key: (sum_, times) for key, (sum_, times) in revenue.items()}, left_out)


def rest(rows: list[EventRow], before: EventRow | None) -> EventRow | None:
    """The sum of rows that are left out, added to what was left out before; their currencies are not listed."""
    for row in rows:
        other = before or EventRow()
        before = EventRow("", other.events + row.events, other.visitors + row.visitors, {}, other.amounts + row.amounts)
    return before
