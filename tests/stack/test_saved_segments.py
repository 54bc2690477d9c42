"""Saved segments: whose they are, who sees and changes them, and what becomes of them."""

from __future__ import annotations

import re
import uuid

import pytest

from chalicelib import config
from chalicelib.accounts.sites import saved_segments as segments
from chalicelib.accounts.sites.saved_segments import Fields
from chalicelib.store import audit_log, saved_segments
from chalicelib.store.people import get_person
from chalicelib.store.saved_segments import SavedSegment
from chalicelib.store.sites import get_site
from tests.conftest import Deployed
from tests.stack.calls import Caller
from tests.stack.people import Browser
from tests.stack.site_roles import PASSWORD, RolePrograms, SharedSite, make_shared_site

GERMANY = {"name": "Germany", "filters": ["is,country,DE"]}


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture
def site(stack: Deployed) -> SharedSite:
    """A site with a person of each role."""
    return make_shared_site(stack)


class Roles(RolePrograms):
    """Programs that save segments of the site."""

    def names(self, role: str) -> list[str]:
        return [one["name"] for one in self.ask(role, "GET").json()["segments"]]

    def new(self, role: str, **fields: object) -> str:
        answer = self.ask(role, "POST", GERMANY | fields)
        assert answer.status == 201, answer.body
        return str(answer.json()["id"])


@pytest.fixture
def roles(stack: Deployed, site: SharedSite) -> Roles:
    return Roles(stack, site, "segments")


def test_private_ones_are_seen_by_their_owner_alone_and_shared_ones_by_all(roles: Roles) -> None:
    roles.new("viewer", name="mine")
    shared = roles.new("editor", name="Ours", shared=True)
    assert roles.names("viewer") == ["mine", "Ours"]
    assert roles.names("admin") == ["Ours"]
    (seen,) = roles.ask("admin", "GET").json()["segments"]
    assert seen == {"id": shared, "name": "Ours", "filters": ["is,country,DE"], "shared": True, "own": False}
    assert roles.ask("stranger", "GET").status == 404


def test_what_all_see_is_for_editors(roles: Roles) -> None:
    own, shared = roles.new("viewer"), roles.new("editor", shared=True)
    assert roles.ask("viewer", "POST", GERMANY | {"shared": True}).status == 403
    assert roles.ask("viewer", "PUT", GERMANY | {"shared": True}, own).status == 403
    assert roles.ask("viewer", "PUT", GERMANY | {"shared": True}, shared).status == 403
    assert roles.ask("viewer", "PUT", GERMANY, shared).status == 403
    assert roles.ask("viewer", "DELETE", None, shared).status == 403
    assert roles.ask("admin", "PUT", GERMANY | {"name": "New", "shared": True}, shared).json()["name"] == "New"
    assert roles.ask("admin", "PUT", GERMANY, shared).error["field"] == "shared"  # it is not theirs
    assert roles.ask("editor", "PUT", GERMANY, own).status == 404  # nobody else sees it
    assert roles.ask("admin", "DELETE", None, own).status == 404
    assert roles.ask("admin", "DELETE", None, shared).status == 204
    assert roles.ask("admin", "DELETE", None, shared).status == 404


def test_its_owner_shares_it_and_takes_it_back(roles: Roles, site: SharedSite) -> None:
    segment = roles.new("editor")
    for shared in (True, False):
        changed = roles.ask("editor", "PUT", GERMANY | {"name": "Again", "shared": shared}, segment).json()
        assert changed == {**GERMANY, "id": segment, "name": "Again", "shared": shared, "own": True}
        assert roles.names("viewer") == (["Again"] if shared else [])
    assert roles.ask("editor", "DELETE", None, segment).status == 204
    assert roles.names("editor") == []
    recorded = {entry.action for entry in audit_log.of_site(site.id, "", "")}
    assert {"saved_segment.share", "saved_segment.unshare"} <= recorded


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": None}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"filters": []}, "filters"),
        ({"filters": "is,country,DE"}, "filters"),
        ({"filters": [1]}, "filters"),
        ({"filters": ["is,nothing,x"]}, "filters"),
        ({"filters": [f"is,page,{'x' * 1900}{n}" for n in range(4)]}, "filters"),
        ({"filters": [f"is,page,{n}" for n in range(config.MAX_FILTERS + 1)]}, "filters"),
        ({"shared": "yes"}, "shared"),
        ({"period": "7d"}, "period"),
    ],
)
def test_a_mistake_is_told_by_field(roles: Roles, fields: dict[str, object], field: str) -> None:
    answer = roles.ask("viewer", "POST", GERMANY | fields)
    assert (answer.status, answer.error["field"]) == (400, field)


