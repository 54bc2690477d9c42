"""How people sign in, for all pages that are rendered here."""

from __future__ import annotations

import pytest

from chalicelib.accounts.sign_in.sign_in_ways import SignInWays
from chalicelib.dashboard import sections


@pytest.fixture(autouse=True)
def both_ways_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """By themselves, and through a provider."""
    monkeypatch.setattr(sections, "sign_in_ways", lambda: SignInWays("Example"))
