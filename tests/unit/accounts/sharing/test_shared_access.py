"""Who may open what is shared: the right address, not expired or revoked, and its password."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from chalicelib import config
from chalicelib.accounts import passwords, signing
from chalicelib.accounts.access import sessions
from chalicelib.accounts.sharing import counters, link_passwords, link_tokens, shared_access, shared_links
from chalicelib.accounts.sharing.shared_access import Locked
from chalicelib.config import SIGN_IN_ATTEMPTS, SIGN_IN_ATTEMPTS_PER_PERSON
from chalicelib.errors import NotFound, TooManyRequests, Unauthorized
from chalicelib.routing import Right
from chalicelib.store import aws
from chalicelib.store import shared_links as stored
from chalicelib.store.shared_links import SharedLink
from chalicelib.web import Request
from tests.conftest import QUICK_HASHER
from tests.unit.accounts.shared_items import ADA, PASSWORD, SITE, Items

HTTPS, HTTP = "https://shylight.example", "http://localhost:4566"


@pytest.fixture
def items(monkeypatch: pytest.MonkeyPatch) -> Items:
    monkeypatch.setattr(passwords, "_hasher", lambda: QUICK_HASHER)
    return Items(monkeypatch)


def request(cookies: dict[str, str] | None = None, base_url: str = HTTPS, source_ip: str = "192.0.2.1") -> Request:
    return Request("GET", "/share/x", {}, {}, {}, b"", source_ip, base_url, cookies or {})


def create(**data: Any) -> tuple[SharedLink, str]:
    link = shared_links.create(SITE, ADA, {"name": "Link", **data})
    return link, (shared_links.path_of(link) or "").partition("/")[2]


def open_link(address: str, right: Right = Right.SHARED_LINK, cookies: dict[str, str] | None = None) -> Any:
    return shared_access.authorize(request(cookies), right, address)


def refused(address: str, right: Right = Right.SHARED_LINK) -> str:
    with pytest.raises(NotFound) as error:
        open_link(address, right)
    return error.value.message


def test_the_address_of_a_link_opens_it(items: Items) -> None:
    link, address = create()
    site, opened = open_link(address)
    assert (site, opened.id) == (SITE, link.id)


def test_a_link_works_after_the_signing_key_was_changed(items: Items) -> None:
    _, address = create()
    items.key = b"another key"
    assert open_link(address)[0] == SITE


def test_unknown_revoked_expired_and_orphaned_addresses_get_one_answer(items: Items) -> None:
    _, other = create()
    revoked, address = create()
    shared_links.revoke(SITE, ADA, revoked.id)
    expired, late = create()
    items.links[SITE.id, expired.id] = dataclasses.replace(expired, expires_at=int(time.time()))
    flipped = other[:-1] + ("A" if other[-1] != "A" else "B")
    forged = link_tokens.token(SITE.id, link_tokens.new_id(), b"guess")
    answers = {refused(one) for one in ("", "x", "a" * 64, flipped, forged, address, late, "\ud800" * 64, other + "=")}
    answers |= {refused(one, Right.PUBLIC_PAGE) for one in ("", SITE.id, "x" * 3000, other)}
    answers |= {refused(one, Right.COUNTER_KEY) for one in ("", ".svg", f"{'a' * 40}.svg", f"{SITE.id}.json")}
    del items.sites[SITE.id]
    answers.add(refused(other))
    assert len(answers) == 1


def test_the_public_pages_item_cannot_be_opened_by_a_token(items: Items) -> None:
    """Its digest is empty, and no token has the id `public`; nor is it found by an empty hash."""
    create(access="public")
    items.links[SITE.id, "0" * 16] = dataclasses.replace(items.links[SITE.id, "public"], id="0" * 16)
    refused(link_tokens.token(SITE.id, "0" * 16, b"key"))


def test_the_public_page_opens_by_the_sites_id_and_only_while_there_is_one(items: Items) -> None:
    refused(SITE.id, Right.PUBLIC_PAGE)
    _, address = create(access="public")
    assert address == SITE.id
    assert open_link(SITE.id.upper(), Right.PUBLIC_PAGE)[0] == SITE
    shared_links.revoke(SITE, ADA, "public")
    refused(SITE.id, Right.PUBLIC_PAGE)


def test_a_counter_opens_by_its_present_key(items: Items) -> None:
    key = counters.switch(SITE, ADA, on=True)
    assert open_link(f"{key}.svg", Right.COUNTER_KEY) == (SITE,)
    counters.switch(SITE, ADA, on=False)
    refused(f"{key}.svg", Right.COUNTER_KEY)
    counters.switch(SITE, ADA, on=True)
    refused(f"{key}.svg", Right.COUNTER_KEY)


def test_the_day_of_the_last_opening_is_noted_once_and_a_failure_is_no_harm(
    items: Items, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, address = create()
    open_link(address)
    assert items.links[SITE.id, link.id].last_opened == datetime.now(UTC).date().isoformat()

    def fail(*_: Any) -> None:
        raise aws.ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")

    monkeypatch.setattr(stored, "mark_opened", fail)
    open_link(address)  # not written again today
    items.links[SITE.id, link.id] = link
    assert open_link(address)[0] == SITE


# ── passwords ──


def unlocked(link: SharedLink, base_url: str = HTTPS) -> tuple[dict[str, str], str]:
    """The cookies of a browser that has sent the password, and the header that set them."""
    header = link_passwords.unlock(request(base_url=base_url), link, PASSWORD)
    name, _, value = header.partition(";")[0].partition("=")
    return {name: value}, header


def test_a_link_with_a_password_opens_only_with_the_cookie_for_it(items: Items) -> None:
    link, address = create(password=PASSWORD)
    with pytest.raises(Locked):
        open_link(address)
    assert not items.links[SITE.id, link.id].last_opened
    cookies, _ = unlocked(link)
    assert open_link(address, cookies=cookies)[0] == SITE


def test_the_cookie_is_worth_nothing_for_another_link_another_password_or_another_purpose(items: Items) -> None:
    link, address = create(password=PASSWORD)
    other, other_address = create(password=PASSWORD)
    cookies, _ = unlocked(link)
    (value,) = cookies.values()
    (other_name,) = unlocked(other)[0]
    with pytest.raises(Locked):
        open_link(other_address, cookies={other_name: value})
    shared_links.change(SITE, ADA, link.id, {"password": PASSWORD})  # the same, with another salt
    with pytest.raises(Locked):
        open_link(address, cookies=cookies)
    claims = jwt.decode(value, options={"verify_signature": False})
    session = jwt.encode(claims, signing.derive(items.key, "session"), algorithm="HS256")
    nobody = jwt.encode(claims, "", algorithm="none")
    late = jwt.encode({**claims, "exp": 1}, signing.derive(items.key, "shared link"), algorithm="HS256")
    (name,) = cookies
    fresh = shared_links.get(SITE, link.id)
    for forged in (session, nobody, late, value[:-2], "", "x.y.z"):
        assert not link_passwords.is_unlocked(request({name: forged}), fresh)
    assert sessions.decode(value, items.key, config.settings().prefix) is None


def test_the_cookie_is_for_frames_only_where_the_link_may_be_embedded(items: Items) -> None:
    plain, framed = create(password=PASSWORD)[0], create(password=PASSWORD, embed_origins=["a.example"])[0]
    common = {"HttpOnly", "Path=/", f"Max-Age={config.SHARED_LINK_UNLOCKED_S}"}
    assert set(unlocked(plain)[1].split("; ")[1:]) == {*common, "Secure", "SameSite=Lax"}
    assert set(unlocked(framed)[1].split("; ")[1:]) == {*common, "Secure", "SameSite=None", "Partitioned"}
    assert set(unlocked(framed, HTTP)[1].split("; ")[1:]) == {*common, "SameSite=Lax"}
    assert next(iter(unlocked(plain)[0])).startswith("__Host-")


def test_guessing_is_slowed_down_per_network_and_paused_for_all(items: Items) -> None:
    link, _ = create(password=PASSWORD)
    for _ in range(SIGN_IN_ATTEMPTS):
        with pytest.raises(Unauthorized):
            link_passwords.unlock(request(), link, "a wrong guess")
    with pytest.raises(TooManyRequests) as error:
        link_passwords.unlock(request(), link, PASSWORD)  # even the right one
    assert error.value.retry_after
    assert link_passwords.unlock(request(source_ip="198.51.100.1"), link, PASSWORD)
    # From elsewhere, guesses are paused after those that everybody has together; the first of a pause still counts.
    for number in range(SIGN_IN_ATTEMPTS_PER_PERSON - SIGN_IN_ATTEMPTS + 1):
        with pytest.raises(Unauthorized):
            link_passwords.unlock(request(source_ip=f"203.0.113.{number}"), link, "a wrong guess")
    with pytest.raises(TooManyRequests):
        link_passwords.unlock(request(source_ip="203.0.113.200"), link, "a wrong guess")
    assert all(key.startswith("attempts#") and "192.0.2.1" not in key and link.id not in key for key in items.attempts)


def test_who_knows_the_password_uses_up_no_attempts(items: Items) -> None:
    link, _ = create(password=PASSWORD)
    for _ in range(3 * SIGN_IN_ATTEMPTS_PER_PERSON):
        link_passwords.unlock(request(), link, PASSWORD)
    assert set(items.attempts.values()) <= {0}


def test_attempts_of_one_link_do_not_count_for_another(items: Items) -> None:
    link, other = create(password=PASSWORD)[0], create(password=PASSWORD)[0]
    for _ in range(SIGN_IN_ATTEMPTS):
        with pytest.raises(Unauthorized):
            link_passwords.unlock(request(), link, "a wrong guess")
    assert link_passwords.unlock(request(), other, PASSWORD)
