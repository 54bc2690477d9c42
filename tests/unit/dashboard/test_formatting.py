"""Numbers, durations and dates read as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import translation
from chalicelib.dashboard import countries, formatting

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (1234, "1.2k"),
        (9949, "9.9k"),
        (9950, "10k"),
        (35_400, "35k"),
        (999_499, "999k"),
        (999_500, "1M"),
        (1_234_567, "1.2M"),
        (999_950_000, "1B"),
        (7_100_000_000, "7.1B"),
        (999_500_000_000, "1T"),
    ],
)
def test_short_counts(value: int, text: str) -> None:
    assert formatting.short(value) == text


@given(st.integers(0, 10**12))
def test_a_short_count_is_short_and_right(value: int) -> None:
    text = formatting.short(value)
    assert len(text) <= 5
    size = {"k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}.get(text[-1], 1)
    assert float(text.rstrip("kMBT")) * size == pytest.approx(value, rel=0.06)


def test_counts_and_rates() -> None:
    assert formatting.number(1_234_567) == "1,234,567"
    assert formatting.cell(999_999) == "999,999"
    assert formatting.cell(1_200_000) == "1.2M"
    assert formatting.axis(1250) == "1.25k"
    assert formatting.axis(50_000_000) == "50M"
    assert formatting.decimal(2.314) == "2.31"
    assert formatting.percent(0.4321) == "43.2%"
    assert formatting.share(1, 3) == "33.3%"
    assert formatting.share(1, 100_000) == "<0.1%"
    assert formatting.share(0, 100) == "0.0%"
    assert formatting.share(7, 5) == "100.0%"
    assert formatting.share(1, 0) == "—"


def test_a_figure_without_data_is_a_dash() -> None:
    nothing = [formatting.number, formatting.decimal, formatting.percent, formatting.duration, formatting.milliseconds]
    assert {shown(None) for shown in nothing} == {"—"}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.4, "0s"),
        (42, "42s"),
        (59.6, "1m"),
        (84, "1m 24s"),
        (3599.6, "1h"),
        (7500, "2h 5m"),
        (86_400, "1d"),
        (93_600, "1d 2h"),
    ],
)
def test_durations_in_the_two_largest_units(seconds: float, text: str) -> None:
    assert formatting.duration(seconds) == text


def test_load_times() -> None:
    assert formatting.milliseconds(840.4) == "840 ms"
    assert formatting.milliseconds(999.7) == "1.00 s"
    assert formatting.milliseconds(1240) == "1.24 s"


def test_a_rise_is_told_with_its_word_and_mood() -> None:
    assert formatting.delta(112, 100, ("more", "fewer")) == formatting.Delta("up", "12%", "more", "good")
    assert formatting.delta(95.5, 100, ("more", "fewer")) == formatting.Delta("down", "4.5%", "fewer", "bad")
    assert formatting.delta(900, 1000, ("slower", "faster"), good_up=False) == formatting.Delta(
        "down", "10%", "faster", "good"
    )


def test_rates_change_in_percentage_points() -> None:
    moved = formatting.delta(0.4321, 0.4108, ("higher", "lower"), good_up=False, points=True)
    assert moved == formatting.Delta("up", "2.1 pp", "higher", "bad")
    assert formatting.delta(0.5, 0.0, ("higher", "lower"), points=True) == formatting.Delta(
        "up", "50.0 pp", "higher", "good"
    )


def test_nothing_to_compare_with_is_no_change() -> None:
    assert formatting.delta(5, 0, ("more", "fewer")) is None
    assert formatting.delta(None, 5, ("more", "fewer")) is None
    assert formatting.delta(5, None, ("more", "fewer")) is None
    assert formatting.delta(100, 100, ("more", "fewer")) == formatting.Delta("same", "", "same", "neutral")


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 11, 14), date(2026, 11, 14), "14 Nov"),
        (date(2026, 11, 14), date(2026, 11, 20), "14–20 Nov"),
        (date(2026, 10, 28), date(2026, 11, 3), "28 Oct – 3 Nov"),
        (date(2025, 11, 14), date(2025, 11, 20), "14–20 Nov 2025"),
        (date(2025, 10, 28), date(2025, 11, 3), "28 Oct – 3 Nov 2025"),
        (date(2025, 12, 28), date(2026, 1, 3), "28 Dec 2025 – 3 Jan 2026"),
    ],
)
def test_stretches_of_days(first: date, last: date, text: str) -> None:
    assert formatting.days(first, last, TODAY) == text


def test_buckets() -> None:
    at = datetime(2026, 11, 14, 9, 5, tzinfo=UTC)
    assert formatting.bucket(at, "hour") == "Sat 14 Nov, 09:05"
    assert formatting.bucket(at, "day") == "Sat 14 Nov"


def test_countries_have_english_names() -> None:
    assert countries.name_of("DE") == "Germany"
    assert countries.name_of("gb") == "United Kingdom"
    assert countries.name_of("CI") == "Côte d’Ivoire"
    assert countries.name_of("ZZ") == "ZZ"


@pytest.mark.parametrize(
    ("tag", "entered", "number"),
    [
        ("en", "1,500", "1500"),
        ("en", " 1.5 ", "1.5"),
        ("en", "1,5", "1,5"),  # which is no number
        ("de", "1,5", "1.5"),
        ("de", "1.500", "1500"),
        ("de", "1.234.567,25", "1234567.25"),
        ("de", "1.5", "1.5"),
        ("zh-Hant", "0.5", "0.5"),
        ("de", "viele", "viele"),
        ("de", "", ""),
    ],
)
def test_numbers_are_entered_as_the_language_writes_them(tag: str, entered: str, number: str) -> None:
    with translation.language(tag):
        assert formatting.entered_number(entered) == number


@pytest.mark.parametrize("value", [0.0, 0.5, 30.0, 1234.125, 1_500_000.0])
@pytest.mark.parametrize("tag", translation.LANGUAGES)
def test_a_number_in_a_form_is_read_as_it_was(tag: str, value: float) -> None:
    with translation.language(tag):
        assert float(formatting.entered_number(formatting.number_to_edit(value))) == value
