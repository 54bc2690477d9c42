"""A typed Python client, generated from the OpenAPI document: it is generated without a warning, typed, and works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.api import openapi
from tests.conftest import Deployed

# What browsers of visitors ask for is not for a client of the API: it has bodies of text/plain and images.
LEFT_OUT = {"Ingest", "Counter"}
# A program as an owner would write it: a site, its settings, a token for it, hits, figures, people, errors.
PROGRAM = """
import sys
import uuid
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from shylight_client import AuthenticatedClient
from shylight_client.api.backend import send_hits
from shylight_client.api.figures import stats, visits
from shylight_client.api.people import list_people
from shylight_client.api.sites import change_site, create_site, list_sites
from shylight_client.api.tokens import create_token, list_tokens, revoke_token
from shylight_client.models import (
    Batch, CreatedToken, Error, HitView, ListPeopleResponse200, ListSitesResponse200, ListTokensResponse200, NewSite,
    NewToken, Scope, SendHitsResponse202, Settings, Site, Stats, VisitsResponse200,
)
from shylight_client.types import Response

T = TypeVar("T")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"

def succeeded(answer: Response[T]) -> T | None:
    assert answer.status_code < 300, answer.content
    assert "ratelimit" in answer.headers
    return answer.parsed


url, secret = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=secret, raise_on_unexpected_status=True)

domain, key = f"{uuid.uuid4().hex}.example", str(uuid.uuid4())
new = NewSite(name="Generated", domain=domain, timezone="UTC")
site, same = (succeeded(create_site.sync_detailed(client=client, body=new, idempotency_key=key)) for _ in range(2))
assert isinstance(site, Site) and isinstance(same, Site)
assert site.id == same.id and site.domain == domain

changed = succeeded(change_site.sync_detailed(site.id, client=client, body=Settings(hash_routing=True)))
assert isinstance(changed, Site) and changed.hash_routing is True

wrong = change_site.sync(site.id, client=client, body=Settings(retention_days=0))
assert isinstance(wrong, Error) and wrong.error.field == "retention_days"

in_a_day = datetime.now(UTC) + timedelta(days=1)
wanted = NewToken(name="generated", scopes=[Scope.STATSREAD, Scope.HITSWRITE], sites=[site.id], expires_at=in_a_day)
made = succeeded(create_token.sync_detailed(client=client, body=wanted))
assert isinstance(made, CreatedToken) and made.token.startswith(made.prefix)
limited = AuthenticatedClient(base_url=url, token=made.token)

hit = HitView(url=f"https://{domain}/", user_agent=FIREFOX)
sent = succeeded(send_hits.sync_detailed(site.id, client=limited, body=Batch(hits=[hit])))
assert isinstance(sent, SendHitsResponse202) and sent.accepted == 1
figures = succeeded(stats.sync_detailed(site.id, client=limited))
assert isinstance(figures, Stats) and figures.site == site.id
listed = succeeded(visits.sync_detailed(site.id, client=limited, limit=1))
assert isinstance(listed, VisitsResponse200)
refused = list_people.sync(site.id, client=limited)
assert isinstance(refused, Error) and "people:read" in refused.error.message

people = succeeded(list_people.sync_detailed(site.id, client=client))
assert isinstance(people, ListPeopleResponse200) and len(people.people) == 1
page = succeeded(list_sites.sync_detailed(client=client, limit=1))
assert isinstance(page, ListSitesResponse200) and len(page.sites) == 1
tokens = succeeded(list_tokens.sync_detailed(client=client))
assert isinstance(tokens, ListTokensResponse200) and made.id in {token.id for token in tokens.tokens}
succeeded(revoke_token.sync_detailed(made.id, client=client))
gone = stats.sync(site.id, client=limited)
assert isinstance(gone, Error)
print("done")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated package and the program that uses it."""
    made = tmp_path_factory.mktemp("client")
    document = openapi.described()
    for path, methods in list(document["paths"].items()):
        if all(LEFT_OUT & set(operation["tags"]) for operation in methods.values()):
            del document["paths"][path]
    for name in ("Beacon", "PlausibleEvent"):
        del document["components"]["schemas"][name]
    (made / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (made / "config.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    (made / "program.py").write_text(PROGRAM, encoding="utf-8")
    generator = "import sys; from openapi_python_client.cli import app; sys.exit(app())"
    options = ["--path", "openapi.json", "--config", "config.yaml", "--meta", "none", "--fail-on-warning"]
    done = subprocess.run(
        [sys.executable, "-c", generator, "generate", *options, "--output-path", "shylight_client"],
        cwd=made,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_the_client_has_every_operation_that_is_not_left_out(folder: Path) -> None:
    operations = [
        operation
        for methods in openapi.described()["paths"].values()
        for operation in methods.values()
        if not LEFT_OUT & set(operation["tags"])
    ]
    modules = list((folder / "shylight_client" / "api").glob("*/*.py"))
    assert len([path for path in modules if path.name != "__init__.py"]) == len(operations)


def test_a_program_that_uses_it_does_what_it_is_to_do(folder: Path, stack: Deployed) -> None:
    done = subprocess.run(
        [sys.executable, "program.py", stack.base_url, stack.api_token],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_the_program_is_typed(folder: Path) -> None:
    """With mypy's strict rules, so that the client's types are those of the document."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
