"""The fault runs of the bench, small: whatever goes wrong on the way, what was sent is what is counted."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from harness.faults.environment import Environment, environment_on
from harness.faults.rules import RejectCalls
from harness.faults.run_size import Size
from harness.faults.suite import FAULTS
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack.calls import Caller, wait_for

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack leads its functions to itself, past any proxy")
SMALL = Size(visitors=8, seconds=4, senders=2, timeout_s=90)


@pytest.fixture(scope="module")
def environment(stack: Deployed) -> Iterator[Environment]:
    with environment_on(stack.cloud, stack.base_url, stack.api_token, stack.emulator_pid, workers=2) as environment:
        yield environment


@pytest.mark.parametrize("title", FAULTS)
def test_what_was_sent_is_what_is_counted(environment: Environment, title: str) -> None:
    tally = FAULTS[title](environment, SMALL)
    assert tally.exact, tally
    assert tally.sent > 2 * SMALL.visitors
    assert tally.occurrences > 0, tally


def test_a_refused_hit_is_told_to_come_again_in_words_a_page_may_read_and_counts_once(
    environment: Environment, stack: Deployed
) -> None:
    caller = Caller(stack.base_url, stack.api_token)
    site = caller.new_site()
    view = {"idempotency": "once", "location": "https://example.com/"}
    with environment.proxy.rule(RejectCalls(lambda call: call.sends_hits)):
        started = time.monotonic()
        refused = caller.beacon(site, view)
        assert time.monotonic() - started < 29  # the gateway would answer for us then, and know no Retry-After
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers["access-control-allow-origin"] == "*"
    assert refused.json()["error"]["code"] == "unavailable"
    assert not caller.visits(site)
    assert [caller.beacon(site, view).status for _ in range(2)] == [204, 204]
    wait_for(lambda: caller.visits(site), bool)
    wait_for(environment.is_drained, bool)
    assert caller.stats(site, period="7d")["metrics"]["pageviews"] == 1
