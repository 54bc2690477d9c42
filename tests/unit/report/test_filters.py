"""The grammar of filters: what is read, and what is rejected with a message that lists what is known."""

import pytest

from chalicelib import catalogue, config
from chalicelib.errors import BadRequest
from chalicelib.report import filters
from chalicelib.report.filters import FIELDS, OPERATORS, Range


def only(text: str) -> filters.Condition:
    (condition,) = filters.parse([text])
    return condition


def test_a_filter_is_an_operator_a_dimension_and_a_value() -> None:
    condition = only("is,country,DE")
    assert (condition.operator, condition.field.name, condition.values) == ("is", "country", ("DE",))


def test_only_the_first_two_commas_separate() -> None:
    assert only("contains,page,/a,b,c").values == ("/a,b,c",)


def test_a_value_may_be_empty_and_stands_for_unknown() -> None:
    assert only("is,country,").values == ("",)


def test_filters_with_the_same_operator_and_dimension_are_one_condition() -> None:
    conditions = filters.parse(["is,country,DE", "is,browser,Firefox", "is,country,FR", "is_not,country,AT"])
    assert [(one.operator, one.field.name, one.values) for one in conditions] == [
        ("is", "country", ("DE", "FR")),
        ("is", "browser", ("Firefox",)),
        ("is_not", "country", ("AT",)),
    ]
    assert [one.excludes for one in conditions] == [False, False, True]


@pytest.mark.parametrize("dimension", catalogue.DIMENSIONS.values(), ids=lambda dimension: dimension.key)
def test_every_dimension_of_the_catalogue_can_be_filtered_with_every_operator(dimension: catalogue.Dimension) -> None:
    for operator in OPERATORS:
        assert only(f"{operator},{dimension.singular},x").field.dimension is dimension
    assert FIELDS[dimension.singular].level == dimension.level


def test_events_and_their_properties_can_be_filtered() -> None:
    assert only("is,event,Signup").field.level == "events"
    condition = only("is_not,prop:plan,a,b")
    assert (condition.field.level, condition.field.property_name, condition.values) == ("events", "plan", ("a,b",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", Range(3, 3)),
        ("3..", Range(3, None)),
        ("..10", Range(None, 10)),
        ("3..10", Range(3, 10)),
        ("0.5..1.25", Range(0.5, 1.25)),
        ("0..0", Range(0, 0)),
    ],
)
@pytest.mark.parametrize("name", ["views", "duration"])
def test_views_and_duration_are_numbers_and_ranges(name: str, text: str, expected: Range) -> None:
    assert only(f"is,{name},{text}").values == (expected,)


@pytest.mark.parametrize(
    "text", ["", "..", "x", "-1", "3..2", "1...2", "1..2..3", "1e9", "٣", "0.1234", "9" * 13, " 3"]
)
def test_what_is_no_range_is_rejected_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(BadRequest, match=r"3, 3\.\., 3\.\.10 or \.\.10|smaller number") as raised:
        filters.parse([f"is,views,{text}"])
    assert raised.value.field == "f"


def test_bounce_is_yes_or_no() -> None:
    assert only("is,bounce,yes").values == (True,)
    assert only("is_not,bounce,no").values == (False,)
    with pytest.raises(BadRequest, match="yes or no"):
        filters.parse(["is,bounce,true"])


@pytest.mark.parametrize("text", ["", "is", "is,country", "country", ",,", "is;country;DE"])
def test_what_is_not_of_the_form_is_rejected(text: str) -> None:
    with pytest.raises(BadRequest) as raised:
        filters.parse([text])
    assert raised.value.field == "f"


def test_an_unknown_operator_is_rejected_and_the_known_ones_are_listed() -> None:
    with pytest.raises(BadRequest) as raised:
        filters.parse(["equals,country,DE"])
    assert all(operator in raised.value.message for operator in OPERATORS)
    assert "equals" in raised.value.message


@pytest.mark.parametrize("name", ["countries", "constructor", "prop:", "Country", "page; DROP TABLE visits", "x" * 500])
def test_an_unknown_dimension_is_rejected_and_the_known_ones_are_listed(name: str) -> None:
    with pytest.raises(BadRequest) as raised:
        filters.parse([f"is,{name},DE"])
    assert all(field in raised.value.message for field in FIELDS)
    assert "prop:NAME" in raised.value.message
    assert len(raised.value.message) < 1000


@pytest.mark.parametrize("name", ["bounce", "views", "duration"])
def test_numbers_and_bounces_contain_nothing(name: str) -> None:
    with pytest.raises(BadRequest, match="is, is_not"):
        filters.parse([f"contains,{name},1"])


@pytest.mark.parametrize("operator", ["contains", "contains_not"])
def test_what_is_to_be_contained_must_not_be_empty(operator: str) -> None:
    with pytest.raises(BadRequest, match="needs a text"):
        filters.parse([f"{operator},page,"])


def test_the_number_of_filters_and_the_length_of_a_value_are_limited() -> None:
    texts = [f"is,page,/{number}" for number in range(config.MAX_FILTERS)]
    assert len(filters.parse(texts)[0].values) == config.MAX_FILTERS
    with pytest.raises(BadRequest, match=f"at most {config.MAX_FILTERS} filters"):
        filters.parse([*texts, "is,page,/"])
    filters.parse([f"is,page,{'x' * config.MAX_FILTER_CHARS}"])
    with pytest.raises(BadRequest, match=f"at most {config.MAX_FILTER_CHARS} characters"):
        filters.parse([f"is,page,{'x' * (config.MAX_FILTER_CHARS + 1)}"])


def test_what_no_database_takes_is_replaced() -> None:
    assert only("is,page,/\ud800").values == ("/?",)


def test_no_two_fields_have_the_same_name() -> None:
    names = [dimension.singular for dimension in catalogue.DIMENSIONS.values()]
    assert len(FIELDS) == len(names) + 5
    assert not {name for name in names if "," in name or name.startswith(filters.PROPERTY)}
