"""The badge: what it says, that it fits, and that nothing in it but text comes from its address."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import config
from chalicelib.cached_response import cached
from chalicelib.dashboard.sharing import badge
from chalicelib.errors import BadRequest, NotFound
from tests.unit.dashboard import samples

SVG = "{http://www.w3.org/2000/svg}"


def texts(image: str | bytes) -> list[str]:
    return [element.text or "" for element in ET.fromstring(image).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, ["Visitors", "1,234 in 30 days"]),
        ({"metric": "pageviews", "period": "all"}, ["Page views", "5.7M"]),
        ({"period": "today", "label": " Readers  of\r\nmine "}, ["Readers of mine", "1,234 today"]),
        ({"label": "</text><script>alert(1)</script>"}, ["</text><script>alert(1)</script>", "1,234 in 30 days"]),
        ({"label": '" onload="alert(1)'}, ['" onload="alert(1)', "1,234 in 30 days"]),
        ({"label": "訪客 \ud800\x00\ufffe"}, ["訪客 ", "1,234 in 30 days"]),
    ],
)
def test_a_badge_says_its_label_and_its_figure(query: dict[str, str], shown: list[str]) -> None:
    answer = samples.badge_image(**query)
    image = ET.fromstring(answer.body)
    assert texts(answer.body) == shown
    title = f"{shown[0]}: {shown[1]}"
    assert (image.attrib["role"], image.attrib["aria-label"]) == ("img", title)
    assert next(image.iter(f"{SVG}title")).text == title
    assert {element.tag.removeprefix(SVG) for element in image.iter()} == {
        "svg",
        "title",
        "clipPath",
        "rect",
        "g",
        "text",
    }


@given(st.text(max_size=config.MAX_BADGE_LABEL_CHARS))
def test_any_label_gives_an_image_that_is_as_wide_as_its_texts(label: str) -> None:
    image = ET.fromstring(samples.badge_image(label=label).body)
    lengths = [int(element.attrib["textLength"]) for element in image.iter(f"{SVG}text")]
    assert int(image.attrib["width"]) == sum(lengths) + 28
    assert all(length > 0 for length in lengths)


def test_longer_and_wider_texts_take_more() -> None:
    widths = [badge.width(text) for text in ("", "i", "ii", "mm", "Visitors", "Page views in March")]
    assert widths == sorted(widths)
    assert badge.width("訪客") > badge.width("ab")
    assert badge.width("e\u0301") == badge.width("e")


@pytest.mark.parametrize(
    "query", [{"metric": "bounce_rate"}, {"theme": "blue"}, {"label": "x" * (config.MAX_BADGE_LABEL_CHARS + 1)}]
)
def test_invalid_parameters_are_rejected_naming_them(query: dict[str, str]) -> None:
    with pytest.raises(BadRequest) as refused:
        samples.badge_image(**query)
    assert refused.value.field == next(iter(query))


def test_a_badge_has_no_other_extension() -> None:
    with pytest.raises(NotFound):
        badge.show(samples.request("/badge/key.json"), samples.SITE)


def luminance(color: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-relative-luminance"""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", badge.THEMES)
def test_its_texts_can_be_read(theme: str) -> None:
    colors = badge.THEMES[theme]
    for pair in ((colors.label, colors.label_text), (colors.value, colors.value_text)):
        low, high = sorted(map(luminance, pair))
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_everybody_may_cache_it_and_who_has_it_gets_it_no_more() -> None:
    answer = samples.badge_image()
    assert answer.headers["Cache-Control"] == f"public, max-age={config.COUNTER_CACHE_S}"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    asked = samples.request("/badge/key.svg")
    etag = str(answer.headers["ETag"])
    for known in (etag, f'W/{etag}, "x"', "*"):
        again = cached(dataclasses.replace(asked, headers={"if-none-match": known}), answer.body.decode(), "x", 1)
        assert (again.status_code, again.body) == (304, b"")
    other = cached(dataclasses.replace(asked, headers={"if-none-match": etag}), "other", "x", 1)
    assert (other.status_code, other.body) == (200, b"other")
