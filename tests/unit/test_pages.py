"""The dashboard's handlers: who is asked for, where one is sent, and what a form answers."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chalicelib.accounts import access, origins, sites
from chalicelib.errors import BadRequest, Forbidden, NotFound, TooManyRequests, Unauthorized, Unavailable
from chalicelib.report import pages, places, query
from chalicelib.report.periods import Period
from chalicelib.report.stats import Row, Stats, Table
from chalicelib.store import geo, rollups
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request
from tests.unit import samples

PERSON = Person("1", "ada@example.com", admin=True)


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def stats(site: Site, period: Period, now: datetime, *, tables: bool = True) -> Stats:
        assert now.tzinfo is not None
        return samples.full(site, period.length)

    monkeypatch.setattr(access, "viewer", lambda _request: PERSON)
    monkeypatch.setattr(access, "site_for", lambda _person, _site: samples.SITE)
    monkeypatch.setattr(access, "sites_of", lambda _person: [samples.SITE])
    monkeypatch.setattr(access, "csrf_token", lambda _request: "token")
    monkeypatch.setattr(access, "check_csrf", lambda _request, _form: None)
    monkeypatch.setattr(query, "stats", stats)
    monkeypatch.setattr(rollups, "exist", lambda _site: False)


def test_the_root_leads_to_the_sites() -> None:
    assert pages.root(samples.request("/")).headers["Location"] == f"{samples.BASE_URL}/sites"


def test_home_and_overview_answer() -> None:
    assert b"Fieldnotes" in pages.home(samples.request("/sites")).body
    shown = pages.overview(samples.request(f"/sites/{samples.SITE.id}", {"period": "7d"}), samples.SITE.id)
    assert b"Last 7 days" in shown.body
    assert b'href="../sites"' in shown.body


@pytest.mark.parametrize(
    ("names", "installed", "told"),
    [(["", "DE"], [], False), ([""], [], True), ([""], ["country.mmdb"], False), ([], [], False)],
)
def test_an_owner_is_told_when_countries_are_unknown_for_want_of_a_database(
    monkeypatch: pytest.MonkeyPatch, names: list[str], installed: list[str], told: bool
) -> None:
    tables = {"countries": Table(tuple(Row(name, 3, 3, 3) for name in names))}
    monkeypatch.setattr(query, "stats", lambda site, *_: dataclasses.replace(samples.full(site), tables=tables))
    monkeypatch.setattr(geo, "installed", lambda: installed)
    places._cached.clear()
    body = pages.overview(samples.request("/sites/1"), "1").body
    assert (b"make geo STAGE=local" in body) is told


def test_the_bucket_is_asked_once_in_a_while_and_a_page_does_without_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def silent() -> list[str]:
        asked.append(1)
        raise Unavailable("503")

    nowhere = dataclasses.replace(samples.full(), tables={"countries": Table((Row("", 3, 3, 3),))})
    monkeypatch.setattr(geo, "installed", silent)
    places._cached.clear()
    assert [places.hint(nowhere) for _ in range(3)] == [""] * 3
    assert len(asked) == 1


def test_the_overview_says_whose_data_places_are() -> None:
    body = pages.overview(samples.request("/sites/1"), "1").body
    assert b'<a href="https://db-ip.com" rel="noreferrer noopener">IP Geolocation by DB-IP</a>' in body


def test_a_period_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(BadRequest):
        pages.overview(samples.request("/sites/1", {"period": "fortnight"}), "1")


def test_a_link_to_another_site_keeps_the_period() -> None:
    asked = {"period": "custom", "from": "2026-11-01", "to": "2026-11-07", "other": "x"}
    body = pages.home(samples.request("/sites", asked)).body.decode()
    assert f"sites/{samples.SITE.id}?period=custom&amp;from=2026-11-01&amp;to=2026-11-07" in body


def test_a_new_site_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "create", lambda _person, form: Site("new-id", form["name"], form["domain"]))
    body = urlencode({"name": "Blog", "domain": "blog.example", "timezone": "UTC", "csrf": "token"}).encode()
    answer = pages.create_site(samples.request("/sites", method="POST", body=body))
    assert (answer.status_code, answer.headers["Location"]) == (303, "./sites/new-id")


def test_a_wrong_domain_shows_the_form_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_person: Person, _form: dict[str, str]) -> Site:
        raise BadRequest("domain is not a host name.", field="domain")

    monkeypatch.setattr(sites, "create", refuse)
    body = urlencode({"name": 'My "blog"', "domain": "a b", "timezone": "Asia/Kathmandu"}).encode()
    answer = pages.create_site(samples.request("/sites", method="POST", body=body))
    text = answer.body.decode()
    assert answer.status_code == 400
    assert "Domain is not a host name." in text
    assert 'value="My &#34;blog&#34;"' in text
    assert "<option selected>Asia/Kathmandu</option>" in text


def test_a_form_from_elsewhere_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_request: Request, _form: dict[str, str]) -> None:
        raise Forbidden("This form has expired.")

    monkeypatch.setattr(access, "check_csrf", refuse)
    monkeypatch.setattr(sites, "create", lambda *_: pytest.fail("a site was made"))
    with pytest.raises(Forbidden):
        pages.create_site(samples.request("/sites", method="POST", body=b"name=x"))


def test_who_has_to_sign_in_comes_back_afterwards() -> None:
    asked = samples.request("/sites/abc", {"period": "custom", "from": "2026-11-01"})
    answer = pages.error(asked, Unauthorized("Please sign in."))
    where = urlsplit(str(answer.headers["Location"]))
    assert (answer.status_code, where.path) == (303, "../sign-in")
    assert origins.next_path(parse_qs(where.query)["next"][0]) == "sites/abc?period=custom&from=2026-11-01"
    posted = samples.request("/sites", method="POST")
    assert pages.error(posted, Unauthorized("Please sign in.")).headers["Location"] == "./sign-in"


def test_error_pages_say_what_happened_and_how_to_go_on() -> None:
    answer = pages.error(samples.request("/sites/x"), NotFound("There is no such site."))
    assert answer.status_code == 404
    assert b"There is no such site." in answer.body
    assert b"start again from your sites" in answer.body
    late = pages.error(samples.request("/sites/x"), TooManyRequests("Too many tries.", retry_after=30))
    assert (late.status_code, late.headers["Retry-After"]) == (429, "30")


def test_a_site_waits_until_anything_was_ever_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pages.is_waiting(samples.empty())
    assert not pages.is_waiting(samples.full())
    monkeypatch.setattr(rollups, "exist", lambda _site: True)
    assert not pages.is_waiting(samples.empty())


def test_time_zones_to_choose_from() -> None:
    regions = dict(pages.zones())
    assert "Asia/Kathmandu" in regions["Asia"]
    assert "Etc" not in regions
