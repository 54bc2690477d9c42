"""The dashboard's handlers: who is asked for, where one is sent, and what a form answers."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chalicelib import timed_cache
from chalicelib.accounts.access import auth, request_origin
from chalicelib.accounts.sign_in.sign_in_ways import SignInWays
from chalicelib.accounts.sites import deletion, new_site, order, transfers
from chalicelib.accounts.sites.order import OrderedSites
from chalicelib.dashboard import error_page, sections, time_zones
from chalicelib.dashboard.reports import geoip_hint, home, overview, periods
from chalicelib.errors import (
    BadRequest,
    NotFound,
    QueryTooLarge,
    ShylightError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from chalicelib.report import many_sites, site_stats
from chalicelib.report.periods import Period
from chalicelib.report.stats import Row, Stats, Table
from chalicelib.store import geoip_files, rollups, saved_segments, site_annotations
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from tests.unit.dashboard import account_samples, samples

PERSON = Person("1", "ada@example.com", admin=True)


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def stats(site: Site, period: Period, now: datetime, **_: object) -> Stats:
        assert now.tzinfo is not None
        return samples.full(site, period.length)

    monkeypatch.setattr(auth, "sites_of", lambda _person: [samples.SITE])
    monkeypatch.setattr(auth, "sites_with", lambda _person, _right: [samples.SITE])
    monkeypatch.setattr(order, "arrange", lambda _person, found: OrderedSites((), tuple(found)))
    monkeypatch.setattr(transfers, "offers_to", lambda _person: [])
    monkeypatch.setattr(deletion, "visible_to", lambda _person: [])
    monkeypatch.setattr(auth, "csrf_token", lambda _request: "token")

    class Stored:
        def stats(self, asked: many_sites.Question) -> Stats:
            return samples.full(asked.site, asked.period.length)

    monkeypatch.setattr(site_stats, "stats", stats)
    monkeypatch.setattr(many_sites, "read", lambda _questions: Stored())
    monkeypatch.setattr(rollups, "exist", lambda _site: False)
    for which in ("shared_in", "own_in"):
        monkeypatch.setattr(saved_segments, which, lambda *_: [])
    monkeypatch.setattr(site_annotations, "around", lambda *_: [])


def test_the_root_leads_to_the_sites() -> None:
    assert home.redirect_home(samples.request("/")).headers["Location"] == f"{samples.BASE_URL}/sites"


def test_home_and_overview_answer() -> None:
    assert b"Fieldnotes" in home.show(samples.request("/sites"), PERSON).body
    shown = overview.show(samples.request(f"/sites/{samples.SITE.id}", {"period": "7d"}), PERSON, samples.SITE)
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
    monkeypatch.setattr(
        site_stats, "stats", lambda site, *_, **__: dataclasses.replace(samples.full(site), tables=tables)
    )
    monkeypatch.setattr(geoip_files, "installed", lambda: installed)
    timed_cache.reset_all()
    body = overview.show(samples.request("/sites/1"), PERSON, samples.SITE).body
    assert (b"make geo STAGE=local" in body) is told


def test_the_bucket_is_asked_once_in_a_while_and_a_page_does_without_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def silent() -> list[str]:
        asked.append(1)
        raise Unavailable("503")

    nowhere = dataclasses.replace(samples.full(), tables={"countries": Table((Row("", 3, 3, 3),))})
    monkeypatch.setattr(geoip_files, "installed", silent)
    timed_cache.reset_all()
    assert [geoip_hint.hint(nowhere) for _ in range(3)] == [""] * 3
    assert len(asked) == 1


def test_the_overview_says_whose_data_places_are() -> None:
    body = overview.show(samples.request("/sites/1"), PERSON, samples.SITE).body
    assert b'<a href="https://db-ip.com" rel="noreferrer noopener">IP Geolocation by DB-IP</a>' in body


def test_a_period_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(BadRequest):
        overview.show(samples.request("/sites/1", {"period": "fortnight"}), PERSON, samples.SITE)


def test_a_link_to_another_site_keeps_the_period() -> None:
    asked = {"period": "custom", "from": "2026-11-01", "to": "2026-11-07", "other": "x"}
    body = home.show(samples.request("/sites", asked), PERSON).body.decode()
    assert f"sites/{samples.SITE.id}?period=custom&amp;from=2026-11-01&amp;to=2026-11-07" in body


def names_found(monkeypatch: pytest.MonkeyPatch, text: str) -> list[str]:
    """The sites that the home page shows for a search."""
    sites = [stats.site for stats in samples.many()]
    monkeypatch.setattr(auth, "sites_of", lambda _person: sites)
    body = home.show(samples.request("/sites", {"search": text, "period": "7d"}), PERSON).body.decode()
    assert text or 'name="search"' in body
    return re.findall(r'<h2 title="([^"·]*) · ', body)


def test_sites_are_searched_by_words_of_their_name_and_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(names_found(monkeypatch, "")) == len(samples.many())
    assert names_found(monkeypatch, "SÖHNE") == ["Straße &amp; Söhne"]
    assert names_found(monkeypatch, "strae.example söhne") == []
    assert names_found(monkeypatch, "straße.example söhne") == ["Straße &amp; Söhne"]
    assert names_found(monkeypatch, "4 site") == ["Site 4"]
    assert names_found(monkeypatch, "W" * 200) == []


def test_a_search_without_a_match_keeps_the_way_back_to_all_sites_and_their_period() -> None:
    body = home.show(samples.request("/sites", {"search": "<nothing>", "period": "7d"}), PERSON).body.decode()
    assert "No site has such a name or domain." in body
    assert '<a href="sites?period=7d">All sites</a>' in body
    assert "Welcome" not in body


def test_another_period_keeps_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    sites = [stats.site for stats in samples.many()]
    monkeypatch.setattr(auth, "sites_of", lambda _person: sites)
    body = home.show(samples.request("/sites", {"search": "söhne"}), PERSON).body.decode()
    assert 'href="?period=today&amp;search=s%C3%B6hne"' in body


def test_few_sites_need_no_search() -> None:
    assert 'name="search"' not in home.show(samples.request("/sites"), PERSON).body.decode()


def test_a_new_site_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        new_site, "create_site", lambda _person, form, like: Site("new-id", form["name"], form["domain"])
    )
    body = urlencode({"name": "Blog", "domain": "blog.example", "timezone": "UTC", "csrf": "token"}).encode()
    answer = home.create_site(samples.request("/sites", method="POST", body=body), PERSON)
    assert (answer.status_code, answer.headers["Location"]) == (303, "./sites/new-id")


def test_a_wrong_domain_shows_the_form_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_person: Person, _form: dict[str, str], like: dict[str, str]) -> Site:
        raise BadRequest("domain is not a host name.", field="domain")

    monkeypatch.setattr(new_site, "create_site", refuse)
    body = urlencode({"name": 'My "blog"', "domain": "a b", "timezone": "Asia/Kathmandu"}).encode()
    answer = home.create_site(samples.request("/sites", method="POST", body=body), PERSON)
    text = answer.body.decode()
    assert answer.status_code == 400
    assert "Domain is not a host name." in text
    assert 'value="My &#34;blog&#34;"' in text
    assert "<option selected>Asia/Kathmandu</option>" in text


def test_who_has_to_sign_in_comes_back_afterwards() -> None:
    asked = samples.request("/sites/abc", {"period": "custom", "from": "2026-11-01"})
    answer = error_page.show(asked, Unauthorized("Please sign in."))
    where = urlsplit(str(answer.headers["Location"]))
    assert (answer.status_code, where.path) == (303, "../sign-in")
    assert request_origin.next_path(parse_qs(where.query)["next"][0]) == "sites/abc?period=custom&from=2026-11-01"
    posted = samples.request("/sites", method="POST")
    assert error_page.show(posted, Unauthorized("Please sign in.")).headers["Location"] == "./sign-in"


def test_all_filters_are_kept_while_somebody_signs_in() -> None:
    filters = ["is,country,DE", "contains,page,/a&b"]
    asked = dataclasses.replace(
        samples.request("/sites/abc", {"f": filters[1], "period": "7d"}), query_lists={"f": filters, "period": ["7d"]}
    )
    where = urlsplit(str(error_page.show(asked, Unauthorized("Please sign in.")).headers["Location"]))
    back = urlsplit(parse_qs(where.query)["next"][0])
    assert parse_qs(back.query) == {"f": filters, "period": ["7d"]}


@pytest.mark.parametrize(("method", "reason"), [("GET", "expired"), ("POST", "unsaved")])
def test_whose_session_has_ended_is_told_so(method: str, reason: str) -> None:
    asked = dataclasses.replace(
        samples.request("/sites/abc/settings", method=method), cookies={"__Host-shylight_session": "old"}
    )
    where = urlsplit(str(error_page.show(asked, Unauthorized("Please sign in.")).headers["Location"]))
    query = parse_qs(where.query)
    assert query["done"] == [reason]
    assert ("next" in query) is (method == "GET")
    assert b"Your session has ended" in account_samples.sign_in_form(done=reason).body


def test_error_pages_lead_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who are signed in keep the bar; a failure reads nothing, because that may be what has failed."""
    monkeypatch.setattr(auth, "signed_in_person", lambda _request: PERSON)
    monkeypatch.setattr(auth, "may_view", lambda _person, site: site == samples.SITE.id)
    asked = samples.request(f"/sites/{samples.SITE.id}/visits", {"period": "7d"})
    missing = error_page.show(asked, NotFound("There is no such visit.")).body
    assert b"Account of ada@example.com" in missing
    overview_of = f'href="../../sites/{samples.SITE.id}'
    assert f'{overview_of}">Go to the overview' in missing.decode()
    assert b"Try again" not in missing
    for other in ("x", "a" * 3000, samples.OTHER_SITE.id):
        assert b"Go to the overview" not in error_page.show(samples.request(f"/sites/{other}"), NotFound("None.")).body
    slow = error_page.show(asked, QueryTooLarge("Answering this takes more than 20 s.")).body
    assert b"This takes too long" in slow
    assert f'{overview_of}/visits?period=7d">Try again' in slow.decode()
    monkeypatch.setattr(auth, "signed_in_person", lambda _request: pytest.fail("it must not be read"))
    failed = error_page.show(asked, ShylightError("Something went wrong here."))
    assert (failed.status_code, b"Account of" in failed.body) == (500, False)
    assert b"Try again</a>" in failed.body
    shared = error_page.show(samples.request("/share/x"), NotFound("This link does not exist."))
    assert b"Account of" not in shared.body


