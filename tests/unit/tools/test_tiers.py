"""The tiers of the tests: each is stated once, and names what there is."""

import ast
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import conftest, tiers

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


@dataclass
class Item:
    """What the hook uses of a test."""

    path: Path
    name: str
    markers: list[str] = field(default_factory=list)
    parent: None = None

    @property
    def nodeid(self) -> str:
        return f"{self.path}::{self.name}"

    def add_marker(self, marker: pytest.MarkDecorator) -> None:
        self.markers.append(marker.name)

    def get_closest_marker(self, name: str) -> None:
        return None


def test_what_is_in_the_full_tier_only_is_marked() -> None:
    files = ("stack/test_faults.py", "stack/test_days.py", "unit/test_days.py")
    items = [Item(TESTS / file, "test_any") for file in files]
    conftest.pytest_collection_modifyitems(items)  # type: ignore[arg-type]
    assert [item.markers for item in items] == [["full"], [], []]


def test_of_tests_with_one_id_all_would_not_run_so_they_are_refused() -> None:
    twice = [Item(TESTS / "unit/test_days.py", "test_any") for _ in range(2)]
    with pytest.raises(pytest.UsageError, match="several tests have the id"):
        conftest.pytest_collection_modifyitems(twice)  # type: ignore[arg-type]


def test_make_runs_the_core_and_all_of_it_side_by_side() -> None:
    def told(*arguments: str) -> str:
        return subprocess.run(["make", "-n", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert re.search(r'pytest -n auto .*-m "not full"$', told("test"), re.MULTILINE)
    assert "full" not in told("test-all")
    assert "pytest tests/stack/test_faults.py\n" in told("test", "ARGS=tests/stack/test_faults.py")
    assert "-n auto" not in told("test", "STACK=localstack")
    assert "make test-all" in (ROOT / ".ci" / "run").read_text()
