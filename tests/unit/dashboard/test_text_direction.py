"""Texts of visitors that are written from right to left stay within their own place on a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from chalice import Response

from tests.unit.dashboard.test_render import PAGES

# Elements that isolate their text by default (HTML, section 15.3.5), and those that show one text and nothing else.
ISOLATING = {"bdi", "option", "textarea", "pre", "code", "title", "output"}
ARABIC = re.compile(r"[\u0590-\u07ff]")


class Loose(HTMLParser):
    """Texts with Hebrew or Arabic letters outside of what isolates them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []
        self.seen = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "input", "br", "img", "hr", "path", "circle", "rect", "line", "stop"):
            self.inside.append("bdi" if ("dir", "auto") in attrs else tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if ARABIC.search(data):
            self.seen += 1
            if not ISOLATING & set(self.inside):
                self.found.append(" > ".join(self.inside[-3:]) + f": {data.strip()[:60]}")


def test_what_isolates_is_told_from_what_does_not() -> None:
    assert Loose("<p>x <bdi>مرحبا</bdi> 3</p>").found == []
    assert Loose("<p>مرحبا 3</p>").found == ["p: مرحبا 3"]


@pytest.mark.parametrize("show", PAGES.values(), ids=PAGES)
def test_a_text_from_right_to_left_moves_nothing_beside_it(show: Callable[[], Response]) -> None:
    assert Loose(show().body.decode()).found == []


def test_the_samples_have_such_texts() -> None:
    assert sum(Loose(show().body.decode()).seen for show in PAGES.values()) > 5
