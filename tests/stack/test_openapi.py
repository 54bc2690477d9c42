"""The published description of the API, put to the proof: schemathesis sends what it allows and what it forbids.

Whatever comes, the answer is one that the document has for it, of the shape it says, and never a 5xx.
"""

import itertools
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

from chalicelib.api import openapi
from chalicelib.store.sites import read_id
from infra.people import issue_token
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack import api_examples
from tests.stack.calls import FIREFOX, Caller

# Beside the edge cases that it always tries. In all some 1,500 requests, which take ministack about a minute.
MAX_EXAMPLES = 8
CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {"deterministic": True, "max-examples": MAX_EXAMPLES},
        # A value that is far too long makes the body too long, which is noticed first.
        "checks": {"negative_data_rejection": {"expected-statuses": ["4xx"]}},
        # The gateway answers methods that no route has, and not in our words: see the document.
        "phases": {"coverage": {"unexpected-methods": []}},
    }
)
# URLs and headers that are too long, by any server.
REFUSED_ON_THE_WAY = {414, 431}


def document() -> dict[str, Any]:
    """The document, with a body of two media types once: they are read alike."""
    document: dict[str, Any] = json.loads(openapi.text())
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.get("requestBody", {}).get("content", {}).pop("text/plain", None)
    return document


def _bodies(item: dict[str, Any]) -> list[str]:
    return [media for operation in item.values() for media in operation.get("requestBody", {}).get("content", {})]


PATHS = json.loads(openapi.text())["paths"]
EXAMPLE_SITE = openapi.described()["components"]["parameters"]["site"]["example"]
EXAMPLE_TOKEN = PATHS["/api/v1/invitations"]["post"]["requestBody"]["content"]["application/json"]["example"]["token"]
schema = schemathesis.openapi.from_dict(document(), config=CONFIG)
_addresses = (f"10.{a}.{b}.1" for a, b in itertools.product(range(256), repeat=2))


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture(scope="module")
def sites(caller: Caller) -> dict[str, str]:
    """A site for those who send to it and look at it, and one to change."""
    return {"": caller.new_site("fuzz.example"), "changeSite": caller.new_site()}


@pytest.fixture(scope="module")
def teams(caller: Caller) -> dict[str, str]:
    """A team for those who look at it and change it, and one to delete."""
    made = [caller.api("POST", "/teams", {"name": api_examples.TEAM_NAME}).json()["id"] for _ in range(2)]
    return {"": made[0], "deleteTeam": made[1]}


@pytest.fixture(scope="module")
def token_of_few_sites(caller: Caller, sites: dict[str, str]) -> str:
    """A token for the address that answers for all sites at once: those of other tests would be hundreds."""
    made = caller.api("POST", "/tokens", {"name": "fuzz", "scopes": ["stats:read"], "sites": [*sites.values()]})
    return str(made.json()["token"])


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.mark.skipif(ON_LOCALSTACK, reason="it finds the limits of LocalStack's gateway, and sites of other tests there")
@schema.parametrize()
def test_every_answer_is_one_that_the_document_has(
    case: Case[Any],
    stack: Deployed,
    sites: dict[str, str],
    teams: dict[str, str],
    token_of_few_sites: str,
    session: requests.Session,
) -> None:
    operation = case.operation.definition.raw
    if _is_id(case.path_parameters.get("site")):
        case.path_parameters["site"] = sites.get(operation["operationId"], sites[""])
    if _is_id(case.path_parameters.get("team")):
        case.path_parameters["team"] = teams.get(operation["operationId"], teams[""])
    if _has_effects_outside(operation["operationId"], case.body):
        return
    headers = {"X-Forwarded-For": next(_addresses)}  # each from an address of its own, or they were a flood
    if operation["security"]:
        headers["Authorization"] = f"Bearer {stack.api_token}"
    # Not all that is wrong can be said in a schema, and an empty or needless parameter is nobody's fault.
    excluded = [unsupported_method, positive_data_acceptance]
    if not _has_wrong_body(case):
        excluded.append(negative_data_rejection)
    if operation["operationId"] == "shynetDashboard":
        headers["Authorization"] = f"Bearer {token_of_few_sites}"
        excluded.append(missing_required_header)  # without a token, Shynet answers 403
    answer = case.call(stack.base_url, session, headers)
    if answer.status_code not in REFUSED_ON_THE_WAY:
        case.validate_response(answer, excluded_checks=excluded)


def _has_effects_outside(operation_id: str, body: object) -> bool:
    """Whether a call would change what the other tests rely on, or download databases from their publisher."""
    if not isinstance(body, dict):
        return False
    if operation_id == "chooseGeoipSource":
        return body.get("publisher") in ("dbip", "maxmind")
    relied_on = {"name", "mail_sender", "sign_up", "site_creators"}
    return operation_id == "changeInstallation" and not relied_on.isdisjoint(body)


