"""The lines of the log: one JSON object each, written by one function."""

import ast
import json
from pathlib import Path

import pytest

from chalicelib import structured_log

PROGRAM = Path(structured_log.__file__).parent


def test_a_line_is_one_json_object_with_its_fields_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    structured_log.log_line(job="worker", events=3, failed=["a\nb"], ms=1.5, source=None)
    written = capsys.readouterr().out
    assert written == '{"job":"worker","events":3,"failed":["a\\nb"],"ms":1.5,"source":null}\n'
    assert json.loads(written)["failed"] == ["a\nb"]


def test_nothing_else_in_the_program_prints() -> None:
    for path in PROGRAM.rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        printing = [call for call in calls if isinstance(call, ast.Name) and call.id == "print"]
        assert len(printing) == (path.name == "structured_log.py"), path
