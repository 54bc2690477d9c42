"""The tiers of the tests: each is stated once, and names what there is."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tiers

ROOT = Path(__file__).resolve().parents[3]
TESTS = ROOT / "tests"
FILES = {path.relative_to(TESTS).as_posix(): path for path in TESTS.rglob("test_*.py")}


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("entry", sorted(tiers.FULL))
def test_what_the_full_tier_names_exists(entry: str) -> None:
    file, _, function = entry.partition("::")
    assert file in FILES
    assert not function or function in functions(FILES[file])
    assert not file.startswith("unit/"), "unit tests are all in the core tier: make them quick"


def test_a_new_file_is_in_the_core_tier() -> None:
    assert not tiers.is_full("stack/test_new.py", "test_something")
    assert tiers.is_full("stack/test_faults.py", "test_something")


@pytest.mark.parametrize("folder", ["browser", "stack"])
def test_the_core_tier_has_tests_of_either_kind(folder: str) -> None:
    core = [
        (name, function)
        for name, path in FILES.items()
        if name.startswith(folder)
        for function in functions(path)
        if function.startswith("test_") and not tiers.is_full(name, function)
    ]
    assert ("browser/test_dashboard.py" if folder == "browser" else "stack/test_collect.py") in {
        name for name, _ in core
    }


def test_pytest_selects_the_tiers_by_their_marker() -> None:
    files = ["browser/test_visit.py", "stack/test_faults.py", "stack/test_days.py"]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "not full"]
    named = [f"tests/{name}" for name in files]
    told = subprocess.run([*command, *named], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    core = {tuple(line.partition("[")[0].split("::")) for line in told.splitlines() if "::" in line}
    tests = {(name, test) for name in files for test in functions(FILES[name]) if test.startswith("test_")}
    assert core == {(f"tests/{name}", test) for name, test in tests if not tiers.is_full(name, test)}
    assert {name for name, _ in core} == {"tests/browser/test_visit.py", "tests/stack/test_days.py"}


def test_make_runs_the_core_and_all_of_it_side_by_side() -> None:
    def told(*arguments: str) -> str:
        return subprocess.run(["make", "-n", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert re.search(r'pytest -n auto .*-m "not full"$', told("test"), re.MULTILINE)
    assert "full" not in told("test-all")
    assert "pytest tests/stack/test_faults.py\n" in told("test", "ARGS=tests/stack/test_faults.py")
    assert "-n auto" not in told("test", "STACK=localstack")
    assert "make test-all" in (ROOT / ".ci" / "run").read_text()
