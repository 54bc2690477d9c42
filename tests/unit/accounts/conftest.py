"""What the tests of accounts have in common."""

from __future__ import annotations

import pytest

from chalicelib.store import installation
from chalicelib.store.installation import Installation


@pytest.fixture(autouse=True)
def default_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a new installation, unless a test says otherwise."""
    monkeypatch.setattr(installation, "cached", Installation)
