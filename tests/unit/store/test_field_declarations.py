"""Declarations of fields: types, ranges and what is required, as the dataclass says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pytest

from chalicelib.store.field_declarations import between, fields_of, matching


@dataclass
class Sample:
    kind: Literal["a", "b"]
    count: int = field(metadata=between(0, 9))
    share: float | None = None
    name: str | None = field(default=None, metadata=matching(str.islower))
    sure: bool = False


@dataclass
class WithParts:
    parts: list[str]


FIELDS = fields_of(Sample)


def test_a_field_is_what_its_annotation_says() -> None:
    assert {name: (found.kind, found.required, found.range) for name, found in FIELDS.items()} == {
        "kind": (str, True, None),
        "count": (int, True, (0, 9)),
        "share": (float, False, None),
        "name": (str, False, None),
        "sure": (bool, False, None),
    }


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("kind", ["a"], [None, 1, True]),
        ("count", [1], [None, True, 1.0, "1"]),
        ("share", [1.5, None], [1, True, "1"]),
        ("name", ["x", None], [1, [], {}]),
        ("sure", [True, False], [None, 0, 1, "true"]),
    ],
)
def test_values_are_of_the_declared_type(name: str, right: list[object], wrong: list[object]) -> None:
    assert {type(value) for value in right} == FIELDS[name].types
    assert not {type(value) for value in wrong} & FIELDS[name].types


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("kind", ["a", "b"], ["c", ""]),
        ("count", [0, 9], [-1, 10, 1 << 80]),
        ("name", ["x", "ü😀", None], ["X", "\ud800"]),
        ("share", [None, 0.5], []),
    ],
)
def test_values_are_within_what_is_declared(name: str, allowed: list[object], refused: list[object]) -> None:
    assert all(map(FIELDS[name].allows, allowed))
    assert not any(map(FIELDS[name].allows, refused))


def test_a_type_that_json_and_columns_do_not_share_is_refused() -> None:
    with pytest.raises(TypeError, match="parts"):
        fields_of(WithParts)
