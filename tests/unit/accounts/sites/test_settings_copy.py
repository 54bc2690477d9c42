"""Settings are copied between sites that one may edit, and only those that one may set."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from chalicelib.accounts import audit_log, installation
from chalicelib.accounts.sites import new_site, settings_copy, site_settings
from chalicelib.errors import BadRequest, Forbidden
from chalicelib.store import people, site_changes
from chalicelib.store import sites as stored
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person, Role
from chalicelib.store.sites import Site

ADA, ROOT = Person("1", "ada@example.com"), Person("2", "root@example.com", admin=True)
SOURCE = Site(
    "7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11", "Source", "source.example", "Europe/Berlin", active=False, collect_ips=True,
    origins="example.com", respect_dnt=False, ignore_robots=True, ignored_ips="192.0.2.0/24", hide_referrer_regex="x",
    script_inject="run()", proxies="1", kept_parameters="q", hash_routing=True, merge_trailing_slash=True,
    max_address_hour=11, max_visitor_hour=12, max_day=113, retention_days=14, created_at=5, owner="1",
)  # fmt: skip
TARGET = Site("1b2c3d4e-6a6b-4a51-9f52-1d6f0a3f7b11", "Target", "target.example", "UTC", owner="1")
OWN = {"name", "domain", "timezone", "status"}


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> dict[str, Role]:
    """Ada's roles, by site id."""
    given: dict[str, Role] = {SOURCE.id: "owner", TARGET.id: "owner"}
    known = {site.id: site for site in (SOURCE, TARGET)}

    def change(site_id: str, changes: dict[str, Any]) -> Site:
        return dataclasses.replace(known[site_id], **changes)

    monkeypatch.setattr(people, "role_in", lambda _person, site_id: given.get(site_id))
    monkeypatch.setattr(stored, "get_site", known.get)
    monkeypatch.setattr(site_changes, "change_site", change)
    monkeypatch.setattr(audit_log, "record", lambda *_, **__: None)
    return given


def test_every_setting_is_copied_or_the_sites_own() -> None:
    assert set(settings_copy.COPIED) | OWN == set(site_settings.values(SOURCE))
    default, fields = Site("", "", ""), {field.name for field in dataclasses.fields(Site)}
    assert set(settings_copy.COPIED) <= fields
    assert [name for name in settings_copy.COPIED if getattr(SOURCE, name) == getattr(default, name)] == []


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize(("person", "left"), [(ADA, {"script_inject"}), (ROOT, set())], ids=["owner", "administrator"])
def test_all_that_one_may_change_is_copied(person: Person, left: set[str]) -> None:
    changed, names = settings_copy.copy(person, SOURCE, TARGET)
    assert set(names) == set(settings_copy.COPIED) - left
    for name in settings_copy.COPIED:
        assert getattr(changed, name) == getattr(TARGET if name in left else SOURCE, name), name
    for field in ("id", "name", "domain", "timezone", "active", "created_at", "owner", "zones"):
        assert getattr(changed, field) == getattr(TARGET, field)


def test_an_editor_copies_without_what_only_admins_change(roles: dict[str, Role]) -> None:
    roles[TARGET.id] = "editor"
    changed, names = settings_copy.copy(ADA, SOURCE, TARGET)
    assert changed.retention_days == TARGET.retention_days
    assert set(settings_copy.COPIED) - set(names) == {"retention_days", "script_inject"}


def test_what_is_named_is_copied_and_refused_if_it_is_not_allowed(roles: dict[str, Role]) -> None:
    changed, names = settings_copy.copy(ADA, SOURCE, TARGET, ["proxies", "origins"])
    assert names == ["origins", "proxies"]
    assert changed == dataclasses.replace(TARGET, origins="example.com", proxies="1")
    roles[TARGET.id] = "editor"
    with pytest.raises(Forbidden) as refused:
        settings_copy.copy(ADA, SOURCE, TARGET, ["origins", "retention_days"])
    assert refused.value.field == "retention_days"


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize("names", ["origins", ["domain"], ["nothing"], [1], [["origins"]], 1, {"origins": 1, "x": 2}])
def test_only_lists_of_settings_are_copied(names: object) -> None:
    with pytest.raises(BadRequest) as rejected:
        settings_copy.copy(ADA, SOURCE, TARGET, names)
    assert rejected.value.field == "settings"


@pytest.mark.parametrize("role", ["viewer", None])
def test_the_source_is_a_site_that_one_may_edit(roles: dict[str, Role], role: Role | None) -> None:
    assert settings_copy.source(ADA, SOURCE.id.upper(), "from") == SOURCE
    if role:
        roles[SOURCE.id] = role
    else:
        del roles[SOURCE.id]
    for site_id in (SOURCE.id, "nonsense", None, 5, TARGET.id.replace("1", "2")):
        with pytest.raises(BadRequest) as rejected:
            settings_copy.source(ADA, site_id, "from")
        assert rejected.value.field == "from"


@pytest.mark.usefixtures("roles")
def test_a_new_site_gets_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_changes, "add_site", lambda site, *_: site)
    monkeypatch.setattr(installation, "settings_of_installation", Installation)
    data = {"name": "New", "domain": "new.example", "timezone": "UTC"}
    made = new_site.create_site(ADA, data, like=settings_copy.fields_of(ADA, SOURCE))
    assert (made.name, made.domain, made.timezone, made.active) == ("New", "new.example", "UTC", True)
    assert made.script_inject == ""
    copied = set(settings_copy.COPIED) - {"script_inject"}
    assert {name: getattr(made, name) for name in copied} == {name: getattr(SOURCE, name) for name in copied}


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize(
    ("creators", "person", "may"),
    [("everybody", ADA, True), ("administrators", ADA, False), ("administrators", ROOT, True)],
)
def test_who_may_create_sites_is_a_setting(
    monkeypatch: pytest.MonkeyPatch, creators: Any, person: Person, may: bool
) -> None:
    monkeypatch.setattr(site_changes, "add_site", lambda site, *_: site)
    monkeypatch.setattr(installation, "settings_of_installation", lambda: Installation(site_creators=creators))
    data = {"name": "New", "domain": "new.example", "timezone": "UTC"}
    assert new_site.may_create(person) == may
    if may:
        assert new_site.create_site(person, data).name == "New"
    else:
        with pytest.raises(Forbidden, match="Only administrators"):
            new_site.create_site(person, data)
