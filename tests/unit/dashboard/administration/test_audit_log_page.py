"""The pages of the audit log: what entries say, and the files with all of them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest

from chalicelib.accounts import audit_log
from chalicelib.accounts.audit_log import Entry, Names, Part
from chalicelib.dashboard.administration import audit_log as audit_log_page
from chalicelib.dashboard.administration import audit_log_texts
from chalicelib.errors import BadRequest
from chalicelib.store import people
from tests.unit.dashboard import people_administration_samples as samples
from tests.unit.dashboard.samples import SITE
from tests.unit.dashboard.team_samples import ADA
from tests.unit.dashboard.test_render import Markup

DOCS = Path(__file__).resolve().parents[4] / "docs"


def test_every_action_has_a_title() -> None:
    documented = re.findall(r"^\| `([^`]+)` \|", (DOCS / "audit-log.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert list(audit_log_texts.TITLES) == documented
    assert len(set(audit_log_texts.TITLES.values())) == len(documented)


def test_the_page_says_what_was_done_by_whom_to_whom_and_where() -> None:
    text = Markup(samples.log().body.decode()).text
    assert "Settings of a site changed" in text
    assert "settings ignored_ips, name" in text
    assert "Role in a site changed: " + "W" * 200 in text
    assert ", as an administrator of the installation" in text
    assert "Command line" in text  # who revoked the token
    assert f"person {ADA.name}" in text  # whose it was
    assert "Somebody whose account was deleted" in text
    assert "of_a_later.version" in text


def test_an_invalid_filter_is_shown_with_what_was_entered() -> None:
    answer = samples.log(month="2026-13", person='"><b>')
    assert answer.status_code == 400
    page = Markup(answer.body.decode())
    assert "Month must be a month such as 2026-11." in page.text
    assert [a["value"] for tag, a in page.elements if tag == "input" and a.get("name") == "person"] == ['"><b>']


def test_links_keep_the_filter() -> None:
    page = Markup(samples.log(further="x#y", month="2026-11", action="site.change").body.decode())
    links = [a["href"] for tag, a in page.elements if tag == "a" and a.get("href", "").startswith("?")]
    assert links == [
        "?month=2026-11&action=site.change&cursor=x%23y",
        "?month=2026-11&action=site.change&format=csv",
        "?month=2026-11&action=site.change&format=json",
    ]


NASTY = [
    Entry("2026-11-26T15:04:05.123Z", "a" * 12, ADA.id, "=cmd.x", SITE.id, "-1", {"settings": "+1"}),
    Entry("2026-11-26T15:04:04.123Z", "b" * 12, "", "site.change", SITE.id, "@SUM(A1)"),
]


def test_a_csv_file_has_all_entries_and_no_formula() -> None:
    answer = samples.log(entries=NASTY, format="csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert [row["action"] for row in rows] == ["'=cmd.x", "site.change"]
    assert [row["subject"] for row in rows] == ["'-1", "'@SUM(A1)"]
    assert [row["actor_name"] for row in rows] == [ADA.name, ""]
    assert rows[0]["site_name"] == SITE.name
    assert json.loads(rows[0]["details"]) == {"settings": "+1"}


def test_a_json_file_has_all_entries() -> None:
    answer = samples.log(entries=NASTY, format="json", month="2026-11")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-log-2026-11.json"'
    entries = json.loads(answer.body)["entries"]
    assert [entry["action"] for entry in entries] == ["=cmd.x", "site.change"]
    assert entries[1]["actor"] is None


def exported(parts: Sequence[Part]) -> bytes:
    """The CSV file of entries that are found in parts."""
    given = iter(parts)
    with (
        patch.object(audit_log, "find", lambda *_given: next(given)),
        patch.object(audit_log, "names_in", return_value=Names({}, {})),
    ):
        answer = audit_log_page._file("csv", audit_log.Filter("2026-11"))
    return bytes(answer.body)


def test_a_file_goes_on_where_a_part_found_nothing() -> None:
    assert exported([Part(NASTY[:1], "x"), Part([], "y"), Part(NASTY[1:], None)]).count(b"\r\n") == 3


def test_a_file_is_never_cut_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log_page, "MAX_EXPORTED", 2)
    assert exported([Part(NASTY, None)]).count(b"\r\n") == 3
    with pytest.raises(BadRequest, match="More than 2 entries"):
        exported([Part(NASTY, "x"), Part(NASTY, None)])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"month": "2026-00"}, "month"),
        ({"month": "audit"}, "month"),
        ({"site": "not-an-id"}, "site"),
        ({"action": "x"}, "action"),
        ({"person": "nobody@example.com"}, "person"),
    ],
)
def test_a_filter_is_checked(monkeypatch: pytest.MonkeyPatch, query: dict[str, str], field: str) -> None:
    monkeypatch.setattr(people, "find_person", lambda _email: None)
    with pytest.raises(BadRequest) as raised:
        audit_log.read_filter(query)
    assert raised.value.field == field


def test_people_are_found_by_address_and_by_the_id_of_a_deleted_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "find_person", lambda email: ADA if email == ADA.email else None)
    assert audit_log.read_filter({"person": f" {ADA.email} "}).person == ADA.id
    assert audit_log.read_filter({"person": "gone"}).person == "gone"


def test_without_a_month_the_log_of_a_site_is_of_a_year_and_that_of_the_installation_of_this_month() -> None:
    assert audit_log.read_filter({}, SITE) == audit_log.Filter("", SITE.id)
    assert audit_log.read_filter({"site": SITE.id.upper()}) == audit_log.Filter("", SITE.id)
    assert audit_log.read_filter({}).month == audit_log.this_month()


def test_a_site_log_cannot_be_turned_to_another_site() -> None:
    other = "1b2c3d4e-6a6b-4a51-9f52-1d6f0a3f7b11"
    assert audit_log.read_filter({"site": other}, SITE).site == SITE.id


@pytest.mark.parametrize("place", ["x", "2026-11-26T15:04:05.123Z", "2026-11-26T15:04:05.123Z#xyz", "~"])
def test_a_place_that_no_answer_has_given_is_refused(place: str) -> None:
    with pytest.raises(BadRequest):
        audit_log.find(audit_log.Filter("2026-11"), place, 10)