def test_error_pages_say_what_happened_and_how_to_go_on() -> None:
    answer = error_page.show(samples.request("/sites/x"), NotFound("There is no such site."))
    assert answer.status_code == 404
    assert b"There is no such site." in answer.body
    assert b"go to your sites" in answer.body
    late = error_page.show(samples.request("/sites/x"), TooManyRequests("Too many tries.", retry_after=30))
    assert (late.status_code, late.headers["Retry-After"]) == (429, "30")


def test_a_site_waits_until_anything_was_ever_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert periods.is_waiting(samples.empty())
    assert not periods.is_waiting(samples.full())
    monkeypatch.setattr(rollups, "exist", lambda _site: True)
    assert not periods.is_waiting(samples.empty())


def test_time_zones_to_choose_from() -> None:
    regions = dict(time_zones.zones())
    assert "Asia/Kathmandu" in regions["Asia"]
    assert "Etc" not in regions


@pytest.mark.parametrize(
    ("ways", "hidden"),
    [
        (SignInWays(), {"/account/identities"}),
        (SignInWays("Example"), set()),
        (SignInWays("Example", provider_only=True), {"/account/password"}),
    ],
)
def test_pages_of_the_account_that_are_of_no_use_are_not_linked(
    monkeypatch: pytest.MonkeyPatch, ways: SignInWays, hidden: set[str]
) -> None:
    monkeypatch.setattr(sections, "sign_in_ways", lambda: ways)
    everything = {section.path for section in sections.ACCOUNT}
    assert {link.path for link in sections.of_account("/account").links} == everything - hidden
    assert {link.path for link in sections.of_account("/account/identities").links} >= {"/account/identities"}
