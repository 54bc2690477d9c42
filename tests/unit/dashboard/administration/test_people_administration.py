"""The pages of people, sites and usage: what they show, and what they do with what is entered."""

from __future__ import annotations

import csv
import io
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest

from chalicelib.accounts.access import auth
from chalicelib.dashboard.administration import people as administration_people
from chalicelib.dashboard.administration import usage as administration_usage
from chalicelib.errors import BadRequest, Conflict, SignInTooOld
from chalicelib.operations import people, usage
from chalicelib.store.people import Person
from chalicelib.store.usage import Day, Usage
from tests.unit.dashboard import people_administration_samples as pages
from tests.unit.dashboard import samples
from tests.unit.dashboard.team_samples import ADA, NASTY
from tests.unit.dashboard.test_render import Markup


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What is done with people."""
    acts: list[tuple[str, Any]] = []
    monkeypatch.setattr(auth, "require_recent", lambda *_given: None)
    monkeypatch.setattr(people, "person_with", lambda _id: ADA)
    monkeypatch.setattr(people, "change", lambda _actor, _id, data: acts.append(("change", data)))
    monkeypatch.setattr(people, "end_sessions", lambda _actor, _id: acts.append(("end", _id)))
    monkeypatch.setattr(people, "reset_second_factor", lambda _actor, _id: acts.append(("reset", _id)))
    return acts


def send(caller: Person = samples.ADMINISTRATOR, /, **form: str) -> Any:
    request = samples.request(f"/administration/people/{ADA.id}", method="POST", body=urlencode(form).encode())
    with patch.object(people, "details_of", return_value=pages.DETAILS):
        return administration_people.change(request, caller, ADA.id)


@pytest.mark.parametrize(
    ("form", "act"),
    [
        ({"do": "make-administrator"}, ("change", {"administrator": True})),
        ({"do": "unmake-administrator"}, ("change", {"administrator": False})),
        ({"do": "limit", "max_sites": " 20 "}, ("change", {"max_sites": 20})),
        ({"do": "limit", "max_sites": ""}, ("change", {"max_sites": None})),
        ({"do": "limit", "max_sites": "many"}, ("change", {"max_sites": "many"})),  # which `people` refuses
        ({"do": "end-sessions"}, ("end", ADA.id)),
        ({"do": "reset-second-factor"}, ("reset", ADA.id)),
    ],
)
def test_each_button_does_what_it_says(done: list[Any], form: dict[str, str], act: tuple[str, Any]) -> None:
    answer = send(**form)
    assert (answer.status_code, done) == (303, [act])
    assert str(answer.headers["Location"]).endswith(f"administration/people/{ADA.id}?done={form['do']}")
    assert form["do"] in administration_people.DONE


def test_something_else_is_refused(done: list[Any]) -> None:
    with patch.object(auth, "csrf_token", return_value="token"):
        assert send(do="anything").status_code == 400
    assert done == []


def test_who_stops_being_an_administrator_leaves_the_administration(done: list[Any]) -> None:
    itself = Person(ADA.id, ADA.email, admin=True)
    assert str(send(itself, do="unmake-administrator").headers["Location"]).endswith("sites")


def test_changes_need_a_recent_sign_in(monkeypatch: pytest.MonkeyPatch, done: list[Any]) -> None:
    def refuse(_request: Any, _person: Person, back: str) -> None:
        raise SignInTooOld("Confirm that it is you.", back=back)

    monkeypatch.setattr(auth, "require_recent", refuse)
    with pytest.raises(SignInTooOld):
        send(do="make-administrator")
    assert done == []


def test_a_conflict_is_told_on_the_page(monkeypatch: pytest.MonkeyPatch, done: list[Any]) -> None:
    def last(*_given: object) -> None:
        raise Conflict("The last administrator must stay one.")

    monkeypatch.setattr(people, "change", last)
    with patch.object(auth, "csrf_token", return_value="token"):
        answer = send(do="unmake-administrator")
    assert answer.status_code == 409
    assert "The last administrator must stay one." in Markup(answer.body.decode()).text


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "new@example.com"}, "email"),
        ({"password_hash": "x"}, "password_hash"),
        ({"admin": True}, "admin"),
        ({"administrator": 1}, "administrator"),
        ({"administrator": "true"}, "administrator"),
        ({"max_sites": -1}, "max_sites"),
        ({"max_sites": True}, "max_sites"),
        ({"max_sites": "20"}, "max_sites"),
        ({"max_sites": people.MAX_SITES + 1}, "max_sites"),
    ],
)
def test_nothing_of_a_person_can_be_set_but_two_fields(data: dict[str, object], field: str) -> None:
    with pytest.raises(BadRequest) as raised:
        people.change(samples.ADMINISTRATOR, ADA.id, data)
    assert raised.value.field == field


def test_the_page_of_a_person_shows_no_secret() -> None:
    secret = Person(NASTY.id, NASTY.email, password_hash="$argon2id$v=19$m=65536$secret")
    assert "argon2" not in pages.person(secret).body.decode()


def test_a_search_that_found_nothing_so_far_goes_on_with_the_same_text() -> None:
    page = Markup(pages.PAGES["/administration/people-search"]().body.decode())
    assert "Nothing was found so far." in page.text
    links = [a["href"] for tag, a in page.elements if tag == "a" and "cursor=" in a.get("href", "")]
    assert links == ["?search=%22%3E%3Cb%3E&cursor=next"]


def test_usage_as_csv_has_every_site_and_no_formula() -> None:
    answer = pages.usage_page(format="csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert [row["site"] for row in rows] == [samples.OTHER_SITE.id, samples.SITE.id, "deleted"]
    assert rows[1]["hits"] == "120000"
    assert float(rows[0]["cost_usd"]) > 60_000
    nasty = pages.usage_page([Usage(pages.NASTY_SITE.id, {1: Day(1, 2, 1, 0)})], format="csv")
    (row,) = csv.DictReader(io.StringIO(nasty.body.decode(), newline=""))
    assert row["name"].startswith("'=HYPERLINK")


def test_the_page_says_that_cost_is_an_estimate_of_which_prices() -> None:
    text = Markup(pages.usage_page().body.decode()).text
    assert "list prices of AWS in us-east-1 of Nov 2026" in text
    assert "An estimate" in text


def test_reasons_are_told_in_words() -> None:
    assert administration_usage.reason_name("dnt") == "Asked not to be tracked"
    assert administration_usage.reason_name("robot_declared") == "Bot: Declares itself as a bot"
    assert administration_usage.reason_name("of_a_later_version") == "of_a_later_version"


@pytest.mark.parametrize("month", ["2026-13", "26-11", "2026-1", "usage", "2026-11#"])
def test_an_invalid_month_is_refused(month: str) -> None:
    with pytest.raises(BadRequest) as raised:
        usage.read_month({"month": month})
    assert raised.value.field == "month"


def test_the_months_to_choose_from_are_those_of_a_year() -> None:
    months = usage.recent_months()
    assert months[0] == usage.read_month({})
    assert len(months) == len(set(months)) == 13
    assert months == sorted(months, reverse=True)
    assert months[12][5:] == months[0][5:]
