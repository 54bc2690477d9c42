"""The README and the records of decisions keep up with the code: what is not in them does not exist for a newcomer."""

import re
from pathlib import Path

import pytest

import app
from chalicelib import catalogue
from chalicelib.config import ENVIRONMENT, Settings
from chalicelib.report import periods

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
TARGETS = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
ROUTES = [
    f"{method} {path}"
    for path, methods in app.app.routes.items()
    for method in methods
    if path.startswith(("/api/", "/ingress/", "/healthz"))
]


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_every_setting_is_in_the_readme_with_its_default(name):
    default = getattr(Settings(), ENVIRONMENT[name])
    row = next((line for line in README.splitlines() if line.startswith(f"| `{name}` |")), "")
    assert row, f"{name} is not in the table of settings"
    assert f"`{default}`" in row if default else row.split("|")[2].strip() == ""


@pytest.mark.parametrize("target", TARGETS)
def test_every_command_is_in_the_readme(target):
    assert f"`make {target}`" in README


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_for_programs_is_in_the_readme(route):
    assert f"`{route}`" in README


def test_the_readme_knows_what_it_should_be_compared_with():
    assert {"demo", "test", "deploy"} <= set(TARGETS)
    assert "GET /api/v1/sites/{site}/stats" in ROUTES


def test_every_period_metric_and_dimension_of_the_api_is_documented():
    pages = [README, *(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))]
    text = "\n".join(pages)
    assert [name for name in periods.LABELS if f"`{name}`" not in text] == []
    names = (*catalogue.METRICS, *catalogue.DIMENSIONS)
    assert [name for name in names if f'"{name}":' not in text and f"`{name}`" not in text] == []


def test_every_file_that_the_readme_links_to_exists():
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_section_that_the_readme_links_to_exists():
    titles = {title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}
    assert [link for link in re.findall(r"\]\(#([^)]+)\)", README) if link not in titles] == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_says_why_what_and_what_follows(record):
    headings = re.findall(r"^## (.+)$", record.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"]


def test_records_are_numbered_without_a_gap_and_listed():
    assert [record.name[:4] for record in RECORDS] == [f"{number:04d}" for number in range(1, len(RECORDS) + 1)]
    listed = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [record.name for record in RECORDS if f"(adr/{record.name})" not in listed] == []


def test_every_record_that_the_code_refers_to_exists():
    sources = [ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py")]
    sources += [path for folder in ("infra", "localstack") for path in (ROOT / folder).rglob("*.py")]
    named = {number for path in sources for number in re.findall(r"docs/adr/(\d{4})", path.read_text(encoding="utf-8"))}
    assert named <= {record.name[:4] for record in RECORDS}
