"""The database of operators: what a list of ranges says, it says for every address."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import maxminddb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmdb_writer import SearchTreeLeaf, SearchTreeNode

from infra import geoip_networks

BITS = 8


def looked_up(tree: object, address: int, bits: int = BITS) -> object:
    """What a reader finds: it follows the address's bits down to a leaf."""
    for place in reversed(range(bits)):
        if not isinstance(tree, SearchTreeNode):
            break
        tree = tree.right if address >> place & 1 else tree.left
    return tree.value if isinstance(tree, SearchTreeLeaf) else None


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 40), st.integers(0, 2)), max_size=20))
def test_every_address_has_the_operator_of_its_range(rows: list[tuple[int, int, int]]) -> None:
    leaves = [SearchTreeLeaf(name) for name in "abc"]
    ranges = geoip_networks.Ranges()
    expected: dict[int, str] = {}
    for start, length, which in sorted(rows):
        end = min(start + length, 255)
        ranges.add(start, end, leaves[which])
        for address in range(max(start, max(expected, default=-1) + 1), end + 1):
            expected[address] = "abc"[which]
    tree = ranges.tree(bits=BITS)
    assert {address: found for address in range(256) if (found := looked_up(tree, address))} == expected


def test_neighbours_of_one_operator_are_one_network() -> None:
    leaf = SearchTreeLeaf("a")
    ranges = geoip_networks.Ranges()
    ranges.add(0, 127, leaf)
    ranges.add(128, 255, leaf)
    assert ranges.tree(bits=BITS) is leaf


def test_the_database_can_be_read_for_both_kinds_of_addresses(tmp_path: Path) -> None:
    four, six = tmp_path / "4.csv", tmp_path / "6.csv"
    four.write_text('3221225984,3221226239,64496,"Example, Inc."\n3221226240,3221226250,64497,Other\n')
    first = int(ipaddress.ip_address("2001:db8::"))
    six.write_text(f"{first},{first + 2**80 - 1},64496,Grüße AG\n", encoding="utf-8")
    target = tmp_path / "folder" / "network.mmdb"
    geoip_networks.build([four, six], target)
    with maxminddb.open_database(target) as database:
        found = {
            address: (database.get(address) or {}).get("autonomous_system_organization")  # type: ignore[union-attr]
            for address in ("192.0.2.0", "192.0.2.255", "192.0.3.10", "192.0.3.11", "2001:db8::1", "2001:db9::")
        }
    assert list(found.values()) == ["Example, Inc.", "Example, Inc.", "Other", None, "Grüße AG", None]
    assert [path.name for path in target.parent.iterdir()] == ["network.mmdb"]


def test_no_list_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no ranges"):
        geoip_networks.build([], tmp_path / "network.mmdb")
