"""A cold start of a function from its package, in a new process, as Lambda makes it.

The process has nothing but the package and the standard library, and writes no compiled files. Lambda's own runtime is
not part of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# Reads its orders from standard input, and writes the result as the last line of standard output.
_PROGRAM: Final = """
import sys, time
began = time.process_time()
sys.dont_write_bytecode = True
import builtins, json
given = json.load(sys.stdin)
compiled, really = [], builtins.compile
def noting(source, filename, *rest, **options):
    if not str(filename).startswith("<"):  # as of annotations that are texts
        compiled.append(str(filename))
    return really(source, filename, *rest, **options)
builtins.compile = noting
sys.path.insert(0, given["folder"])
class Context:
    invoked_function_arn, function_name = given["arn"], given["function"]
    aws_request_id = "cold"
    def get_remaining_time_in_millis(self):
        return 300_000
started = time.process_time()
exec(given["initialise"], names := {})
initialised = time.process_time()
answer = names["handler"](given["event"], Context()) if given["event"] is not None else None
ended = time.process_time()
print()
print(json.dumps({"initialise_ms": (initialised - started) * 1000, "invoke_ms": (ended - initialised) * 1000,
                  "compiled": compiled, "answer": answer, "modules": sorted(sys.modules)}))
"""
_STAGE: Final = "local"


@dataclass(frozen=True, slots=True)
class ColdStart:
    """What a cold start took.

    :ivar initialise_ms: CPU until the function could be invoked; :ivar invoke_ms: CPU of the first invocation.
    :ivar compiled: the paths of what Python had to compile: modules, and templates of pages.
    :ivar answer: what the function answered. :ivar modules: the names of all loaded modules.
    """

    initialise_ms: float
    invoke_ms: float
    compiled: list[str]
    answer: Any
    modules: list[str]

    @property
    def cpu_ms(self) -> float:
        """CPU of both."""
        return self.initialise_ms + self.invoke_ms


def unpack(package: Path, folder: Path) -> None:
    """Unpack a package where cold starts can use it."""
    with zipfile.ZipFile(package) as opened:
        opened.extractall(folder)


def imports(folder: Path, statement: str, environ: Mapping[str, str], function: str = "any") -> ColdStart:
    """The cold start of a process that only executes a statement."""
    return _start(folder, function, statement, None, environ)


def start(folder: Path, function: str, handler: str, event: Mapping[str, Any], environ: Mapping[str, str]) -> ColdStart:
    """The cold start of a function, with its first invocation.

    :param folder: of the unpacked package.
    :param function: its name in Lambda, and `handler`, that in app.py.
    :param environ: the variables that lead to an AWS.
    :raises RuntimeError: if it fails, with the end of its output.
    """
    return _start(folder, function, f"from app import {handler} as handler", event, environ)


def _start(
    folder: Path, function: str, initialise: str, event: Mapping[str, Any] | None, environ: Mapping[str, str]
) -> ColdStart:
    orders = {
        "folder": str(folder),
        "function": function,
        "arn": f"arn:aws:lambda:us-east-1:000000000000:function:{function}",
        "initialise": initialise,
        "event": event,
    }
    clean = {name: value for name, value in {**os.environ, **environ}.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _PROGRAM],
        env=clean | {"AWS_LAMBDA_FUNCTION_NAME": function, "SHYLIGHT_STAGE": _STAGE},
        input=json.dumps(orders),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{function} does not start from its package:\n{done.stderr[-2000:]}")
    return ColdStart(**json.loads(done.stdout.splitlines()[-1]))
