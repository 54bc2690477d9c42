"""What `make deploy` does after Chalice: the URL for hits, and the logs of the functions that run for each hit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import cloudformation, function_logs, ingest, project
from infra.aws_environment import Cloud, DeployError
from infra.http_client import Answer
from localstack import functions

AWS_URL = "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws/"
ANSWER = Answer(404, b'{"error":{"code":"not_found","message":"There is no such site."}}')


class FakeLambda:
    """Functions with their configuration; takes note of changes."""

    def __init__(self, **variables: str) -> None:
        self.configuration: dict[str, Any] = {"Environment": {"Variables": variables}}
        self.changes: list[dict[str, Any]] = []

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        return self.configuration

    def update_function_configuration(self, **given: Any) -> None:
        self.changes.append(given)

    def get_waiter(self, name: str) -> Any:
        assert name == "function_updated_v2"
        return type("Waiter", (), {"wait": lambda _self, **_: None})()


def cloud_with(client: FakeLambda) -> Cloud:
    return Cloud("dev", "eu-west-1", "123456789012", _clients={"lambda": client})


def located(_cloud: Cloud, url: str) -> str:
    return url.rstrip("/")


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The outputs of the second stack."""
    outputs: dict[str, str] = {}

    def apply(_cloud: Cloud, _parameters: object = None, stack: str = "") -> bool:
        assert stack == cloudformation.INGEST
        outputs["IngestUrl"] = AWS_URL
        return True

    monkeypatch.setattr(cloudformation, "apply", apply)
    monkeypatch.setattr(cloudformation, "outputs", lambda *_: outputs)
    monkeypatch.setattr(ingest, "ask", lambda _url: ANSWER)
    monkeypatch.setattr(ingest, "ANSWER_TIMEOUT_S", 0.0)
    return outputs


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    """Sets the environment variables of .chalice/config.json."""
    return lambda variables: monkeypatch.setattr(project, "environment", lambda _stage: variables)


def test_the_url_is_that_of_the_stack_without_a_slash(stack: dict[str, str]) -> None:
    assert ingest.apply(cloud_with(FakeLambda()), located, print) == AWS_URL.rstrip("/")


def test_where_there_are_no_function_urls_the_deployment_goes_on_and_says_so(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bool:
        raise DeployError("AWS::Lambda::Url is not supported\nmore")

    monkeypatch.setattr(cloudformation, "apply", fail)
    told: list[str] = []
    assert ingest.apply(cloud_with(FakeLambda()), located, told.append) is None
    (line,) = told
    assert "the API receives them" in line
    assert "AWS::Lambda::Url is not supported" in line


@pytest.mark.parametrize("answer", [Answer(0, b"refused"), Answer(403, b"Forbidden"), Answer(404, b"<html>")])
def test_a_new_url_that_does_not_answer_is_not_used(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setattr(ingest, "ask", lambda _url: answer)
    assert ingest.apply(cloud_with(FakeLambda()), located, lambda _line: None) is None


def test_a_url_that_snippets_name_already_must_answer(stack: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    stack["IngestUrl"] = AWS_URL
    monkeypatch.setattr(ingest, "ask", lambda _url: Answer(502, b""))
    in_use = FakeLambda(**{ingest.VARIABLE: AWS_URL.rstrip("/")})
    with pytest.raises(DeployError, match="does not answer"):
        ingest.apply(cloud_with(in_use), located, print)
    # One that never answered is named nowhere, so it may go on not answering.
    assert ingest.apply(cloud_with(FakeLambda()), located, lambda _line: None) is None


def test_functions_are_told_the_url_once(stack: dict[str, str]) -> None:
    client = FakeLambda(SHYLIGHT_STAGE="dev")
    ingest.tell_function(cloud_with(client), "shylight-dev", "https://hits.example")
    (change,) = client.changes
    assert change["Environment"]["Variables"] == {"SHYLIGHT_STAGE": "dev", ingest.VARIABLE: "https://hits.example"}
    known = FakeLambda(**{ingest.VARIABLE: "https://hits.example"})
    ingest.tell_function(cloud_with(known), "shylight-dev", "https://hits.example")
    assert known.changes == []


def test_a_later_deployment_keeps_the_variable(stack: dict[str, str]) -> None:
    told = cloud_with(FakeLambda(**{ingest.VARIABLE: AWS_URL.rstrip("/")}))
    assert ingest.environment(told, located) == {}  # the URL is gone
    stack["IngestUrl"] = AWS_URL
    assert ingest.environment(told, located) == {ingest.VARIABLE: AWS_URL.rstrip("/")}
    assert ingest.environment(cloud_with(FakeLambda()), located) == {}  # it has never answered


def test_nothing_is_in_use_before_the_first_deployment(stack: dict[str, str]) -> None:
    class Missing(FakeLambda):
        def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetFunctionConfiguration")

    stack["IngestUrl"] = AWS_URL
    assert ingest.url_in_use(cloud_with(Missing())) is None
    assert ingest.environment(cloud_with(Missing()), located) == {}


def test_a_url_of_the_owner_is_left_alone(stack: dict[str, str], configured: Callable[[dict[str, str]], None]) -> None:
    """Such as that of a CDN in front of the function."""
    configured({ingest.VARIABLE: "https://cdn.example"})
    stack["IngestUrl"] = AWS_URL
    client = FakeLambda(**{ingest.VARIABLE: "https://cdn.example"})
    assert ingest.environment(cloud_with(client), located) == {}
    ingest.tell_function(cloud_with(client), "shylight-dev", AWS_URL)
    assert client.changes == []
    assert ingest.url_in_use(cloud_with(client)) == "https://cdn.example"


def test_an_emulator_has_the_url_at_its_own_address() -> None:
    cloud = Cloud("local", "us-east-1", "000000000000", "http://127.0.0.1:4000")
    at = functions.locate_ingest(cloud, AWS_URL, "ministack")
    assert at == "http://127.0.0.1:4000/_aws/lambda-url/abcdefghijklmnopqrstuvwxyz012345"
    given = "http://abc.lambda-url.us-east-1.localhost.localstack.cloud:4566/"
    assert functions.locate_ingest(cloud, given, "localstack") == given.rstrip("/")


def test_functions_that_run_for_each_hit_log_no_invocations() -> None:
    client = FakeLambda()
    function_logs.quieten(cloud_with(client))
    assert [change["FunctionName"] for change in client.changes] == [
        "shylight-dev", "shylight-dev-collect", "shylight-dev-worker",
    ]  # fmt: skip
    assert {change["LoggingConfig"]["SystemLogLevel"] for change in client.changes} == {"WARN"}
    client.configuration["LoggingConfig"] = {**function_logs.QUIET, "LogGroup": "/aws/lambda/x"}
    client.changes.clear()
    function_logs.quieten(cloud_with(client))
    assert client.changes == []
