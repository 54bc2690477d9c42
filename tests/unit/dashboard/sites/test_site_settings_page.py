"""The page of a site's settings: what it shows, saves and rejects, and to whom."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.accounts import audit_log
from chalicelib.accounts.sites import site_settings
from chalicelib.dashboard import sections
from chalicelib.dashboard.sites import settings
from chalicelib.dashboard.sites.setting_fields import COPIED, FIELDS, texts
from chalicelib.errors import BadRequest, Conflict, Forbidden
from chalicelib.store import people, site_changes
from chalicelib.store.sites import Site
from tests.unit.dashboard import samples
from tests.unit.dashboard.test_render import Markup

WHOLE = {name: text for name, text in texts(samples.SITE).items() if name != "status"}


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The fields of the site that were changed."""
    changes: dict[str, Any] = {}

    def change_site(_site: str, given: Mapping[str, Any]) -> Site:
        changes.update(given)
        return dataclasses.replace(samples.SITE, **given)

    monkeypatch.setattr(site_changes, "change_site", change_site)
    monkeypatch.setattr(audit_log, "record", lambda *_given, **_details: None)
    return changes


def element(markup: Markup, name: str) -> dict[str, str]:
    """The attributes of a setting's control."""
    (found,) = [attributes for _, attributes in markup.elements if attributes.get("id") == name]
    return found


def test_every_setting_is_there_with_its_label_and_its_sentence() -> None:
    page = Markup(samples.settings().body.decode())
    labelled = {attributes["for"] for tag, attributes in page.elements if tag == "label"}
    copied = {"copy-from", *(f"copy-{group.key}" for group in COPIED)}
    assert labelled == set(FIELDS) - {"status"} | copied
    for name, field in FIELDS.items():
        assert field.sentence in page.text
        if name != "status":
            assert element(page, name)["aria-describedby"] == f"{name}-hint"
            assert f"{name}-hint" in page.ids()
    assert [tag for tag, _ in page.elements].count("legend") == [tag for tag, _ in page.elements].count("fieldset") == 6


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(saved: dict[str, Any]) -> None:
    crlf = {name: text.replace("\n", "\r\n") for name, text in texts(samples.LONG_SITE).items() if name != "status"}
    answer = samples.settings(samples.LONG_SITE, form=crlf)
    assert (answer.status_code, saved) == (303, {})


