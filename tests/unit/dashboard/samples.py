"""A site's figures for the tests of pages, full of everything or empty, and the pages that show them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from chalice import Response

from chalicelib import catalogue
from chalicelib.accounts.access import auth
from chalicelib.accounts.sharing import counters, shared_links
from chalicelib.accounts.sites.site_annotations import PeriodAnnotations
from chalicelib.accounts.sites.transfers import Offer
from chalicelib.catalogue import METRICS, Totals
from chalicelib.config import HOME_SEARCH_SITES, MIN_WEEK_HOURS_DAYS, OPEN_PAGE_REFRESH_S
from chalicelib.dashboard import countries, render, sections, time_zones
from chalicelib.dashboard.reports import (
    annotation_marks,
    breakdowns,
    chart,
    excluded_traffic,
    filter_pills,
    home_search,
    metric_cards,
    page_links,
    period_picker,
)
from chalicelib.dashboard.reports import home as home_page
from chalicelib.dashboard.reports import overview as overview_page
from chalicelib.dashboard.reports.filter_links import FilterLinks
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.dashboard.reports.saved_segments import SegmentLink
from chalicelib.dashboard.sharing import badge, password_form, shared_page
from chalicelib.dashboard.sharing import settings as sharing_settings
from chalicelib.dashboard.sites import install as install_page
from chalicelib.dashboard.sites import settings as site_settings_page
from chalicelib.dashboard.sites.snippet import snippet, snippets
from chalicelib.report import site_stats, visitor_counter
from chalicelib.report.comparisons import Comparison
from chalicelib.report.excluded_traffic import Drop, Ledger, Robot
from chalicelib.report.filters import EVENT
from chalicelib.report.filters import parse as parse_filters
from chalicelib.report.intervals import INTERVALS
from chalicelib.report.periods import Period
from chalicelib.report.stats import EventCount, LatestVisit, Metrics, Point, Row, Stats, Table
from chalicelib.report.stats_question import StatsQuestion
from chalicelib.report.visitor_counter import Count
from chalicelib.store import people, rollups
from chalicelib.store import shared_links as stored_links
from chalicelib.store.deletions import Deletion
from chalicelib.store.people import Person
from chalicelib.store.shared_links import SharedLink
from chalicelib.store.signing_key import SigningKey
from chalicelib.store.site_annotations import Annotation
from chalicelib.store.sites import Site
from chalicelib.web import Request

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 15, 20, tzinfo=BERLIN)
TODAY = NOW.date()
PERSON = Person("1", "ada@example.com", "Ada <Lovelace>")
ADMINISTRATOR = Person("2", "grace@example.com", "Grace Hopper", admin=True)
SITE = Site("7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11", "Fieldnotes", "fieldnotes.example", "Europe/Berlin")
OTHER_SITE = dataclasses.replace(SITE, id="1b2c3d4e-6a6b-4a51-9f52-1d6f0a3f7b11")
BASE_URL = "https://abcd.execute-api.eu-central-1.amazonaws.com/prod"

# Everything in a site that people name, as long as it gets.
LONG_SITE = dataclasses.replace(
    SITE,
    name="W" * 200,
    domain=f"{'long-label-' * 5}x.{'w' * 63}.{'w' * 63}.example",
    ignored_ips="192.0.2.0/24 2001:db8:1234:5678:9abc:def0:1234:5678",
    hide_referrer_regex="x" * 500,
    script_inject="\nwindow.long = '" + "</textarea><script>" * 50 + "'\n",
    kept_parameters="q " + "p" * 100,
)
# A form of its settings with a mistake in most fields.
WRONG_FORM = {
    "name": "W" * 200, "domain": "not a domain", "timezone": "Mars/Olympus", "origins": "a;b\r\nexample.com",
    "ignored_ips": "192.0.2.1/24", "proxies": "akamai", "hide_referrer_regex": "(", "retention_days": "0",
    "kept_parameters": "a=b", "max_day": "many", "max_visitor_hour": "99999", "respect_dnt": "false",
    "ignore_robots": "maybe",
}  # fmt: skip

# Shared links: plain, with everything, expired.
LINK = SharedLink(SITE.id, "00112233aabbccdd", "For Ada", digest="d" * 64, created_at=1_764_000_000)
FULL_LINK = dataclasses.replace(
    LINK,
    id="ffeeddccbbaa9988",
    name="W" * 100,
    password_hash="$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$hash",
    expires_at=4_102_441_200,
    hidden=("places", "events"),
    embed_origins=(f"https://*.{'long-label-' * 5}x.{'w' * 63}.{'w' * 63}.example:8443", "https://example.com"),
    last_opened="2026-11-24",
)
EXPIRED_LINK = dataclasses.replace(LINK, id="0000000000000001", name="<b>Expired</b>", expires_at=1_764_100_000)
PUBLIC_LINK = dataclasses.replace(LINK, id="public", name="Public page", digest="", indexed=True)

NASTY = (
    "/<script>alert(1)</script>",
    '/"onmouseover="alert(1)',
    "/مرحبا",
    "/🎉",
    "//evil.example/x",
    "javascript:alert(1)",
    "/{{ 7 * 7 }}",
    "/" + "long/" * 200,
    "/half\ud83c",
)


def metrics(**given: float | None) -> Metrics:
    """Metrics of which some are given; the others are unknown."""
    assert given.keys() <= catalogue.METRICS.keys()
    return Metrics({key: given.get(key) for key in catalogue.METRICS})


_NO_METRICS = metrics(visitors=0, visits=0, pageviews=0)


def request(path: str, query: dict[str, str] | None = None, method: str = "GET", body: bytes = b"") -> Request:
    """A browser's request, as the web layer hands it on."""
    return Request(method, path, query or {}, {}, {}, body, "192.0.2.1", BASE_URL)


