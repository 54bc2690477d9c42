"""Fields of a body: each type checked, each error naming its field."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.collect import validation
from chalicelib.collect.validation import read, read_by, read_within
from chalicelib.errors import BadRequest


@pytest.mark.parametrize("value", [1, True, [], {}, 1.5])
def test_a_text_is_a_string(value: object) -> None:
    with pytest.raises(BadRequest) as error:
        validation.text(value, "referrer")
    assert error.value.field == "referrer"


@pytest.mark.parametrize("value", ["1", True, [], {}, float("nan"), float("inf"), 10**400])
@pytest.mark.parametrize("read", [validation.number, validation.load_time, validation.engagement])
def test_a_number_is_a_finite_number(read: Callable[[Any, str], object], value: object) -> None:
    with pytest.raises(BadRequest) as error:
        read(value, "loadTime")
    assert error.value.field == "loadTime"


@pytest.mark.parametrize(
    ("given", "kept"), [(None, None), (0, None), (-5, None), (0.2, 1), (812.4, 812), (10**9, None)]
)
def test_a_load_time_is_one_that_a_load_can_have(given: float | None, kept: int | None) -> None:
    assert validation.load_time(given, "loadTime") == kept


def test_engagement_is_at_most_a_day_and_never_negative() -> None:
    assert validation.engagement(1e12, "engagement") == 24 * 60 * 60 * 1000
    with pytest.raises(BadRequest):
        validation.engagement(-1, "engagement")


@pytest.mark.parametrize("value", ["", "a b", "ü", "a" * 65, "a/b", "a\n"])
def test_an_id_is_a_short_plain_word(value: str) -> None:
    with pytest.raises(BadRequest):
        validation.hit_id(value, "idempotency")


@pytest.mark.parametrize("value", ["a" * 129, "tab\there", "nul\x00"])
def test_an_identifier_is_short_and_printable(value: str) -> None:
    with pytest.raises(BadRequest):
        validation.identifier(value)


@dataclass(frozen=True, slots=True)
class Form:
    first: str | None = read_by(validation.text)
    load_time: int | None = read_by(validation.load_time, "loadTime")
    tagged: str = read_within(lambda value, field, context: f"{field}={value} of {context}")


def test_a_form_is_read_whole_and_leaves_other_fields_alone() -> None:
    body = {"first": "a", "loadTime": 7.4, "tagged": 1, "load_time": "not this", "more": []}
    assert read(Form, body, "site") == Form("a", 7, "tagged=1 of site")
    assert read(Form, {}) == Form(None, None, "tagged=None of None")


@pytest.mark.parametrize(
    ("body", "field"),
    [({"first": 1, "loadTime": "x"}, "hits[3].first"), ({"loadTime": "x"}, "hits[3].loadTime")],
)
def test_the_first_wrong_field_is_named_as_its_sender_calls_it(body: dict[str, object], field: str) -> None:
    with pytest.raises(BadRequest, match=re.escape(field)) as error:
        read(Form, body, None, "hits[3].")
    assert error.value.field == field
