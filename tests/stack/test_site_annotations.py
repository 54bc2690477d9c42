"""Annotations: who sees and changes them, by programs and pages, and what reading them costs."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib import config, days, timed_cache
from chalicelib.collect import hit
from chalicelib.collect.event import encode
from chalicelib.collect.urls import Location
from chalicelib.enrich.worker import consume
from chalicelib.store import audit_log, saved_segments, site_annotations
from chalicelib.store.site_annotations import Annotation
from chalicelib.store.sites import get_site
from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, Caller
from tests.stack.people import Browser
from tests.stack.site_roles import PASSWORD, RolePrograms, SharedSite, make_shared_site

NOTE = {"text": "Newsletter", "at": "2026-11-26"}
DOCUMENT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture
def site(stack: Deployed) -> SharedSite:
    """A site with a person of each role."""
    return make_shared_site(stack)


class Roles(RolePrograms):
    """Programs that annotate the site."""

    def found(self, **query: object) -> Any:
        return self.ask("viewer", "GET", None, "", **query)

    def texts(self, **query: object) -> list[str]:
        return [one["text"] for one in self.found(**query).json()["annotations"]]

    def new(self, **fields: object) -> str:
        """The id of a new one; None leaves a field out."""
        given = {name: value for name, value in (NOTE | fields).items() if value is not None}
        answer = self.ask("editor", "POST", given)
        assert answer.status == 201, answer.body
        return str(answer.json()["id"])


@pytest.fixture
def roles(stack: Deployed, site: SharedSite) -> Roles:
    return Roles(stack, site, "annotations")


def test_who_may_view_sees_them_and_who_may_edit_changes_them(roles: Roles) -> None:
    made = roles.new(url="https://example.com/12")
    (seen,) = roles.ask("viewer", "GET").json()["annotations"]
    assert seen["created_at"]
    assert {name: value for name, value in seen.items() if name != "created_at"} == {
        "id": made, "at": "2026-11-26", "text": "Newsletter", "url": "https://example.com/12", "kind": "note",
        "author": "editor",
    }  # fmt: skip
    assert roles.ask("stranger", "GET").status == 404
    for method, body, annotation in (("POST", NOTE, ""), ("PATCH", {"text": "x"}, made), ("DELETE", None, made)):
        assert roles.ask("viewer", method, body, annotation).status == 403
        assert roles.ask("stranger", method, body, annotation).status == 404
    changed = roles.ask("admin", "PATCH", {"text": "Newsletter No. 12", "url": None}, made).json()
    assert (changed["text"], changed["url"], changed["at"], changed["author"]) == (
        "Newsletter No. 12", None, "2026-11-26", "editor",
    )  # fmt: skip
    assert roles.ask("owner", "DELETE", None, made).status == 204
    assert roles.ask("owner", "DELETE", None, made).status == 404
    assert roles.ask("owner", "PATCH", {"text": "x"}, made).status == 404
    assert roles.texts() == []


def test_changes_are_in_the_audit_log(roles: Roles, site: SharedSite) -> None:
    made = roles.new(kind="deploy")
    roles.ask("admin", "PATCH", {"text": "Newsletter"}, made)  # changes nothing
    roles.ask("admin", "PATCH", {"text": "v2"}, made)
    roles.ask("admin", "DELETE", None, made)
    entries = [one for one in audit_log.of_site(site.id, "", "") if one.action.startswith("annotation.")]
    assert [(one.action, one.subject, dict(one.details)) for one in reversed(entries)] == [
        ("annotation.create", made, {"kind": "deploy"}),
        ("annotation.change", made, {}),
        ("annotation.delete", made, {}),
    ]


def test_a_moment_moves_it_and_keeps_its_id(roles: Roles) -> None:
    made = roles.new()
    roles.new(text="Other", at="2026-11-27T10:00:00Z")
    moved = roles.ask("editor", "PATCH", {"at": "2026-11-28T09:30"}, made).json()  # the site's zone is UTC
    assert (moved["id"], moved["at"]) == (made, "2026-11-28T09:30:00Z")
    assert roles.texts() == ["Newsletter", "Other"]


def test_a_period_is_of_the_sites_days(stack: Deployed, roles: Roles, site: SharedSite) -> None:
    zone = Caller(stack.base_url, site.people["owner"].token)
    assert zone.api("PATCH", f"/sites/{site.id}", {"timezone": "Pacific/Auckland"}).status == 200
    timed_cache.reset_all()
    # The new zone holds from tomorrow on: 13 hours ahead of UTC in the southern summer.
    for text, at in (("late", "2199-01-10T10:59:59Z"), ("early", "2199-01-10T11:00:00Z"), ("day", "2199-01-11")):
        roles.new(text=text, at=at)
    assert roles.texts(**{"from": "2199-01-11", "to": "2199-01-11"}) == ["early", "day"]
    assert roles.texts(to="2199-01-10") == ["late"]
    assert roles.texts(**{"from": "2199-01-12"}) == []
    roles.new(text="v2", kind="deploy", at="2199-02-01")
    assert roles.texts(kind="deploy") == ["v2"]
    assert roles.texts(limit=1) == ["v2"]
    assert roles.found(**{"from": "soon"}).error["field"] == "from"
    assert roles.found(kind="x").error["field"] == "kind"
    first = roles.found(limit=3).json()
    rest = roles.found(limit=3, cursor=first["next"]).json()
    assert [one["text"] for one in first["annotations"] + rest["annotations"]] == ["v2", "early", "day", "late"]
    assert rest["next"] is None


def test_a_mistake_is_told_by_field(roles: Roles) -> None:
    for field, value in (("text", ""), ("at", "soon"), ("url", "http://example.com"), ("author", "Ada")):
        answer = roles.ask("editor", "POST", NOTE | {field: value})
        assert (answer.status, answer.error["field"]) == (400, field)
    assert roles.texts() == []


def test_there_is_room_for_so_many(roles: Roles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "MAX_ANNOTATIONS", 2)
    made = roles.new()
    roles.new()
    refused = roles.ask("editor", "POST", NOTE)
    assert (refused.status, refused.error["message"]) == (
        409, "A site can have at most 2 annotations. Delete some first.",
    )  # fmt: skip
    assert roles.ask("editor", "PATCH", {"text": "x", "at": "2026-11-27"}, made).status == 200
    assert roles.ask("editor", "DELETE", None, made).status == 204
    roles.new()


def test_a_repeated_request_adds_one(stack: Deployed, site: SharedSite, roles: Roles) -> None:
    headers = {"Authorization": f"Bearer {site.people['editor'].token}", "Idempotency-Key": str(uuid.uuid4())}
    caller = Caller(stack.base_url)
    path, body = f"/api/v1/sites/{site.id}/annotations", b'{"text": "Once"}'
    first, second = (caller.call("POST", path, body, headers) for _ in range(2))
    assert first.json() == second.json()
    headers["Idempotency-Key"] = str(uuid.uuid4())
    with patch("chalicelib.store.idempotency_keys.finish"), patch("chalicelib.config.IDEMPOTENCY_LEASE_S", 0):
        for _ in range(2):  # as if the function had died before it could answer; it is about another second then
            with patch("chalicelib.days.now_ms", side_effect=iter([1_795_705_445_000 + 5000 * _] * 9)):
                assert caller.call("POST", path, body, headers).status == 201
    assert roles.texts() == ["Once", "Once"]


def test_one_that_was_changed_meanwhile_is_not_overwritten(site: SharedSite) -> None:
    before = Annotation(site.id, "0" * 16, "2026-11-26", "A")
    assert site_annotations.add(before)
    assert not site_annotations.add(before)
    assert site_annotations.change(before, Annotation(site.id, before.id, before.at, "B"))
    for at in (before.at, "2026-11-27T00:00:00Z"):
        assert not site_annotations.change(before, Annotation(site.id, before.id, at, "C"))
    assert [one.text for one in site_annotations.of_site(site.id)] == ["B"]


def test_the_documented_line_marks_a_deployment(stack: Deployed, site: SharedSite, roles: Roles) -> None:
    """With a token that may do nothing else."""
    (line,) = re.findall(r"^curl .*/annotations\"$", DOCUMENT, re.MULTILINE)
    token = Caller(stack.base_url, site.people["editor"].token).api(
        "POST", "/tokens", {"name": "CI", "scopes": ["annotations:write"], "sites": [site.id]}
    )
    named = {"SHYLIGHT_URL": stack.base_url, "SHYLIGHT_TOKEN": token.json()["token"], "SITE": site.id}
    subprocess.run(["sh", "-ec", line], check=True, capture_output=True, env={"PATH": os.environ["PATH"], **named})
    (made,) = roles.ask("viewer", "GET").json()["annotations"]
    assert (made["kind"], made["text"], made["author"]) == ("deploy", "v2.1.0", "CI")
    assert made["at"][:16] == made["created_at"][:16]
    limited = Caller(stack.base_url, token.json()["token"])
    assert limited.api("GET", f"/sites/{site.id}/annotations").status == 403
    assert limited.api("GET", f"/sites/{site.id}").status == 403


@pytest.fixture
def editor(stack: Deployed, site: SharedSite) -> Browser:
    browser = Browser(stack.base_url)
    assert browser.sign_in(site.people["editor"].email, PASSWORD).status == 303
    return browser


def test_the_pages_add_change_and_delete(site: SharedSite, editor: Browser, roles: Roles) -> None:
    path, query = f"/sites/{site.id}/annotations", "?period=7d&f=is%2Ccountry%2CDE"
    shown = editor.get(f"{path}{query}&day=2026-11-12&time=10:30").text
    assert 'name="day" value="2026-11-12"' in shown
    assert 'name="time" value="10:30"' in shown
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', shown))
    form = {"csrf": csrf, "query": query, "kind": "note"}
    wrong = editor.post(path, **form, text="<b>x</b>", day="2026-11-12", time="noon")
    assert wrong.status == 400
    assert "Enter a date from 2000 to 2199" in wrong.text
    assert 'value="&lt;b&gt;x&lt;/b&gt;"' in wrong.text
    saved = editor.post(path, **form, text="<b>x</b>", day="2026-11-12", time="10:30", url="https://example.com/")
    (made,) = site_annotations.of_site(site.id)
    assert (made.at, made.signed) == ("2026-11-12T10:30:00Z", "Editor")
    back = editor.where(path, saved)
    assert back == f"/sites/{site.id}{query}#annotation-{made.id}"
    assert "<bdi>&lt;b&gt;x&lt;/b&gt;</bdi>" in editor.get(f"{path}{query}").text
    one = f"{path}/{made.id}"
    assert 'name="time" value="10:30"' in editor.get(one).text
    assert editor.post(one, **form, text="", day="2026-11-12", time="10:30").status == 400
    assert editor.post(one, **form, text="y", day="2026-11-13").status == 303
    assert [(one.at, one.text, one.url) for one in site_annotations.of_site(site.id)] == [("2026-11-13", "y", "")]
    gone = editor.post(one, **form, do="delete")
    assert editor.where(one, gone) == f"/sites/{site.id}{query}"
    assert editor.get(one).status == 404
    assert "No annotations yet." in editor.get(path).text


def test_a_form_that_leaves_the_time_alone_keeps_its_seconds(site: SharedSite, editor: Browser, roles: Roles) -> None:
    made = roles.new(at="2026-11-12T10:30:59Z")
    path = f"/sites/{site.id}/annotations/{made}"
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', editor.get(path).text))
    form = {"csrf": csrf, "text": "y", "kind": "note", "day": "2026-11-12"}
    assert editor.post(path, **form, time="10:30").status == 303
    assert site_annotations.of_site(site.id)[0].at == "2026-11-12T10:30:59Z"
    assert editor.post(path, **form, time="10:31").status == 303
    assert site_annotations.of_site(site.id)[0].at == "2026-11-12T10:31:00Z"


def test_viewers_have_no_form_and_strangers_no_page(stack: Deployed, site: SharedSite, roles: Roles) -> None:
    made = roles.new()
    viewer = Browser(stack.base_url)
    assert viewer.sign_in(site.people["viewer"].email, PASSWORD).status == 303
    listed = viewer.get(f"/sites/{site.id}/annotations").text
    assert "<bdi>Newsletter</bdi>" in listed
    assert f"annotations/{made}" not in listed
    assert "Add an annotation" not in listed
    assert viewer.get(f"/sites/{site.id}/annotations/{made}").status == 403
    assert "Newsletter" not in Browser(stack.base_url).get(f"/public/{site.id}").text


@contextmanager
def reads() -> Iterator[list[str]]:
    """What pages read of annotations and segments."""
    found: list[str] = []

    def counted(name: str, read: Any) -> Any:
        def count(*given: Any) -> Any:
            found.append(name)
            return read(*given)

        return count

    with (
        patch.object(site_annotations, "around", counted("annotations", site_annotations.around)),
        patch.object(saved_segments, "shared_in", counted("segments", saved_segments.shared_in)),
        patch.object(saved_segments, "own_in", counted("segments", saved_segments.own_in)),
    ):
        yield found


def test_an_open_page_reads_neither_annotations_nor_segments_again(
    stack: Deployed, site: SharedSite, editor: Browser, roles: Roles
) -> None:
    path = f"/sites/{site.id}?period=7d"
    tracked = get_site(site.id)
    assert tracked is not None
    view = hit.View("1", Location(site.domain, "/"), "script")
    consume([encode([hit.event(tracked, hit.client("192.0.2.1", FIREFOX), days.now_ms(), view)])])
    roles.new(text="First", at=None)
    with reads() as found:
        shown = editor.get(path).text
    assert sorted(found) == ["annotations", "segments", "segments"]
    version = re.search(r'data-annotations="(\w+)"', shown)
    assert version
    refreshed = {"Shylight-Refresh": version[1]}
    with reads() as found:
        assert f'data-annotations="{version[1]}"' in editor.ask("GET", path, None, refreshed).text
    assert found == []
    # Another function, which has read other ones, or none, reads them.
    timed_cache.reset_all()
    with reads() as found:
        editor.ask("GET", path, None, refreshed)
    assert found == ["annotations"]
    roles.new(text="Second", at=None)
    with reads() as found:  # a page that is opened anew shows what was just added
        assert f'data-annotations="{version[1]}"' not in editor.get(path).text
    assert "annotations" in found
    with reads() as found:
        assert f'data-annotations="{version[1]}"' not in editor.ask("GET", path, None, refreshed).text
    assert found == ["annotations"]
