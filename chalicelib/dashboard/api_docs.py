"""The page that shows the API: the OpenAPI document, by its tags, with examples of calls and of answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from chalice import Response

from chalicelib.accounts.access import appearance, auth
from chalicelib.api import openapi
from chalicelib.api.example_values import resolved
from chalicelib.api.routes import ROUTES
from chalicelib.dashboard import render
from chalicelib.errors import Unauthorized
from chalicelib.store.people import Person
from chalicelib.web import Request

# Requests that browsers send by themselves, before others.
_LEFT_OUT: Final = {"options"}


class Field(NamedTuple):
    """A parameter, or a field of a body. `type`: in words, as in ``string (uuid)``."""

    name: str
    type: str
    required: bool
    description: str


class Operation(NamedTuple):
    """An operation.

    :ivar id: unique on the page. :ivar scope: ``""`` if it is public; :ivar right: of its route.
    :ivar samples: examples of calls: language and code.
    :ivar status: of the answer if all is well; :ivar answer: an example of it as JSON, or ``""``.
    :ivar errors: statuses and what they mean here.
    """

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    right: str
    parameters: tuple[Field, ...]
    fields: tuple[Field, ...]
    samples: tuple[tuple[str, str], ...]
    status: str
    outcome: str
    answer: str
    errors: tuple[tuple[str, str], ...]


class Group(NamedTuple):
    """The operations of a tag."""

    name: str
    description: str
    operations: tuple[Operation, ...]

    @property
    def id(self) -> str:
        """The anchor of its heading."""
        return self.name.lower()


def show(request: Request) -> Response:
    """``GET /docs/api``: public, as the document is."""
    person = _person(request)
    return render.page(
        request,
        "api-docs.html",
        person=person,
        csrf=auth.csrf_token(request) if person else "",
        address=request.base_url or "https://stats.example.com",
        introduction=_introduction(),
        groups=groups(),
        parts=parts,
    )


@cache
def groups() -> tuple[Group, ...]:
    """The operations of the document by tag, in its order."""
    document = openapi.described()
    found = [(tag, tuple(_operations(document, tag["name"]))) for tag in document["tags"]]
    return tuple(Group(tag["name"], tag["description"], operations) for tag, operations in found)


def parts(text: str) -> list[tuple[bool, str]]:
    """A text of the document in parts: whether a part is code, which is in backticks there, and the part."""
    return [(bool(number % 2), part) for number, part in enumerate(re.split("`([^`]*)`", text)) if part]


def type_name(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """The type of a schema in words."""
    schema = resolved(document, schema)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(type_name(document, each) for each in schema[key]))
    kinds = schema.get("type", "object")
    shown = []
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind == "array":
            shown.append(f"list of {type_name(document, schema.get('items', {}))}")
        else:
            shown.append(f"{kind} ({schema['format']})" if kind == "string" and "format" in schema else kind)
    return " | ".join(shown)


@cache
def _introduction() -> tuple[str, ...]:
    return tuple(openapi.described()["info"]["description"].split("\n\n"))


def _person(request: Request) -> Person | None:
    try:
        person = auth.signed_in_person(request)
    except Unauthorized:
        return None
    appearance.use(person)
    return person


def _operations(document: Mapping[str, Any], tag: str) -> Iterator[Operation]:
    rows = {(route.path, route.method.lower()): route for route in ROUTES}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation["tags"][0] != tag or method in _LEFT_OUT:
                continue
            route = rows.get((path, method))
            status, success = next(each for each in operation["responses"].items() if each[0].startswith("2"))
            example = success.get("content", {}).get("application/json", {}).get("example")
            yield Operation(
                operation["operationId"],
                method.upper(),
                path,
                operation["summary"],
                operation.get("description", ""),
                route.scope.value if route and route.scope else "",
                route.right.value if route else "",
                tuple(_parameters(document, operation)),
                tuple(_fields(document, operation)),
                tuple((sample["label"], sample["source"]) for sample in operation["x-codeSamples"]),
                status,
                success["description"],
                json.dumps(example, ensure_ascii=False, indent=2) if example else "",
                tuple(_errors(document, operation)),
            )


def _parameters(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[Field]:
    for given in operation.get("parameters", []):
        one = resolved(document, given)
        if not one.get("deprecated"):
            kind = type_name(document, one["schema"])
            yield Field(one["name"], kind, one.get("required", False), one.get("description", ""))


def _fields(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[Field]:
    """The fields of the body that programs send; none if it may have several shapes."""
    media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = resolved(document, media.get("schema", {}))
    required = schema.get("required", [])
    for name, given in schema.get("properties", {}).items():
        described = given.get("description") or resolved(document, given).get("description", "")
        yield Field(name, type_name(document, given), name in required, described)


def _errors(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for status, given in operation["responses"].items():
        if status >= "400":
            yield status, resolved(document, given)["description"]
