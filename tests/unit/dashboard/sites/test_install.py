"""The page to install from: code that is right wherever it is pasted, and whether hits arrive."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import shlex
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib import config, days
from chalicelib.accounts.access import auth
from chalicelib.dashboard.sites import install
from chalicelib.dashboard.sites.install import Arrival
from chalicelib.dashboard.sites.snippet import snippets
from chalicelib.store import dirty_hours, exclusions, rollups
from chalicelib.store.exclusions import Entry
from tests.unit.dashboard import samples
from tests.unit.dashboard.test_render import Markup

TODAY = date(2026, 11, 24)
INGRESS = f"{samples.BASE_URL}/ingress/{samples.SITE.id}"


@pytest.fixture(autouse=True)
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site without a hit, at noon."""
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    monkeypatch.setattr(days, "now_ms", lambda: int(noon.timestamp() * 1000))
    monkeypatch.setattr(dirty_hours, "of_days", lambda *_: [])
    monkeypatch.setattr(rollups, "built_between", lambda *_: [])
    monkeypatch.setattr(rollups, "exist", lambda *_: False)
    monkeypatch.setattr(exclusions, "between", lambda *_: [])
    monkeypatch.setattr(auth, "csrf_token", lambda _request: "token")


def code(key: str) -> str:
    (found,) = [each.code for each in snippets(samples.BASE_URL, samples.SITE) if each.key == key]
    return found


def test_a_site_waits_for_its_first_hit() -> None:
    assert install.arrival_of(samples.SITE) == Arrival(install.WAITING)
    assert b"Waiting for the first visit" in samples.install(Arrival(install.WAITING)).body


@pytest.mark.parametrize(("module", "function"), [(dirty_hours, "of_days"), (rollups, "built_between")])
def test_a_hit_of_today_or_yesterday_is_noticed(monkeypatch: pytest.MonkeyPatch, module: object, function: str) -> None:
    asked = []

    def look(*given: object) -> list[str]:
        asked.append(given)
        return ["a hit"]

    monkeypatch.setattr(module, function, look)
    assert install.arrival_of(samples.SITE) == Arrival(install.RECEIVING)
    assert asked == [(samples.SITE.id, TODAY - timedelta(1), TODAY)]
    assert b"Receiving hits" in samples.install(Arrival(install.RECEIVING)).body


def test_a_site_that_fell_silent_is_not_called_receiving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "exist", lambda *_: True)
    assert install.arrival_of(samples.SITE) == Arrival(install.SILENT)
    assert b"No hits since the day before yesterday" in samples.install(Arrival(install.SILENT)).body


def test_hits_that_were_dropped_are_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [Entry(TODAY, "origin", "https://a.example", 2), Entry(TODAY, "dnt", "", 1)]
    monkeypatch.setattr(exclusions, "between", lambda *_: entries)
    assert install.arrival_of(samples.SITE) == Arrival(install.WAITING, 3)
    assert "3 hits were dropped today" in samples.install(Arrival(install.WAITING, 3)).body.decode()
    assert "1 hit was dropped today" in samples.install(Arrival(install.WAITING, 1)).body.decode()


def test_an_archived_site_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "built_between", lambda *_: ["a hit"])
    assert install.arrival_of(dataclasses.replace(samples.SITE, active=False)) == Arrival(install.ARCHIVED)


@pytest.mark.parametrize("state", [install.WAITING, install.SILENT, install.RECEIVING, install.ARCHIVED])
def test_the_page_looks_again_only_while_it_waits(state: str) -> None:
    page = Markup(samples.install(Arrival(state)).body.decode())
    looking = [attributes for _, attributes in page.elements if "data-refresh" in attributes]
    assert bool(looking) is (state in (install.WAITING, install.SILENT))


def test_the_handler_shows_every_snippet_with_a_copy_button() -> None:
    answer = install.show(samples.request(f"/sites/{samples.SITE.id}/install"), samples.ADMINISTRATOR, samples.SITE)
    page = Markup(answer.body.decode())
    shown = snippets(samples.BASE_URL, samples.SITE)
    assert [each.key for each in shown] == [
        "html", "pixel", "identifier", "single-page-app", "npm", "wordpress", "server", "policy",
    ]  # fmt: skip
    assert all(each.code in page.text for each in shown)
    assert sum("data-copy" in attributes for _, attributes in page.elements) == len(shown)
    archived = Arrival(install.ARCHIVED)
    assert 'href="settings#archive"' in samples.install(archived).body.decode()
    assert 'href="settings#archive"' not in samples.install(archived, may_change=False).body.decode()


def test_tags_lead_to_the_script_and_the_pixel() -> None:
    for key, at in (("html", INGRESS), ("identifier", f"{INGRESS}/USER-ID")):
        tags = Markup(code(key)).elements
        sources = [(tag, attributes["src"]) for tag, attributes in tags if "src" in attributes]
        assert sources == [("script", f"{at}/script.js"), ("img", f"{at}/pixel.gif")]
    assert [a["src"] for _, a in Markup(code("pixel")).elements] == [f"{INGRESS}/pixel.gif"]


def test_what_browsers_load_is_where_hits_cost_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts, pixels, the npm package and the policy name the separate URL for hits; calls of the API do not."""
    monkeypatch.setenv("SHYLIGHT_INGEST_URL", "https://hits.example/")
    config.settings.cache_clear()
    try:
        shown = {each.key: each.code for each in snippets(samples.BASE_URL, samples.SITE)}
    finally:
        monkeypatch.undo()
        config.settings.cache_clear()
    server = shown.pop("server")
    assert f"{samples.BASE_URL}/api/v1/" in server
    assert "hits.example" not in server
    for key, code in shown.items():
        assert "https://hits.example" in code, key
        assert samples.BASE_URL not in code, key


def test_the_command_for_servers_sends_a_hit() -> None:
    words = shlex.split(code("server").replace("\\\n", " "))
    assert words[:2] == ["curl", f"{samples.BASE_URL}/api/v1/sites/{samples.SITE.id}/hits"]
    (hit,) = json.loads(words[words.index("-d") + 1])["hits"]
    assert hit["url"] == "https://fieldnotes.example/"
    assert {"user_agent", "ip"} <= hit.keys()


def test_an_odd_address_of_the_deployment_breaks_out_of_no_snippet() -> None:
    odd = "https://a.example/it's\"<b>&\\"
    for each in snippets(odd, samples.SITE):
        if each.key in ("html", "pixel", "identifier"):
            assert html.unescape(Markup(each.code).elements[0][1]["src"]).startswith(odd.partition('"')[0])
        if each.key == "wordpress":
            assert re.findall(r"'([^']*)'", each.code)[2].endswith("/script.js")
        if each.key == "server":
            assert len(shlex.split(each.code.replace("\\\n", " "))) == 8
