"""Examples of calls for the OpenAPI document, with curl and with Python, made of the operation's example values.

They read the address and the token from the environment, so that they run as they are; tests run them.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from chalicelib.api.example_values import resolved

# `period` says the same as these two.
_LEFT_OUT = {"from", "to"}
# Of the headers that visitors' browsers send, the one that decides whether a hit is a bot's.
_HEADERS = {"User-Agent"}
_KEY = "Idempotency-Key"
_LINE_CHARS = 88


@dataclass(frozen=True, slots=True)
class _Call:
    """An example of a call. `path` is percent-encoded; `body` is None without one."""

    method: str
    path: str
    query: Mapping[str, str | list[str]]
    headers: Mapping[str, str]
    body: Any
    needs_token: bool
    takes_key: bool
    result: str


def of(document: Mapping[str, Any], path: str, method: str) -> list[dict[str, str]]:
    """The examples of an operation, as in the extension ``x-codeSamples``, which many viewers show."""
    call = _call(document, path, method)
    return [
        {"lang": "Shell", "label": "curl", "source": _curl(call)},
        {"lang": "Python", "label": "Python", "source": _python(call)},
    ]


def _call(document: Mapping[str, Any], path: str, method: str) -> _Call:
    operation = document["paths"][path][method]
    given = [resolved(document, parameter) for parameter in operation.get("parameters", [])]
    examples = {(one["in"], one["name"]): _text(one["example"]) for one in given if "example" in one}

    def filled(name: re.Match[str]) -> str:
        return quote(str(examples["path", name[1]]), safe="")

    content = operation.get("requestBody", {}).get("content", {})
    media: Mapping[str, Any] = content.get("application/json") or next(iter(content.values()), {})
    bodies = [media["example"]] if "example" in media else [one["value"] for one in media.get("examples", {}).values()]
    return _Call(
        method.upper(),
        re.sub(r"{(\w+)}", filled, path),
        {name: value for (place, name), value in examples.items() if place == "query" and name not in _LEFT_OUT},
        {name: str(value) for (place, name), value in examples.items() if place == "header" and name in _HEADERS},
        bodies[0] if bodies else None,
        operation.get("security") != [],
        ("header", _KEY) in examples,
        _result(_success(operation).get("content", {})),
    )


def _success(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer of the operation that is not an error."""
    return next(response for status, response in operation["responses"].items() if status.startswith("2"))


def _text(example: Any) -> str | list[str]:
    """An example of a parameter; of one that can be repeated, all its values."""
    return list(map(str, example)) if isinstance(example, list) else str(example)


def _result(content: Mapping[str, Any]) -> str:
    """What of an answer a program prints."""
    if "application/json" in content:
        return "answer.json()"
    return "answer.text" if "text/csv" in content else "answer.status_code"


def _curl(call: _Call) -> str:
    url = f'"$SHYLIGHT_URL{call.path}{f"?{urlencode(call.query, doseq=True)}" if call.query else ""}"'
    lines = [f"curl {'' if call.method == 'GET' else f'-X {call.method} '}{url}"]
    if call.needs_token:
        lines.append('-H "Authorization: Bearer $SHYLIGHT_TOKEN"')
    if call.takes_key:
        lines.append(f'-H "{_KEY}: $(uuidgen)"')
    lines += [f"-H {_shell(f'{name}: {value}')}" for name, value in call.headers.items()]
    if call.body is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d {_shell(json.dumps(call.body, ensure_ascii=False))}")
    return " \\\n  ".join(lines)


def _shell(text: str) -> str:
    quoted = text.replace("'", "'\\''")
    return f"'{quoted}'"


def _python(call: _Call) -> str:
    headers = [f"{_literal(name)}: {_literal(value)}" for name, value in call.headers.items()]
    if call.takes_key:
        headers.insert(0, f'"{_KEY}": str(uuid.uuid4())')
    if call.needs_token:
        headers.insert(0, '"Authorization": f"Bearer {os.environ[\'SHYLIGHT_TOKEN\']}"')
    arguments = [f"f\"{{os.environ['SHYLIGHT_URL']}}{call.path}\""]
    if headers:
        arguments.append(f"headers={_collection('{}', headers)}")
    if call.query:
        arguments.append(f"params={_literal(dict(call.query))}")
    if call.body is not None:
        arguments.append(f"json={_literal(call.body)}")
    arguments.append("timeout=30")
    modules = "import os\nimport uuid" if call.takes_key else "import os"
    lines = textwrap.indent("".join(f"{argument},\n" for argument in arguments), "    ")
    return (
        f"{modules}\n\nimport requests\n\n"
        f"answer = requests.{call.method.lower()}(\n{lines})\n"
        f"answer.raise_for_status()\nprint({call.result})"
    )


def _literal(value: Any) -> str:
    """A JSON value as Python code."""
    if isinstance(value, dict):
        return _collection("{}", [f"{_literal(key)}: {_literal(each)}" for key, each in value.items()])
    if isinstance(value, list):
        return _collection("[]", [_literal(each) for each in value])
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _collection(ends: str, items: list[str]) -> str:
    """A dict or list of Python code, on one line if it is short."""
    line = ends[0] + ", ".join(items) + ends[1]
    if len(line) <= _LINE_CHARS and "\n" not in line:
        return line
    return ends[0] + "\n" + textwrap.indent("".join(f"{item},\n" for item in items), "    ") + ends[1]
