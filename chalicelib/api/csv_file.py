"""Answers that are CSV files, for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final
from urllib.parse import urlencode

from chalice import Response

from chalicelib import config, pagination
from chalicelib.errors import BadRequest
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply

# What makes spreadsheets take a cell for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


Cell = str | int | float
# Left for the header row of a file, whose columns may be properties with long names.
_HEADER_BYTES: Final = 10_000


def is_wanted(request: Request) -> bool:
    """Whether a request prefers CSV to JSON: of the two, its header ``Accept`` names CSV first."""
    for accepted in request.headers.get("accept", "").split(","):
        kind = accepted.partition(";")[0].strip().lower()
        if kind in ("text/csv", "application/json", "*/*", "application/*"):
            return kind == "text/csv"
    return False


def name_of(site: Site, what: str, first: date, last: date) -> str:
    """The name of a file with figures of a site: its domain or name, what is in it, and the days."""
    words = re.sub(r"[^A-Za-z0-9.]+", "-", site.domain or site.name).strip("-.") or "site"
    return f"{words}-{what}-{first.isoformat()}-{last.isoformat()}.csv"


def link(request: Request, cursor: str | None) -> dict[str, str]:
    """The header that names the next page of a file (RFC 8288); none on the last page."""
    if cursor is None:
        return {}
    kept = {name: values for name, values in request.query_lists.items() if name not in ("cursor", "next")}
    return {"Link": f'<?{urlencode({**kept, "cursor": cursor}, doseq=True, errors="replace")}>; rel="next"'}


def fitting(rows: Sequence[Sequence[Cell]]) -> int:
    """How many of the rows fit into a file."""
    taken = 0
    for number, row in enumerate(rows):
        taken += pagination.size(_lines([[cell(value) for value in row]]))
        if taken > config.MAX_ANSWER_BYTES - _HEADER_BYTES:
            return number
    return len(rows)


def reply_csv(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], headers: Mapping[str, str] | None = None
) -> Response:
    """A CSV file to save (RFC 4180, UTF-8).

    :param name: of the file; :param headers: further headers of the answer.
    :raises BadRequest: if it would be larger than an answer can be.
    """
    body = _lines([columns]) + _lines([cell(value) for value in row] for row in rows)
    if pagination.size(body) > config.MAX_ANSWER_BYTES:
        raise BadRequest("This file would be too large. Ask for less, or read it in parts with the API.")
    own = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return reply(body, "text/csv; charset=utf-8", 200, {**own, **(headers or {})})


def _lines(rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def cell(value: str | float) -> str | int | float:
    """A cell that no spreadsheet takes for a formula: such a text begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
