"""The addresses that the program makes, where nobody has set SHYLIGHT_PUBLIC_URL: at API Gateway, and at a domain.

A local stack and most tests have that setting, because the address of an emulator is none that API Gateway reports.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from unittest.mock import patch
from urllib.parse import urljoin

import pytest

import app
from chalicelib import config
from chalicelib.store import hit_queue
from harness.local_server import LocalServer
from infra.http_client import Answer
from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, Caller
from tests.stack.people import Browser, some_address
from tests.stack.test_account_mail import NEW_PASSWORD, Someone, ask_for_link, mails_to

GATEWAY: Final = "abcd123456.execute-api.eu-central-1.amazonaws.com"
DOMAIN: Final = "stats.example.com"
LINK: Final = re.compile(r"""(?:href|src|action)="([^"#]*)["#]""")


@dataclass(frozen=True)
class Address:
    """A deployment as browsers reach it.

    :ivar root: without a trailing slash; :ivar url: where this test reaches it.
    """

    root: str
    url: str

    @property
    def origin(self) -> str:
        return "/".join(self.root.split("/")[:3])

    def path(self, link: str) -> str:
        """The path below the root of an absolute URL that the program has made."""
        assert link == self.root or link.startswith(f"{self.root}/"), link
        return link.removeprefix(self.root)

    def browser(self) -> Browser:
        """One for which the origin is that of the address."""
        made = Browser(self.url)
        made.origin = self.origin
        return made

    def target(self, path: str, answer: Answer) -> str:
        """Where a redirect at `path` leads to, below the root."""
        assert answer.status in {302, 303}, answer.text
        return self.path(urljoin(self.root + path, answer.headers["location"]))