def test_what_is_changed_is_saved_and_confirmed(saved: dict[str, Any]) -> None:
    form = {**WHOLE, "name": "Journal", "ignored_ips": "192.0.2.0/24\r\n2001:db8::/32\r\n", "ignore_robots": "true"}
    answer = samples.settings(form=form | {"max_day": "500"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"../../sites/{samples.SITE.id}/settings?done=saved"
    assert saved == {
        "name": "Journal", "ignored_ips": "192.0.2.0/24 2001:db8::/32", "ignore_robots": True, "max_day": 500,
    }  # fmt: skip
    shown = Markup(samples.settings(done="saved").body.decode())
    assert "Settings saved." in shown.text
    assert [a for _, a in shown.elements if a.get("role") == "status"]
    assert "Settings saved." not in Markup(samples.settings(done="<b>").body.decode()).text


def test_mistakes_are_shown_at_their_settings_and_what_was_entered_is_kept(saved: dict[str, Any]) -> None:
    answer = samples.settings(form={**WHOLE, **samples.WRONG_FORM})
    text = answer.body.decode()
    page = Markup(text)
    wrong = samples.WRONG_FORM.keys() - {"respect_dnt"}
    assert (answer.status_code, saved) == (400, {})
    assert {a["id"] for _, a in page.elements if a.get("aria-invalid") == "true"} == wrong
    for name in wrong:
        assert element(page, name)["aria-describedby"] == f"{name}-hint {name}-error"
        assert f'href="#{name}"' in text
    assert "Ignored IP addresses must be addresses and networks" in page.text
    assert element(page, "max_day")["value"] == "many"
    assert "<option selected>Mars/Olympus</option>" in text
    assert "\na;b\nexample.com</textarea>" in text
    assert "checked" not in element(page, "respect_dnt")
    assert "Error · Settings" in page.text


def test_one_mistake_saves_nothing(saved: dict[str, Any]) -> None:
    answer = samples.settings(form={**WHOLE, "name": "Journal", "retention_days": "0"})
    assert (answer.status_code, saved) == (400, {})
    assert 'value="Journal"' in answer.body.decode()


def test_settings_that_somebody_else_changed_are_not_overwritten(saved: dict[str, Any]) -> None:
    version = element_value(samples.settings().body.decode(), "version")
    now = dataclasses.replace(samples.SITE, name="Renamed by somebody")
    answer = samples.settings(now, form={**WHOLE, "version": version, "max_day": "500"})
    text = answer.body.decode()
    assert (answer.status_code, saved) == (409, {})
    assert "Stored now: Renamed by somebody" in text
    assert 'value="Fieldnotes"' in text
    again = samples.settings(now, form={**WHOLE, "version": element_value(text, "version"), "max_day": "500"})
    assert (again.status_code, saved) == (303, {"name": "Fieldnotes", "max_day": 500})


def element_value(text: str, name: str) -> str:
    (found,) = [a["value"] for tag, a in Markup(text).elements if tag == "input" and a.get("name") == name]
    return found


@pytest.mark.parametrize("site", [samples.SITE, dataclasses.replace(samples.SITE, active=False)])
def test_archiving_is_a_button_of_its_own(saved: dict[str, Any], site: Site) -> None:
    other = site_settings.ARCHIVED if site.active else site_settings.ACTIVE
    page = Markup(samples.settings(site).body.decode())
    assert [a["value"] for tag, a in page.elements if tag == "button" and a.get("name") == "status"] == [other]
    assert ("This site is archived, so its hits are rejected." in page.text) is not site.active
    answer = samples.settings(site, form={"status": other})
    assert (answer.status_code, saved) == (303, {"active": not site.active})
    assert str(answer.headers["Location"]).endswith(f"settings?done={other}")
    assert settings.DONE[other] in samples.settings(site, done=other).body.decode()


def test_a_domain_that_somebody_else_has_is_told_where_it_was_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(_site: str, _changes: object) -> Site:
        raise Conflict("This domain belongs to somebody else.", field="domain")

    monkeypatch.setattr(site_changes, "change_site", taken)
    entered = samples.settings(form={"domain": "taken.example"})
    assert entered.status_code == 409
    assert element(Markup(entered.body.decode()), "domain")["aria-invalid"] == "true"
    revived = samples.settings(dataclasses.replace(samples.SITE, active=False), form={"status": "active"})
    assert revived.status_code == 409
    assert "This domain belongs to somebody else." in revived.body.decode()


def test_additional_javascript_is_for_administrators(saved: dict[str, Any]) -> None:
    assert 'name="script_inject"' in samples.settings().body.decode()
    assert 'name="script_inject"' not in samples.settings(person=samples.PERSON).body.decode()
    with pytest.raises(Forbidden):
        samples.settings(form={"script_inject": "alert(1)"}, person=samples.PERSON)
    assert saved == {}
    samples.settings(form={"script_inject": "alert(1)\r\nalert(2)"})
    assert saved == {"script_inject": "alert(1)\nalert(2)"}


@pytest.mark.parametrize("name", ["id", "owner", "zones", "active", "created_at", "Name", ""])
def test_what_is_no_setting_is_rejected(saved: dict[str, Any], name: str) -> None:
    with pytest.raises(BadRequest):
        samples.settings(form={"name": "Journal", name: "x"})
    assert saved == {}


def test_an_editor_sees_what_only_admins_and_owners_may_change_and_cannot_change_it(saved: dict[str, Any]) -> None:
    editor: dict[str, Any] = {"person": samples.PERSON, "role": "editor"}
    page = Markup(samples.settings(**editor).body.decode())
    off = {a["id"] for _, a in page.elements if "disabled" in a}
    assert off == {"domain", "retention_days"}
    assert page.text.count("Only admins and owners of the site can change this.") == 2
    assert not [a for tag, a in page.elements if tag == "button" and a.get("name") == "status"]
    assert "#archive" not in {a.get("href") for tag, a in page.elements if tag == "a"}
    for name, text in (("domain", "other.example"), ("retention_days", "1"), ("status", "archived")):
        with pytest.raises(Forbidden):
            samples.settings(form={"name": "Journal", name: text}, **editor)
    assert saved == {}
    sent = {name: text for name, text in WHOLE.items() if name not in (*off, "script_inject")}
    assert samples.settings(form=sent | {"name": "Journal"}, **editor).status_code == 303
    assert saved == {"name": "Journal"}
    assert "disabled" not in samples.settings(person=samples.PERSON, role="admin").body.decode()


@pytest.mark.parametrize(
    ("role", "may"), [("owner", True), ("admin", True), ("editor", True), ("viewer", False), (None, False)]
)
def test_only_those_who_may_open_the_page_get_links_to_it(
    monkeypatch: pytest.MonkeyPatch, role: str | None, may: bool
) -> None:
    monkeypatch.setattr(people, "role_in", lambda _person, _site: role)
    for person, allowed in ((samples.PERSON, may), (samples.ADMINISTRATOR, True)):
        links = sections.of_site(person, samples.SITE, "/sites/{site}")
        assert links.include(settings.PATH) is allowed


def test_the_longest_settings_fit_into_a_form(saved: dict[str, Any]) -> None:
    wide = "\U00010330"  # a letter of four bytes
    longest = {
        "script_inject": wide * site_settings.MAX_SCRIPT_CHARS,
        "kept_parameters": " ".join([wide * 99] * 100),
        "origins": " ".join([f"{wide * 91}.example"] * 100),
        "ignored_ips": " ".join(["2001:db8::/32"] * 700),
        "hide_referrer_regex": wide * site_settings.MAX_PATTERN_CHARS,
    }
    answer = samples.settings(form={**WHOLE, **longest})
    assert answer.status_code == 303, Markup(answer.body.decode()).text
    assert saved == longest
