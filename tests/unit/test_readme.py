"""The documents keep up with the code: what is not in them does not exist for a newcomer."""

import dataclasses
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from chalicelib import config, dispatch, errors
from chalicelib.accounts.access.api_tokens import SCOPES
from chalicelib.accounts.sites import site_settings
from chalicelib.api import sites as sites_api
from chalicelib.catalogue import DIMENSIONS, METRICS, PERIODS
from chalicelib.config import ENVIRONMENT, Settings
from chalicelib.dashboard.reports import excluded_traffic
from chalicelib.dashboard.sites.setting_fields import FIELDS
from chalicelib.report import comparisons, filters, intervals, periods
from chalicelib.routing import Right
from chalicelib.store import segments, tables
from chalicelib.store.sites import Site
from tests.unit.test_layers import FOLDERS, LEANS_ON

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
RECORDS = sorted((DOCS / "adr").glob("*.md"))
TARGETS = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
README_LINES = 150


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def doc(name: str) -> str:
    return read(DOCS / name)


def section(text: str, title: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    level, rest = re.split(rf"^(#+) {re.escape(title)}$", text, maxsplit=1, flags=re.MULTILINE)[1:]
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of all tables, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    heads = {number - 1 for number, row in enumerate(cells) if set("".join(row)) <= set("-:")}
    return [row for number, row in enumerate(cells) if number not in heads and set("".join(row)) - set("-:")]


def first_cells(text: str) -> list[str]:
    """The names in backticks that tables begin with."""
    return [row[0].strip("`") for row in rows(text) if row[0].startswith("`")]


def as_default(value: object) -> str:
    """A default as the tables write it; nothing for none."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "" if value == "" else f"`{value}`"


def test_settings_of_the_environment_are_documented_with_their_defaults() -> None:
    documented = {row[0].strip("`"): row[1] for row in rows(section(doc("settings.md"), "Environment variables"))}
    defaults = Settings()
    assert sorted(ENVIRONMENT.values()) == sorted(field.name for field in dataclasses.fields(Settings))
    assert documented == {name: as_default(getattr(defaults, field)) for name, field in ENVIRONMENT.items()}


def test_settings_of_a_site_are_documented_with_their_defaults() -> None:
    """Every setting that PATCH takes, and no other, has a row in docs/settings.md with its label and default."""
    text = section(doc("settings.md"), "Site settings").partition("\n### ")[0]
    documented = {row[0].strip("`"): (row[1], row[2]) for row in rows(text)}
    new = {**site_settings.values(Site("id", "", "")), "timezone": ""}  # the time zone has to be given
    expected = {name: (FIELDS[name].label, as_default(value)) for name, value in new.items()}
    assert documented == expected


def test_reasons_for_which_traffic_is_excluded_are_documented() -> None:
    reasons = first_cells(section(doc("settings.md"), "Excluded traffic"))
    assert reasons == [*excluded_traffic.REASONS, *excluded_traffic.ROBOT_REASONS]


def test_reasons_of_dead_letters_are_documented() -> None:
    code = "".join(read(path) for path in (ROOT / "chalicelib").rglob("*.py"))
    reasons = first_cells(section(doc("troubleshooting.md"), "Messages on the dead-letter queue"))
    assert set(reasons) == set(re.findall(r'Poison\(\s*"(\w+)"', code))


def test_messages_that_troubleshooting_quotes_exist() -> None:
    quoted = re.findall(r'^(?:## |\* \*\*)"([^"]+)"', doc("troubleshooting.md"), re.MULTILINE)
    files = [*(ROOT / "chalicelib").rglob("*.py"), ROOT / "bin" / "find-python"]
    code = "".join(map(read, files))
    assert quoted
    assert [message for message in quoted if message not in code] == []


def test_alarms_are_documented() -> None:
    names = re.findall(r"AlarmName: !Sub shylight-\$\{Stage\}-([\w-]+)", read(ROOT / "infra" / "template.yaml"))
    assert set(first_cells(section(doc("install-and-operate.md"), "Alarms"))) == set(names)


def test_commands_are_documented_and_exist() -> None:
    """Every target of the Makefile is in README.md or CONTRIBUTING.md, and every one that a document names exists."""
    text = read(ROOT / "README.md") + read(ROOT / "CONTRIBUTING.md")
    assert {"demo", "test", "deploy"} <= set(TARGETS)
    assert [target for target in TARGETS if not re.search(rf"`make {target}[ `]", text)] == []
    everywhere = "".join(read(path) for path in DOCUMENTS)
    named = re.findall(r"(?:`|^|&& )make ((?:[A-Z]+=\S+ )*)([a-z-]+)", everywhere, re.MULTILINE)
    assert {target for _, target in named} - set(TARGETS) == set()


def test_routes_are_documented_with_the_right_they_need() -> None:
    """The tables of docs/api.md and the rows of `routes.py` are the same."""
    documented = {row[0].strip("`"): row[1] for row in rows(section(doc("api.md"), "Routes"))}
    assert documented == {f"{route.method} {route.path}": route.right.value for route in dispatch.ROUTES}


def test_rights_and_errors_are_documented() -> None:
    rights = [row[0] for row in rows(section(doc("api.md"), "Authentication"))]
    assert rights == [right.value for right in Right]

    def family(kind: type[errors.ShylightError]) -> Iterator[type[errors.ShylightError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from family(child)

    documented = {(row[0], row[1].strip("`")) for row in rows(section(doc("api.md"), "Errors"))}
    assert documented == {(str(int(kind.status)), kind.code) for kind in family(errors.ShylightError)}


def test_scopes_are_documented_as_they_are_described_elsewhere() -> None:
    documented = {row[0].strip("`"): row[1] for row in rows(section(doc("api.md"), "Tokens"))}
    assert documented == {scope.value: text[0].lower() + text[1:] for scope, text in SCOPES.items()}
    limit = f"{Settings().api_requests:,} requests per minute"
    assert limit in section(doc("api.md"), "Limit of requests")


def test_periods_metrics_and_tables_of_the_api_are_documented() -> None:
    documented = [(row[0].strip("`"), *row[1:3]) for row in rows(section(doc("api.md"), "Periods"))]
    assert documented == [(period.key, period.label, period.letter) for period in PERIODS.values()]
    example = section(doc("api.md"), "Stats")
    assert [name for name in (*METRICS, *DIMENSIONS) if f'"{name}":' not in example] == []


def test_filters_intervals_and_comparisons_of_the_api_are_documented() -> None:
    text = doc("api.md")
    filters_part = text.partition("\n## Filters\n")[2].partition("\n## ")[0]
    rows = [line for line in filters_part.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([\w:]+)`", row.split("|")[1])}
    assert named == {*filters.FIELDS, "prop:NAME"}
    assert all(f"`{operator}`" in filters_part for operator in filters.OPERATORS)
    assert f"up to {config.MAX_FILTERS}:" in filters_part
    said = text.partition("\n## Stats\n")[2].partition("\n## ")[0]
    assert all(f"`{name}`" in said for name in (*intervals.INTERVALS, *comparisons.KINDS))
    assert f"up to {config.MAX_HOUR_DAYS} days" in said
    assert f"{config.QUERY_BUDGET_S:g}\ns" in text
    assert f"the last {config.REALTIME_MINUTES} minutes" in text


def test_limits_are_documented() -> None:
    text = doc("limits-and-cost.md")
    limits = (
        config.MAX_BODY_BYTES, config.MAX_IMPORT_BYTES, config.MAX_IMPORT_HITS, sites_api.MAX_SETTINGS_BYTES,
        config.MAX_URL_CHARS, config.MAX_PAGE_CHARS, config.MAX_USER_AGENT_CHARS, config.MAX_ID_CHARS,
        config.MAX_IDENTIFIER_CHARS, config.MAX_LOAD_TIME_MS, config.MAX_ENGAGEMENT_MS, config.MAX_EVENT_NAME_CHARS,
        config.MAX_PROPS, config.MAX_PROP_NAME_CHARS, config.MAX_PROP_VALUE_CHARS, config.MAX_PROPS_CHARS,
        config.MAX_DOMAINS, Settings().max_sites, config.MAX_SITE_PEOPLE, config.MAX_SHARED_LINKS,
        config.MAX_EMBED_ORIGINS, config.MAX_BADGE_LABEL_CHARS, periods.MAX_DAYS, config.MAX_TOKENS,
        config.MAX_TOKEN_SITES, Settings().api_requests, config.MAX_IDEMPOTENCY_KEY_CHARS,
        config.MAX_ANSWER_BYTES, config.TABLE_ROWS, config.PERIOD_ROWS, config.EVENT_CURRENCIES,
        config.MAX_ADDRESS_HOUR, config.MAX_VISITOR_HOUR, config.MAX_SITE_DAY, config.MAX_FILTERS,
        config.MAX_FILTER_CHARS, config.MAX_BREAKDOWN_ROWS, config.MAX_HOUR_DAYS, config.MAX_MINUTE_DAYS,
    )  # fmt: skip
    assert [limit for limit in limits if not re.search(rf"(?<![\d,]){limit:,}(?![\d,])", text)] == []
    assert config.SALT_GRACE_S == 60 * 60
    assert "one hour after its day ends" in doc("privacy.md")


def test_tables_and_paths_in_the_bucket_are_documented() -> None:
    tables_section = section(doc("architecture.md"), "Tables")
    documented = {row[0].strip("`") for row in rows(tables_section) if row[0]}
    assert {f"{Settings().prefix}-{name}" for name in documented} == {m.Meta.table_name for m in tables.MODELS}
    paths = first_cells(section(doc("architecture.md"), "The bucket"))
    day = date(2026, 11, 24)
    keys = segments.part_key("<site>", day, "<name>"), segments.public_key("visits", "<site>", day, 7)
    assert [key.replace(day.isoformat(), "<day>").replace("-7.", "-N.") for key in keys if key] == paths[:2]


def test_layers_are_documented() -> None:
    """The table of docs/architecture.md is `LEANS_ON` of tests/unit/test_layers.py, in its order."""
    order = list(LEANS_ON)

    def named(modules: set[str]) -> str:
        return ", ".join(f"`{name}`" for name in order if name in modules) or "nothing of Shylight"

    expected = [f"| `{name}` | {named(LEANS_ON[name])} |" for name in order]
    layers = section(doc("architecture.md"), "Layers").partition("\n### ")[0]
    assert [line for line in layers.splitlines() if line.startswith("| `")] == expected


@pytest.mark.parametrize("package", FOLDERS)
def test_folders_of_a_package_are_documented(package: str) -> None:
    """Their table in docs/architecture.md has the order and the imports of `FOLDERS` in tests/unit/test_layers.py."""
    table = doc("architecture.md").partition(f"\n| Folder of `{package}/` |")[2].partition("\n\n")[0]
    written = [re.split(r" *\| *", line)[1:4] for line in table.splitlines()[2:]]
    folders = FOLDERS[package]
    expected = [(f"`{name}`", ", ".join(f"`{used}`" for used in folders if used in folders[name])) for name in folders]
    assert [(name, uses) for name, _, uses in written] == [(name, uses or "no other folder") for name, uses in expected]


def test_the_readme_is_short() -> None:
    assert len(read(ROOT / "README.md").splitlines()) <= README_LINES


def test_every_document_can_be_found() -> None:
    """The index links to every document but the records, which have a test of their own."""
    index = doc("README.md")
    others = [path for path in sorted(DOCS.glob("*.md")) if path.name != "README.md"]
    assert [path.name for path in others if f"({path.name})" not in index] == []
    readme = read(ROOT / "README.md")
    assert [path.name for path in others if f"(docs/{path.name}" not in readme] in ([], ["dependencies.md"])


def slug(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def prose(path: Path) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```$", "", read(path), flags=re.MULTILINE | re.DOTALL)


@cache
def anchors(path: Path) -> set[str]:
    return {slug(title) for title in re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_has_a_status_a_date_and_its_three_parts(record: Path) -> None:
    text = read(record)
    assert re.match(r"# \d+\. .+\n\nStatus: .+\nDate: \d{4}-\d\d-\d\d\n\n## Context\n", text)
    status = re.findall(r"^Status: (.+)$", text, re.MULTILINE)[0]
    assert re.fullmatch(r"(accepted|superseded by \[.+\]\(.+\))(, amended by \[.+\]\(.+\))*", status)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_records_are_numbered_without_a_gap_and_listed_by_their_titles() -> None:
    assert [record.name[:4] for record in RECORDS] == [f"{number:04d}" for number in range(1, len(RECORDS) + 1)]
    titles = [read(record).partition("\n")[0].removeprefix("# ") for record in RECORDS]
    expected = [
        f"{number}. [{title.partition('. ')[2]}](adr/{record.name})"
        for number, (record, title) in enumerate(zip(RECORDS, titles, strict=True), start=1)
    ]
    assert re.findall(r"^\d+\. \[.+\]\(adr/.+\)$", doc("README.md"), re.MULTILINE) == expected


def test_every_record_that_the_code_refers_to_exists() -> None:
    folders = ("chalicelib", "infra", "localstack", "demo", "bench", "bin")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    readable = [
        path for path in (ROOT / "app.py", *files) if path.suffix in (".py", ".sql", ".js", ".yaml", ".html", "")
    ]
    named = {
        number for path in readable for number in re.findall(r"docs/adr/(\d{4})", path.read_text("utf-8", "ignore"))
    }
    assert named <= {record.name[:4] for record in RECORDS}
