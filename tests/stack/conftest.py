"""People on the local AWS, and browsers for them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stack.people import Browser, make_people


@pytest.fixture(scope="module")
def made(stack: Any) -> dict[str, Any]:
    """The people's e-mail addresses, passwords, links and tokens."""
    return make_people(stack)


@pytest.fixture
def browser(stack: Any) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(stack.base_url)


@pytest.fixture
def admin(stack: Any, made: dict[str, Any]) -> Browser:
    """A browser in which the administrator is signed in."""
    browser = Browser(stack.base_url)
    assert browser.sign_in(made["admin"], made["password"]).status == 303
    return browser
