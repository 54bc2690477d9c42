"""Many who look at once, while hits come in: everybody is answered, and nothing is lost."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import Deployed
from tests.stack.calls import Caller, wait_for

LOOKING = 12


@pytest.mark.volume
def test_overviews_that_are_opened_at_once_are_all_answered(stack: Deployed) -> None:
    caller = Caller(stack.base_url, stack.api_token)
    site = caller.new_site()

    def look(number: int) -> int:
        own = Caller(stack.base_url, stack.api_token)
        if number % 3 == 0:
            view = {"location": "https://example.com/", "idempotency": uuid.uuid4().hex}
            assert own.beacon(site, view, address=f"198.51.100.{number}").status == 204
        return own.api("GET", f"/sites/{site}/stats", period="7d").status

    with ThreadPoolExecutor(LOOKING) as crowd:
        assert set(crowd.map(look, range(LOOKING))) == {200}
    seen = wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["pageviews"] == LOOKING // 3)
    assert seen["outdated"] == []
