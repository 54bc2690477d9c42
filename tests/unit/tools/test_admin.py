"""The commands of `make admin`: what they are called with, what they ask, and where they are documented."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra import admin, admin_commands, admin_program, stage_commands
from infra.admin_commands import COMMANDS, Deployment
from infra.aws_environment import Cloud, DeployError, emulator

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "install-and-operate.md").read_text(encoding="utf-8")
# The least that each command has to be given.
LEAST = {
    "status": [], "verify": [], "create-administrator": ["a@example.com"],
    "reset-two-factor": ["a@example.com"],
    "issue-token": ["a@example.com", "--name", "CI"], "list-dead-letters": [], "show-dead-letter": ["1"],
    "redrive-dead-letters": ["--all"], "discard-dead-letters": ["--all", "--yes"],
    "rebuild-days": ["site-1", "2026-11-01", "2026-11-02"], "rotate-signing-key": [],
}  # fmt: skip
ANSWERS: dict[str, Any] = {
    "status": {
        "state": "degraded",
        "parts": [
            {"name": "queue", "state": "ok", "summary": "Fine.", "advice": ""},
            {"name": "dead_letters", "state": "degraded", "summary": "2 messages.", "advice": "Look."},
        ],
    },
    "create-administrator": {"email": "a@example.com", "link_token": "t"},
    "reset-two-factor": "a@example.com",
    "issue-token": "shy_x",
    "list-dead-letters": {
        "messages": 1,
        "seen": 1,
        "reasons": {"": 1},
        "dead_letters": [{"id": "1", "sent_at": "x", "bytes": 2, "reason": "", "detail": "why"}],
    },
    "show-dead-letter": {"id": "1", "sent_at": "x", "bytes": 2, "reason": "not_json", "detail": "", "body": "x"},
    "redrive-dead-letters": 3,
    "discard-dead-letters": 3,
    "rebuild-days": ["2026-11-01"],
    "rotate-signing-key": "0123",
}


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What the program's own code was asked to do."""
    found: list[tuple[str, dict[str, Any]]] = []

    def run(_cloud: Cloud, module: str, command: str, arguments: dict[str, Any], _timeout: float) -> Any:
        assert module == "infra.admin_program"
        found.append((command, arguments))
        return ANSWERS[command]

    monkeypatch.setattr(stage_commands, "run", run)
    monkeypatch.setattr(admin_commands, "is_healthy", lambda *_: True)
    monkeypatch.setattr("infra.smoke.check", lambda *_: 4.2)
    return found


def call(*arguments: str) -> int:
    return admin.main(arguments, lambda: Deployment(emulator("http://127.0.0.1:1"), lambda: "https://stats.example"))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_its_result_as_text_or_as_json(
    name: str, executed: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(name, *LEAST[name]) == 0
    text = capsys.readouterr().out
    assert text.strip()
    assert call(name, *LEAST[name], "--json") == 0
    assert isinstance(json.loads(capsys.readouterr().out), dict)


def test_without_a_command_all_are_listed_and_aws_is_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    def find() -> Deployment:
        raise AssertionError

    assert admin.main([], find) == 0
    listed = re.findall(r"^  ([a-z][a-z-]*)", capsys.readouterr().out, re.MULTILINE)
    assert listed == list(COMMANDS)


def test_the_commands_are_documented_as_they_are_called() -> None:
    section = GUIDE.split("\n## Commands on a stage\n")[1].split("\n## ")[0]
    documented = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    assert documented == [admin.usage(name) for name in COMMANDS]
    flags = {flag for command in COMMANDS.values() for flag in command.arguments if flag.startswith("--")}
    assert {flag for flag in flags | {"--json"} if f"`{flag}" not in section} == {"--name"}


def test_commands_that_documents_give_are_valid() -> None:
    everything = "".join(path.read_text(encoding="utf-8") for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
    given = re.findall(r"""make admin CMD=(?:"([^"]+)"|'([^']+)'|([\w-]+))""", everything)
    assert len(given) > 5
    for parts in given:
        if "…" in "".join(parts):
            continue
        words = "".join(parts).replace("SITE", "site-1").split()
        if words[0] != "<command>":
            admin.parser().parse_args(words)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["unknown"], "invalid choice"),
        (["create-administrator"], "EMAIL"),
        (["issue-token", "a@example.com"], "--name"),
        (["redrive-dead-letters"], "one of the arguments --all --reason --id is required"),
        (["redrive-dead-letters", "--all", "--reason", "x"], "not allowed with"),
        (["discard-dead-letters", "--yes"], "is required"),
        (["list-dead-letters", "--limit", "0"], "from 1 to 1000"),
        (["rebuild-days", "s", "2026-11-31", "2026-12-01"], "'2026-11-31' is not a day"),
        (["rotate-signing-key", "--sign"], "unrecognized"),
    ],
)
def test_wrong_arguments_are_named(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        call(*arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        (["--all"], {"reason": None, "ids": []}),
        (["--reason", "not_json"], {"reason": "not_json", "ids": []}),
        (["--reason", ""], {"reason": "", "ids": []}),
        (["--id", "1", "--id", "2"], {"reason": None, "ids": ["1", "2"]}),
    ],
)
def test_dead_letters_are_chosen_as_said(arguments: list[str], chosen: object, executed: list[Any]) -> None:
    call("redrive-dead-letters", *arguments)
    call("discard-dead-letters", *arguments, "--yes")
    assert executed == [("redrive-dead-letters", chosen), ("discard-dead-letters", chosen)]


@pytest.mark.parametrize(
    "arguments", [["discard-dead-letters", "--all"], ["rotate-signing-key", "--sign-everybody-out"]]
)
def test_what_cannot_be_undone_needs_a_yes(
    arguments: list[str], executed: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert call(*arguments) == 1
    assert "--yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    assert call(*arguments) == 1
    assert executed == []
    monkeypatch.setattr("builtins.input", lambda _question: "yes")
    assert call(*arguments) == 0
    assert call(*arguments, "--yes") == 0
    assert len(executed) == 2


def test_a_failing_part_is_an_exit_code(executed: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("status") == 0
    monkeypatch.setitem(ANSWERS, "status", {"state": "failing", "parts": []})
    assert call("status") == 1


def test_a_failure_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> object:
        raise DeployError("issue-token failed: Nobody has the e-mail address a@example.com.")

    monkeypatch.setattr(stage_commands, "run", fail)
    assert call("issue-token", "a@example.com", "--name", "x") == 1
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "issue-token failed: Nobody has the e-mail address a@example.com.\n")


def test_arguments_reach_the_program_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every user of the machine can read the arguments and the environment of processes."""
    started: list[tuple[list[str], dict[str, Any]]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        started.append((command, options))
        return subprocess.CompletedProcess(command, 0, '{"result": "shy_secret"}\n', "")

    monkeypatch.setattr(subprocess, "run", run)
    call("issue-token", "secret@example.com", "--name", "x")
    ((command, options),) = started
    assert command == [sys.executable, "-m", "infra.admin_program"]
    assert "secret@example.com" not in json.dumps(options["env"])
    assert "secret@example.com" in options["input"]


def test_every_command_has_the_code_that_it_asks_for() -> None:
    assert set(admin_program._FUNCTIONS) == set(COMMANDS) - {"verify"}
