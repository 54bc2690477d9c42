"""What pages call the types of devices, and the classes of screens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.config import SCREEN_WIDTHS
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

DEVICE_TYPES: Final[Mapping[str, str]] = {
    "phone": N_("Phone"),
    "tablet": N_("Tablet"),
    "desktop": N_("Desktop"),
    "tv": N_("TV"),
    "console": N_("Console"),
    "wearable": N_("Wearable"),
    "car": N_("Car"),
    "other": N_("Other"),
    "robot": N_("Bot"),
}


def device_type(name: str) -> str:
    """The name of a device type: ``TV`` for ``tv``; others in upper case."""
    return _(DEVICE_TYPES[name]) if name in DEVICE_TYPES else name[:1].upper() + name[1:]


_SCREENS = {
    "mobile": N_("Mobile (< %(next)s px)"),
    "tablet": N_("Tablet (%(least)s–%(most)s px)"),
    "laptop": N_("Laptop (%(least)s–%(most)s px)"),
    "desktop": N_("Desktop (≥ %(least)s px)"),
}


def screen(name: str) -> str:
    """The name of a class of screens, with the widths of windows in it: ``Tablet (576–991 px)``."""
    if name not in _SCREENS:
        return name
    widths = list(SCREEN_WIDTHS.values())
    following = [*widths[1:], 0][list(SCREEN_WIDTHS).index(name)]
    return _(_SCREENS[name], least=SCREEN_WIDTHS[name], most=following - 1, next=following)
