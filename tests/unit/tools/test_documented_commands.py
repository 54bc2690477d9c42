"""Commands of the AWS CLI in the documents are ones that it has, with options that they take."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SESSION = botocore.session.get_session()
# Of every command: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
GLOBAL = {"query", "region", "output"}


def commands() -> Iterator[str]:
    for path in DOCUMENTS:
        for block in BLOCK.findall(path.read_text(encoding="utf-8")):
            lines = re.sub(r"\\\n\s*", " ", block).splitlines()
            for line in lines:
                yield from (
                    part.strip() for part in line.partition("#")[0].split("&&") if part.strip().startswith("aws ")
                )


def test_there_are_some() -> None:
    assert len(list(commands())) >= 10


@pytest.mark.parametrize("command", [*commands()])
def test_a_command_exists_with_its_options(command: str) -> None:
    _aws, service, operation, *rest = shlex.split(command)
    if operation == "wait":
        waiters = SESSION.create_client(service, "us-east-1").waiter_names
        operation, rest = rest[0], rest[1:]
        assert operation.replace("-", "_") in waiters
        operation = {"table-exists": "describe-table", "table-not-exists": "describe-table"}[operation]
    model = SESSION.get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in names
    shape = model.operation_model(names[operation]).input_shape
    members = {} if shape is None else shape.members
    known = {xform_name(name, "-"): member for name, member in members.items()}
    required = {xform_name(name, "-") for name in (shape.required_members if shape else [])}
    options = [word.removeprefix("--") for word in rest if word.startswith("--")]
    for option in options:
        name = option.removeprefix("no-") if option not in known else option
        assert name in known or option in GLOBAL, option
        if option.startswith("no-") and option not in known:
            assert known[name].type_name == "boolean"
    assert required <= set(options)
