"""The description of the API says what the code does: its routes, its limits, its words."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import pytest

import app
from chalicelib import catalogue, config, errors
from chalicelib.accounts import installation
from chalicelib.accounts.access import new_token
from chalicelib.accounts.access.api_tokens import SCOPES, ApiToken
from chalicelib.accounts.membership import invitations
from chalicelib.accounts.sharing import link_fields, shared_links
from chalicelib.accounts.sites import annotation_fields, site_settings
from chalicelib.api import administration_settings, saved_segments, site_annotations, sites, teams, tokens
from chalicelib.api.openapi import document, text
from chalicelib.api.routes import UNKNOWN
from chalicelib.collect import client_ip
from chalicelib.dashboard.sharing.badge import METRICS, THEMES
from chalicelib.dispatch import ROUTES
from chalicelib.enrich import device
from chalicelib.operations import geoip, health, schedules
from chalicelib.operations import part as health_part
from chalicelib.report import (
    breakdown_question,
    comparisons,
    event_properties,
    excluded_traffic,
    filters,
    intervals,
    periods,
    visitor_counter,
    visits,
)
from chalicelib.routing import Access, Route, Scope
from chalicelib.store.installation import SIGN_UPS, SITE_CREATORS
from chalicelib.store.invitations import State
from chalicelib.store.people import ROLES
from chalicelib.store.records import VISIT_TRAITS
from chalicelib.store.shared_links import SharedLink
from chalicelib.store.site_annotations import KINDS, Annotation
from chalicelib.store.sites import Site
from chalicelib.store.teams import TEAM_ROLES
from chalicelib.web import Request

DOCUMENT: dict[str, Any] = json.loads(text())
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def resolved(node: Any) -> Any:
    """`node`, or what it refers to."""
    while "$ref" in node:
        found: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def test_every_route_for_programs_is_in_it_and_nothing_else() -> None:
    """But HEAD, which follows from GET."""
    routes = {
        f"{method} {path}"
        for path, methods in app.app.routes.items()
        for method in methods
        if method != "HEAD" and path.startswith(("/api/", "/ingress/", "/healthz", "/badge/", "/counter/"))
    }
    assert set(OPERATIONS) == routes - {f"{route.method} {route.path}" for route in UNKNOWN}


def test_it_is_served_to_anybody_and_to_other_origins() -> None:
    answer = document(Request("GET", "/api/v1/openapi.json", {}, {}, {}, b"", "", ""))
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_an_operation_says_which_scope_it_needs_and_what_follows_from_its_route(route: Route) -> None:
    operation = OPERATIONS.get(f"{route.method} {route.path}")
    if operation is None:
        assert not route.path.startswith(("/api/", "/ingress/", "/healthz"))
        return
    responses = operation["responses"]
    success = next(response for status, response in responses.items() if status.startswith("2"))
    parameters = {parameter["name"] for parameter in map(resolved, operation.get("parameters", []))}
    assert operation["security"] == ([] if route.scope is None else [{"token": [route.scope.value]}])
    assert ({"403", "429", "503"} <= set(responses)) or route.scope is None
    assert ("401" in responses) is (route.scope is not None and not route.like_shynet)
    assert ("404" in responses) or not route.right.of_site
    assert ({"RateLimit", "RateLimit-Policy"} <= set(success.get("headers", {}))) is (route.scope is not None)
    assert ("Idempotency-Key" in parameters) is ("422" in responses) is route.creates
    assert ("Idempotent-Replayed" in success.get("headers", {})) is route.creates
    assert ("409" in responses) or not route.creates
    assert ("cursor" in parameters) is ("next" in parameters)


def test_the_scopes_are_the_codes_and_explained() -> None:
    assert SCHEMAS["Scope"]["enum"] == [scope.value for scope in Scope]
    assert SCHEMAS["NewToken"]["properties"]["scopes"]["items"] == {"$ref": "#/components/schemas/Scope"}
    assert all(f"`{scope.value}`: {text}" in SCHEMAS["Scope"]["description"] for scope, text in SCOPES.items())


def test_a_new_token_is_described_as_it_is_read() -> None:
    fields = SCHEMAS["NewToken"]["properties"]
    assert tuple(fields) == new_token.FIELDS
    assert fields["name"]["maxLength"] == config.MAX_TOKEN_NAME_CHARS
    assert fields["sites"]["maxItems"] == config.MAX_TOKEN_SITES
    access = Access(frozenset({Scope.STATS_READ}), frozenset({"x"}), 4_000_000_000)
    shown = tokens.as_json(ApiToken("id", "name", "shy_abc", access, 0, 0))
    assert list(SCHEMAS["Token"]["properties"]) == SCHEMAS["Token"]["required"] == list(shown)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_says_what_it_is_and_how_it_may_fail(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["operationId"]
    assert operation["summary"]
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
    path_parameters = {p["name"] for p in map(resolved, operation.get("parameters", [])) if p["in"] == "path"}
    assert path_parameters == set(re.findall(r"{(\w+)}", name))
    like_shynet = any(route.like_shynet for route in ROUTES if f"{route.method} {route.path}" == name)
    error = "#/components/schemas/ShynetError" if like_shynet else "#/components/schemas/Error"
    for status, response in operation["responses"].items():
        if int(status) >= 400 and "healthz" not in name:
            assert resolved(response)["content"]["application/json"]["schema"] == {"$ref": error}


def test_every_error_has_its_code_and_its_status() -> None:
    def family(kind: type[errors.ShylightError]) -> set[type[errors.ShylightError]]:
        return {kind}.union(*map(family, kind.__subclasses__()))

    codes = {kind.code: str(int(kind.status)) for kind in family(errors.ShylightError)}
    assert set(SCHEMAS["Error"]["properties"]["error"]["properties"]["code"]["enum"]) == set(codes)
    for response in DOCUMENT["components"]["responses"].values():
        code = response["content"]["application/json"]["example"]["error"]["code"]
        used = {s for o in OPERATIONS.values() for s, r in o["responses"].items() if resolved(r) is response}
        assert used == {codes[code]}


def test_the_limits_are_the_codes() -> None:
    view, leave, event = SCHEMAS["Beacon"]["anyOf"]
    hit_view, hit_event = SCHEMAS["HitView"]["properties"], SCHEMAS["HitEvent"]["properties"]
    urls = [view["properties"]["location"], event["properties"]["location"], hit_view["url"], hit_event["url"],
            SCHEMAS["PlausibleEvent"]["properties"]["url"]]  # fmt: skip
    assert {url["maxLength"] for url in urls} == {config.MAX_URL_CHARS}
    ids = [view["properties"]["idempotency"], leave["properties"]["idempotency"], hit_view["id"], hit_event["id"]]
    assert {id_["pattern"] for id_ in ids} == {f"^[A-Za-z0-9_.:-]{{1,{config.MAX_ID_CHARS}}}$"}
    for found in (event["properties"], hit_event):
        name = found.get("event")
        assert (name["minLength"], name["maxLength"]) == (1, config.MAX_EVENT_NAME_CHARS)
        props = found["props"]
        assert props["maxProperties"] == config.MAX_PROPS
        assert props["propertyNames"]["maxLength"] == config.MAX_PROP_NAME_CHARS
        assert props["additionalProperties"]["maxLength"] == config.MAX_PROP_VALUE_CHARS
        assert f"{config.MAX_PROPS_CHARS:,}" in props["description"]
    assert SCHEMAS["Batch"]["properties"]["hits"]["maxItems"] == config.MAX_IMPORT_HITS
    assert hit_view["identifier"]["maxLength"] == config.MAX_IDENTIFIER_CHARS
    assert f"{config.MAX_LOAD_TIME_MS:,}" in hit_view["load_time"]["description"]
    assert f"{config.MAX_BODY_BYTES:,} bytes" in DOCUMENT["info"]["description"]
    assert f"{config.MAX_IMPORT_BYTES:,} bytes" in OPERATIONS["POST /api/v1/sites/{site}/hits"]["description"]
    assert f"{sites.MAX_SETTINGS_BYTES:,} bytes" in OPERATIONS["PATCH /api/v1/sites/{site}"]["description"]
    assert f"up to {config.MAX_DOMAINS}," in SCHEMAS["PlausibleEvent"]["properties"]["domain"]["description"]
    assert config.MAX_AMOUNT == 10**12
    assert "10^12" in SCHEMAS["Revenue"]["properties"]["amount"]["description"]
    parameters = {p["name"]: p for p in map(resolved, OPERATIONS["GET /api/v1/sites/{site}/visits"]["parameters"])}
    assert parameters["limit"]["schema"] == {
        "type": "integer", "minimum": 1, "maximum": visits.MAX_LIMIT, "default": visits.DEFAULT_LIMIT,
    }  # fmt: skip
    assert parameters["period"]["schema"]["enum"] == list(catalogue.PERIODS)
    assert SCHEMAS["Preferences"]["properties"]["period"]["enum"] == list(catalogue.PREFERABLE)
    assert f"{periods.MAX_DAYS:,} days" in parameters["to"]["description"]
    for route, most in (
        ("GET /api/v1/sites/{site}/events", event_properties.MAX_ROWS),
        ("GET /api/v1/sites/{site}/ledger", excluded_traffic.MAX_ROWS),
        ("GET /api/v1/sites/{site}/stats", config.PERIOD_ROWS),
        ("GET /api/v1/sites", sites.MAX_SITES),
        ("GET /api/v1/sites/{site}/people", config.MAX_SITE_PEOPLE),
        ("GET /api/v1/teams", teams.MAX_TEAMS),
        ("GET /api/v1/sites/{site}/shares", config.MAX_SHARED_LINKS),
        ("GET /api/v1/sites/{site}/segments", 2 * config.MAX_SAVED_SEGMENTS),
        ("GET /api/v1/sites/{site}/annotations", config.MAX_ANNOTATIONS),
        ("GET /api/v1/tokens", config.MAX_TOKENS),
        ("GET /api/v1/sites/{site}/breakdown", (config.BREAKDOWN_ROWS, config.MAX_BREAKDOWN_ROWS)),
        ("GET /api/v1/sites/{site}/realtime", (config.REALTIME_ROWS, config.MAX_REALTIME_ROWS)),
    ):
        default, most = most if isinstance(most, tuple) else (most, most)
        limit = next(p for p in map(resolved, OPERATIONS[route]["parameters"]) if p["name"] == "limit")
        assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": most, "default": default}, route


def test_the_names_in_questions_are_the_codes() -> None:
    known = {p["name"]: p for p in map(resolved, OPERATIONS["GET /api/v1/sites/{site}/stats"]["parameters"])}
    assert known["f"]["schema"]["maxItems"] == config.MAX_FILTERS
    assert all(f"`{name}`" in known["f"]["description"] for name in (*filters.OPERATORS[:1], *filters.FIELDS))
    assert known["interval"]["schema"]["enum"] == SCHEMAS["Stats"]["properties"]["interval"]["enum"]
    assert known["interval"]["schema"]["enum"] == [*intervals.INTERVALS]
    assert f"up to {config.MAX_HOUR_DAYS} days" in known["interval"]["description"]
    assert known["compare"]["schema"]["enum"] == [*comparisons.KINDS]
    for path in ("breakdown", "breakdown.csv"):
        named = {p["name"]: p for p in map(resolved, OPERATIONS[f"GET /api/v1/sites/{{site}}/{path}"]["parameters"])}
        assert all(f"`{name}`" in named["dimension"]["description"] for name in breakdown_question.DIMENSIONS)
        every = (*breakdown_question.METRICS, *breakdown_question.EVENT_METRICS)
        assert all(f"`{name}`" in named["metrics"]["description"] for name in every)
        assert named["search"]["schema"]["maxLength"] == config.MAX_FILTER_CHARS


def test_the_settings_are_the_codes() -> None:
    changes = SCHEMAS["Settings"]["properties"]
    assert list(changes) == list(site_settings._PARSERS)
    assert set(SCHEMAS["Site"]["properties"]) == set(site_settings.as_json(Site("x", "Test", "example.com")))
    for name, schema in changes.items():
        for end in ("minimum", "maximum"):
            if end in schema:
                site_settings._PARSERS[name][1](schema[end], name)
                with pytest.raises(errors.BadRequest):
                    site_settings._PARSERS[name][1](schema[end] + (1 if end == "maximum" else -1), name)
    assert f"`1` to `{client_ip.MAX_HOPS}`" in changes["proxies"]["description"]
    assert all(f"`{preset}`" in changes["proxies"]["description"] for preset in client_ip.PRESETS)


def test_the_parts_of_the_health_are_the_codes() -> None:
    shown = SCHEMAS["DeploymentHealth"]["properties"]["parts"]["items"]["properties"]
    assert shown["name"]["enum"] == [*health._CHECKS] == [*health_part.TITLES]


def test_the_roles_are_the_codes() -> None:
    for schema, roles in (("Role", ROLES), ("TeamRole", TEAM_ROLES)):
        assert SCHEMAS[schema]["enum"] == [*roles]
        assert all(f"`{role}`" in SCHEMAS[schema]["description"] for role in roles)
    assert SCHEMAS["InvitedRole"]["enum"] == [*invitations.SITE_ROLES]
    to_team = OPERATIONS["POST /api/v1/teams/{team}/members"]["requestBody"]["content"]["application/json"]["schema"]
    assert to_team["properties"]["role"]["enum"] == [*invitations.TEAM_ROLES]


def test_what_it_says_of_invitations_is_the_codes() -> None:
    said = OPERATIONS["POST /api/v1/sites/{site}/people"]["description"]
    assert f"{config.INVITATIONS_PER_PERSON} invitations a day" in said
    assert f"an address get {config.INVITATIONS_PER_ADDRESS}:" in said
    assert config.INVITATIONS_WINDOW_S == 24 * 60 * 60
    days = config.INVITATION_LIFE_S // (24 * 60 * 60)
    assert f"valid for {days} days" in OPERATIONS["POST /api/v1/sites/{site}/invitations/{invitation}"]["description"]
    kept = config.INVITATION_KEPT_S // (24 * 60 * 60)
    assert f"for {kept} days" in OPERATIONS["GET /api/v1/sites/{site}/invitations"]["description"]
    assert SCHEMAS["TeamName"]["maxLength"] == config.MAX_SITE_NAME_CHARS
    assert SCHEMAS["Invitation"]["properties"]["state"]["enum"] == [*get_args(State)]


def test_shared_links_and_counters_are_the_codes() -> None:
    fields = SCHEMAS["ShareFields"]["properties"]
    assert tuple(fields) == link_fields.CHANGEABLE
    created = SCHEMAS["NewShare"]
    assert tuple(created["properties"]) == link_fields.FIELDS
    assert {name: created["properties"][name] for name in fields} == fields
    assert created["properties"]["access"]["enum"] == [*link_fields.ACCESSES]
    assert fields["hidden"]["items"]["enum"] == [*link_fields.HIDEABLE]
    assert fields["embed_origins"]["maxItems"] == config.MAX_EMBED_ORIGINS
    assert (
        f"{config.MIN_PASSWORD_CHARS} to {config.MAX_PASSWORD_CHARS:,} characters" in fields["password"]["description"]
    )
    assert set(SCHEMAS["Share"]["properties"]) == set(shared_links.as_json(SharedLink("x", "public", "Test"), ""))
    badge = {p["name"]: p["schema"] for p in OPERATIONS["GET /badge/{file}"]["parameters"]}
    assert badge["period"]["enum"] == [*visitor_counter.PERIODS]
    assert (badge["metric"]["enum"], badge["theme"]["enum"]) == ([*METRICS], [*THEMES])
    assert badge["label"]["maxLength"] == config.MAX_BADGE_LABEL_CHARS
    assert SCHEMAS["Count"]["properties"]["period"]["enum"] == [*visitor_counter.PERIODS]


def test_saved_segments_are_the_codes() -> None:
    fields = SCHEMAS["SegmentFields"]["properties"]
    assert tuple(fields) == saved_segments.FIELDS
    assert fields["name"]["maxLength"] == config.MAX_SEGMENT_NAME_CHARS
    assert fields["filters"]["maxItems"] == config.MAX_FILTERS
    assert f"{config.MAX_SEGMENT_FILTER_CHARS:,} characters" in fields["filters"]["description"]


def test_annotations_are_the_codes() -> None:
    created, changed = (SCHEMAS[name]["properties"] for name in ("NewAnnotation", "AnnotationFields"))
    for fields in (created, changed):
        assert tuple(fields) == annotation_fields.FIELDS
        assert fields["text"]["maxLength"] == config.MAX_ANNOTATION_CHARS
        assert fields["url"]["maxLength"] == config.MAX_ANNOTATION_URL_CHARS
        assert fields["kind"]["enum"] == [*KINDS]
    shown = site_annotations.as_json(Annotation("", "1", "2026-11-26", "x"))
    assert set(SCHEMAS["Annotation"]["properties"]) == set(shown)
    assert f"{config.MAX_ANNOTATIONS:,}" in OPERATIONS["POST /api/v1/sites/{site}/annotations"]["description"]


def test_the_administration_is_the_codes() -> None:
    changes = SCHEMAS["InstallationChanges"]["properties"]
    assert set(changes) == set(installation.NAMES)
    shown = {*administration_settings.SHOWN, "oidc_has_client_secret", "oidc_redirect_uri", "mail_ready"}
    assert set(SCHEMAS["InstallationSettings"]["properties"]) == shown
    assert set(changes) - {"oidc_client_secret"} <= shown
    assert changes["name"]["maxLength"] == changes["oidc_name"]["maxLength"] == config.MAX_INSTALLATION_NAME_CHARS
    assert changes["oidc_issuer"]["maxLength"] == config.MAX_PROVIDER_CHARS
    assert tuple(changes["sign_up"]["enum"]) == SIGN_UPS
    assert tuple(changes["site_creators"]["enum"]) == SITE_CREATORS
    assert SCHEMAS["ScheduledFunction"]["properties"]["outcome"]["enum"] == [one.value for one in schedules.Outcome]
    assert SCHEMAS["GeoipSource"]["properties"]["publisher"]["enum"] == [*geoip.PUBLISHER_NAMES, None]
    listed = OPERATIONS["GET /api/v1/administration/dead-letters"]["parameters"]
    assert next(one for one in listed if one.get("name") == "limit")["schema"] == {
        "type": "integer", "minimum": 1, "maximum": config.MAX_DEAD_LETTERS_SHOWN,
        "default": config.MAX_DEAD_LETTERS_SHOWN,
    }  # fmt: skip
    ids = SCHEMAS["ChosenDeadLetters"]["oneOf"][0]["properties"]["ids"]
    assert ids["maxItems"] == config.MAX_DEAD_LETTERS_SHOWN


def test_metrics_and_tables_are_the_catalogues() -> None:
    metrics, tables = SCHEMAS["Metrics"], SCHEMAS["Stats"]["properties"]["tables"]
    assert metrics["required"] == list(metrics["properties"]) == list(catalogue.METRICS)
    assert tables["required"] == list(tables["properties"]) == list(catalogue.DIMENSIONS)
    assert metrics["properties"]["bounce_rate"] == {
        "type": ["number", "null"],
        "description": "A fraction of 1: visits with one page view and no interactive event.",
    }
    assert metrics["properties"]["visits"]["type"] == "integer"


def media_of(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The contents of the request and of the answers of an operation."""
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for response in operation["responses"].values():
        yield from resolved(response).get("content", {}).values()


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_examples_are_what_the_schemas_say(name: str) -> None:
    for media in media_of(OPERATIONS[name]):
        validator = jsonschema_rs.validator_for({**media["schema"], "components": DOCUMENT["components"]})
        examples = [example["value"] for example in media.get("examples", {}).values()]
        examples += [media["example"]] if "example" in media else []
        assert [error.message for example in examples for error in validator.iter_errors(example)] == []
    for response in OPERATIONS[name]["responses"].values():
        assert "example" in resolved(response).get("content", {}).get("application/json", {"example": None})


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_has_examples_of_calls_that_are_valid(name: str) -> None:
    """`tests/stack/test_api_examples.py` runs them."""
    shell, python = OPERATIONS[name]["x-codeSamples"]
    assert (shell["label"], python["label"]) == ("curl", "Python")
    assert shell["source"].startswith("curl ")
    compile(python["source"], name, "exec")
    for source in (shell["source"], python["source"]):
        assert "{site}" not in source
        assert ("SHYLIGHT_TOKEN" in source) is (OPERATIONS[name]["security"] != [])
        assert ("Idempotency-Key" in source) is ("422" in OPERATIONS[name]["responses"])


def test_every_trait_of_a_visit_is_described() -> None:
    assert set(VISIT_TRAITS) <= set(DOCUMENT["components"]["schemas"]["Visit"]["properties"])


def test_every_type_of_device_is_described() -> None:
    docs = Path(app.__file__).parent / "docs"
    said = SCHEMAS["Visit"]["properties"]["device_type"]["description"]
    assert re.findall(r"\w+", said.replace(" or", "")) == [*device.TYPES]
    api = (docs / "api.md").read_text("utf-8")
    line = next(line for line in api.splitlines() if line.startswith("* `device_type` is"))
    assert re.findall(r"`(\w+)`", line)[1:] == [*device.TYPES]
    glossary = (docs / "glossary.md").read_text("utf-8")
    entry = next(part for part in glossary.split("* **") if part.startswith("Device type"))
    assert all(kind in entry for kind in device.TYPES)