def empty(site: Site = SITE, days: int = 30) -> Stats:
    """What a site without a single hit has to show."""
    return _stats(site, days, 0, _NO_METRICS, _NO_METRICS, {name: Table(()) for name in catalogue.DIMENSIONS}, ())


def full(site: Site = SITE, days: int = 30, names: tuple[str, ...] = ("/", "/about"), rows: int = 0) -> Stats:
    """Figures in every corner; `names` and `rows` more of them in every table and as entry pages."""
    every = (*names, *(f"/page-{number}" for number in range(rows)), "")
    table = Table(tuple(Row(name, 1000 - i, 1100 - i, 2000 - i) for i, name in enumerate(every)), Row("", 7, 8, 9))
    tables = dict.fromkeys(catalogue.DIMENSIONS, table)
    tables["countries"] = Table((Row("DE", 900, 900, 900), Row("", 50, 50, 50), Row("XX", 1, 1, 1)))
    tables["languages"] = Table((Row("zh-Hant", 900, 900, 900), Row("", 50, 50, 50)))
    tables["screens"] = Table((Row("mobile", 900, 900, 900), Row("desktop", 50, 50, 50), Row("", 1, 1, 1)))
    latest = tuple(_visit(number, name) for number, name in enumerate(names))
    now = metrics(
        visitors=1234, visits=1300, pageviews=12_345_678, views_per_visit=2.06, bounce_rate=0.4321,
        visit_duration=144.2, engagement_time=51.4, scroll_depth=63.2, load_time=842.0,
    )  # fmt: skip
    then = metrics(
        visitors=1100, visits=1400, pageviews=2500, views_per_visit=2.06, bounce_rate=0.41, visit_duration=151.0,
        scroll_depth=61.1,
    )  # fmt: skip
    stats = _stats(site, days, 40, now, then, tables, latest)
    events = [EventCount(name, 1_234_567, 12, {"EUR": 1234.5, "USD": 0.1}) for name in names]
    return dataclasses.replace(stats, events=(*events, EventCount("signup", 3, 2, {})))


def many() -> list[Stats]:
    """Figures of as many sites as have a search: the last one with a name and domain of its own."""
    sites = [
        dataclasses.replace(SITE, id=str(number), name=f"Site {number}") for number in range(HOME_SEARCH_SITES - 1)
    ]
    other = dataclasses.replace(SITE, id="other", name="Straße & Söhne", domain="xn--strae-oqa.example")
    return [full(site) for site in (*sites, other)]


def worldwide() -> Stats:
    """Figures with visits from every country."""
    stats = full()
    rows = tuple(Row(code, *[10 * (n * n % 97 + 1)] * 3) for n, code in enumerate(countries.codes()))
    return dataclasses.replace(stats, tables={**stats.tables, "countries": Table(rows)})


