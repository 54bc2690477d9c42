"""The house and its rooms: who may lean on whom, who knows AWS, and what the hit path does without."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "chalicelib"
# From the ground up: each package or module, and those it may import. What stands lower comes first.
GROUND = (
    "errors", "config", "translation", "locale_data", "catalogue", "days", "structured_log", "timed_cache", "routing",
    "hostnames", "url_normalization", "languages", "pagination", "public_url", "outgoing_http", "web",
    "cached_response",
)  # fmt: skip
LEANS_ON: dict[str, set[str]] = {
    "errors": set(),
    "config": set(),
    "translation": set(),
    "locale_data": {"translation"},
    "catalogue": {"translation"},
    "days": set(),
    "structured_log": set(),
    "timed_cache": set(),
    "routing": set(),
    "hostnames": set(),
    "url_normalization": set(),
    "languages": {"locale_data"},
    "pagination": {"errors", "config", "translation"},
    "public_url": {"config"},
    "outgoing_http": {"errors", "config", "translation", "hostnames"},
    "web": {"errors", "config", "translation", "routing", "public_url"},
    "cached_response": {"web"},
    "store": {"errors", "config", "days", "structured_log", "timed_cache"},
    "collect": {
        "errors", "config", "days", "structured_log", "timed_cache", "routing", "hostnames", "url_normalization", "web",
        "store",
    },
    "aggregate": {"errors", "config", "catalogue", "days", "structured_log", "url_normalization", "store"},
    "enrich": {
        "errors", "config", "days", "structured_log", "timed_cache", "hostnames", "languages", "store", "collect",
    },
    "report": {
        "errors", "config", "translation", "catalogue", "days", "timed_cache", "hostnames", "url_normalization",
        "pagination", "store", "aggregate",
    },
    "accounts": {
        "errors", "config", "catalogue", "days", "structured_log", "timed_cache", "routing", "hostnames", "translation",
        "outgoing_http", "web", "store", "collect", "enrich",
    },
    "operations": {"errors", "config", "days", "translation", "store", "enrich", "accounts"},
    "api": {*GROUND, "store", "collect", "report", "accounts", "operations"},
    "dashboard": {*GROUND, "store", "report", "accounts", "operations", "api"},
    "application": {"errors", "config", "structured_log", "public_url", "web"},
    "dispatch": {
        "application", "errors", "routing", "translation", "web", "store", "collect", "accounts", "api", "dashboard",
    },
    "cold_start": {"config", "store", "collect", "enrich", "dispatch"},
    "middleware": {"config", "cold_start"},
}  # fmt: skip
# The folders of a package, in the same way. What lies beside them is shared by all, and imports none of them.
FOLDERS: dict[str, dict[str, set[str]]] = {
    "accounts": {
        "mailing": set(),
        "access": set(),
        "sites": {"mailing", "access"},
        "sharing": {"access", "sites"},
        "membership": {"mailing", "access", "sites"},
        "people": {"mailing", "sites", "membership"},
        "sign_in": {"mailing", "access", "membership", "people"},
        "oidc": {"mailing", "access", "people", "sign_in"},
        "own_account": {"mailing", "access", "sites", "people", "sign_in"},
    },
    "dashboard": {
        "sites": set(),
        "teams": set(),
        "reports": {"sites"},
        "sharing": {"reports"},
        "account": {"reports"},
        "sign_in": {"account"},
        "administration": {"reports"},
    },
}
# In a function: the page for an error asks for the password of a shared link.
FROM_BESIDE = {("dashboard/error_page.py", "sharing")}
AWS = {"boto3", "botocore", "pynamodb", "s3transfer"}
HEAVY = {
    "argon2", "cryptography", "duckdb", "fido2", "geoip2", "idna", "jinja2", "jwt", "maxminddb", "segno", "ua_parser",
    "user_agents",
}  # fmt: skip
MODULES = sorted(HOUSE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it, by their whole names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_room_has_its_place() -> None:
    assert {room_of(path) for path in MODULES} == {*LEANS_ON, "__init__"}


def test_what_a_room_leans_on_stands_above_it() -> None:
    names = list(LEANS_ON)
    assert all(names.index(used) < names.index(room) for room, uses in LEANS_ON.items() for used in uses)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_rooms_lean_only_on_what_comes_before(path: Path) -> None:
    room = room_of(path)
    used = {name.split(".")[1] for name in imports(path) if name.startswith("chalicelib.")} - {room}
    assert used <= LEANS_ON.get(room, set())


@pytest.mark.parametrize("package", FOLDERS)
def test_folders_of_a_package_import_only_what_comes_before(package: str) -> None:
    allowed = FOLDERS[package]
    names = list(allowed)
    assert {path.parent.name for path in (HOUSE / package).glob("*/__init__.py")} == set(names)
    assert all(names.index(used) < names.index(name) for name, uses in allowed.items() for used in uses)
    for path in (HOUSE / package).rglob("*.py"):
        _, *folder, _ = path.relative_to(HOUSE).parts
        own = folder[0] if folder else ""
        used = {name.split(".")[2] for name in imports(path) if name.startswith(f"chalicelib.{package}.")}
        beyond = (used & allowed.keys()) - {own} - allowed.get(own, set())
        short = path.relative_to(HOUSE).as_posix()
        assert {(short, name) for name in beyond} <= FROM_BESIDE, short


def test_only_the_store_knows_aws() -> None:
    knowing = {room_of(path) for path in MODULES if AWS & {name.partition(".")[0] for name in imports(path)}}
    assert knowing == {"store"}
    assert not AWS & {name.partition(".")[0] for name in imports(ROOT / "app.py")}


def test_a_hit_waits_for_no_library_that_it_has_no_use_for() -> None:
    """All routes are one function, so what a module imports at its top, a cold page view waits for."""
    code = "import sys, app; from chalicelib.collect import ingress, plausible; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_a_page_of_figures_waits_for_no_duckdb() -> None:
    code = "import sys; from chalicelib.dashboard.reports import excluded_traffic, home, overview; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "duckdb" not in done.stdout.split()


def test_reports_know_no_html_and_no_http() -> None:
    known = {name.partition(".")[0] for path in (HOUSE / "report").glob("*.py") for name in imports(path)}
    assert not known & {"chalice", "html", "http", "jinja2", "markupsafe", "urllib"}


def test_the_dashboard_makes_no_dataclasses() -> None:
    making = [path.name for path in (HOUSE / "dashboard").rglob("*.py") if "@dataclass" in path.read_text("utf-8")]
    assert not making, "named tuples are made faster, see docs/adr/0065"


GROUND_OF_ROUTES = ("errors", "config", "structured_log", "routing", "public_url", "translation", "web", "application")


def test_registering_the_routes_loads_almost_nothing() -> None:
    code = "import sys, app; print(*(name for name in sys.modules if name.startswith('chalicelib')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    expected = {"chalicelib", *(f"chalicelib.{name}" for name in GROUND_OF_ROUTES)}
    expected |= {
        "chalicelib.dispatch",
        "chalicelib.middleware",
        "chalicelib.cold_start",
        "chalicelib.config.environment",
    }
    for package in ("collect", "dashboard", "api"):
        expected |= {f"chalicelib.{package}", f"chalicelib.{package}.routes"}
    assert set(done.stdout.split()) == expected


@pytest.mark.parametrize(("function", "loaded"), [("shylight-local-collect", True), ("shylight-local", False)])
def test_the_function_for_hits_loads_all_that_hits_need_when_it_starts(function: str, loaded: bool) -> None:
    code = "import sys, app; print(*sys.modules)"
    environ = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": function}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env=environ
    )
    modules = set(done.stdout.split())
    for name in ("collect.function_url", "collect.ingress", "collect.plausible", "store.hit_queue"):
        assert (f"chalicelib.{name}" in modules) is loaded, name
    assert not HEAVY & modules


def test_the_page_of_the_program_holds_no_logic() -> None:
    """Each function of `app.py` imports what it hands over to, and hands over."""
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        steps = [node for node in function.body[1:] if not isinstance(node, ast.ImportFrom)]  # after the docstring
        assert len(steps) == 1, function.name
        assert isinstance(steps[0], ast.Return | ast.Expr), function.name


def test_tests_and_benchmarks_share_the_harness_and_nothing_of_each_other() -> None:
    """`test_bench.py` is about the benchmarks themselves."""
    for folder, foreign in {"harness": {"bench", "tests"}, "bench": {"tests"}, "tests": {"bench"}}.items():
        for path in (ROOT / folder).rglob("*.py"):
            tops = {name.partition(".")[0] for name in imports(path)}
            assert not tops & foreign or path.name == "test_bench.py", path.relative_to(ROOT)
