"""The roles of a site's people, as they are stored."""

from __future__ import annotations

import json

import pytest

from chalicelib.store import people, site_people
from chalicelib.store.people import ROLES, Role
from chalicelib.store.site_people import SitePeople
from chalicelib.store.sites import Site
from chalicelib.store.tables import CoreItem

SITE = Site("7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11", "Test", "example.com", owner="olga")


def stored(monkeypatch: pytest.MonkeyPatch, item: CoreItem | None, **memberships: Role) -> None:
    """The item of the site's people, and the memberships of people in it."""

    def get(*_key: str, **_options: bool) -> CoreItem:
        if item is None:
            raise CoreItem.DoesNotExist
        return item

    monkeypatch.setattr(CoreItem, "get", get)
    monkeypatch.setattr(people, "direct_role_in", lambda person_id, _site: memberships.get(person_id))


def test_what_is_written_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    written = SitePeople(SITE.id, {f"person-{role}": role for role in ROLES}, 7)
    stored(monkeypatch, site_people.item_of(written))
    assert site_people.read(SITE, "somebody") == written


def test_a_change_leaves_the_others_and_counts_up() -> None:
    before = SitePeople(SITE.id, {"olga": "owner", "vera": "viewer"}, 3)
    assert before.changed("vera", "editor") == SitePeople(SITE.id, {"olga": "owner", "vera": "editor"}, 4)
    assert before.changed("vera", None) == SitePeople(SITE.id, {"olga": "owner"}, 4)
    assert before.changed("new", "admin").roles == {"olga": "owner", "vera": "viewer", "new": "admin"}
    assert before == SitePeople(SITE.id, {"olga": "owner", "vera": "viewer"}, 3)


def test_a_site_without_the_item_has_its_owner_and_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    stored(monkeypatch, None, olga="owner", vera="viewer", emil="editor")
    assert site_people.read(SITE, "vera") == SitePeople(SITE.id, {"olga": "owner", "vera": "viewer"}, 0)
    assert site_people.read(SITE, "nobody") == SitePeople(SITE.id, {"olga": "owner"}, 0)


def test_a_membership_that_is_not_listed_counts_where_it_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise an admin could add an owner once more as a viewer."""
    stored(monkeypatch, site_people.item_of(SitePeople(SITE.id, {"anna": "admin"}, 2)), otto="owner")
    assert site_people.read(SITE, "anna", "otto") == SitePeople(SITE.id, {"anna": "admin", "otto": "owner"}, 2)
    assert site_people.read(SITE).roles == {"anna": "admin"}


@pytest.mark.parametrize("role", ["", "root", "Owner", None, 1])
def test_an_unknown_role_gives_no_access(monkeypatch: pytest.MonkeyPatch, role: object) -> None:
    """As after a return to an older version of the program."""
    stored(monkeypatch, CoreItem("site#x", "people", body=json.dumps({"roles": {"olga": role, "vera": "viewer"}})))
    assert site_people.read(SITE, "somebody").roles == {"vera": "viewer"}
    assert people._role(CoreItem("person#x", "site#x", body=json.dumps({"role": role}))) is None
    assert people._role(CoreItem("person#x", "site#x")) is None
