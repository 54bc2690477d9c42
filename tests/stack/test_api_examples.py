"""The examples of calls in the OpenAPI document, run as they are: with curl, and in Python.

They read the address and the token from the environment. Only the ids and addresses in them are replaced by real ones.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.api import openapi
from infra.people import issue_token
from tests.conftest import Deployed
from tests.stack import api_examples
from tests.stack.calls import Caller

DOCUMENT = openapi.described()
PARAMETERS = DOCUMENT["components"]["parameters"]


def of_path(path: str, method: str, name: str) -> dict[str, Any]:
    """A parameter of an operation that is described there."""
    return next(one for one in DOCUMENT["paths"][path][method]["parameters"] if one.get("name") == name)


TOKEN = of_path("/api/v1/tokens/{token}", "delete", "token")
SHARE = of_path("/api/v1/sites/{site}/shares/{share}", "delete", "share")
COUNTER = of_path("/counter/{file}", "get", "file")
INVITATION = DOCUMENT["paths"]["/api/v1/invitations"]["post"]["requestBody"]["content"]["application/json"]["example"][
    "token"
]
SAMPLES = [
    pytest.param(path, sample, id=f"{method} {path} {sample['label']}")
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    for sample in operation["x-codeSamples"]
]


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture
def environment(stack: Deployed, tmp_path: Path) -> dict[str, str]:
    """The environment of the examples. `uuidgen`, which not every machine has, is made there."""
    tool = tmp_path / "uuidgen"
    tool.write_text(f"#!/bin/sh\necho {uuid.uuid4()}\n", encoding="utf-8")
    tool.chmod(0o755)
    return {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "SHYLIGHT_URL": stack.base_url,
        "SHYLIGHT_TOKEN": stack.api_token,
    }


def filled(stack: Deployed, caller: Caller, path: str, source: str, environment: dict[str, str]) -> str:
    """An example, with a new site, a person and a token of this deployment in place of its own.

    Some run as somebody else, whose token is put into the environment.
    """
    domain, email = f"{uuid.uuid4().hex}.example", f"{uuid.uuid4().hex}@people.example"
    # A client of Plausible names a site by its domain.
    named = api_examples.make(stack, caller, path, caller.new_site(domain) if path == "/api/event" else "")
    site = named.site
    email = named.email or email
    if named.api_token:
        environment["SHYLIGHT_TOKEN"] = named.api_token
    if "{token}" in path:
        issue_token(stack.cloud, stack.admin_email, domain)
        token = next(one["id"] for one in caller.api("GET", "/tokens").json()["tokens"] if one["name"] == domain)
        source = source.replace(TOKEN["example"], token)
    if "{share}" in path:
        source = source.replace(
            SHARE["example"], caller.api("POST", f"/sites/{site}/shares", {"name": "x"}).json()["id"]
        )
    if "{file}" in path:
        key = caller.api("PUT", f"/sites/{site}/counter", {"active": True}).json()["badge_url"]
        source = source.replace(COUNTER["example"].partition(".")[0], key.rpartition("/")[2].partition(".")[0])
    replaced = {
        PARAMETERS["site"]["example"]: site,
        **{PARAMETERS[name]["example"]: real for name, real in named.parameters.items()},
        **({INVITATION: named.token} if named.token else {}),
        "ada@example.com": email,
        "ada%40example.com": quote(email, safe=""),
        "example.com": domain,
    }
    if named.other_site:
        replaced[api_examples.OTHER_SITE] = named.other_site
    for example, real in replaced.items():
        source = source.replace(example, real)
    return source


@pytest.mark.parametrize(("path", "sample"), SAMPLES)
def test_an_example_runs(
    stack: Deployed,
    caller: Caller,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    sample: dict[str, Any],
) -> None:
    source = filled(stack, caller, path, sample["source"], environment)
    if sample["lang"] == "Python":
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        exec(compile(source, path, "exec"), {})  # raises an error for an answer that is one
        return
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    failing = source.replace("curl ", "curl --silent --show-error --fail-with-body ", 1)
    done = subprocess.run(["sh", "-c", failing], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, (failing, done.stdout[:500], done.stderr)
