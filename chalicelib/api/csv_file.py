"""Answers that are CSV files, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from chalice import Response

from chalicelib import config, pagination
from chalicelib.errors import BadRequest
from chalicelib.web import reply

# What makes spreadsheets take a cell for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def reply_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> Response:
    """A CSV file to save (RFC 4180, UTF-8).

    :param name: of the file.
    :raises BadRequest: if it would be larger than an answer can be.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    body = text.getvalue()
    if pagination.size(body) > config.MAX_ANSWER_BYTES:
        raise BadRequest("This file would be too large. Ask for less, or read it in parts with the API.")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return reply(body, "text/csv; charset=utf-8", 200, headers)


def cell(value: str | float) -> str | int | float:
    """A cell that no spreadsheet takes for a formula: such a text begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
