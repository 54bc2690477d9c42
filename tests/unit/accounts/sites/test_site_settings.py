"""A setting of a site is whole: it is stored, it can be changed, and something reads it."""

import dataclasses
import re
from itertools import pairwise
from pathlib import Path

import pytest

from chalicelib.accounts import audit_log
from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import site_settings
from chalicelib.errors import Forbidden
from chalicelib.routing import Right
from chalicelib.store import people, site_changes
from chalicelib.store.people import Person, Role
from chalicelib.store.sites import Site

HOUSE = Path(site_settings.__file__).parents[2]
# What a site has that nobody sets: `zones` follows from `timezone`.
NOT_SETTINGS = {"id", "created_at", "owner", "zones"}
SETTINGS = sorted({field.name for field in dataclasses.fields(Site)} - NOT_SETTINGS)
# Where a setting is stored and changed, which does not mean that anything depends on it.
BOOKKEEPING = {
    HOUSE / "accounts" / "sites" / "site_settings.py",
    HOUSE / "store" / "sites.py",
    HOUSE / "store" / "site_changes.py",
}


def test_every_setting_can_be_changed() -> None:
    assert sorted(field for field, _ in site_settings._PARSERS.values()) == SETTINGS


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_read_by_something(name: str) -> None:
    # `page_parameters` reads `kept_parameters`, `calendar` reads `timezone`: they are properties of `Site`.
    read_as = {"kept_parameters": "page_parameters", "timezone": "(calendar|timezone)"}.get(name, name)
    readers = [path for kind in ("*.py", "*.html") for path in HOUSE.rglob(kind) if path not in BOOKKEEPING]
    assert any(re.search(rf"\bsite\.{read_as}\b", path.read_text(encoding="utf-8")) for path in readers)


DOCS = HOUSE.parent / "docs"
FOR_ADMINS = ["domain", "retention_days", "status"]


@pytest.mark.parametrize("name", site_settings._PARSERS)
@pytest.mark.parametrize("role", ["editor", "admin", "owner"])
def test_some_settings_are_for_admins_and_owners(monkeypatch: pytest.MonkeyPatch, name: str, role: Role) -> None:
    """Archiving, the domain and deleting hits are not for editors; nobody's role in a site allows JavaScript."""
    monkeypatch.setattr(people, "role_in", lambda _person, _site: role)
    person, site = Person("1", "ada@example.com"), Site("x", "Test", "example.com")
    if name == "script_inject" or (name in FOR_ADMINS and role == "editor"):
        with pytest.raises(Forbidden) as raised:
            site_settings.check_rights(person, site, {"hash_routing": True, name: "x"})
        assert raised.value.field == name
    else:
        site_settings.check_rights(person, site, {name: "x"})


def test_administrators_may_change_every_setting() -> None:
    administrator = Person("1", "ada@example.com", admin=True)
    site_settings.check_rights(administrator, Site("x", "Test", "example.com"), dict.fromkeys(site_settings._PARSERS))


def test_the_documentation_says_which_settings_are_for_admins() -> None:
    lines = (DOCS / "settings.md").read_text(encoding="utf-8").splitlines()
    rows = {name: line for name in site_settings._PARSERS for line in lines if line.startswith(f"| `{name}` |")}
    assert sorted(name for name, line in rows.items() if "Admins and owners only." in line) == FOR_ADMINS
    for name, right in site_settings.RIGHTS.items():
        assert (name in FOR_ADMINS) == (right is Right.SITE_ADMIN)


def test_every_role_has_the_rights_of_the_roles_below_it() -> None:
    assert tuple(auth._RIGHTS_OF) == people.ROLES
    rights = [auth._RIGHTS_OF[role] for role in people.ROLES]
    assert all(higher > lower for higher, lower in pairwise(rights))


@pytest.mark.parametrize(
    ("data", "entries"),
    [
        ({"ignored_ips": "192.0.2.7", "name": "Ada's"}, [("site.change", {"settings": "ignored_ips, name"})]),
        ({"name": "Test"}, []),
        ({"status": "archived"}, [("site.archive", {})]),
        ({"status": "active"}, []),
        ({"status": "archived", "max_day": 500}, [("site.archive", {}), ("site.change", {"settings": "max_day"})]),
    ],
)
def test_the_audit_log_has_the_names_of_changed_settings_and_no_values(
    monkeypatch: pytest.MonkeyPatch, data: dict[str, object], entries: list[tuple[str, dict[str, str]]]
) -> None:
    site, recorded = Site("x", "Test", "example.com"), []
    monkeypatch.setattr(site_changes, "change_site", lambda _id, changes: dataclasses.replace(site, **changes))
    monkeypatch.setattr(
        audit_log, "record", lambda actor, action, *, site, **details: recorded.append((action, details))
    )
    site_settings.change(Person("1", "ada@example.com"), site, data)
    assert recorded == entries


def test_an_archived_site_that_is_made_active_is_in_the_audit_log(monkeypatch: pytest.MonkeyPatch) -> None:
    site, recorded = Site("x", "Test", "example.com", active=False), []
    monkeypatch.setattr(site_changes, "change_site", lambda _id, changes: dataclasses.replace(site, **changes))
    monkeypatch.setattr(audit_log, "record", lambda _actor, action, **_details: recorded.append(action))
    site_settings.change(None, site, {"status": "active"})
    assert recorded == ["site.unarchive"]