def _has_wrong_body(case: Case[Any]) -> bool:
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return body is not None and body.mode.is_negative


def _is_id(value: object) -> bool:
    return isinstance(value, str) and read_id(value) is not None


@pytest.mark.parametrize(("path", "media"), [(path, media) for path, item in PATHS.items() for media in _bodies(item)])
def test_the_examples_of_the_document_are_taken(
    stack: Deployed, caller: Caller, sites: dict[str, str], path: str, media: str
) -> None:
    method = next(name for name in ("patch", "put", "post") if name in PATHS[path])
    content = PATHS[path][method]["requestBody"]["content"][media]
    named = api_examples.make(stack, caller, path, caller.new_site() if "/people" in path else sites[""])
    site = named.site
    share = new_share(caller, site) if "{share}" in path else ""
    place = path.format(site=site, identifier="user-4711", share=share, **named.parameters)
    for example in [each["value"] for each in content.get("examples", {}).values()] or [content["example"]]:
        body = filled(example, named).encode()
        headers = {
            "Content-Type": media,
            "Authorization": f"Bearer {named.api_token or caller._token}",
            "User-Agent": FIREFOX,
        }
        answer = caller.call(method.upper(), place, body, headers)
        assert answer.status in (200, 201, 202, 204), answer.body


def filled(example: object, named: api_examples.Named) -> str:
    """An example of a body, with a site and an address of its own, and the secret of an invitation."""
    text = json.dumps(example).replace("ada@example.com", f"{uuid.uuid4().hex}@fuzz.example")
    text = text.replace("example.com", "fuzz.example").replace(EXAMPLE_SITE, named.site)
    text = text.replace(api_examples.OTHER_SITE, named.other_site or api_examples.OTHER_SITE)
    return text.replace(EXAMPLE_TOKEN, named.token) if named.token else text


def new_share(caller: Caller, site: str) -> str:
    """The id of a new shared link."""
    return str(caller.api("POST", f"/sites/{site}/shares", {"name": "Test"}).json()["id"])


# What a call of an operation needs to succeed, beside a site and the example of its body.
QUERIES = {
    "breakdown": {"dimension": "country,browser"},
    "breakdownFile": {"dimension": "event"},
    "eventProperties": {"name": "Signup"},
    "pixel": {"location": "https://fuzz.example/"},
    "deleteTeam": {"name": api_examples.TEAM_NAME},
    "deleteSite": {"name": api_examples.SITE_NAME},
}
QUERIES["pixelIdentified"] = QUERIES["pixel"]
OPERATIONS = [f"{method} {path}" for path, item in PATHS.items() for method in item if method != "parameters"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_route_succeeds_as_the_document_says(
    name: str, stack: Deployed, caller: Caller, sites: dict[str, str], session: requests.Session
) -> None:
    method, path = name.split(" ")
    operation = schema[path][method]
    described = operation.definition.raw
    token, place = stack.api_token, {"site": sites[""], "identifier": "user-4711"}
    if "{token}" in path:
        label = uuid.uuid4().hex
        issue_token(stack.cloud, stack.admin_email, label)
        listed = caller.api("GET", "/tokens").json()["tokens"]
        place["token"] = next(one["id"] for one in listed if one["name"] == label)
    if "/people" in path:
        place["site"] = caller.new_site()
    named = api_examples.make(stack, caller, path, place["site"])
    token = named.api_token or token
    place |= {"site": named.site, **named.parameters}
    if "{share}" in path:
        place["share"] = new_share(caller, place["site"])
    if "{file}" in path:
        switched = caller.api("PUT", f"/sites/{place['site']}/counter", {"active": True}).json()
        place["file"] = switched["badge_url" if "badge" in path else "counter_url"].rpartition("/")[2]
    content = described.get("requestBody", {}).get("content", {})
    media, body = next(iter(content.items())) if content else (None, {})
    example = next((each["value"] for each in body.get("examples", {}).values()), body.get("example"))
    text = filled(example, named)
    case = operation.Case(
        path_parameters={given: value for given, value in place.items() if f"{{{given}}}" in path},
        query=QUERIES.get(described["operationId"], {})
        | ({"email": named.email} if method == "delete" and named.email else {}),
        headers={"User-Agent": FIREFOX, "X-Forwarded-For": next(_addresses), "Authorization": f"Bearer {token}"},
        **({"media_type": media, "body": json.loads(text)} if media else {}),
    )
    answer = case.call(stack.base_url, session)
    case.validate_response(
        answer, excluded_checks=[unsupported_method, positive_data_acceptance, negative_data_rejection]
    )
    assert 200 <= answer.status_code < 300, answer.content
    assert str(answer.status_code) in described["responses"]


def test_the_document_is_there_for_anybody(caller: Caller) -> None:
    answer = caller.call("GET", "/api/v1/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == json.loads(openapi.text())
