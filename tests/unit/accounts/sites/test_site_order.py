"""Everybody has their sites in their own order, and favourites first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts.sites import order as site_order
from chalicelib.errors import BadRequest
from chalicelib.store import site_order as store
from chalicelib.store.people import Person
from chalicelib.store.site_order import SiteOrder
from chalicelib.store.sites import Site

PERSON = Person("1", "ada@example.com")
SITES = [Site(name, name, f"{name}.example") for name in "abcde"]


@pytest.fixture(autouse=True)
def _stored() -> Iterator[None]:
    with stored():
        yield


class stored:  # noqa: N801
    """An order in place of the table."""

    def __enter__(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.order = SiteOrder()
        self.patch.setattr(store, "read", lambda _person: self.order)
        self.patch.setattr(store, "write", self.write)

    def __exit__(self, *_error: object) -> None:
        self.patch.undo()

    def write(self, _person: str, order: SiteOrder) -> None:
        assert order.version == self.order.version
        self.order = replace(order, version=order.version + 1)


def shown() -> str:
    """The favourites, and the others after a bar."""
    order = site_order.as_json(site_order.arrange(PERSON, SITES))
    return "".join(order["favourites"]) + "|" + "".join(order["others"])


def move(*moves: str) -> str:
    for each in moves:
        site_id, where = each.split()
        site_order.move(PERSON, SITES, site_id, where)
    return shown()


def test_without_a_choice_sites_are_in_the_order_of_their_names() -> None:
    assert shown() == "|abcde"


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        (["c up"], "|acbde"),
        (["c up", "c up"], "|cabde"),
        (["a up"], "|abcde"),
        (["e down"], "|abcde"),
        (["a down"], "|bacde"),
        (["d down", "d down"], "|abced"),
        (["d favourite"], "d|abce"),
        (["d favourite", "b favourite"], "bd|ace"),
        (["d favourite", "b favourite", "d up"], "db|ace"),
        (["d favourite", "b favourite", "d up", "c up"], "db|cae"),
        (["d favourite", "b favourite", "d up", "d other"], "b|dace"),
        (["e up", "e up", "e up", "e up", "a favourite", "a other"], "|eabcd"),
        (["a favourite", "a favourite"], "a|bcde"),
        (["a other"], "|abcde"),
    ],
)
def test_moves(moves: list[str], expected: str) -> None:
    assert move(*moves) == expected


@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["up", "down", "favourite", "other"])), max_size=12)
)
def test_a_move_changes_the_place_of_one_site_by_one(moves: list[tuple[str, str]]) -> None:
    with stored():
        for site_id, where in moves:
            groups = shown().split("|")
            group = next(list(one) for one in groups if site_id in one)
            at = group.index(site_id)
            to = at + {"up": -1, "down": 1}.get(where, 0)
            if 0 <= to < len(group):
                group[at], group[to] = group[to], group[at]
            moved = move(f"{site_id} {where}").split("|")
            if where in ("up", "down"):
                assert "".join(group) in moved
                assert {"".join(sorted(one)) for one in moved} == {"".join(sorted(one)) for one in groups}
            assert sorted("".join(moved)) == list("abcde")


def test_a_new_site_follows_by_name_and_one_that_is_gone_takes_no_place() -> None:
    move("c up", "c up", "e favourite")
    fewer = [site for site in SITES if site.id != "c"]
    site_order.move(PERSON, fewer, "b", "up")
    assert shown() == "e|bacd"


def test_the_whole_order_is_set_at_once() -> None:
    site_order.replace_order(PERSON, SITES, {"favourites": ["d", "a"], "others": ["e"]})
    assert shown() == "da|ebc"
    site_order.replace_order(PERSON, SITES, {})
    assert shown() == "|abcde"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"favourites": ["x"]}, "favourites"),
        ({"favourites": "a"}, "favourites"),
        ({"favourites": [1]}, "favourites"),
        ({"favourites": [["a"]]}, "favourites"),
        ({"others": ["a", "a"]}, "others"),
        ({"favourites": ["a"], "others": ["a"]}, "others"),
        ({"order": ["a"]}, "order"),
        ({"\ud800" * 100: []}, "?" * 64),
    ],
)
def test_an_invalid_order_is_rejected(data: dict[str, object], field: str) -> None:
    with pytest.raises(BadRequest) as rejected:
        site_order.replace_order(PERSON, SITES, data)
    assert rejected.value.field == field
    assert shown() == "|abcde"


@pytest.mark.parametrize(("site_id", "where", "field"), [("x", "up", "site"), ("a", "left", "move"), ("", "", "site")])
def test_an_invalid_move_is_rejected(site_id: str, where: str, field: str) -> None:
    with pytest.raises(BadRequest) as rejected:
        site_order.move(PERSON, SITES, site_id, where)
    assert rejected.value.field == field


def test_an_order_has_a_limit() -> None:
    many = [Site(f"{number:04}", f"{number:04}", "x.example") for number in range(1200)]
    site_order.move(PERSON, many, "0999", "up")
    with pytest.raises(BadRequest, match="1000"):
        site_order.move(PERSON, many, "1100", "up")
    site_order.move(PERSON, many, "1100", "favourite")
    assert site_order.arrange(PERSON, many).every[0].id == "1100"
