"""A setting of a site is whole: it is stored, it can be changed, and something reads it."""

import dataclasses
import re
from pathlib import Path

import pytest

from chalicelib.accounts import site_settings
from chalicelib.store.sites import Site

HOUSE = Path(site_settings.__file__).parents[1]
# What a site has that nobody sets: `zones` follows from `timezone`.
NOT_SETTINGS = {"id", "created_at", "owner", "zones"}
SETTINGS = sorted({field.name for field in dataclasses.fields(Site)} - NOT_SETTINGS)
# Where a setting is stored and changed, which does not mean that anything depends on it.
BOOKKEEPING = {
    HOUSE / "accounts" / "site_settings.py",
    HOUSE / "store" / "sites.py",
    HOUSE / "store" / "site_changes.py",
}


def test_every_setting_can_be_changed() -> None:
    assert sorted(field for field, _ in site_settings._PARSERS.values()) == SETTINGS


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_read_by_something(name: str) -> None:
    # `page_parameters` reads `kept_parameters`, `calendar` reads `timezone`: they are properties of `Site`.
    read_as = {"kept_parameters": "page_parameters", "timezone": "(calendar|timezone)"}.get(name, name)
    readers = [path for kind in ("*.py", "*.html") for path in HOUSE.rglob(kind) if path not in BOOKKEEPING]
    assert any(re.search(rf"\bsite\.{read_as}\b", path.read_text(encoding="utf-8")) for path in readers)