def test_there_is_room_for_so_many(roles: Roles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "MAX_SAVED_SEGMENTS", 1)
    own = roles.new("editor")
    shared = roles.new("editor", shared=True)
    assert roles.ask("editor", "POST", GERMANY).status == 409
    assert roles.ask("admin", "POST", GERMANY | {"shared": True}).status == 409
    assert roles.ask("editor", "PUT", GERMANY | {"shared": True}, own).status == 409
    assert roles.ask("editor", "PUT", GERMANY, shared).status == 409
    assert roles.ask("editor", "PUT", GERMANY | {"name": "New"}, own).status == 200
    roles.new("admin")


def test_a_repeated_request_saves_one(stack: Deployed, site: SharedSite, roles: Roles) -> None:
    key = str(uuid.uuid4())
    headers = {"Authorization": f"Bearer {site.people['viewer'].token}", "Idempotency-Key": key}
    caller = Caller(stack.base_url)
    path, body = f"/api/v1/sites/{site.id}/segments", b'{"name": "Once", "filters": ["is,bounce,no"]}'
    first, second = (caller.call("POST", path, body, headers) for _ in range(2))
    assert first.json() == second.json()
    assert roles.names("viewer") == ["Once"]


def test_one_that_was_changed_meanwhile_is_not_overwritten(site: SharedSite) -> None:
    person = get_person(site.people["editor"].id)
    of = get_site(site.id)
    assert person is not None
    assert of is not None
    before = segments.create(of, person, Fields("A", ("is,bounce,no",), shared=False))
    segments.replace(of, person, before.id, Fields("B", ("is,bounce,no",), shared=False))
    for shared in (False, True):
        late = SavedSegment(of.id, before.id, "C", before.filters, person.id, shared)
        assert not saved_segments.change(before, late)
    assert [one.name for one in saved_segments.own_in(of.id, person.id)] == ["B"]
    assert saved_segments.shared_in(of.id) == []


def test_the_pages_save_apply_rename_and_delete(stack: Deployed, site: SharedSite) -> None:
    browser = Browser(stack.base_url)
    assert browser.sign_in(site.people["editor"].email, PASSWORD).status == 303
    overview = f"/sites/{site.id}?period=7d&f=is,country,DE&f=contains,page,/a%26b"
    shown = browser.get(overview).text
    assert 'name="query" value="?period=7d&amp;f=is%2Ccountry%2CDE&amp;f=contains%2Cpage%2C%2Fa%26b"' in shown
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', shown))
    path = f"/sites/{site.id}/segments"
    form = {"csrf": csrf, "query": "?period=7d&f=is%2Ccountry%2CDE&f=contains%2Cpage%2C%2Fa%26b"}
    wrong = browser.post(path, **form, name="")
    assert (wrong.status, "Page contains /a&amp;b" in wrong.text) == (400, True)
    saved = browser.post(path, **form, name="<b>Both</b>", shared="yes")
    assert saved.status == 303
    back = browser.where(path, saved)
    assert back.startswith(f"/sites/{site.id}?period=7d&f=")
    assert browser.get(back).status == 200
    listed = browser.get(path).text
    assert (
        f'sites/{site.id}?f=is%2Ccountry%2CDE&amp;f=contains%2Cpage%2C%2Fa%26b"><bdi>&lt;b&gt;Both&lt;/b&gt;' in listed
    )
    (segment,) = saved_segments.shared_in(site.id)
    assert browser.post(f"{path}/{segment.id}", csrf=csrf, name="").status == 400
    assert browser.post(f"{path}/{segment.id}", csrf=csrf, name="Renamed").status == 303
    assert saved_segments.shared_in(site.id) == []
    assert [one.name for one in saved_segments.own_in(site.id, site.people["editor"].id)] == ["Renamed"]
    assert "Renamed" in browser.get(path).text
    assert browser.post(f"{path}/{segment.id}", csrf=csrf, do="delete").status == 303
    assert "No segments yet" in browser.get(path).text
