"""The page that shows the API has all that the document has, and needs nobody to be signed in."""

from __future__ import annotations

import html
import re

from chalicelib.api import openapi
from chalicelib.dashboard import api_docs
from chalicelib.dispatch import ROUTES
from chalicelib.routing import Right
from tests.unit.dashboard import api_samples, samples

DOCUMENT = openapi.described()
TEXT = html.unescape(api_samples.docs().body.decode())
OPERATIONS = {
    (path, method): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if method != "options"
}


def test_the_page_is_public() -> None:
    (route,) = [route for route in ROUTES if route.path == "/docs/api"]
    assert route.right is Right.PUBLIC
    assert "Sign in" in TEXT
    assert "Sign out" not in TEXT
    assert "Sign out" in api_samples.docs(samples.PERSON).body.decode()


def test_every_operation_is_shown_once_with_its_scope_and_examples() -> None:
    shown = [operation for group in api_docs.groups() for operation in group.operations]
    assert {(one.path, one.method.lower()) for one in shown} == set(OPERATIONS)
    assert len(shown) == len(OPERATIONS)
    for one in shown:
        described = OPERATIONS[one.path, one.method.lower()]
        assert f'id="{one.id}"' in TEXT
        assert f'href="#{one.id}"' in TEXT
        scope = described["security"][0]["token"][0] if described["security"] else ""
        assert one.scope == scope
        assert not scope or f"Scope <code>{scope}</code>" in TEXT
        assert all(sample["source"] in TEXT for sample in described["x-codeSamples"])
        assert [status for status, _ in one.errors] == [s for s in described["responses"] if s >= "400"]


def test_the_fields_of_bodies_and_their_types_are_shown() -> None:
    (token,) = [one for group in api_docs.groups() for one in group.operations if one.id == "createToken"]
    fields = {field.name: field for field in token.fields}
    assert (fields["name"].type, fields["name"].required) == ("string", True)
    assert (fields["sites"].type, fields["sites"].required) == ("list of string (uuid) | null", False)
    assert fields["scopes"].type.startswith("list of stats:read | sites:read")
    assert "shy_" in token.answer


def test_a_parameter_that_was_renamed_is_not_shown() -> None:
    listed = [one for group in api_docs.groups() for one in group.operations if one.id == "listSites"]
    assert [parameter.name for parameter in listed[0].parameters] == ["limit", "cursor"]


def test_code_in_texts_is_marked_as_code() -> None:
    assert api_docs.parts("a `b` c") == [(False, "a "), (True, "b"), (False, " c")]
    assert api_docs.parts("`b`") == [(True, "b")]
    assert not re.search(r"`", re.sub("<pre.*?</pre>", "", TEXT, flags=re.DOTALL))
