"""The store of shared links and counters, in memory, for the tests of what stands above it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.accounts import audit_log, signed_tokens, throttle
from chalicelib.accounts.sharing import shared_links
from chalicelib.store import counter_keys, login_throttle, sites
from chalicelib.store import shared_links as stored
from chalicelib.store.people import Person
from chalicelib.store.shared_links import SharedLink
from chalicelib.store.signing_key import SigningKey
from chalicelib.store.sites import Site

SITE = Site("7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11", "Fieldnotes", "fieldnotes.example", "Europe/Berlin")
ADA = Person("1", "ada@example.com")
PASSWORD = "a password of some length"


class Items:
    """What is stored, and the entries of the audit log; `key` is the signing key."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.links: dict[tuple[str, str], SharedLink] = {}
        self.keys: dict[str, str] = {}
        self.sites = {SITE.id: SITE}
        self.entries: list[tuple[str, dict[str, Any]]] = []
        self.attempts: dict[str, int] = {}
        self.key = b"key"
        self._patch(monkeypatch)

    def _patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        links, keys = self.links, self.keys
        by_name: dict[tuple[object, str], Callable[..., Any]] = {
            (stored, "get"): lambda site, link: links.get((site, link)),
            (stored, "of_site"): lambda site: [link for (of, _), link in links.items() if of == site],
            (stored, "add"): self._add,
            (stored, "change"): self._change,
            (stored, "remove"): lambda site, link: links.pop((site, link), None) is not None,
            (stored, "mark_opened"): self._mark_opened,
            (counter_keys, "get"): keys.get,
            (counter_keys, "add"): lambda site, key: site not in keys and not keys.update({site: key}),
            (counter_keys, "remove"): lambda site: keys.pop(site, None) is not None,
            (sites, "get_site"): lambda site: self.sites.get(site),
            (sites, "cached_site"): lambda site: self.sites.get(site),
            (audit_log, "record"): lambda _who, action, **more: self.entries.append((action, more)),
            (shared_links, "signing_key"): lambda: self.key,
            (shared_links, "signing_keys"): lambda: (SigningKey(self.key, 0),),
            (signed_tokens, "signing_key"): lambda: self.key,
            (signed_tokens, "keys_for"): lambda _named: (SigningKey(self.key, 0),),
            (throttle, "signing_key"): lambda: self.key,
            (login_throttle, "count_attempt"): self._count_attempt,
            (login_throttle, "clear"): lambda key: self.attempts.pop(key, None),
            (login_throttle, "give_back"): self._give_back,
        }
        for (module, name), function in by_name.items():
            monkeypatch.setattr(module, name, function)

    def _add(self, link: SharedLink) -> bool:
        if (link.site_id, link.id) in self.links:
            return False
        self.links[link.site_id, link.id] = link
        return True

    def _change(self, link: SharedLink) -> SharedLink | None:
        if self.links[link.site_id, link.id].version != link.version:
            return None
        self.links[link.site_id, link.id] = dataclasses.replace(link, version=link.version + 1)
        return self.links[link.site_id, link.id]

    def _mark_opened(self, link: SharedLink, day: str) -> None:
        self.links[link.site_id, link.id] = dataclasses.replace(link, last_opened=day)

    def _count_attempt(self, key: str, limit: int, window_s: int, _now: int) -> int:
        if self.attempts.get(key, 0) >= limit:
            return window_s
        self.attempts[key] = self.attempts.get(key, 0) + 1
        return 0

    def _give_back(self, key: str, _now: int) -> None:
        self.attempts[key] -= 1
