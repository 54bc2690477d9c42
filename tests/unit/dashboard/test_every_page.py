"""Every page has a template with a title, and is looked at in a browser."""

import re
from pathlib import Path
from typing import Any

import pytest
from chalice import Response

from chalicelib.dashboard import render
from tests.browser.test_dashboard import Dashboard

DASHBOARD = Path(render.__file__).parent
TEMPLATES = {path.name: path.read_text(encoding="utf-8") for path in (DASHBOARD / "templates").glob("*.html")}
USED = {name for text in TEMPLATES.values() for name in re.findall(r'{% (?:extends|from|include) "([^"]+)"', text)}
PAGES = sorted(TEMPLATES.keys() - USED)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_a_title_and_is_shown_by_a_module(name: str) -> None:
    assert re.search(r"{% block title %}.*\w.*{% endblock %}", TEMPLATES[name])
    assert any(f'"{name}"' in path.read_text(encoding="utf-8") for path in DASHBOARD.glob("*.py"))


def test_modules_show_templates_that_exist() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in DASHBOARD.glob("*.py"))
    assert set(re.findall(r'"([\w-]+\.html)"', code)) == set(PAGES)


def test_every_page_is_looked_at_in_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages of tests/browser/test_dashboard.py, which are opened on every width, are all that there are."""
    shown = set()
    page = render.page

    def noting(request: Any, template: str, *rest: Any, **context: Any) -> Response:
        shown.add(template)
        return page(request, template, *rest, **context)

    monkeypatch.setattr(render, "page", noting)
    dashboard = Dashboard()
    try:
        for show in dashboard.pages.values():
            show()
    finally:
        dashboard.close()
    assert shown == set(PAGES)
