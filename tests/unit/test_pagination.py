"""No answer is larger than Lambda hands over, whatever names strangers have made up."""

import json
from dataclasses import replace

import pytest

from chalicelib import config, pagination
from chalicelib.api import stats as api_stats
from chalicelib.errors import BadRequest
from chalicelib.report.stats import EventCount, Row, Table
from tests.unit.dashboard import samples


def test_pages_with_the_longest_names_are_told_as_far_as_an_answer_holds_them() -> None:
    pages = tuple(Row("/" + "😀" * 1022 + f"{number:04d}", 3, 2, 1) for number in range(1000))
    quotes = tuple(Row('"' * 1024 + f"{number:04d}", 3, 2, 1) for number in range(1000))
    events = tuple(EventCount('"' * 116 + f"{number:04d}", 4, 2, {"EUR": 1.0}, 2) for number in range(1000))
    tables = samples.empty().tables | {"pages": Table(pages), "sources": Table(quotes), "referrers": Table(quotes)}
    shown = api_stats.fitting(replace(samples.empty(), tables=tables, events=events), 1000)
    handed_over = json.dumps(json.dumps(shown, ensure_ascii=False), ensure_ascii=False).encode()
    assert len(handed_over) < 6_000_000
    for name in ("pages", "sources", "referrers"):
        assert 100 <= len(shown["tables"][name]) < 1000
        assert sum(row["visitors"] for row in [*shown["tables"][name], shown["other"][name]]) == 3000
    assert sum(row["events"] for row in [*shown["events"], shown["other_events"]]) == 4000
    assert sum(row["amounts"] for row in [*shown["events"], shown["other_events"]]) == 2000


def test_a_limit_shortens_tables_and_what_is_cut_is_in_other() -> None:
    tables = samples.empty().tables | {"pages": Table((Row("/a", 5, 4, 6), Row("/b", 2, 2, 2)), Row("", 1, 1, 1))}
    shown = api_stats.fitting(replace(samples.empty(), tables=tables), 1)
    assert [row["name"] for row in shown["tables"]["pages"]] == ["/a"]
    assert shown["other"]["pages"] == {"name": "", "visitors": 3, "visits": 3, "pageviews": 3}


def test_a_list_goes_on_where_the_part_before_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ["x" * 100 + str(number) for number in range(50)]
    monkeypatch.setattr(config, "MAX_ANSWER_BYTES", 1000)
    found: list[str] = []
    place: str | None = "0"
    while place is not None:
        part, place = pagination.part(rows, int(place), 20)
        assert 1 <= len(part) <= 20
        assert pagination.size(part) < 1100
        found += part
    assert found == rows


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"limit": "²"}, {"limit": "9" * 50}]
)
def test_a_limit_that_is_none_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadRequest) as refused:
        pagination.read_limit(query, 10, 1000)
    assert refused.value.field == "limit"


@pytest.mark.parametrize("name", ["cursor", "next"])
@pytest.mark.parametrize("text", ["-1", "x", "²", "1.5", "9" * 10])
def test_an_invalid_cursor_is_refused(name: str, text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        pagination.read_place({name: text})
    assert refused.value.field == "cursor"


def test_a_cursor_is_read_by_its_present_name_and_by_the_one_before() -> None:
    assert pagination.read_place({}) == pagination.read_place({"cursor": ""}) == 0
    assert pagination.read_place({"cursor": "20"}) == pagination.read_place({"next": "20"}) == 20
    assert pagination.read_place({"cursor": "40", "next": "20"}) == 40


def test_a_page_of_the_longest_names_fits_an_answer() -> None:
    pages = tuple(Row("/" + "😀" * 1022 + str(number), 3, 2, 1) for number in range(1000))
    quotes = tuple(Row("https://x.example/" + '"' * 1000 + str(number), 3, 2, 1) for number in range(1000))
    events = tuple(
        EventCount('"' * 116 + str(number), 4, 2, {f"A{c:02d}": 1e12 for c in range(20)}) for number in range(500)
    )
    shown = samples.full()
    tables = {name: Table(quotes) for name in shown.tables} | {"pages": Table(pages)}
    page = samples.overview(replace(shown, tables=tables, events=events)).body.decode()
    assert len(json.dumps(page, ensure_ascii=False).encode()) < config.MAX_ANSWER_BYTES
