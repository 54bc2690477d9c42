"""Every setting has a field: a label, a sentence, and texts that mean what is stored."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from chalicelib.accounts.sites import site_settings
from chalicelib.dashboard.sites import setting_fields
from chalicelib.dashboard.sites.setting_fields import FIELDS, GROUPS, Control, Field
from tests.unit.dashboard import samples


def test_every_setting_has_one_field_and_every_field_a_setting() -> None:
    names = [field.name for group in GROUPS for field in group.fields]
    assert sorted(names) == sorted(site_settings._PARSERS)
    assert len({field.label for field in FIELDS.values()}) == len(names)


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_a_field_has_a_label_and_one_sentence(field: Field) -> None:
    assert field.label[:1].isupper()
    assert not field.label.endswith(".")
    assert field.sentence.endswith(".")
    assert ". " not in field.sentence
    assert field.sentence.count(".") >= 1


def test_numbers_have_a_range_and_no_other_setting() -> None:
    assert {name for name, field in FIELDS.items() if field.control is Control.NUMBER} == set(site_settings.RANGES)


def test_every_declaration_of_proxies_can_be_chosen() -> None:
    assert [value for value, _ in setting_fields.proxies()] == list(site_settings.PROXIES)
    assert all(site_settings.errors_in({"proxies": value}) == {} for value in site_settings.PROXIES)
    assert len({name for _, name in setting_fields.proxies()}) == len(site_settings.PROXIES)


STORED = dataclasses.replace(
    samples.SITE, domain="xn--bcher-kva.example", origins="a.example *.b.example", ignored_ips="192.0.2.0/24",
    respect_dnt=False, hash_routing=True, proxies="2", script_inject="\n let a = 'ä'\n\n", retention_days=3,
    hide_referrer_regex=" a b ", kept_parameters="q tag",
)  # fmt: skip


@pytest.mark.parametrize("site", [samples.SITE, STORED])
def test_what_a_form_shows_means_what_is_stored(site: Any) -> None:
    """A form that is sent as it was shown changes nothing."""
    for name, text in setting_fields.texts(site).items():
        field, parsed = site_settings._parsed(name, setting_fields.value(name, text))
        assert parsed == getattr(site, field), name


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("respect_dnt", "true", True),
        ("respect_dnt", "yes", "yes"),
        ("max_day", " 500 ", 500),
        ("max_day", "5e3", "5e3"),
        ("max_day", "٣", "٣"),
        ("max_day", "9" * 5000, "9" * 5000),
        ("name", "true", "true"),
        ("unknown", "1", "1"),
    ],
)
def test_texts_are_read_as_their_setting_needs(name: str, text: str, value: object) -> None:
    assert setting_fields.value(name, text) == value


def test_errors_begin_with_the_label() -> None:
    wrong = {name: text for name, text in samples.WRONG_FORM.items() if name != "respect_dnt"}
    errors = site_settings.errors_in({name: setting_fields.value(name, text) for name, text in wrong.items()})
    assert errors.keys() == wrong.keys()
    for name, message in errors.items():
        assert setting_fields.error_text(name, message).startswith(f"{FIELDS[name].label} ")
    assert setting_fields.error_text("domain", "this domain is taken.") == "This domain is taken."