@pytest.fixture(params=[("prod", GATEWAY), ("", DOMAIN)], ids=["stage", "domain"])
def at(request: pytest.FixtureRequest, in_process: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    stage, domain = request.param
    monkeypatch.delenv("SHYLIGHT_PUBLIC_URL")
    config.settings.cache_clear()
    server = LocalServer(app.app, stage, domain)
    yield Address(f"https://{domain}{f'/{stage}' if stage else ''}", server.url)
    server.close()
    config.settings.cache_clear()


def signed_in(at: Address, stack: Deployed) -> Browser:
    browser = at.browser()
    assert browser.sign_in(stack.admin_email, stack.admin_password).status == 303
    return browser


def new_site(at: Address, stack: Deployed) -> str:
    return Caller(at.url, stack.api_token).new_site(f"{uuid.uuid4().hex[:12]}.example")


def test_the_root_leads_to_signing_in_and_back(at: Address, in_process: Deployed) -> None:
    browser = at.browser()
    for root in ("", "/"):  # a stage's URL may lack the slash
        assert at.target(root, browser.get(root)) == "/sites"
    path = at.target("/sites", browser.get("/sites"))
    assert path.startswith("/sign-in?next=")
    form = browser.get(path).text
    action = re.search(r'<form[^>]*action="([^"]*)"', form)
    assert action is not None
    assert at.path(urljoin(at.root + path, action[1] or path)).startswith("/sign-in")
    answer = browser.sign_in(in_process.admin_email, in_process.admin_password, next="/sites")
    assert at.target("/sign-in", answer) == "/sites"
    assert browser.get("/sites").status == 200


def test_the_session_is_the_whole_hosts_and_for_https_only(at: Address, in_process: Deployed) -> None:
    """`__Host-` is valid with the path ``/`` alone, so the cookie cannot be the stage's."""
    answer = at.browser().sign_in(in_process.admin_email, in_process.admin_password)
    assert [line for line in answer.cookies if "session" in line.partition("=")[0]]
    for line in answer.cookies:
        assert line.startswith("__Host-")
        assert {"Path=/", "Secure", "HttpOnly"} <= set(line.split("; "))


def test_a_form_from_another_origin_is_refused(at: Address, in_process: Deployed) -> None:
    browser = at.browser()
    browser.origin = "https://elsewhere.example"
    assert browser.sign_in(in_process.admin_email, in_process.admin_password).status == 403


def test_every_link_of_a_page_stays_below_the_root_and_its_files_are_there(at: Address, in_process: Deployed) -> None:
    browser, site = signed_in(at, in_process), new_site(at, in_process)
    files = set()
    for page in ("/sites", f"/sites/{site}", f"/sites/{site}/settings", f"/sites/{site}/visits", "/account/security"):
        found = browser.get(page)
        assert found.status == 200
        links = {link for link in LINK.findall(found.text) if not link.startswith(("https:", "mailto:", "data:"))}
        paths = {at.path(urljoin(at.root + page, link)) for link in links}
        files |= {path for path in paths if path.startswith("/static/")}
    assert files
    assert {path for path in files if browser.get(path).status != 200} == set()


def test_the_snippet_names_the_address_at_which_script_and_pixel_are(at: Address, in_process: Deployed) -> None:
    browser, site = signed_in(at, in_process), new_site(at, in_process)
    shown = browser.get(f"/sites/{site}/install").text.replace("&#34;", '"').replace("&quot;", '"')
    scripts = {link for link in re.findall(r'src="([^"]*)"', shown) if link.endswith(f"/ingress/{site}/script.js")}
    pixels = {link for link in re.findall(r'src="([^"]*)"', shown) if link.endswith(f"/ingress/{site}/pixel.gif")}
    assert (scripts, pixels) == ({f"{at.root}/ingress/{site}/script.js"}, {f"{at.root}/ingress/{site}/pixel.gif"})

    visitor, queued = Browser(at.url), list[str]()
    headers = {"User-Agent": FIREFOX, "Referer": "https://blog.example/", "X-Forwarded-For": some_address()}
    with patch.object(hit_queue, "send", queued.append):
        script = visitor.ask("GET", at.path(scripts.pop()), headers=headers)
        assert script.headers["content-type"].startswith("text/javascript")
        view = json.dumps({"location": "https://blog.example/"}).encode()
        sent = visitor.ask("POST", f"/ingress/{site}/script.js", view, {**headers, "Content-Type": "text/plain"})
        assert (sent.status, len(queued)) == (204, 1)
        pixel = pixels.pop()
        assert visitor.ask("HEAD", at.path(pixel), headers=headers).status == 200
        assert len(queued) == 1  # a view is what is loaded
        assert visitor.ask("GET", at.path(pixel), headers=headers).body.startswith(b"GIF89a")
        assert len(queued) == 2
    assert not visitor.cookies


def test_the_links_of_mails_lead_here(at: Address, in_process: Deployed) -> None:
    """Of one that was asked for, and of a notice, which each answer to a form can cause."""
    ada, browser = Someone(in_process), at.browser()
    assert ask_for_link(browser, ada.email).status == 200
    (sent,) = mails_to(in_process, ada.email)
    (link,) = {one for one in re.findall(r"https://\S+", sent.text) if "/reset-password/" in one}
    assert f'href="{link}"' in sent.html
    path = at.path(link)
    assert browser.get(path).status == 200
    assert browser.post(path, password=NEW_PASSWORD).status == 303
    notice = mails_to(in_process, ada.email)[-1]
    assert "was changed" in notice.subject
    assert set(re.findall(r"https://\S+", notice.text)) == {f"{at.root}/forgot-password", at.root}
    assert browser.get("/forgot-password").status == 200


def test_a_shared_link_leads_here(at: Address, in_process: Deployed) -> None:
    caller = Caller(at.url, in_process.api_token)
    site = new_site(at, in_process)
    shared = caller.api("POST", f"/sites/{site}/shares", {"name": "Link"})
    assert shared.status == 201
    assert at.browser().get(at.path(shared.json()["url"])).status == 200
