"""The patterns of the npm package isbot, made into `data/robots.json` at build time.

They are written for JavaScript and for lower-case text. Those without look-around are asked by the engine in Rust, the
few others by Python's `re`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

from chalicelib.enrich.regex_set import Patterns

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def is_listed(text: str) -> bool:
    """Whether one of the patterns is in a user agent in lower case.

    :raises RuntimeError: if they have not been built.
    """
    plain, others = _compiled()
    text = text if text.isascii() else _NOT_ASCII.sub("\x7f", text)  # what JavaScript's \w and \b take for no letter
    return plain.find(text) is not None or any(pattern.search(text) for pattern in others)


@cache
def patterns() -> Sequence[str]:
    """All of them, as Python's `re` takes them.

    :raises RuntimeError: if they have not been built.
    """
    try:
        text = resources.files("chalicelib.enrich").joinpath("data", "robots.json").read_text("utf-8")
    except FileNotFoundError as error:
        raise RuntimeError("chalicelib/enrich/data/robots.json is missing; `make build` makes it") from error
    return [for_python(pattern) for pattern in json.loads(text)["patterns"]]


@cache
def _compiled() -> tuple[Patterns, Sequence[re.Pattern[str]]]:
    looking_around = [pattern for pattern in patterns() if re.search(r"\(\?<?[!=]", pattern)]
    plain = [pattern for pattern in patterns() if pattern not in looking_around]
    return Patterns((pattern, "isbot") for pattern in plain), [re.compile(one, re.ASCII) for one in looking_around]


def for_python(pattern: str) -> str:
    r"""A pattern of JavaScript, to be asked of lower-case text, as Python's `re` takes it.

    Python wants the alternatives of a look-behind to have one length (each becomes a look-behind of its own), and a
    hyphen behind ``\d`` in a class to be escaped.

    >>> for_python(r"(?<! channel/|Google/)google")
    '(?<! channel/)(?<!google/)google'
    """
    pattern = re.sub(r"\(\?<!([^()|]+(?:\|[^()|]+)+)\)", _one_by_one, pattern)
    pattern = re.sub(r"(\\[dws])-(?=[^\]])", r"\1\\-", pattern)
    return re.sub(r"\\.|[A-Z]+", lambda found: found[0] if found[0][0] == "\\" else found[0].lower(), pattern)


def _one_by_one(behind: re.Match[str]) -> str:
    return "".join(f"(?<!{alternative})" for alternative in behind[1].split("|"))
