"""People on the local AWS, and programs and browsers for them."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.report import many_sites, period_rollups, refresh
from tests.conftest import Deployed
from tests.stack.calls import Caller
from tests.stack.people import Browser, make_people


@pytest.fixture(autouse=True)
def _time_for_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is asked for in this process has time for its builds and sums, however busy the machine is."""
    for module, budget in (
        (refresh, "REFRESH_BUDGET_S"),
        (many_sites, "_FILL_BUDGET_S"),
        (period_rollups, "_SUM_BUDGET_S"),
    ):
        monkeypatch.setattr(module, budget, 120.0)


@pytest.fixture(scope="module", params=["API Gateway", "function URL"])
def ingest_url(stack: Deployed, request: pytest.FixtureRequest) -> str:
    """The root URL for hits, of each of the two ways in."""
    if request.param == "API Gateway":
        return stack.base_url
    if stack.ingest_url == stack.base_url:
        pytest.skip("the function that receives hits has no URL here")
    return stack.ingest_url


@pytest.fixture(scope="module")
def caller(stack: Deployed) -> Caller:
    """A program of the first administrator, which sends its hits through the API."""
    return Caller(stack.base_url, stack.api_token)


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
