"""Patterns: many regular expressions asked of a text at once, by the engine in Rust that ua-parser brings along.

It looks for the plain text in all of them in one pass, and then asks only those whose text is there: 200 patterns
take 3 µs, which Python's `re` asks for 150. It knows no look-around.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import resources
from typing import Any

from ua_parser import RegexResolver
from ua_parser.lazy import UserAgentMatcher


class Patterns:
    """Named patterns; the first in their order that is found says the name."""

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        """:param named: pattern and name, in the order in which they count."""
        if RegexResolver is None:  # the wheel of ua-parser-rs is missing: a packaging fault, not a reason to crawl
            raise RuntimeError("ua-parser-rs is not installed; install requirements.txt")
        resolver: Any = RegexResolver(([UserAgentMatcher(pattern, name) for pattern, name in named], [], []))
        self._extract = resolver.ua.extract  # the resolver's own call takes as long again as the engine

    def find(self, text: str) -> str | None:
        """The name of the first pattern that is in `text`; None if none is."""
        found = self._extract(text)
        return str(found.family) if found else None


def listed(file: str) -> Iterator[tuple[str, str]]:
    """The patterns and names of a file in this folder: a line each, name, a tab, and pattern."""
    lines = resources.files("chalicelib.enrich").joinpath(file).read_text("utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            name, _, pattern = line.partition("\t")
            yield pattern, name