def overview(
    stats: Stats,
    waiting: bool = False,
    period: str = "30d",
    filters: Sequence[str] = (),
    segments: Sequence[SegmentLink] = (),
    annotated: Sequence[Annotation] = (),
) -> Response:
    """The page of a site, with some filters, saved segments and annotations."""
    asked = request(f"/sites/{stats.site.id}")
    query = PageQuery((("period", period), *(("f", text) for text in filters)))
    links = FilterLinks(query)
    found = PeriodAnnotations(stats.first, stats.last, tuple(annotated), "0")
    shown = annotation_marks.on_chart(stats, found, NOW, query, may_edit=True)
    return render.page(
        asked,
        "reports/overview.html",
        person=PERSON,
        csrf="token",
        sites=[stats.site, SITE],
        keep="?period=7d",
        **{**figures(stats, period, links=links), "waiting": waiting, "live": True, "annotations": shown},
        refresh_s=OPEN_PAGE_REFRESH_S,
        cards=breakdowns.cards(stats, METRICS["visitors"], links=links),
        latest=[
            overview_page.visit_line(visit, NOW, page_links.visit(asked.root, stats.site, visit.id, query), links)
            for visit in stats.latest
        ],
        all_visits=page_links.visits(asked.root, stats.site, query),
        filter_bar=filter_pills.bar(parse_filters(filters), query, stats, segments, may_share=True),
        event_links={event.name: links.to(EVENT, event.name) for event in stats.events},
        snippet=snippet(asked.base_url, stats.site),
        sections=sections.of_site(ADMINISTRATOR, stats.site, sections.OVERVIEW, "?period=7d"),
        whole_table=lambda table: page_links.whole_table(asked.root, stats.site, table, PageQuery()),
    )


def figures(
    stats: Stats,
    period: str = "7d",
    metric: str = "visitors",
    links: FilterLinks | None = None,
) -> dict[str, Any]:
    """What templates need for the figures of a period."""
    comparison = Comparison(stats.compare_kind, stats.compare_first, stats.compare_last)
    interval = next(known for known in INTERVALS if known == stats.interval)
    question = StatsQuestion(Period(period, stats.first, stats.last), (), interval, comparison)
    with patch.object(rollups, "exist", return_value=False):
        return overview_page.figures(stats, question, NOW, PageQuery(), METRICS[metric], links)


def home(
    *all_stats: Stats,
    form: home_page.SiteForm | None = None,
    offers: Sequence[Offer] = (),
    deletions: Sequence[Deletion] = (),
    may_create: bool = True,
    search: str = "",
) -> Response:
    """The page of all sites, with what is offered to the person and what is being deleted."""
    asked = request("/sites", {"search": search} if search else {})
    return render.page(
        asked,
        "reports/home.html",
        person=PERSON,
        csrf="token",
        cards=[
            home_page.SiteCard(
                stats.site,
                stats.online,
                stats.built_at is None,
                metric_cards.on_site_card(stats, TODAY),
                chart.sparkline(stats, NOW),
                favourite=number == 0,
            )
            for number, stats in enumerate(all_stats)
        ],
        updating=len(all_stats) // 2,
        refresh_s=5,
        picker=period_picker.pick(Period("30d", TODAY, TODAY), TODAY),
        search=home_search.of_request(asked, [stats.site for stats in all_stats]),
        has_sites=bool(all_stats or search),
        keep="",
        form=form or home_page.SiteForm(),
        zones=time_zones.zones(),
        may_create=may_create,
        sources=[stats.site for stats in all_stats],
        offers=offers,
        deletions=deletions,
    )


def left_out(names: tuple[str, ...] = ("Googlebot", "")) -> Response:
    """The page of what was left out of the figures; nothing, if there are no names."""
    robots = [
        Robot(TODAY, reason, name, 1234, kept)
        for name in names
        for reason, kept in (("declared", True), ("new", False))
    ]
    dropped = [Drop(TODAY, reason, name, 12) for name in names for reason in excluded_traffic.REASONS]
    lines = excluded_traffic.lines(Ledger(tuple(dropped), tuple(robots)))
    return render.page(
        request(f"/sites/{SITE.id}/ledger"),
        "reports/excluded-traffic.html",
        person=PERSON,
        csrf="token",
        site=SITE,
        sections=sections.of_site(ADMINISTRATOR, SITE, "/sites/{site}/ledger"),
        keep="?period=7d",
        picker=period_picker.pick(Period("30d", TODAY - timedelta(29), TODAY), TODAY),
        dropped=lines[0],
        robots=lines[1],
    )


def settings(
    site: Site = SITE,
    form: dict[str, str] | None = None,
    done: str = "",
    person: Person = ADMINISTRATOR,
    role: people.Role = "owner",
) -> Response:
    """The page of a site's settings; after a form that cannot be saved, if one is given."""
    path = f"/sites/{site.id}/settings"
    with (
        patch.object(auth, "csrf_token", return_value="token"),
        patch.object(people, "role_in", return_value=role),
        patch.object(
            auth, "sites_with", return_value=[site, OTHER_SITE, dataclasses.replace(LONG_SITE, id=OTHER_SITE.id)]
        ),
    ):
        if form is None:
            return site_settings_page.show(request(path, {"done": done}), person, site)
        return site_settings_page.save(request(path, method="POST", body=urlencode(form).encode()), person, site)


