"""The audit log's actions are documented, named alike and recorded nowhere but through `accounts.audit_log`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ACTION = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")


def recorded() -> Iterator[str]:
    """The action of each call of `audit_log.record`."""
    for path in (ROOT / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit_log.record":
                action = node.args[1]
                assert isinstance(action, ast.Constant), f"{path}:{node.lineno}: name the action literally"
                yield str(action.value)


def test_every_action_is_documented() -> None:
    documented = re.findall(
        r"^\| `([^`]+)` \|", (ROOT / "docs" / "audit-log.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert documented == sorted(set(recorded()))
    assert all(ACTION.fullmatch(action) for action in documented)
