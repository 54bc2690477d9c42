"""Set-up leaves alone what is not its own."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("shylight_setup", ROOT / "bin" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_environment_behind_a_link_is_not_emptied(setup: ModuleType, tmp_path: Path) -> None:
    """Several working copies may share one, and `venv --clear` follows links."""
    shared = tmp_path / "shared"
    (shared / "bin").mkdir(parents=True)
    (shared / "bin" / "python").write_text("in use")
    (tmp_path / ".venv").symlink_to(shared)
    lock = tmp_path / "requirements.txt"
    lock.write_text("")
    with pytest.raises(setup.SetupError, match=r"\.venv is a link"):
        setup.make_venv(tmp_path / ".venv", "tools", [lock])
    assert (shared / "bin" / "python").read_text() == "in use"


def test_packages_behind_a_link_are_not_emptied(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "node_modules").symlink_to(tmp_path / "shared")
    monkeypatch.setattr(setup, "MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(setup, "npm", lambda *_: pytest.fail("the packages are replaced"))
    with pytest.raises(setup.SetupError, match="node_modules is a link"):
        setup.make_node_modules()
