"""The database of network operators, built from open data: ``python -m infra.geoip_networks``.

The npm package ``@ip-location-db/asn`` (CC BY 4.0: RouteViews, DB-IP, the regional registries) lists the operators of
about 500,000 address ranges as CSV. The ranges are sorted, so the search tree can be built from the root down, which
takes 5 s; mmdb-writer's own insertion of one network at a time takes 40 s.
"""

from __future__ import annotations

import csv
import gc
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mmdb_writer import MMDBWriter, SearchTreeLeaf, SearchTreeNode, TreeChild

from infra.geoip import MODULES, NETWORK

# IPv4 comes first because its addresses are at the beginning of the IPv6 tree, so all ranges are sorted.
SOURCES = (MODULES / "asn" / "asn-ipv4-num.csv", MODULES / "asn" / "asn-ipv6-num.csv")
_BITS = 128


@dataclass(frozen=True, slots=True)
class Ranges:
    """Address ranges, sorted and disjoint.

    :ivar starts, ends: the first and the last address of each, as numbers; :ivar leaves: the record of each.
    """

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    leaves: list[SearchTreeLeaf] = field(default_factory=list)

    def add(self, start: int, end: int, leaf: SearchTreeLeaf) -> None:
        """Add the next range. Where it overlaps the previous one, the previous one takes precedence."""
        if self.ends and self.ends[-1] + 1 >= start and self.leaves[-1] is leaf:
            self.ends[-1] = max(end, self.ends[-1])
            return
        start = max(start, self.ends[-1] + 1) if self.ends else start
        if start <= end:
            self.starts.append(start)
            self.ends.append(end)
            self.leaves.append(leaf)

    def tree(self, start: int = 0, bits: int = _BITS, begin: int = 0, end: int | None = None) -> TreeChild:
        """The search tree of the 2 ** `bits` addresses from `start`, built from the ranges `begin` to `end`."""
        end = len(self.starts) if end is None else end
        if begin == end:
            return None
        if self.starts[begin] <= start and self.ends[begin] >= start + (1 << bits) - 1:
            return self.leaves[begin]
        middle = start + (1 << bits - 1)
        split = bisect_left(self.starts, middle, begin, end)
        # The last range of the left half may extend into the right half.
        right = split - 1 if split > begin and self.ends[split - 1] >= middle else split
        return SearchTreeNode(self.tree(start, bits - 1, begin, split), self.tree(middle, bits - 1, right, end))


def read(sources: Iterable[Path]) -> Ranges:
    """Read the ranges from CSV files with lines ``start,end,number,operator``."""
    ranges = Ranges()
    leaves: dict[str, SearchTreeLeaf] = {}
    for start, end, _number, operator in _rows(sources):
        leaf = leaves.get(operator)
        if leaf is None:
            leaf = leaves[operator] = SearchTreeLeaf({"autonomous_system_organization": operator})
        ranges.add(int(start), int(end), leaf)
    return ranges


def build(sources: Iterable[Path], target: Path) -> None:
    """Write the database to `target` atomically."""
    writer = MMDBWriter(
        ip_version=6,
        ipv4_compatible=True,
        database_type="ip-location-db-ASN",
        languages=["en"],
        description="Operators of networks, by ip-location-db: RouteViews, DB-IP and NRO, CC BY 4.0",
    )
    gc.disable()  # a million nodes and no garbage: collection would double the time
    try:
        root = read(sources).tree()
        if not isinstance(root, SearchTreeNode):
            raise ValueError("There are no ranges to build a database from.")  # noqa: TRY004
        writer.tree = root
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".part")
        writer.to_db_file(str(unfinished))
    finally:
        gc.enable()
    unfinished.replace(target)


def _rows(sources: Iterable[Path]) -> Iterator[list[str]]:
    for source in sources:
        with source.open(encoding="utf-8", newline="") as file:
            yield from csv.reader(file)


if __name__ == "__main__":
    build(SOURCES, NETWORK)
