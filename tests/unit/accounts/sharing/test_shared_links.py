"""Creating, changing and revoking shared links: what is accepted, stored and shown."""

from __future__ import annotations

import dataclasses
import time
import uuid
from typing import Any

import pytest

from chalicelib import config
from chalicelib.accounts import passwords
from chalicelib.accounts.sharing import counters, shared_links
from chalicelib.accounts.sharing.link_fields import HIDEABLE
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.store import shared_links as stored
from chalicelib.store.shared_links import SharedLink
from tests.unit.accounts.shared_items import ADA, PASSWORD, SITE, Items


@pytest.fixture
def items(monkeypatch: pytest.MonkeyPatch) -> Items:
    return Items(monkeypatch)


def test_a_link_keeps_what_it_is_given(items: Items) -> None:
    data = {
        "name": " For Ada ", "password": PASSWORD, "expires_at": "2126-12-31T23:59:59+01:00",
        "hidden": ["events", "pages", "pages"], "embed_origins": ["Example.com", "https://example.com"],
    }  # fmt: skip
    link = shared_links.create(SITE, ADA, data)
    assert items.links == {(SITE.id, link.id): link}
    shown = shared_links.as_json(link, "https://s.example")
    assert shown | {"url": None, "created_at": None} == {
        "id": link.id, "name": "For Ada", "access": "unlisted", "url": None, "has_password": True,
        "expires_at": "2126-12-31T22:59:59+00:00", "hidden": ["pages", "events"],
        "embed_origins": ["https://example.com"], "indexed": False, "created_at": None, "last_opened": None,
    }  # fmt: skip
    assert passwords.matches(link.password_hash, PASSWORD)
    assert PASSWORD not in repr(link) + str(shown)


def test_the_token_is_stored_as_a_hash_only_and_can_be_shown_again(items: Items) -> None:
    link = shared_links.create(SITE, ADA, {"name": "Link"})
    path = shared_links.path_of(link)
    assert path is not None
    token = path.removeprefix("share/")
    assert token not in str(dataclasses.asdict(link))
    assert shared_links.path_of(shared_links.get(SITE, link.id)) == path
    items.key = b"another key"
    assert shared_links.path_of(link) is None
    assert shared_links.as_json(link, "https://s.example")["url"] is None


def test_a_repeated_request_creates_one_link(items: Items) -> None:
    creation = str(uuid.uuid4())
    first, again = (shared_links.create(SITE, ADA, {"name": "Link"}, creation) for _ in range(2))
    assert first == again
    other = shared_links.create(SITE, ADA, {"name": "Link"}, str(uuid.uuid4()))
    assert set(items.links) == {(SITE.id, first.id), (SITE.id, other.id)}


def test_a_site_has_one_public_page_at_most(items: Items) -> None:
    link = shared_links.create(SITE, ADA, {"name": "Public page", "access": "public", "indexed": True})
    assert (link.id, link.digest, shared_links.path_of(link)) == ("public", "", f"public/{SITE.id}")
    with pytest.raises(Conflict) as refused:
        shared_links.create(SITE, ADA, {"name": "Another", "access": "public"})
    assert refused.value.field == "access"
    assert len(items.links) == 1


