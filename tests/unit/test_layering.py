"""The layout of the program: the folders lean on each other in one direction, and the hit path loads little."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "chalicelib"
# What each folder may lean on, beside itself, the standard library and other people's libraries.
GROUND = {"config", "days", "errors"}
LEANS_ON = {
    "config": set(),
    "errors": set(),
    "days": set(),
    "store": GROUND,
    "web": GROUND | {"store"},
    "collect": GROUND | {"store", "web"},
    "enrich": GROUND | {"store", "collect"},
    "aggregate": GROUND | {"store"},
    "accounts": GROUND | {"store", "web", "collect"},
    "report": GROUND | {"store", "web", "collect", "aggregate", "accounts"},
}
AWS = {"boto3", "botocore", "pynamodb", "s3transfer"}
HEAVY = {"duckdb", "jinja2", "geoip2", "maxminddb", "ua_parser", "user_agents", "argon2", "jwt", "idna"}


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it, but for those that only its types name."""
    tree = ast.parse(path.read_text("utf-8"))
    types_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in types_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files() -> list[Path]:
    return sorted(path for path in PROGRAM.rglob("*.py") if path.name != "__init__.py")


def folder(path: Path) -> str:
    return path.relative_to(PROGRAM).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PROGRAM)))
def test_a_stage_leans_only_on_what_comes_before_it(path: Path) -> None:
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("chalicelib.")}
    assert ours - {folder(path)} <= LEANS_ON[folder(path)]


def test_every_folder_has_its_place() -> None:
    assert {folder(path) for path in files()} == set(LEANS_ON)


@pytest.mark.parametrize("path", [path for path in files() if folder(path) != "store"], ids=lambda path: path.stem)
def test_only_the_store_knows_aws(path: Path) -> None:
    assert not {name.partition(".")[0] for name in imports(path)} & AWS


def test_the_hit_path_loads_nothing_that_only_others_need() -> None:
    program = (
        "import sys, app\n"
        "from chalicelib.collect import ingress, plausible\n"
        f"print(*sorted(set(sys.modules) & {HEAVY | {'boto3'}!r}))"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.split() == []


def test_app_registers_and_nothing_else() -> None:
    tree = ast.parse((ROOT / "app.py").read_text("utf-8"))
    handlers = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(handlers) > 20
    for handler in handlers:
        kinds = [type(statement) for statement in handler.body]
        assert kinds[:-1] == [ast.ImportFrom] * (len(kinds) - 1), handler.name
        assert kinds[-1] in (ast.Return, ast.Expr), handler.name
