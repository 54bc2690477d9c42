"""Filters in words, and values as people enter them."""

from __future__ import annotations

import pytest

from chalicelib import catalogue
from chalicelib.dashboard.reports import filter_words
from chalicelib.report import filters
from chalicelib.report.filters import FIELDS


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["is,country,DE"], "Country is Germany"),
        (["is,country,DE", "is,country,FR"], "Country is Germany or France"),
        (["is_not,country,DE", "is_not,country,"], "Country is not Germany or Unknown"),
        ([f"is,page,/{n}" for n in range(4)], "Page is /0, /1, /2 or /3"),
        ([f"is,page,/{n}" for n in range(1004)], "Page is /0, /1, /2 or 1,001 more"),
        (["contains,page,/blog"], "Page contains /blog"),
        (["contains_not,country,D"], "Country does not contain D"),
        (["is,source,"], "Source is Direct"),
        (["is,referrer,https://xn--mnchen-3ya.example/a"], "Referrer is münchen.example/a"),
        (["contains,hostname,xn--"], "Hostname contains xn--"),
        (["is,device,phone"], "Device type is Phone"),
        (["is,screen,mobile"], "Screen is Mobile (< 576 px)"),
        (["is,language,zh-Hant"], "Language is Traditional Chinese"),
        (["is,browser_version,Firefox 140"], "Browser version is Firefox 140"),
        (["is,utm_medium,email"], "utm_medium is email"),
        (["is,bounce,yes"], "Visit bounced"),
        (["is_not,bounce,no"], "Visit bounced"),
        (["is,bounce,no"], "Visit did not bounce"),
        (["is_not,bounce,yes"], "Visit did not bounce"),
        (["is,bounce,no", "is,bounce,yes"], "Bounce is no or yes"),
        (["is,duration,30.."], "Visit duration 30s or more"),
        (["is_not,duration,..90"], "Visit duration not 1m 30s or less"),
        (["is,duration,0.5..3600"], "Visit duration 0.5s to 1h"),
        (["is,duration,3661"], "Visit duration exactly 3,661s"),
        (["is,views,1", "is,views,1000.."], "Pageviews exactly 1 or 1,000 or more"),
        (["is,event,signup"], "Event is signup"),
        (["is,identifier,ada@example.com"], "Identifier is ada@example.com"),
        (["is_not,prop:plan,"], "Property plan is not not set"),
    ],
)
def test_conditions_in_words(texts: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.config.MAX_FILTERS", 2000)
    (condition,) = filters.parse(texts)
    assert filter_words.sentence(condition) == sentence


def test_a_long_value_is_truncated() -> None:
    (condition,) = filters.parse([f"is,page,/{'x' * 1000}"])
    assert len(filter_words.sentence(condition)) < 320


def test_each_field_has_a_name_of_its_own() -> None:
    titles = [filter_words.title(field) for field in FIELDS.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("kind", ["country", "language", "device type", "screen"])
def test_every_value_with_a_name_is_found_by_it(kind: str) -> None:
    dimension = next(one for one in catalogue.DIMENSIONS.values() if one.values == kind)
    field = FIELDS[dimension.singular]
    values = filter_words._VOCABULARIES[dimension.values]()
    assert values
    for value in values:
        entered = filter_words.as_entered(field, value)
        assert filter_words.as_stored(field, entered) == value
        assert filter_words.as_stored(field, value) == value


@pytest.mark.parametrize(
    ("name", "entered", "stored"),
    [
        ("country", "germany", "DE"),
        ("country", " Germany ", "DE"),
        ("country", "de", "DE"),
        ("country", "Atlantis", "Atlantis"),
        ("language", "german", "de"),
        ("device", "TV", "tv"),
        ("page", "/About", "/About"),
        ("browser", "firefox", "firefox"),
        ("event", "Germany", "Germany"),
    ],
)
def test_what_people_enter_is_found_by_name_or_value(name: str, entered: str, stored: str) -> None:
    assert filter_words.as_stored(FIELDS[name], entered) == stored
