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

import pytest

from chalicelib.api import openapi
from infra.people import issue_token
from tests.conftest import Deployed
from tests.stack.calls import Caller
from tests.stack.people import ADD_PERSON, run

DOCUMENT = openapi.described()
PARAMETERS = DOCUMENT["components"]["parameters"]
OTHER_SITE = "0b1f2f0e-5a0b-4c39-8a57-0d2f4a1c9b77"
# What the site is called in the examples.
NAME = "Fieldnotes"
# A site of somebody else, offered to an address.
OFFER = """
import sys, uuid
from chalicelib.accounts import site_transfers, sites
from chalicelib.store import people
owner = people.add_person(people.Person(str(uuid.uuid4()), f"{uuid.uuid4()}@example.com"))
site = sites.create_site(owner, {"name": "Offered", "domain": sys.argv[1], "timezone": "UTC"})
site_transfers.offer(site, owner, {"email": sys.argv[2]}, "https://stats.example/transfers/x")
print(site.id)
"""


def of_path(path: str, method: str, name: str) -> dict[str, Any]:
    """A parameter of an operation that is described there."""
    return next(one for one in DOCUMENT["paths"][path][method]["parameters"] if one.get("name") == name)


TOKEN = of_path("/api/v1/tokens/{token}", "delete", "token")
SHARE = of_path("/api/v1/sites/{site}/shares/{share}", "delete", "share")
COUNTER = of_path("/counter/{file}", "get", "file")
SAMPLES = [
    pytest.param(path, sample, id=f"{method} {path} {sample['label']}")
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    for sample in operation["x-codeSamples"]
]


@pytest.fixture(scope="module")
def caller(stack: Deployed) -> Caller:
    return Caller(stack.base_url, stack.api_token)


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


def filled(stack: Deployed, caller: Caller, path: str, source: str) -> str:
    """An example, with a new site, a person and a token of this deployment in place of its own."""
    domain, email = f"{uuid.uuid4().hex}.example", f"{uuid.uuid4().hex}@people.example"
    site = run(stack, OFFER, domain, stack.admin_email).split()[-1] if "{transfer}" in path else caller.new_site(domain)
    if path == "/api/v1/sites/{site}" or "{deletion}" in path:
        assert caller.api("PATCH", f"/sites/{site}", {"name": NAME}).status == 200
    if "{deletion}" in path:
        assert caller.api("DELETE", f"/sites/{site}", name=NAME).status == 202
    if path.endswith("/transfer"):
        assert caller.api("PUT", f"/sites/{site}/transfer", {"email": email}).status == 200
    person = run(stack, ADD_PERSON, email).strip() if "/people" in path else ""
    if "{person}" in path:
        assert caller.api("POST", f"/sites/{site}/people", {"email": email, "role": "editor"}).status == 201
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
        PARAMETERS["person"]["example"]: person,
        "ada@example.com": email,
        "example.com": domain,
    }
    if path.endswith("/settings"):
        replaced[OTHER_SITE] = caller.new_site(f"{uuid.uuid4().hex}.example")
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
    source = filled(stack, caller, path, sample["source"])
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
