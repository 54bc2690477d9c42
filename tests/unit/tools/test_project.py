"""Chalice, run on the project: what it does can be followed, and what it wrote is told if it fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra import __main__ as commands
from infra import project
from infra.aws_environment import Cloud, DeployError

CLOUD = Cloud("dev", "eu-central-1", "123456789012")
# Blocks until somebody writes to it.
WAIT = "open('go').read()\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "go")
    return tmp_path


def run(folder: Path, code: str, say: list[str]) -> str:
    (folder / "program.py").write_text(code)
    return project.chalice(CLOUD, folder, ["deploy", "--stage", "dev"], "program", say.append)


def test_each_line_is_told_when_it_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command goes on only after its first line was told."""
    monkeypatch.setattr(project, "TIMEOUT_S", 30)
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    (folder / "program.py").write_text("print('one')\n" + WAIT + "print('two')\n")
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if line == "one":
            (folder / "go").write_text("")

    assert project.chalice(CLOUD, folder, ["deploy"], "program", say) == "one\ntwo\n"
    assert said == ["one", "two"]


def test_make_deploy_prints_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "program.py").write_text("print('package of the functions: sending 36.3 MB')\n")
    monkeypatch.setattr(project, "CHALICE_BY_BUCKET", "program")
    commands.TARGET.chalice(CLOUD, folder)
    assert capsys.readouterr().out == "  package of the functions: sending 36.3 MB\n"


def test_what_a_command_wrote_is_told_if_it_fails(folder: Path) -> None:
    said: list[str] = []
    with pytest.raises(DeployError, match=r"chalice deploy --stage dev failed:\none\ntwo$"):
        run(folder, "import sys\nprint('one')\nsys.exit('two')\n", said)
    assert said == ["one"]


def test_a_command_that_takes_too_long_is_stopped_and_can_be_repeated(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "TIMEOUT_S", 0.2)
    with pytest.raises(DeployError, match=r"did not end within 0.2 s. Run it again: it goes on where it ended\."):
        run(folder, WAIT, [])
