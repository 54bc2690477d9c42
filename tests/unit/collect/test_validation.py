"""Fields of a body: each type checked, each error naming its field."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from chalicelib.collect import validation
from chalicelib.errors import BadRequest


@pytest.mark.parametrize("value", [1, True, [], {}, 1.5])
def test_a_text_is_a_string(value: object) -> None:
    with pytest.raises(BadRequest) as error:
        validation.text({"referrer": value}, "referrer")
    assert error.value.field == "referrer"


@pytest.mark.parametrize("value", ["1", True, [], {}, float("nan"), float("inf"), 10**400])
@pytest.mark.parametrize("read", [validation.number, validation.load_time, validation.engagement])
def test_a_number_is_a_finite_number(read: Callable[[Mapping[str, Any], str], object], value: object) -> None:
    with pytest.raises(BadRequest) as error:
        read({"loadTime": value}, "loadTime")
    assert error.value.field == "loadTime"


@pytest.mark.parametrize(
    ("given", "kept"), [(None, None), (0, None), (-5, None), (0.2, 1), (812.4, 812), (10**9, None)]
)
def test_a_load_time_is_one_that_a_load_can_have(given: float | None, kept: int | None) -> None:
    assert validation.load_time({"loadTime": given}, "loadTime") == kept


def test_engagement_is_at_most_a_day_and_never_negative() -> None:
    assert validation.engagement({"engagement": 1e12}, "engagement") == 24 * 60 * 60 * 1000
    with pytest.raises(BadRequest):
        validation.engagement({"engagement": -1}, "engagement")


@pytest.mark.parametrize("value", ["", "a b", "ü", "a" * 65, "a/b", "a\n"])
def test_an_id_is_a_short_plain_word(value: str) -> None:
    with pytest.raises(BadRequest):
        validation.identity({"idempotency": value}, "idempotency")


@pytest.mark.parametrize("value", ["a" * 129, "tab\there", "nul\x00"])
def test_an_identifier_is_short_and_printable(value: str) -> None:
    with pytest.raises(BadRequest):
        validation.identifier(value)
