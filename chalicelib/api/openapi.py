"""The OpenAPI description of the HTTP API: ``openapi.json``, and what is stated elsewhere and added here.

These are the metrics and dimensions of the catalogue, the scopes, and what follows from the table of routes. The file
is edited by hand, and tests compare it with the code. It is JSON and not YAML, so that the functions need no YAML
library.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from chalice import Response

from chalicelib import catalogue
from chalicelib.accounts.access.api_tokens import SCOPES
from chalicelib.api import openapi_operations
from chalicelib.catalogue import Metric
from chalicelib.report import breakdown_question, filters
from chalicelib.web import Request, reply


def document(_request: Request) -> Response:
    """``GET /api/v1/openapi.json``: OpenAPI 3.1, public, also for pages of other origins."""
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return reply(text(), "application/json", 200, headers)


@cache
def text() -> str:
    """The document as it is served."""
    return json.dumps(described(), ensure_ascii=False, indent=2)


def described() -> dict[str, Any]:
    """The document, with a property for each metric and each table, the scopes, and the rules of the routes."""
    read: dict[str, Any] = json.loads(resources.files("chalicelib.api").joinpath("openapi.json").read_text("utf-8"))
    schemas = read["components"]["schemas"]
    schemas["Metrics"]["properties"] = {key: _schema(metric) for key, metric in catalogue.METRICS.items()}
    schemas["Metrics"]["required"] = list(catalogue.METRICS)
    tables = schemas["Stats"]["properties"]["tables"]
    rows = tables["additionalProperties"]
    tables["properties"] = {
        key: {**rows, "description": f"{dimension.title}."} for key, dimension in catalogue.DIMENSIONS.items()
    }
    tables["required"] = list(catalogue.DIMENSIONS)
    tables["example"] = {key: [] for key in catalogue.DIMENSIONS} | {"pages": schemas["Row"]["examples"]}
    _add_names(read)
    schemas["Scope"]["enum"] = [scope.value for scope in SCOPES]
    schemas["Scope"]["description"] = "\n".join(f"* `{scope.value}`: {text}." for scope, text in SCOPES.items())
    openapi_operations.complete(read)
    return read


def _add_names(read: dict[str, Any]) -> None:
    """Add what filters and breakdowns can be asked for to the descriptions of their parameters."""
    parameters = [read["components"]["parameters"]["f"]]
    site = "/api/v1/sites/{site}"
    for path in (f"{site}/breakdown", f"{site}/breakdown.csv", f"{site}/stats.csv"):
        parameters += read["paths"][path]["get"]["parameters"]
    prop = f"`{filters.PROPERTY}NAME` (a property of events)"
    known = {
        "f": f" Dimensions: {_listed(filters.FIELDS)}, {prop}.",
        "dimension": f" Dimensions: {_listed(breakdown_question.DIMENSIONS)}, {prop}.",
        "metrics": f" Metrics: {_listed(breakdown_question.METRICS)}; of `event` and properties: "
        f"{_listed(breakdown_question.EVENT_METRICS)}.",
    }
    for parameter in parameters:
        name = parameter.get("name")
        if name in known:
            parameter["description"] += known[name]
        if name == "table":
            parameter["schema"]["enum"] = list(catalogue.DIMENSIONS)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _schema(metric: Metric) -> dict[str, Any]:
    kind = "integer" if metric.unit == "count" else ["number", "null"]
    return {"type": kind, "description": metric.description}
