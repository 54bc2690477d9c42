"""Tokens of shared links cannot be guessed, are derived from the signing key, and name their link."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts.sharing import link_tokens
from chalicelib.accounts.sharing.link_tokens import Claim

SITE = "7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11"
LINK = "00112233aabbccdd"


@given(st.uuids(), st.binary(min_size=8, max_size=8))
def test_a_token_names_its_site_and_link(site: uuid.UUID, link: bytes) -> None:
    token = link_tokens.token(str(site), link.hex(), b"key")
    assert len(token) == 64
    assert link_tokens.read(token) == Claim(str(site), link.hex())


def test_a_token_is_the_same_for_the_same_key_and_another_for_any_other() -> None:
    first = link_tokens.token(SITE, LINK, b"key")
    assert first == link_tokens.token(SITE, LINK, b"key")
    others = [
        link_tokens.token(SITE, LINK, b"other key"),
        link_tokens.token(str(uuid.uuid4()), LINK, b"key"),
        link_tokens.token(SITE, link_tokens.new_id(), b"key"),
    ]
    assert len({first[-32:], *(other[-32:] for other in others)}) == 4
    assert len({link_tokens.digest(token) for token in (first, *others)}) == 4


def test_ids_are_random_and_have_one_form() -> None:
    ids = {link_tokens.new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(map(link_tokens.is_id, ids))
    for text in ("", "public", "x" * 16, LINK.upper(), LINK + "0", LINK + "\n", "\ud800" * 16):
        assert not link_tokens.is_id(text)


@pytest.mark.parametrize(
    "token", ["", "x", "a" * 63, "a" * 65, "a" * 63 + "=", "a" * 63 + "/", "ä" * 64, "a" * 64 + "\n"]
)
def test_malformed_tokens_name_nothing(token: str) -> None:
    assert link_tokens.read(token) is None


def test_a_counters_key_names_its_site_and_is_another_each_time() -> None:
    keys = {link_tokens.new_counter_key(SITE) for _ in range(10)}
    assert len(keys) == 10
    for key in keys:
        assert len(key) == 40
        assert link_tokens.site_of_counter_key(key) == SITE
    for key in ("", "x", "a" * 39, "a" * 41, "a" * 39 + "="):
        assert link_tokens.site_of_counter_key(key) is None
