"""The form of a filter: what it stands for, and that it shows a condition as it is."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

import pytest

from chalicelib import config, translation
from chalicelib.dashboard.reports import filter_form, filter_pills
from chalicelib.dashboard.reports.filter_form import FilterForm
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.errors import BadRequest
from chalicelib.report import filters
from chalicelib.report.display_names import stored_names
from chalicelib.report.filters import FIELDS, Field, Value
from tests.unit.dashboard import filter_samples, samples
from tests.unit.dashboard.test_render import Markup

Sent = dict[str, list[str]]


def query(*texts: str) -> PageQuery:
    return PageQuery((("period", "7d"), *(("f", text) for text in texts)))


def sent(name: str, given: Sent, page: PageQuery) -> list[str]:
    """The filters of the page after a form was sent."""
    return filter_form.filtered(filter_form.submitted(filters.field_named(name), page, given)).filters


@pytest.mark.parametrize(
    ("name", "given", "added"),
    [
        ("country", {"value": ["Germany"]}, ["is,country,DE"]),
        (
            "country",
            {"value": ["DE", "", "france"], "operator": ["is_not"]},
            ["is_not,country,DE", "is_not,country,FR"],
        ),
        ("country", {"value": [""], "empty": ["yes"]}, ["is,country,"]),
        ("page", {"value": ["/a,b&c", "/a,b&c"], "operator": ["contains"]}, ["contains,page,/a,b&c"]),
        ("page", {"value": [" "], "operator": ["contains"]}, ["contains,page, "]),
        ("duration", {"least": ["30"], "most": [""]}, ["is,duration,30.."]),
        ("duration", {"least": [""], "most": ["0.5"], "operator": ["is_not"]}, ["is_not,duration,..0.5"]),
        ("views", {"least": [" 3 ", ""], "most": ["10", ""]}, ["is,views,3..10"]),
        ("views", {"least": ["3"], "most": ["3"]}, ["is,views,3"]),
        ("bounce", {"bounced": ["no"]}, ["is,bounce,no"]),
        ("prop:plan", {"value": ["pro"]}, ["is,prop:plan,pro"]),
        ("event", {"value": ["signup"]}, ["is,event,signup"]),
    ],
)
def test_a_form_adds_what_it_says(name: str, given: Sent, added: list[str]) -> None:
    assert sent(name, given, query("is,browser,Firefox")) == ["is,browser,Firefox", *added]


def test_numbers_of_a_range_are_written_as_the_language_does() -> None:
    with translation.language("de"):
        assert sent("duration", {"least": ["1,5"], "most": ["1.200"]}, query()) == ["is,duration,1.5..1200"]
        (condition,) = filters.parse(["is,duration,1.5..1200"])
        assert filter_form.of_condition(condition, query()).ranges == (("1,5", "1200"),)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("country", {}, "Enter a value."),
        ("country", {"value": ["", ""]}, "Enter a value."),
        ("page", {"value": ["x" * (config.MAX_FILTER_CHARS + 1)]}, "at most 2000 characters"),
        ("page", {"value": ["/a"], "empty": ["yes"], "operator": ["contains"]}, "“(no path)” can only be used with"),
        ("duration", {"least": ["many"], "most": [""]}, "Enter numbers such as 30 or 1.5."),
        ("duration", {"least": ["10"], "most": ["3"]}, "The first one must not be larger"),
        ("duration", {"least": ["10"], "most": ["30"], "operator": ["contains"]}, "Enter numbers"),
        ("bounce", {"bounced": ["maybe"]}, "must be yes or no"),
        ("page", {"value": ["/a"], "operator": ["like"]}, "is not an operator"),
    ],
)
def test_mistakes_are_told(name: str, given: Sent, message: str) -> None:
    with pytest.raises(BadRequest) as error:
        sent(name, given, query())
    assert message in error.value.message


def test_a_page_has_no_more_filters_than_it_may() -> None:
    full = query(*filter_samples.MANY)
    with pytest.raises(BadRequest, match="at most 50 filters"):
        sent("country", {"value": ["DE"]}, full)
    assert len(sent("page", {"value": ["/page-0"]}, full)) == config.MAX_FILTERS  # it has this one


def test_a_changed_condition_stays_in_its_place() -> None:
    before = query("is,country,DE", "contains,page,/blog", "is,country,FR", "is,browser,Firefox")
    changed = sent("country", {"value": ["Italy", ""], "operator": ["is_not"], "replaces": ["is,country"]}, before)
    assert changed == ["is_not,country,IT", "contains,page,/blog", "is,browser,Firefox"]


@pytest.mark.parametrize(
    "texts", [filter_samples.EVERY, filter_samples.NASTY, ("is,duration,..0.125", "is,duration,60..")]
)
def test_a_form_that_nobody_touched_changes_nothing(texts: tuple[str, ...]) -> None:
    page = query(*texts)
    wanted = _meant(texts)
    for condition in filters.parse(texts):
        form = filter_form.of_condition(condition, page)
        again = filter_form.filtered(filter_form.submitted(condition.field, page, _fields(form)))
        assert _meant(again.filters) == wanted


def _meant(texts: Sequence[str]) -> set[tuple[str, str, frozenset[object]]]:
    """What filters mean, whether a host is in punycode or not."""

    def meant(field: Field, value: Value) -> object:
        return (
            max(stored_names(field.dimension, value), key=lambda name: name.startswith("xn--"))
            if field.dimension and isinstance(value, str)
            else value
        )

    return {
        (one.operator, one.field.name, frozenset(meant(one.field, value) for value in one.values))
        for one in filters.parse(texts)
    }


def _fields(form: FilterForm) -> Sent:
    """What a browser sends of a form as it is."""
    return {
        "replaces": [form.replaced],
        "operator": [form.operator],
        "value": list(form.values),
        **({"empty": ["yes"]} if form.empty else {}),
        "least": [least for least, _ in form.ranges],
        "most": [most for _, most in form.ranges],
        "bounced": [form.bounced],
    }


def test_a_valid_form_leads_to_the_filtered_overview() -> None:
    answer = filter_samples.form(
        "country", ("period", "7d"), ("f", "is,page,/a"), ("apply", "1"), ("operator", "is"), ("value", "Germany")
    )
    path, _, asked = str(answer.headers["Location"]).partition("?")
    assert (answer.status_code, path) == (303, f"../../sites/{samples.SITE.id}")
    assert parse_qsl(asked) == [("period", "7d"), ("f", "is,page,/a"), ("f", "is,country,DE")]


@pytest.mark.parametrize("page", ["visits", "realtime", "tables/pages", "tables/events"])
def test_the_form_leads_back_to_the_page_that_it_was_opened_from(page: str) -> None:
    kept = (("period", "7d"), ("on", page), ("search", "blog"), ("sort", "visits,asc"))
    form = Markup(filter_samples.form("country", *kept).body.decode())
    hidden = [(a["name"], a["value"]) for tag, a in form.elements if tag == "input" and a.get("type") == "hidden"]
    assert [one for one in hidden if one[0] != "csrf"] == [*kept, ("dimension", "country")]
    answer = filter_samples.form("country", *kept, ("apply", "1"), ("operator", "is"), ("value", "Germany"))
    path, _, asked = str(answer.headers["Location"]).partition("?")
    assert path == f"../../sites/{samples.SITE.id}/{page}"
    others = [one for one in kept if one[0] != "on"]
    assert parse_qsl(asked) == [*others, ("f", "is,country,DE")]


@pytest.mark.parametrize("page", ["", "audit-log", "//example.org", "tables/none", "..", "VISITS"])
def test_a_form_from_nowhere_leads_to_the_overview(page: str) -> None:
    answer = filter_samples.form("country", ("on", page), ("apply", "1"), ("operator", "is"), ("value", "Germany"))
    assert str(answer.headers["Location"]).startswith(f"../../sites/{samples.SITE.id}?")


def test_a_mistake_is_told_at_the_field_with_what_was_entered() -> None:
    answer = filter_samples.form("views", ("apply", "1"), ("least", "many"), ("most", "3"))
    page = Markup(answer.body.decode())
    assert answer.status_code == 400
    (least,) = [a for tag, a in page.elements if tag == "input" and a.get("name") == "least"]
    assert (least["value"], least["aria-invalid"], least["aria-describedby"]) == ("many", "true", "filter-error")
    assert "filter-error" in page.ids()
    assert "Enter numbers such as 30 or 1.5." in page.text


@pytest.mark.parametrize("name", [",", "a,b", "x" * (config.MAX_PROP_NAME_CHARS + 1), ""])
def test_a_property_that_cannot_be_filtered_by_is_told_at_the_field(name: str) -> None:
    answer = filter_samples.page(("property", name))
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.body.decode()


def test_values_of_the_site_are_suggested_by_name() -> None:
    page = Markup(filter_samples.form("country").body.decode())
    assert [a["value"] for tag, a in page.elements if tag == "option"][4:] == ["Germany", "XX"]
    page = Markup(filter_samples.form("event").body.decode())
    assert "signup" in [a["value"] for tag, a in page.elements if tag == "option"]


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_has_a_form_with_its_operators(name: str) -> None:
    answer = filter_samples.form(name)
    page = Markup(answer.body.decode())
    offered = [a["value"] for tag, a in page.elements if tag == "option" and a["value"] in filters.OPERATORS]
    assert answer.status_code == 200
    assert offered == ([] if FIELDS[name].form == "yes or no" else list(FIELDS[name].operators))


def test_the_menu_offers_every_field() -> None:
    body = filter_samples.page().body.decode()
    assert all(f"filter?dimension={name}" in body for name in FIELDS)


def test_pills_say_what_is_counted_and_lead_away() -> None:
    page = Markup(samples.overview(samples.full(), filters=filter_samples.EVERY).body.decode())
    removed = [a["aria-label"] for tag, a in page.elements if tag == "a" and a.get("class") == "remove"]
    assert removed[0] == "Remove the filter: Country is Germany, France or Unknown"
    assert len(removed) == 10
    assert "Pageviews are those of such pages only." in page.text
    assert "Of events, only such ones are listed." in page.text
    excluding = samples.overview(samples.full(), filters=["is_not,page,/a", "is,country,DE"]).body.decode()
    assert "such pages only" not in excluding
    assert "Clear all" in excluding
    assert "Clear all" not in samples.overview(samples.full(), filters=["is,country,DE"]).body.decode()


def test_a_page_without_matches_says_so() -> None:
    assert "No visits match" in samples.overview(samples.empty(), filters=["is,country,DE"]).body.decode()
    assert "No visits match" not in samples.overview(samples.empty()).body.decode()
    assert "No visits match" not in samples.overview(samples.full(), filters=["is,country,DE"]).body.decode()


def test_frequent_values_are_links_with_their_icons() -> None:
    body = filter_samples.form("country", ("period", "7d"), ("f", "is,browser,Firefox")).body.decode()
    there = f"../../sites/{samples.SITE.id}?period=7d&amp;f=is%2Cbrowser%2CFirefox&amp;f=is%2Ccountry%2CDE"
    link = body.partition(f'href="{there}"')[2].partition("</a>")[0]
    assert "#DE" in link
    assert "Germany" in link


def test_a_value_that_is_filtered_by_is_not_proposed_again_and_a_full_page_proposes_none() -> None:
    assert "f=is%2Ccountry%2CXX" in filter_samples.form("country", ("f", "is,country,DE")).body.decode()
    assert "Germany</bdi>" not in filter_samples.form("country", ("f", "is,country,DE")).body.decode()
    full = [("f", f"is,page,/{number}") for number in range(config.MAX_FILTERS)]
    assert "Most frequent" not in filter_samples.form("country", *full).body.decode()
    changed = filter_samples.form("country", ("f", "is,country,DE"), ("replaces", "is,country"))
    assert "Most frequent" not in changed.body.decode()


@pytest.mark.parametrize(
    ("texts", "icon"),
    [
        (["is,country,DE"], "DE"), (["is_not,browser,Firefox"], "firefox"), (["is,country,DE", "is,country,FR"], None),
        (["contains,browser,Firefox"], None), (["is,page,/a"], None), (["is,duration,30.."], None),
    ],
)  # fmt: skip
def test_a_pill_has_the_icon_of_its_value(texts: list[str], icon: str | None) -> None:
    (pill,) = filter_pills.bar(filters.parse(texts), query(*texts), samples.full()).pills
    assert (pill.icon.id if pill.icon else None) == icon