WRONG: list[tuple[str, Any]] = [
    ("name", None), ("name", ""), ("name", "x" * 101), ("name", "a\r\nb"), ("name", 1), ("name", "\u202e"),
    ("access", "secret"), ("access", None), ("access", ["public"]), ("password", "short"), ("password", ""),
    ("password", "x" * 1025), ("password", 1234567890123), ("expires_at", "tomorrow"), ("expires_at", "2126-12-31"),
    ("expires_at", "2126-12-31T00:00:00"), ("expires_at", "2020-01-01T00:00:00Z"), ("expires_at", 4_000_000_000),
    ("expires_at", "9999-12-31T23:59:59-23:59"), ("expires_at", "0001-01-01T00:00:00+23:59"),
    ("hidden", ["visits"]), ("hidden", "pages"), ("hidden", [["pages"]]), ("hidden", None), ("indexed", "yes"),
    ("indexed", True), ("embed_origins", "https://a.example"), ("embed_origins", ["https://a.example; x"]),
    ("embed_origins", ["a.example\r\nX: y"]), ("embed_origins", ["*"]), ("embed_origins", [1]),
    ("embed_origins", ["a.example"] * (config.MAX_EMBED_ORIGINS + 1)), ("digest", "0" * 64), ("version", 7),
    ("id", "public"), ("password_hash", "x"), ("created_at", 0), ("last_opened", "2026-01-01"), ("\ud800", 1),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_invalid_and_unknown_fields_are_rejected_naming_the_field(items: Items, field: str, value: Any) -> None:
    """Also fields that are stored, but not for people to set."""
    named = field.encode("utf-8", "replace").decode()
    with pytest.raises(BadRequest) as refused:
        shared_links.create(SITE, ADA, {"name": "Link", field: value})
    assert refused.value.field == named
    assert not items.links
    link = shared_links.create(SITE, ADA, {"name": "Link"})
    with pytest.raises(BadRequest) as refused:
        shared_links.change(SITE, ADA, link.id, {field: value})
    assert refused.value.field == named
    assert items.links[SITE.id, link.id] == link


def test_a_link_needs_a_name(items: Items) -> None:
    with pytest.raises(BadRequest) as refused:
        shared_links.create(SITE, ADA, {})
    assert refused.value.field == "name"


def test_a_change_sets_the_fields_that_it_names(items: Items) -> None:
    link = shared_links.create(SITE, ADA, {"name": "Link", "password": PASSWORD, "hidden": ["events"]})
    changed = shared_links.change(SITE, ADA, link.id, {"name": "Renamed", "password": None})
    assert changed == dataclasses.replace(link, name="Renamed", password_hash=None, version=2)
    assert shared_links.path_of(changed) == shared_links.path_of(link)
    with pytest.raises(BadRequest):  # who may be asked is not changed afterwards
        shared_links.change(SITE, ADA, link.id, {"access": "public"})


def test_a_change_is_not_lost_in_another(items: Items, monkeypatch: pytest.MonkeyPatch) -> None:
    link = shared_links.create(SITE, ADA, {"name": "Link"})
    monkeypatch.setattr(stored, "get", lambda *_: dataclasses.replace(link, version=0))
    with pytest.raises(Conflict):
        shared_links.change(SITE, ADA, link.id, {"name": "Other"})


@pytest.mark.parametrize("link_id", ["", "public", "0" * 16, "x" * 5000, "\ud800", "../people", "people"])
def test_there_is_nothing_to_change_or_revoke_under_other_ids(items: Items, link_id: str) -> None:
    shared_links.create(SITE, ADA, {"name": "Link"})
    with pytest.raises(NotFound):
        shared_links.change(SITE, ADA, link_id, {"name": "Other"})
    with pytest.raises(NotFound):
        shared_links.revoke(SITE, ADA, link_id)
    assert len(items.links) == 1


def test_a_link_of_another_site_is_not_there(items: Items) -> None:
    link = shared_links.create(SITE, ADA, {"name": "Link"})
    other = dataclasses.replace(SITE, id="00000000-0000-4000-8000-000000000000")
    with pytest.raises(NotFound):
        shared_links.revoke(other, ADA, link.id)


def test_a_site_has_no_more_links_than_the_limit(items: Items, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_links, "MAX_SHARED_LINKS", 2)
    for _ in range(2):
        shared_links.create(SITE, ADA, {"name": "Link"})
    with pytest.raises(Conflict):
        shared_links.create(SITE, ADA, {"name": "Link"})


def test_every_change_is_in_the_audit_log_without_secrets(items: Items) -> None:
    link = shared_links.create(SITE, ADA, {"name": "Link", "password": PASSWORD})
    shared_links.change(SITE, ADA, link.id, {"name": "Link"})  # no change
    shared_links.change(SITE, ADA, link.id, {"password": "another long password", "hidden": [*HIDEABLE]})
    shared_links.revoke(SITE, ADA, link.id)
    counters.switch(SITE, ADA, on=True)
    counters.switch(SITE, ADA, on=True)
    counters.switch(SITE, ADA, on=False)
    about = {"site": SITE.id, "subject": link.id}
    assert items.entries == [
        ("share.create", {**about, "access": "unlisted"}),
        ("share.change", {**about, "fields": "hidden, password"}),
        ("share.revoke", about),
        ("counter.activate", {"site": SITE.id}),
        ("counter.deactivate", {"site": SITE.id}),
    ]


def test_a_counter_has_a_new_key_each_time_it_is_switched_on(items: Items) -> None:
    assert counters.key_of(SITE) is None
    first = counters.switch(SITE, ADA, on=True)
    assert first is not None
    assert counters.switch(SITE, ADA, on=True) == counters.key_of(SITE) == first
    assert counters.switch(SITE, ADA, on=False) is None
    assert counters.switch(SITE, ADA, on=True) not in (None, first)


def test_an_expiry_is_in_the_future_and_counts_to_the_second() -> None:
    link = SharedLink("s", "i", "n", expires_at=100)
    assert (link.is_expired(99.9), link.is_expired(100)) == (False, True)
    assert not dataclasses.replace(link, expires_at=None).is_expired(time.time())
