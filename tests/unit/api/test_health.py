"""The health check says which deployment answers, whatever leads there."""

from __future__ import annotations

import json
from typing import Any

import pytest

import app
from chalicelib import config, public_url
from chalicelib.api import health
from harness import lambda_requests


@pytest.fixture(autouse=True)
def everything_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("hit_queue.is_reachable", "tables.are_reachable", "segments.bucket_is_reachable"):
        monkeypatch.setattr(f"{health.__name__}.{name}", lambda: True)


def deployment_told(api: str, **context: str) -> str:
    event: dict[str, Any] = lambda_requests.event("GET", "/healthz", {})
    event["requestContext"] |= {"apiId": api, **context}
    answer = app.app(event, lambda_requests.Context())
    told: dict[str, str] = json.loads(lambda_requests.body_of(answer))
    return told["deployment"]


def test_a_deployment_is_the_same_at_all_its_addresses_and_another_one_differs() -> None:
    told = deployment_told("abc", domainName="abc.execute-api.example", path="/local/healthz")
    assert told == deployment_told("abc", domainName="stats.example.com", path="/healthz")
    assert told == public_url.deployment("abc", config.settings().stage)
    assert told != deployment_told("xyz")
    assert told != public_url.deployment("abc", "prod")
    assert "abc" not in told  # which would be an address that may be behind a CDN
