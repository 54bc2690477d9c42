"""CSV files: no cell is a formula to a spreadsheet, and every text comes back as it was."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import config
from chalicelib.api import csv_file
from chalicelib.errors import BadRequest


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_text_that_begins_like_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert csv_file.cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "a=1", "'=1", "1-1", 5, -5, 0.5])
def test_other_cells_stay_as_they_are(value: str | float) -> None:
    assert csv_file.cell(value) == value


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=5))
def test_a_file_is_read_as_it_was_written(rows: list[list[str]]) -> None:
    answer = csv_file.reply_csv("x.csv", ("=a", "b"), rows)
    read = list(csv.reader(io.StringIO(answer.body.decode(), newline="")))
    assert read == [["=a", "b"], *([csv_file.cell(text) for text in row] for row in rows)]
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for row in read[1:] for text in row)


def test_a_file_is_saved_under_its_name_and_not_cached() -> None:
    headers = csv_file.reply_csv("usage-2026-11.csv", ("a",), []).headers
    assert headers["Content-Disposition"] == 'attachment; filename="usage-2026-11.csv"'
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "MAX_ANSWER_BYTES", 100)
    with pytest.raises(BadRequest, match="too large"):
        csv_file.reply_csv("x.csv", ("a",), [["b" * 100]])
