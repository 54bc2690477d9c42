"""Pages obey their own Content-Security-Policy, escape what strangers wrote, and render whatever the figures are."""

from __future__ import annotations

import dataclasses
import gzip
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from chalice import Response

from chalicelib.dashboard import error_page, static_files
from chalicelib.dashboard.reports import shortcuts
from chalicelib.dashboard.reports.home import SiteForm
from chalicelib.dashboard.sites.install import Arrival
from chalicelib.errors import NotFound, ShylightError
from chalicelib.store.people import Person
from tests.unit.dashboard import (
    account_samples,
    administration_samples,
    annotation_samples,
    api_samples,
    filter_samples,
    ownership_samples,
    people_administration_samples,
    provider_samples,
    report_samples,
    samples,
    security_samples,
    team_samples,
)

VOID = {"meta", "link", "input", "br", "img", "hr"}


class Markup(HTMLParser):
    """Reads a page strictly: every element closed, in order; remembers what the tests ask about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


MISTAKE = SiteForm("<b>", "", "UTC", "Wrong.", "name", open=True)
PAGES: dict[str, Callable[[], Response]] = {
    "overview": lambda: samples.overview(samples.full()),
    "overview by the hour": lambda: samples.overview(samples.full(days=1), period="today"),
    "overview of nothing": lambda: samples.overview(samples.empty()),
    "overview of a year": lambda: samples.overview(samples.full(days=365)),
    "overview of many rows": lambda: samples.overview(samples.full(rows=400)),
    "overview of nasty names": lambda: samples.overview(samples.full(names=samples.NASTY)),
    "overview while waiting": lambda: samples.overview(samples.empty(), waiting=True),
    "shortcuts": lambda: shortcuts.show(samples.request("/shortcuts")),
    "home": lambda: samples.home(samples.full(), samples.empty()),
    "home without sites": lambda: samples.home(),
    "home with a mistake": lambda: samples.home(samples.full(), form=MISTAKE),
    **annotation_samples.PAGES,
    **filter_samples.PAGES,
    **ownership_samples.PAGES,
    "left out": lambda: samples.left_out(samples.NASTY),
    "nothing left out": lambda: samples.left_out(()),
    "settings": lambda: samples.settings(),
    "settings of long names, saved": lambda: samples.settings(samples.LONG_SITE, done="saved"),
    "settings of an archived site": lambda: samples.settings(dataclasses.replace(samples.SITE, active=False)),
    "settings of an owner": lambda: samples.settings(person=samples.PERSON),
    "settings with mistakes": lambda: samples.settings(form=samples.WRONG_FORM),
    "settings that changed meanwhile": lambda: samples.settings(form={"name": "<b>", "version": "0"}),
    "install": lambda: samples.install(Arrival("waiting", 12)),
    "install, receiving": lambda: samples.install(Arrival("receiving"), samples.LONG_SITE, may_change=False),
    "install, silent": lambda: samples.install(Arrival("silent")),
    "install, archived": lambda: samples.install(Arrival("archived")),
    "shared": lambda: samples.shared(samples.full(names=samples.NASTY)),
    "shared, most hidden": lambda: samples.shared(samples.full(samples.LONG_SITE), samples.FULL_LINK),
    "shared, waiting": lambda: samples.shared(samples.empty()),
    "shared, locked": lambda: samples.shared_locked(),
    "shared, locked in a frame": lambda: samples.shared_locked({"unlocked": "1"}),
    "sharing": lambda: samples.sharing_page(samples.PUBLIC_LINK, samples.FULL_LINK, samples.EXPIRED_LINK, key="k" * 40),
    "sharing, nothing yet": lambda: samples.sharing_page(done="revoked"),
    "sharing, a mistake": lambda: samples.sharing_page(form={"name": '"><b>', "expires_on": "x"}),
    "sharing, a mistake in a link": lambda: samples.sharing_page(
        samples.FULL_LINK, form={"name": "W", "embed_origins": "</textarea>'; x"}, share=samples.FULL_LINK.id
    ),
    "sign-in again": lambda: account_samples.sign_in_again('"><script>'),
    "link of an address": lambda: account_samples.sign_in_link(Person("1", '"><b>@example')),
    **account_samples.PAGES,
    **team_samples.PAGES,
    **people_administration_samples.PAGES,
    **api_samples.PAGES,
    **security_samples.PAGES,
    "account to confirm": lambda: provider_samples.to_confirm('"><script>', "<b>"),
    **provider_samples.PAGES,
    **administration_samples.PAGES,
    **report_samples.PAGES,
    "not found": lambda: error_page.show(samples.request("/sites/x"), NotFound("There is no <b>such</b> site.")),
    "failure": lambda: error_page.show(samples.request("/sites/x"), ShylightError("Something went wrong.")),
}  # fmt: skip


@pytest.fixture(params=PAGES)
def response(request: pytest.FixtureRequest) -> Response:
    return PAGES[request.param]()


def test_every_page_is_well_formed_and_obeys_its_policy(response: Response) -> None:
    page = Markup(response.body.decode())
    assert len(page.ids()) == len(set(page.ids()))
    for tag, attributes in page.elements:
        assert tag not in ("style", "iframe", "object", "base")
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
        if tag == "script":
            assert attributes["src"].lstrip("./").startswith("static/")
        for name in ("href", "action", "src"):
            assert not attributes.get(name, "").lower().startswith(("javascript:", "data:", "/", "//"))


def test_every_page_has_a_title_a_heading_and_labels(response: Response) -> None:
    page = Markup(response.body.decode())
    tags = [tag for tag, _ in page.elements]
    assert tags[: tags.index("body")].count("title") == 1
    assert tags.count("h1") == 1
    assert tags.count("main") == 1
    controls = [a for tag, a in page.elements if tag in ("input", "select") and a.get("type") != "hidden"]
    assert tags.count("label") >= len([a for a in controls if "aria-hidden" not in a])


def test_every_page_carries_the_headers(response: Response) -> None:
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    policy = response.headers["Content-Security-Policy"]
    may_embed = ("'none'", " ".join(samples.FULL_LINK.embed_origins))
    assert any(f"; frame-ancestors {sources}; " in policy for sources in may_embed)
    for rule in ("default-src 'self'", "base-uri 'none'", "form-action 'self'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert isinstance(response.body, bytes)


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in/link", "/sign-in/first", "/sign-in/spent", "/reset-password/link", "/reset-password/wrong",
        "/sign-up/link", "/sign-up/link-wrong", "/verify-email/link",
    ],
)  # fmt: skip
def test_a_page_whose_url_is_a_secret_names_it_to_nobody(path: str) -> None:
    response = account_samples.PAGES[path]()
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert account_samples.TOKEN not in response.body.decode()


@pytest.mark.parametrize("path", team_samples.LINKS)
def test_the_page_of_an_invitation_names_its_url_to_nobody(path: str) -> None:
    response = team_samples.LINKS[path]()
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert team_samples.TOKEN not in response.body.decode()


@pytest.mark.parametrize("path", ["/sites/x/people", "/teams/long", "/teams", "/invitations/nasty", "/teams/none"])
def test_names_of_people_and_teams_are_text(path: str) -> None:
    page = Markup(team_samples.PAGES[path]().body.decode())
    assert len([tag for tag, _ in page.elements if tag == "script"]) <= 1  # our own


def test_the_link_to_hand_over_is_shown_to_copy() -> None:
    for path in ("/sites/link/people", "/teams/link"):
        page = Markup(team_samples.PAGES[path]().body.decode())
        assert f"{samples.BASE_URL}/invitations/{team_samples.TOKEN}" in page.text
        assert any("data-copy" in attributes for _, attributes in page.elements)


def test_who_does_not_manage_a_site_sees_only_their_own_access() -> None:
    text = Markup(team_samples.PAGES["/sites/viewer/people"]().body.decode()).text
    assert "Your role in this site: Viewer." in text
    for other in (team_samples.LONG, team_samples.NASTY):
        assert other.email not in text
    assert "Leave this site" in text
    assert "leave the team" in Markup(team_samples.PAGES["/sites/through-team/people"]().body.decode()).text


def test_what_administrators_changed_is_shown_to_those_who_manage_the_site() -> None:
    text = Markup(team_samples.PAGES["/sites/x/people"]().body.decode()).text
    assert f"{team_samples.NASTY_NAME} removed a person." in text
    assert "26 Nov 2026, 16:04" in text  # in the site's time zone
    assert "A former administrator changed the site (site.change)." in text


def test_what_strangers_wrote_is_text() -> None:
    page = Markup(samples.overview(samples.full(names=samples.NASTY)).body.decode())
    assert "/<script>alert(1)</script>" in page.text
    assert '/"onmouseover="alert(1)' in page.text
    assert "/{{ 7 * 7 }}" in page.text
    assert "customer <4711>" in page.text
    assert [a["src"] for tag, a in page.elements if tag == "script"] == [
        static_files.href(name, "../") for name in ("shylight.js", "keyboard.js")
    ]


def test_all_that_the_overview_loads_is_at_most_60_kb_on_the_wire() -> None:
    page = samples.overview(samples.full(rows=40)).body.decode()
    loaded = [asset for asset in static_files.assets().values() if asset.name in page]
    assert {"keyboard.js", "flags.svg"} < {name for name, asset in static_files.assets().items() if asset in loaded}
    assert sum(len(gzip.compress(asset.content)) for asset in loaded) <= 60 * 1024


@pytest.mark.parametrize(("days", "rows"), [(30, 400), (365, 60), (3, 60)])
def test_the_overview_is_at_most_30_kb_on_the_wire(days: int, rows: int) -> None:
    body = samples.overview(samples.full(days=days, rows=rows)).body
    assert len(gzip.compress(body)) <= 30 * 1024


def test_the_chart_has_a_table_behind_it() -> None:
    page = Markup(samples.overview(samples.full()).body.decode())
    assert "Tue 24 Nov (so far)" in page.text
    assert "Show as table" in page.text


def test_a_waiting_site_shows_its_snippet_first() -> None:
    body = samples.overview(samples.empty(), waiting=True).body.decode()
    text = Markup(body).text
    assert f'<script defer src="{samples.BASE_URL}/ingress/{samples.SITE.id}/script.js"></script>' in text
    assert "pixel.gif" in text
    assert "Visit duration" not in text


def test_static_files_have_hashed_names_and_are_kept_for_a_year() -> None:
    name = static_files.assets()["base.css"].name
    assert re.fullmatch(r"base\.[0-9a-f]{12}\.css", name)
    response = static_files.file(samples.request(f"/static/{name}"), name)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"


def test_a_static_file_of_another_deployment_is_todays_but_not_kept() -> None:
    response = static_files.file(samples.request("/static/x"), "base.000000000000.css")
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.body == static_files.assets()["base.css"].content


@pytest.mark.parametrize(
    "name", ["", "base.css", "nothing.000000000000.css", "../render.py", "base.x.html", "..", "\x00"]
)
def test_there_are_no_other_static_files(name: str) -> None:
    with pytest.raises(NotFound):
        static_files.file(samples.request("/static/x"), name)


def test_style_sheets_and_scripts_load_nothing_from_elsewhere() -> None:
    for asset in static_files.assets().values():
        text = asset.content.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text
        assert "https:" not in text
        assert "@import" not in text