def install(arrival: install_page.Arrival, site: Site = SITE, may_change: bool = True) -> Response:
    """The page with the code to install."""
    asked = request(f"/sites/{site.id}/install")
    return render.page(
        asked,
        "sites/install.html",
        person=PERSON,
        csrf="token",
        site=site,
        sections=sections.of_site(ADMINISTRATOR, site, "/sites/{site}/install"),
        arrival=arrival,
        snippets=snippets(asked.base_url, site),
        may_change=may_change,
    )


def shared(stats: Stats, link: SharedLink = LINK, query: dict[str, str] | None = None) -> Response:
    """The page behind a shared link."""
    asked = request(f"/share/{'x' * 64}", query)
    with (
        patch.object(site_stats, "stats", return_value=stats),
        patch.object(rollups, "exist", return_value=False),
    ):
        return shared_page.show(asked, stats.site, link)


def shared_locked(query: dict[str, str] | None = None, link: SharedLink = FULL_LINK) -> Response:
    """The form for the password of a shared link."""
    return password_form.locked(request(f"/share/{'x' * 64}", query), link)


def sharing_page(
    *links: SharedLink,
    key: str | None = None,
    site: Site = SITE,
    form: dict[str, str] | None = None,
    share: str = "",
    done: str = "",
) -> Response:
    """The page on which links are managed; after a form that cannot be saved, if one is given."""
    path = f"/sites/{site.id}/sharing"
    by_id = {link.id: link for link in links}
    with (
        patch.object(auth, "csrf_token", return_value="token"),
        patch.object(stored_links, "of_site", return_value=list(links)),
        patch.object(stored_links, "get", side_effect=lambda _site, link_id: by_id.get(link_id)),
        patch.object(shared_links, "signing_keys", return_value=(SigningKey(b"key", 0),)),
        patch.object(counters, "key_of", return_value=key),
    ):
        if form is None:
            return sharing_settings.show(request(path, {"done": done}), ADMINISTRATOR, site)
        posted = request(path, method="POST", body=urlencode(form).encode())
        if share:
            return sharing_settings.change(posted, ADMINISTRATOR, site, share)
        return sharing_settings.create(posted, ADMINISTRATOR, site)


def badge_image(**query: str) -> Response:
    """A badge."""
    count = Count(query.get("period", "30d"), TODAY, TODAY, 1234, 5_678_901)
    with patch.object(visitor_counter, "count", return_value=count):
        return badge.show(request("/badge/key.svg", query), SITE)


def _stats(
    site: Site,
    days: int,
    scale: int,
    now: Metrics,
    then: Metrics,
    tables: dict[str, Table],
    latest: tuple[LatestVisit, ...],
) -> Stats:
    first = TODAY - timedelta(days - 1)
    hourly = days <= 3
    return Stats(
        site=site,
        first=first,
        last=TODAY,
        compare_first=first - timedelta(days),
        compare_last=first - timedelta(1),
        metrics=now,
        compare=then,
        interval="hour" if hourly else "day",
        series=_series(first, days * 24 if hourly else days, timedelta(hours=1) if hourly else timedelta(1), scale),
        tables=tables,
        latest=latest,
        hours=_series(first, days * 24, timedelta(hours=1), scale) if days >= MIN_WEEK_HOURS_DAYS else (),
        online=3 if scale else 0,
        built_at=NOW if scale else None,
    )


def _series(first: date, count: int, step: timedelta, scale: int) -> tuple[Point, ...]:
    begin = datetime.combine(first, time(), BERLIN)
    return tuple(
        Point(begin + step * i, Totals(scale * (i % 7), scale * (i % 7), 2 * scale * (i % 7))) for i in range(count)
    )


def _visit(number: int, page: str) -> LatestVisit:
    known = number % 2 == 0
    return LatestVisit(
        id=str(number),
        start=NOW - timedelta(hours=9 * number),
        duration=84.0 * number,
        pageviews=number + 1,
        entry_page=page,
        browser="Firefox" if known else None,
        system="Linux" if known else None,
        device_type="desktop" if known else None,
        country="DE" if known else None,
        network="Example <Net>" if known else None,
        source="Hacker News" if known else None,
        identifier="customer <4711>" if known else None,
    )
