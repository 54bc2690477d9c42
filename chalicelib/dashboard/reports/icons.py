"""Flags of countries, and marks of browsers, systems, device types and sources, beside their names.

They are decoration: the name stands beside each. What has none has a glyph of its kind, so that rows align.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final, NamedTuple

from chalicelib.catalogue import Dimension
from chalicelib.dashboard import countries
from chalicelib.report.filters import Condition

# The glyphs of what has no mark, by dimension.
_GLYPHS: Final = {
    "sources": "website",
    "browsers": "browser",
    "browser_versions": "browser",
    "systems": "system",
    "system_versions": "system",
    "devices": "device",
}
_DEVICES: Final = frozenset({"phone", "tablet", "desktop", "tv", "console", "wearable", "car", "robot"})
_SCREENS: Final = {"mobile": "phone", "tablet": "tablet", "laptop": "laptop", "desktop": "desktop"}


class Icon(NamedTuple):
    """A symbol of a sprite.

    :ivar kind: ``"flag"``, of flags.svg, or ``"icon"``, of marks.svg.
    :ivar id: ``""`` for the empty place of an unknown flag.
    """

    kind: str
    id: str

    @property
    def sprite(self) -> str:
        """The static file that it is in."""
        return "flags.svg" if self.kind == "flag" else "marks.svg"


def flag(country: str | None) -> Icon:
    """The flag of a country code (ISO 3166-1 alpha-2)."""
    code = (country or "").upper()
    return Icon("flag", code if code in countries.codes() else "")


def of_value(dimension: Dimension, name: str) -> Icon | None:
    """The icon of a value as it is stored; None for dimensions without icons."""
    if dimension.values == "country":
        return flag(name)
    if dimension.key in ("regions", "cities"):  # "Bavaria, DE"
        return flag(name.rpartition(", ")[2])
    if dimension.key == "devices":
        return Icon("icon", name if name in _DEVICES else "device")
    if dimension.values == "screen":
        return Icon("icon", _SCREENS.get(name, "device"))
    if dimension.key == "sources" and not name:
        return Icon("icon", "direct")
    if dimension.key in _GLYPHS:
        return Icon("icon", _mark(name) or _GLYPHS[dimension.key])
    return None


def of_condition(condition: Condition) -> Icon | None:
    """The icon of the one value that a filter takes or leaves out; None for other filters."""
    dimension, values = condition.field.dimension, condition.values
    if dimension is None or len(values) != 1 or condition.operator not in ("is", "is_not"):
        return None
    return of_value(dimension, str(values[0]))


def _mark(name: str) -> str:
    """The mark of a name, with or without a version behind it: of the longest name that is listed; ``""`` for none."""
    exact, beginnings = _listed()
    words = name.lower().split(" ")
    for count in range(len(words), 0, -1):
        text = " ".join(words[:count])
        is_version = all(word[:1].isdigit() for word in words[count:])
        if text in exact and is_version:
            return exact[text]
    text = " ".join(words)
    return next((mark for beginning, mark in beginnings if text.startswith(beginning)), "")


@cache
def _listed() -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The marks by the names of marks.tsv: of whole names, and of beginnings of names, longest first."""
    text = resources.files("chalicelib.dashboard.reports").joinpath("marks.tsv").read_text("utf-8")
    exact, beginnings = {}, []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        mark, _, names = line.split("\t")
        for name in names.split("; "):
            if name.endswith("*"):
                beginnings.append((name[:-1], mark))
            else:
                exact[name] = mark
    return exact, sorted(beginnings, key=lambda one: -len(one[0]))
