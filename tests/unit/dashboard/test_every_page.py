"""Every page has a template with a title, and is looked at in a browser."""

import re
from pathlib import Path
from typing import Any

import pytest
from chalice import Response

from chalicelib.dashboard import render
from tests.browser.sample_pages import Dashboard

DASHBOARD = Path(render.__file__).parent
FOLDER = DASHBOARD / "templates"
TEMPLATES = {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.html")}
CODE = {path.relative_to(DASHBOARD).as_posix(): path.read_text(encoding="utf-8") for path in DASHBOARD.rglob("*.py")}
USED = {name for text in TEMPLATES.values() for name in re.findall(r'{% (?:extends|from|include) "([^"]+)"', text)}
PAGES = sorted(TEMPLATES.keys() - USED)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_a_title_and_is_shown_by_a_module(name: str) -> None:
    assert re.search(r"{% block title %}.*\w.*{% endblock %}", TEMPLATES[name])
    assert any(f'"{name}"' in code for code in CODE.values())


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_no_template_asks_a_value_for_a_method_of_tuples(name: str) -> None:
    asked = re.findall(r"(?<!loop)\.(?:count|index)\b", TEMPLATES[name])
    assert not asked, "the dashboard's values are named tuples: choose another name"


def test_modules_show_templates_that_exist() -> None:
    assert set(re.findall(r'"([\w/-]+\.html)"', "".join(CODE.values()))) == set(PAGES)


@pytest.mark.parametrize("module", CODE)
def test_the_templates_of_a_folder_are_shown_by_its_modules_only(module: str) -> None:
    folders = set(re.findall(r'"([\w/-]+)/[\w-]+\.html"', CODE[module]))
    assert folders <= {module.rpartition("/")[0]}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_uses_those_of_its_own_folder_and_those_for_all(name: str) -> None:
    used = re.findall(r'{% (?:extends|from|include) "([^"]+)"', TEMPLATES[name])
    allowed = {"", "reports"} if name == "sharing/shared-page.html" else {""}  # it shows what the overview shows
    assert {other.rpartition("/")[0] for other in used} <= {name.rpartition("/")[0], *allowed}


def test_every_page_is_looked_at_in_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages of tests/browser/sample_pages.py, which are opened on every width, are all that there are."""
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
