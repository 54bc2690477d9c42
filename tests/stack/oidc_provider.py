"""A real OpenID Connect provider for tests (oidc_provider.mjs), and the person who signs in at its pages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

from infra.http_client import Answer
from tests.stack.people import Browser

ROOT = Path(__file__).resolve().parents[2]
CLIENT_ID = "shylight"
CLIENT_SECRET = "a secret of the client"


@contextmanager
def running(redirect_uri: str) -> Iterator[str]:
    """A provider that knows this redirect URI; gives its issuer."""
    path = f"{os.environ.get('PATH', '')}{os.pathsep}{ROOT / '.venv-node' / 'bin'}"
    node = shutil.which("node", path=path)
    assert node, "Node.js is missing; run `make setup`"
    script = Path(__file__).with_suffix(".mjs")
    process = subprocess.Popen(
        [node, script, redirect_uri, CLIENT_ID, CLIENT_SECRET],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        issuer = next((line.strip() for line in process.stdout if line.startswith("http")), "")
        assert issuer, "the provider did not start"
        yield issuer
    finally:
        process.kill()
        process.wait()


def sign_in_at(url: str, login: str) -> str:
    """Sign in at the provider's page `url` and consent; gives the URL to which the provider sends the browser."""
    parts = urlsplit(url)
    issuer = f"{parts.scheme}://{parts.netloc}"
    browser = Browser(issuer)
    answer = browser.get(url.removeprefix(issuer))
    for _ in range(10):
        if answer.status in (302, 303):
            target = urljoin(issuer + "/", answer.headers["location"])
            if not target.startswith(issuer + "/"):
                return target
            answer = browser.get(target.removeprefix(issuer))
        else:
            answer = _submit(browser, answer, login)
    raise AssertionError(answer.text[:500])


def refuse_at(url: str) -> str:
    """Cancel at the provider's page `url`; gives the URL to which the provider sends the browser."""
    parts = urlsplit(url)
    issuer = f"{parts.scheme}://{parts.netloc}"
    browser = Browser(issuer)
    page = browser.get(urljoin(url, browser.get(url.removeprefix(issuer)).headers["location"]).removeprefix(issuer))
    cancel = re.search(r'href="([^"]*/abort)"', page.text)
    assert cancel, page.text[:500]
    answer = browser.get(cancel[1].removeprefix(issuer))
    return urljoin(url, browser.get(urljoin(url, answer.headers["location"]).removeprefix(issuer)).headers["location"])


def _submit(browser: Browser, page: Answer, login: str) -> Answer:
    form = re.search(r'<form[^>]* action="([^"]+)"', page.text)
    prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
    assert form, page.text[:500]
    assert prompt, page.text[:500]
    return browser.post(form[1].removeprefix(browser.origin), prompt=prompt[1], login=login, password="x")


def parameters(url: str) -> dict[str, str]:
    """The parameters of a URL's query."""
    return dict(parse_qsl(urlsplit(url).query))
