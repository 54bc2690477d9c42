"""People on the local AWS: made by the functions that the set-up uses, and the browsers they sit at."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode, urljoin, urlsplit

from infra.http_client import Answer, request
from tests.conftest import IN_PROCESS

# Made in the stack's tables by the functions that the set-up uses; of a deployment, in a process of its own, because
# the names of the tables are read from the environment once.
PREPARE = """
import json, uuid
from chalicelib.accounts import one_time_links, secret_tokens
from chalicelib.accounts.access import api_tokens
from chalicelib.accounts.people import people
from chalicelib.store import one_time_links as stored_links, people as stored
def link(person): return one_time_links.issue(one_time_links.SIGN_IN, person.id)
admin = people.create_administrator(f"admin-{uuid.uuid4()}@example.com", "an admin's password")
again = people.create_administrator(admin.email.upper(), "an admin's password")
bare = people.create_administrator(f"bare-{uuid.uuid4()}@example.com", None)
plain = stored.add_person(stored.Person(str(uuid.uuid4()), f"plain-{uuid.uuid4()}@example.com"))
plain = people.set_password(plain, "a plain password")
clumsy = people.create_administrator(f"clumsy-{uuid.uuid4()}@example.com", "a clumsy password")
def person(name, password):
    made = stored.add_person(stored.Person(str(uuid.uuid4()), f"{name}-{uuid.uuid4()}@example.com"))
    return people.set_password(made, password)
guessed, robbed = person("guessed", "a guessed password"), person("robbed", "a robbed password")
reset, revocable = person("reset", "a password to reset"), person("revocable", "a password")
revoked = api_tokens.issue(admin, "revoked")
api_tokens.revoke(revoked)
expired = secret_tokens.new_secret(admin.id)
stored_links.add(admin.id, "sign-in", secret_tokens.digest(expired), 1, {})
print(json.dumps({
    "admin": admin.email, "password": "an admin's password", "unchanged": admin == again,
    "bare": bare.email, "bare_link": link(bare),
    "admin_link": link(admin), "expired_link": expired,
    "raced_link": link(admin),
    "plain": plain.email, "plain_id": plain.id, "plain_password": "a plain password",
    "clumsy": clumsy.email, "clumsy_password": "a clumsy password",
    "guessed": guessed.email, "guessed_password": "a guessed password",
    "robbed": robbed.email, "robbed_password": "a robbed password",
    "reset_link": link(reset), "reset_other_link": link(reset),
    "reset_tokens": [api_tokens.issue(reset, "one"), api_tokens.issue(reset, "two")],
    "revocable_token": api_tokens.issue(revocable, "mine"),
    "plain_token": api_tokens.issue(plain, "plain"), "token": api_tokens.issue(admin, "test"), "revoked": revoked,
}))
"""
CHANGE_PASSWORD = """
import sys
from chalicelib.accounts.people import people
from chalicelib.store.people import find_person
people.set_password(find_person(sys.argv[1]), sys.argv[2])
"""
GRANT = """
import sys
from chalicelib.store import site_people, sites
person, site = sys.argv[1:]
assert site_people.write(site_people.read(sites.get_site(site)), person, "viewer")
"""
ADD_PERSON = """
import sys, uuid
from chalicelib.store import people
found = people.find_person(sys.argv[1])
print((found or people.add_person(people.Person(str(uuid.uuid4()), sys.argv[1]))).id)
"""
GOOD_SITE = {"name": "Blog", "domain": "blog.example", "timezone": "Europe/Berlin"}

_made: dict[str, dict[str, Any]] = {}


class Browser:
    """Keeps cookies, follows nothing, and says where its forms come from, as browsers do."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        parts = urlsplit(self.base_url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        sent = {"Accept": "*/*", **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = request(method, self.base_url + path, body, sent)
        for line in answer.cookies:
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in line:
                del self.cookies[name]
        return answer

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, headers: dict[str, str] | None = None, **form: str) -> Answer:
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin, **(headers or {})}
        return self.ask("POST", path, urlencode(form).encode(), sent)

    def sign_in(self, email: str, password: str, *, address: str = "", **form: str) -> Answer:
        headers = {"X-Forwarded-For": address or some_address()}
        return self.post("/sign-in", headers, email=email, password=password, **form)

    def where(self, path: str, answer: Answer) -> str:
        """The path below the root to which `answer`, given at `path`, sends the browser."""
        return urljoin(self.base_url + path, answer.headers["location"]).removeprefix(self.base_url)


def some_address() -> str:
    """An address that no other attempt came from (the local gateway believes it; Amazon's does not)."""
    return f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::1"


def run(stack: Any, code: str, *arguments: str) -> str:
    """What a piece of code prints that works with the program's own functions, in the stack's tables."""
    if stack.kind == IN_PROCESS:
        with contextlib.redirect_stdout(io.StringIO()) as printed, patch.object(sys, "argv", ["-c", *arguments]):
            exec(compile(code, "<test>", "exec"), {"__name__": "__main__"})
        return printed.getvalue()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=stack.cloud.environ(),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_people(stack: Any) -> dict[str, Any]:
    """Who `PREPARE` makes, with their passwords, links and tokens; once per stack and run of the tests."""
    if stack.aws_endpoint_url not in _made:
        _made[stack.aws_endpoint_url] = json.loads(run(stack, PREPARE))
    return _made[stack.aws_endpoint_url]


def create(browser: Browser, token: str, body: object) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return browser.ask("POST", "/api/v1/sites", raw, headers)
