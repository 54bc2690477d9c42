"""Example values for schemas of the OpenAPI document: their own examples, or values made of their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BY_FORMAT = {
    "date": "2026-11-23",
    "date-time": "2026-11-26T16:00:00+00:00",
    "uuid": "6f1a2f0e-5a0b-4c39-8a57-0d2f4a1c9b77",
}
_BY_TYPE: Mapping[str, object] = {"string": "", "integer": 12, "number": 1.5, "boolean": True, "null": None}


def resolved(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """`node`, or what it refers to in the document."""
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def of(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """A value that the schema allows, with all properties that it names."""
    schema = resolved(document, schema)
    for key, first in (("example", False), ("examples", True), ("enum", True)):
        if key in schema:
            return schema[key][0] if first else schema[key]
    if "allOf" in schema:
        return {name: value for part in schema["allOf"] for name, value in of(document, part).items()}
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return of(document, schema[key][0])
    kinds = schema.get("type", "object")
    kind = "null" if "null" in kinds and isinstance(kinds, list) else kinds if isinstance(kinds, str) else kinds[0]
    if kind == "object":
        return {name: of(document, each) for name, each in schema.get("properties", {}).items()}
    if kind == "array":
        return [of(document, schema["items"])] if "items" in schema else []
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE[kind])
