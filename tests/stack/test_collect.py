"""The collector when what it stands on fails: no answer that says "taken" without the queue having the event."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import app as program
from chalicelib import config, timed_cache
from chalicelib.store import aws, hit_queue, sites, tables
from chalicelib.store.sites import Site, put_site
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


class Context:
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:shylight-local"


def answer(site: Site, method: str = "POST", file: str = "script.js", body: str | None = BODY) -> dict[str, Any]:
    """What the API's function answers to a request for the site's ingress."""
    path = f"/ingress/{site.id}/{file}"
    event = {
        "resource": f"/ingress/{{site}}/{file}",
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "text/plain", "User-Agent": FIREFOX, "Accept": "*/*"},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"site": site.id},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": f"/ingress/{{site}}/{file}",
            "httpMethod": method,
            "identity": {"sourceIp": "198.51.100.1"},
            "path": path,
        },
        "body": body,
        "isBase64Encoded": False,
    }
    result: dict[str, Any] = program.app(event, Context())
    return result


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
def test_a_2xx_means_that_the_queue_has_the_event(site: Site) -> None:
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
def test_without_a_salt_nothing_is_taken(site: Site, operation: str) -> None:
    before = queued()
    timed_cache.reset_all()
    sites.cached_site(site.id)
    with failing(tables.SaltItem._get_connection().connection.client, operation):
        refused_for_now(answer(site))
    assert queued() == before
    assert answer(site)["statusCode"] == 204


def test_the_log_line_names_no_visitor(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    answer(site)
    (line,) = capsys.readouterr().out.splitlines()
    assert '"route":"/ingress/{site}/script.js"' in line
    for secret in ("198.51.100", "Firefox", site.id):
        assert secret not in line


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
    event: dict[str, Any] = {"Records": []} if function == "worker" else dict.fromkeys(clock, "")
    try:
        getattr(program, function)(event, context)
    finally:
        monkeypatch.undo()
        config.settings.cache_clear()
    assert seen == ["shylight-local-123456789012-us-east-1"]
