"""Preferences: what is accepted, how they are stored, and what pages make of them."""

from __future__ import annotations

import dataclasses
import json
from contextvars import copy_context
from typing import Any

import pytest

from chalicelib import catalogue, dispatch, translation
from chalicelib.accounts import audit_log
from chalicelib.accounts.access import appearance, auth
from chalicelib.accounts.own_account import preferences
from chalicelib.application import ShylightApp
from chalicelib.dashboard import formatting
from chalicelib.dashboard.account import api_tokens
from chalicelib.dashboard.reports import home, periods
from chalicelib.dashboard.sign_in import first_step
from chalicelib.errors import BadRequest, NotFound
from chalicelib.routing import Right
from chalicelib.store import people, sites
from chalicelib.store.people import Person
from chalicelib.store.preferences import Preferences
from chalicelib.web import reply
from tests.unit.dashboard import samples

ADA = Person("1", "ada@example.com", "Ada", version=1, language="en")
SITE_ID = samples.SITE.id


def preferring(**chosen: Any) -> Person:
    return dataclasses.replace(ADA, preferences=dataclasses.replace(Preferences(), **chosen))


@pytest.fixture(autouse=True)
def one_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ada may view one site."""
    monkeypatch.setattr(auth, "role_of", lambda _person, site_id: "viewer" if site_id == SITE_ID else None)
    monkeypatch.setattr(sites, "get_site", lambda site_id: samples.SITE if site_id == SITE_ID else None)


def test_a_person_without_stored_preferences_has_the_defaults() -> None:
    item = people.item_of(ADA)
    body = json.loads(item.body or "")
    del body["preferences"]
    item.body = json.dumps(body)
    assert people.parse(item).preferences == Preferences()


def test_preferences_are_in_the_profile_and_unknown_ones_are_ignored() -> None:
    chosen = preferring(theme="dark", period="7d", shortcuts=False)
    item = people.item_of(chosen)
    assert people.parse(item).preferences == chosen.preferences
    body = json.loads(item.body or "")
    body["preferences"]["font"] = "Comic Sans"
    item.body = json.dumps(body)
    assert people.parse(item).preferences == chosen.preferences


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("language", "en"), ("language", "automatic"), ("timezone", "Asia/Kathmandu"), ("timezone", "UTC"),
        *(("period", name) for name in catalogue.PREFERABLE),
        ("default_site", SITE_ID), ("default_site", ""), ("theme", "light"), ("shortcuts", False),
    ],
)  # fmt: skip
def test_what_is_valid_is_taken(name: str, value: object) -> None:
    assert getattr(preferences.parse(ADA, {name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("language", "xx"), ("language", None), ("timezone", "Mars/Olympus"), ("timezone", 1), ("period", "custom"),
        ("period", ["7d"]), ("default_site", "0" * 36), ("default_site", None), ("default_site", {}),
        ("default_site", "12345678-1234-1234-1234-123456789012"), ("theme", "Dark"), ("theme", 1),
        ("shortcuts", "true"), ("shortcuts", 1), ("admin", True), ("password_hash", "x"),
    ],
)  # fmt: skip
def test_what_is_invalid_is_rejected_naming_it(name: str, value: object) -> None:
    with pytest.raises(BadRequest) as raised:
        preferences.parse(ADA, {name: value})
    assert raised.value.field == name


def test_a_change_is_stored_once_and_recorded_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[Person] = []
    recorded: list[tuple[str, dict[str, str]]] = []

    def change_person(person: Person) -> Person:
        stored.append(person)
        return person

    monkeypatch.setattr(people, "change_person", change_person)
    monkeypatch.setattr(
        audit_log, "record", lambda _actor, action, *, subject, **details: recorded.append((action, details))
    )
    changed = preferences.change(ADA, {"theme": "dark", "period": "30d"}, "en")
    assert stored == [preferring(theme="dark")]
    assert recorded == [("person.change_preferences", {"preferences": "theme"})]
    assert preferences.change(changed, {"theme": "dark"}, "en") is changed
    assert len(stored) == len(recorded) == 1


def test_the_language_of_mails_follows_the_chosen_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "LANGUAGES", {"en": "English", "de": "Deutsch"})
    german = preferences.with_preferences(ADA, Preferences(language="de"), "en")
    assert german.language == "de"
    assert preferences.with_preferences(german, Preferences(), "en").language == "en"
    assert preferences.with_preferences(german, Preferences(language="de", theme="dark"), "en").language == "de"


# ── on pages ─────────────────────────────────────────────────────────────────────────────────────────────────


def shown(person: Person, show: Any) -> Any:
    """What `show` gives in a request of `person`."""

    def run() -> Any:
        appearance.use(person)
        return show()

    return copy_context().run(run)


def test_a_chosen_language_takes_precedence_over_the_browsers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "LANGUAGES", {"en": "English", "de": "Deutsch", "fr": "Français"})

    def of(person: Person) -> str:
        def run() -> str:
            translation.use("fr")
            appearance.use(person)
            return translation.current_language()

        return str(copy_context().run(run))

    assert of(preferring(language="de")) == "de"
    assert of(preferring()) == "fr"
    assert of(preferring(language="no longer there")) == "en"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "31 Dec 2025, 23:30 UTC"),
        ("Europe/Berlin", "1 Jan 2026, 00:30 CET"),
        ("Asia/Kathmandu", "1 Jan 2026, 05:15 UTC+0545"),
        ("America/Sao_Paulo", "31 Dec 2025, 20:30 UTC-03"),
        ("Gone/Zone", "31 Dec 2025, 23:30 UTC"),
        ("", "31 Dec 2025, 23:30 UTC"),
    ],
)
def test_times_are_in_the_chosen_zone(zone: str, text: str) -> None:
    at = 1_767_223_800
    assert shown(preferring(timezone=zone), lambda: formatting.moment(at)) == text
    day, clock = text.split(", ")
    assert shown(preferring(timezone=zone), lambda: api_tokens._hour(at)) == f"{day}, about {clock}"


def test_pages_show_the_chosen_period_until_another_is_asked_for() -> None:
    def days(person: Person, **query: str) -> int:
        asked = samples.request("/sites", query)
        return int(shown(person, lambda: periods.requested(asked, samples.SITE)[1].length))

    assert days(preferring()) == 30
    assert days(preferring(period="7d")) == 7
    assert days(preferring(period="7d"), period="90d") == 90
    assert days(preferring(period="gone")) == 30


def test_the_root_address_leads_to_the_start_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(person: Person) -> str:
        monkeypatch.setattr(auth, "signed_in_person", lambda _request: person)
        return str(home.redirect_home(samples.request("/")).headers["Location"]).removeprefix(samples.BASE_URL)

    assert start(preferring()) == "/sites"
    assert start(preferring(default_site=SITE_ID)) == f"/sites/{SITE_ID}"
    assert start(preferring(default_site="12345678-1234-1234-1234-123456789012")) == "/sites"  # no access any more


def test_signing_in_leads_to_the_start_page_unless_another_was_asked_for() -> None:
    person = preferring(default_site=SITE_ID)
    assert first_step._page_of(person, "sites") == f"sites/{SITE_ID}"
    assert first_step._page_of(person, "account") == "account"
    assert first_step._page_of(preferring(), "sites") == "sites"


def test_the_theme_is_an_attribute_of_the_page_and_needs_no_script() -> None:
    def begin(person: Person) -> str:
        page = shown(person, lambda: samples.overview(samples.empty()))
        return str(page.body.decode().partition("<title>")[0])

    assert "data-theme" not in begin(preferring())
    assert 'content="light dark"' in begin(preferring())
    for theme in ("light", "dark"):
        head = begin(preferring(theme=theme))
        assert f'<html lang="en" data-theme="{theme}"' in head
        assert f'<meta name="color-scheme" content="{theme}">' in head
    assert 'data-shortcuts="off"' in begin(preferring(shortcuts=False))
    assert "data-shortcuts" not in begin(preferring())


def test_a_new_site_is_proposed_the_persons_time_zone() -> None:
    assert shown(preferring(timezone="Asia/Tokyo"), home._usual_zone) == "Asia/Tokyo"
    assert shown(preferring(), home._usual_zone) == ""


def test_preferences_are_used_for_errors_too_and_end_with_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that the person may not open is an error page in their theme; the next visitor's is not."""
    monkeypatch.setattr(auth, "signed_in_person", lambda _request: preferring(theme="dark"))
    seen: list[str] = []

    def serve(_app: object, answer: Any, **parameters: str) -> Any:
        with pytest.raises(NotFound):
            answer(samples.request("/sites/x"), **parameters)
        seen.append(appearance.current().theme)
        return reply(b"", "text/plain")

    monkeypatch.setattr(dispatch, "serve", serve)
    route = next(one for one in dispatch.ROUTES if one.right is Right.SITE_VIEW and one.path == "/sites/{site}")
    dispatch._view(ShylightApp(app_name="preferences"), route)(site="x")
    assert seen == ["dark"]
    assert appearance.current() == Preferences()
