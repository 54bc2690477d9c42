"""What is said of an annotation: valid fields are read in the site's time zone, all others are told by name."""

from __future__ import annotations

import re

import pytest

from chalicelib import days
from chalicelib.accounts.sites import annotation_fields
from chalicelib.accounts.sites.annotation_fields import Fields
from chalicelib.errors import BadRequest
from chalicelib.store.site_annotations import Annotation
from chalicelib.store.sites import Site

BERLIN = Site("7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11", "Fieldnotes", "fieldnotes.example", "Europe/Berlin")
MOVED = Site(BERLIN.id, "", "", "America/New_York", zones=(("", "Europe/Berlin"), ("2026-11-10", "America/New_York")))


def at(moment: object, site: Site = BERLIN) -> str:
    return annotation_fields.read({"text": "x", "at": moment}, site).at


def test_only_a_text_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "now_ms", lambda: 1_795_705_445_999)
    read = annotation_fields.read({"text": "  v2.1.0 ", "kind": "deploy"}, BERLIN)
    assert read == Fields("v2.1.0", "2026-11-26T15:04:05Z", "", "deploy")


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2026-11-26", "2026-11-26"),
        ("2026-11-26T15:04:05Z", "2026-11-26T15:04:05Z"),
        ("2026-11-26T15:04:05.999Z", "2026-11-26T15:04:05Z"),
        ("2026-11-26T15:04+01:00", "2026-11-26T14:04:00Z"),
        ("2026-11-26T15:04-0500", "2026-11-26T20:04:00Z"),
        ("2026-11-26T15:04", "2026-11-26T14:04:00Z"),  # the site's clock, in winter
        ("2026-07-26T15:04", "2026-07-26T13:04:00Z"),  # in summer
        ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),  # the first of two
        ("2026-03-29T02:30", "2026-03-29T01:30:00Z"),  # skipped: an hour later, 03:30
    ],
)
def test_a_time_without_an_offset_is_one_on_the_sites_clock(given: str, moment: str) -> None:
    assert at(given) == moment


def test_the_clock_is_that_of_the_day() -> None:
    assert at("2026-11-09T12:00", MOVED) == "2026-11-09T11:00:00Z"
    assert at("2026-11-10T12:00", MOVED) == "2026-11-10T17:00:00Z"


@pytest.mark.parametrize(
    "moment",
    [
        "", "yesterday", "2026-13-01", "2026-02-30", "2026-11-26T25:00", "2026-11-26 15:04", "20261126",
        "2026-W48-4", 5, True, "1999-12-31", "2200-01-01", "2200-01-01T00:00:00Z", "0001-01-01T00:00+23:59",
        "9999-12-31T23:59-23:59",
        "٢٠٢٦-11-26", "2026-11-26T15:04:05Z" + "0" * 100, "2026-11-26T", ["2026-11-26"],
    ],
)  # fmt: skip
def test_a_moment_that_is_none_is_refused(moment: object) -> None:
    with pytest.raises(BadRequest, match="at must be a day") as refused:
        at(moment)
    assert refused.value.field == "at"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \u200b"}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"text": "a\nb"}, "text"),
        ({"text": "a\u202eb"}, "text"),
        ({"text": "\ud83c"}, "text"),
        ({"text": 5}, "text"),
        ({"url": "http://example.com"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://ada:secret@example.com/"}, "url"),
        ({"url": "https://example.com/a b"}, "url"),
        ({"url": "https://example.com:port/"}, "url"),
        ({"url": "https://[::1"}, "url"),
        ({"url": "https://example.com/" + "x" * 500}, "url"),
        ({"url": 5}, "url"),
        ({"kind": "release"}, "kind"),
        ({"kind": None}, "kind"),
        ({"author": "Ada"}, "author"),
    ],
)
def test_a_mistake_is_told_by_field(fields: dict[str, object], field: str) -> None:
    text = {} if not fields or "text" in fields else {"text": "x"}
    with pytest.raises(BadRequest) as refused:
        annotation_fields.read({**text, **fields}, BERLIN)
    assert refused.value.field == field
    assert re.match(r"[A-Za-z]", refused.value.message)


@pytest.mark.parametrize("text", ["W" * 200, "إطلاق الموقع الجديد", "発売", "🎉", "<b>bold</b>"])
def test_any_line_of_text_is_taken(text: str) -> None:
    assert annotation_fields.read({"text": text}, BERLIN).text == text


def test_changes_keep_what_they_do_not_name() -> None:
    before = Annotation(BERLIN.id, "1", "2026-11-26", "Newsletter", "https://example.com/", "note")
    assert annotation_fields.read_changes({}, BERLIN, before) == Fields(
        "Newsletter", "2026-11-26", "https://example.com/", "note"
    )
    changed = annotation_fields.read_changes({"url": None, "kind": "deploy"}, BERLIN, before)
    assert changed == Fields("Newsletter", "2026-11-26", "", "deploy")
    with pytest.raises(BadRequest):
        annotation_fields.read_changes({"at": None}, BERLIN, before)
