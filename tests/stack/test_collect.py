"""The collector when what it stands on fails: no answer that says "taken" without the queue having the event."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest

import app as program
from chalicelib import config, timed_cache
from chalicelib.store import aws, hit_queue, sites, tables
from chalicelib.store.sites import Site, put_site
from harness import lambda_requests
from tests.conftest import ON_LOCALSTACK
from tests.stack.calls import FIREFOX

pytestmark = pytest.mark.usefixtures("local_aws")
nobody_else = pytest.mark.skipif(ON_LOCALSTACK, reason="a worker takes messages from the queue of the stack there")

BODY = '{"idempotency":"a","location":"https://example.com/"}'


@pytest.fixture
def site() -> Site:
    made = Site(str(uuid.uuid4()), "Test", "example.com")
    put_site(made)
    return made


class Ask(Protocol):
    """Calls the collector."""

    def __call__(
        self, site: Site, method: str = "POST", file: str = "script.js", body: str | None = BODY
    ) -> dict[str, Any]: ...


@pytest.fixture(params=["API Gateway", "function URL"])
def answer(request: pytest.FixtureRequest) -> Ask:
    """What the function answers to a request for the site's ingress, through each of the two ways in."""

    def ask(site: Site, method: str = "POST", file: str = "script.js", body: str | None = BODY) -> dict[str, Any]:
        headers = {"Content-Type": "text/plain", "User-Agent": FIREFOX}
        given: dict[str, Any] = {"body": body or "", "headers": headers, "address": "198.51.100.1"}
        if request.param == "API Gateway":
            event = lambda_requests.event(method, f"/ingress/{{site}}/{file}", {"site": site.id}, **given)
            result: dict[str, Any] = program.app(event, lambda_requests.Context())
        else:
            event = lambda_requests.url_event(method, f"/ingress/{site.id}/{file}", **given)
            result = program.collect(event, lambda_requests.Context())
        return result

    return ask


@contextmanager
def failing(client: Any, operation: str) -> Iterator[None]:
    """AWS refuses this operation."""

    def refuse(model: Any, **_: Any) -> Any:
        if model.name == operation:
            response = type("Response", (), {"status_code": 503, "headers": {}})()
            return response, {"Error": {"Code": "ServiceUnavailable", "Message": "try later"}}
        return None

    client.meta.events.register_first("before-call", refuse, unique_id="refuse")
    try:
        yield
    finally:
        client.meta.events.unregister("before-call", unique_id="refuse")


def queued() -> int:
    attributes = aws.client("sqs").get_queue_attributes(
        QueueUrl=hit_queue.url("shylight-local-hits"), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def refused_for_now(result: dict[str, Any]) -> None:
    assert result["statusCode"] == 503
    assert result["headers"]["Retry-After"] == "5"
    assert '"code":"unavailable"' in result["body"]


@nobody_else
def test_a_2xx_means_that_the_queue_has_the_event(site: Site, answer: Ask) -> None:
    before = queued()
    with failing(aws.client("sqs"), "SendMessage"):
        refused_for_now(answer(site))
        refused_for_now(answer(site, "GET", "pixel.gif", None))
    assert queued() == before
    assert answer(site)["statusCode"] == 204
    assert answer(site, "GET", "pixel.gif", None)["statusCode"] == 200
    assert queued() == before + 2


@nobody_else
@pytest.mark.parametrize("operation", ["GetItem", "PutItem"])
def test_without_a_salt_nothing_is_taken(site: Site, answer: Ask, operation: str) -> None:
    before = queued()
    timed_cache.reset_all()
    sites.cached_site(site.id)
    with failing(tables.SaltItem._get_connection().connection.client, operation):
        refused_for_now(answer(site))
    assert queued() == before
    assert answer(site)["statusCode"] == 204


@pytest.fixture
def log_hits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHYLIGHT_LOG_HITS", "1")
    config.settings.cache_clear()
    yield
    monkeypatch.undo()
    config.settings.cache_clear()


@pytest.mark.usefixtures("log_hits")
def test_the_log_line_names_no_visitor(site: Site, answer: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    answer(site)
    (line,) = capsys.readouterr().out.splitlines()
    assert '"route":"/ingress/{site}/script.js"' in line
    for secret in ("198.51.100", "Firefox", site.id):
        assert secret not in line


def test_a_hit_that_is_taken_logs_nothing_and_one_that_is_refused_does(
    site: Site, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines of hits would cost more than the functions that write them."""
    assert answer(site)["statusCode"] == 204
    assert answer(site, "GET")["statusCode"] == 200
    assert answer(site, "GET", "pixel.gif", "")["statusCode"] == 200
    assert capsys.readouterr().out == ""
    assert answer(site, body="{}")["statusCode"] == 400
    assert '"status":400' in capsys.readouterr().out


@pytest.mark.parametrize("function", ["worker", "aggregate", "expire_salts"])
def test_every_function_knows_its_account(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Emulators have one account; on AWS a function that does not know its own would look for another's bucket."""
    seen: list[str] = []
    look = {"worker": "enrich.worker.consume", "aggregate": "aggregate.schedule.refresh_marked",
            "expire_salts": "aggregate.schedule.destroy_finished_salts"}[function]  # fmt: skip
    monkeypatch.setattr(f"chalicelib.{look}", lambda *_: seen.append(config.settings().bucket))
    monkeypatch.setenv("SHYLIGHT_ACCOUNT", "000000000000")
    context = type("C", (), {"invoked_function_arn": f"arn:aws:lambda:us-east-1:123456789012:function:x-{function}"})()
    clock = ("version", "account", "region", "detail", "detail-type", "source", "time", "id", "resources")
    event: dict[str, Any] = {"Records": []} if function == "worker" else dict.fromkeys(clock, "") | {"detail": {}}
    try:
        getattr(program, function)(event, context)
    finally:
        monkeypatch.undo()
        config.settings.cache_clear()
    assert seen == ["shylight-local-123456789012-us-east-1"]
