"""The patterns of the npm package isbot, converted to `data/robots.json` at build time.

They are JavaScript regular expressions for lower-case text. The Rust engine runs those without look-around; Python's
`re` runs the few others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

from chalicelib.enrich.regex_set import RegexSet

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def matches(text: str) -> bool:
    """Whether one of the patterns matches a user agent in lower case.

    :raises RuntimeError: if the patterns have not been built.
    """
    plain, others = _compiled()
    text = text if text.isascii() else _NOT_ASCII.sub("\x7f", text)  # not a letter for JavaScript's \w and \b
    return plain.find(text) is not None or any(pattern.search(text) for pattern in others)


@cache
def patterns() -> Sequence[str]:
    """All patterns, in the syntax of Python's `re`.

    :raises RuntimeError: if the patterns have not been built.
    """
    try:
        text = resources.files("chalicelib.enrich").joinpath("data", "robots.json").read_text("utf-8")
    except FileNotFoundError as error:
        raise RuntimeError("chalicelib/enrich/data/robots.json is missing; run `make build`") from error
    return [to_python(pattern) for pattern in json.loads(text)["patterns"]]


@cache
def _compiled() -> tuple[RegexSet, Sequence[re.Pattern[str]]]:
    with_lookaround = [pattern for pattern in patterns() if re.search(r"\(\?<?[!=]", pattern)]
    plain = [pattern for pattern in patterns() if pattern not in with_lookaround]
    return RegexSet((pattern, "isbot") for pattern in plain), [re.compile(one, re.ASCII) for one in with_lookaround]


def to_python(pattern: str) -> str:
    r"""A JavaScript pattern for lower-case text, converted to the syntax of Python's `re`.

    Python requires all alternatives of a look-behind to have the same length, so each becomes a separate look-behind.
    A hyphen after ``\d`` in a character class must be escaped.

    >>> to_python(r"(?<! channel/|Google/)google")
    '(?<! channel/)(?<!google/)google'
    """
    pattern = re.sub(r"\(\?<!([^()|]+(?:\|[^()|]+)+)\)", _separate_lookbehinds, pattern)
    pattern = re.sub(r"(\\[dws])-(?=[^\]])", r"\1\\-", pattern)
    return re.sub(r"\\.|[A-Z]+", lambda found: found[0] if found[0][0] == "\\" else found[0].lower(), pattern)


def _separate_lookbehinds(behind: re.Match[str]) -> str:
    return "".join(f"(?<!{alternative})" for alternative in behind[1].split("|"))
