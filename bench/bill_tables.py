"""The tables of docs/limits-and-cost.md: ``python -m bench.bill_tables`` writes them anew from `bill.MEASURED`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bench import bill
from bench.bill import MEASURED, Endpoint
from chalicelib.operations import prices

DOCUMENT: Final = Path(__file__).resolve().parent.parent / "docs" / "limits-and-cost.md"
VIEWS_A_DAY: Final = (10_000, 100_000, 1_000_000)
_SHOWN_AT: Final = 100_000


def by_item() -> str:
    """What a million page views cost, item by item."""
    found = [bill.per_million(MEASURED, endpoint, _SHOWN_AT) for endpoint in Endpoint]
    alone = [bill.per_million(MEASURED, endpoint, _SHOWN_AT, batch=1) for endpoint in Endpoint]
    endpoints = " | ".join(endpoint.value for endpoint in Endpoint)
    lines = [f"| USD for a million page views, at {_SHOWN_AT:,} a day | {endpoints} |", "|---|---|---|"]
    lines += [_row(item, [usd[item] for usd in found]) for item in found[0]]
    lines.append(_row("**In all**", [sum(usd.values()) for usd in found], bold=True))
    lines.append(_row("The same, if the worker gets each event alone", [sum(usd.values()) for usd in alone]))
    return "\n".join(lines)


def by_traffic() -> str:
    """What a day, and a million page views, cost by the page views of a day."""
    titles = " | ".join(f"{endpoint.value}: a day | a million" for endpoint in Endpoint)
    lines = [f"| Page views a day | {titles} |", "|---|---|---|---|---|"]
    for views in VIEWS_A_DAY:
        days = [sum(bill.per_day(MEASURED, endpoint, views).values()) for endpoint in Endpoint]
        lines.append(_row(f"{views:,}", [usd for day in days for usd in (day, day * prices.MILLION / views)]))
    return "\n".join(lines)


def updated(text: str) -> str:
    """The document with both tables as they are now.

    :raises ValueError: if it does not have each of them once.
    """
    for table, beginning in ((by_item(), "| USD for a million"), (by_traffic(), "| Page views a day")):
        before, found, after = text.partition(f"\n{beginning}")
        if not found or beginning in after:
            raise ValueError(f"{DOCUMENT.name} must have one table that begins with {beginning!r}.")
        rest = after.partition("\n\n")[2]
        text = f"{before}\n{table}\n\n{rest}"
    return text


def _row(title: str, values: list[float], *, bold: bool = False) -> str:
    mark = "**" if bold else ""
    return f"| {title} | " + " | ".join(f"{mark}{value:.2f}{mark}" for value in values) + " |"


if __name__ == "__main__":
    DOCUMENT.write_text(updated(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
