"""What functions do differently until their first invocation is over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INVOCATION = """
class Event:
    class context:
        invoked_function_arn = "arn:aws:lambda:eu-west-1:111111111111:function:any"
def fail(event):
    raise ValueError
"""


def python(code: str, **environ: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "AWS_LAMBDA_FUNCTION_NAME"}
    command = [sys.executable, "-c", f"import gc; usual = gc.get_threshold()\n{INVOCATION}\n{code}"]
    return subprocess.run(command, cwd=ROOT, env=clean | environ, capture_output=True, text=True, check=True).stdout


def test_garbage_is_not_looked_for_until_the_first_invocation_is_over() -> None:
    for answer in ("lambda event: None", "fail"):
        code = f"""
import app, contextlib
from chalicelib import middleware
print(gc.get_threshold()[0] > 100_000, gc.get_freeze_count())
with contextlib.suppress(ValueError):
    middleware.invocation(Event(), {answer})
print(gc.get_threshold() == usual, gc.get_freeze_count() > 10_000)
frozen = gc.get_freeze_count()
middleware.invocation(Event(), lambda event: None)
print(gc.get_threshold() == usual, gc.get_freeze_count() == frozen)
"""
        found = python(code, AWS_LAMBDA_FUNCTION_NAME="shylight-local-aggregate")
        assert found.splitlines() == ["True 0", "True True", "True True"], answer


def test_a_program_that_loads_the_functions_collects_its_garbage_as_usual() -> None:
    code = """
import app
from chalicelib import middleware
middleware.invocation(Event(), lambda event: None)
print(gc.get_threshold() == usual, gc.get_freeze_count())
"""
    assert python(code) == "True 0\n"
