"""The page of a visit is found by any of its views, only in its own site, and by whoever may see the site."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from chalicelib.collect import hit
from chalicelib.collect.event import encode
from chalicelib.collect.urls import Location
from chalicelib.dashboard.reports import page_links
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.enrich.worker import consume
from chalicelib.report import breakdown, breakdown_question, periods, visit, visits
from chalicelib.store.sites import Site, get_site
from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, Caller
from tests.stack.people import Browser

_ids = itertools.count()


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture(autouse=True)
def _built_at_once() -> Iterator[None]:
    with patch("chalicelib.config.REFRESH_AFTER_S", 0):
        yield


@pytest.fixture
def site(caller: Caller) -> Site:
    made = get_site(caller.new_site())
    assert made is not None
    return made


def a_while_ago() -> datetime:
    return datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)


def view(site: Site, t: datetime, page: str, address: str = "79.192.7.1", **more: str) -> str:
    """A visitor views a page; the id of the view."""
    id_ = f"a/b?{next(_ids)}"
    location = Location("example.com", page, **more)
    who = hit.client(address, FIREFOX)
    consume([encode([hit.event(site, who, round(t.timestamp() * 1000), hit.View(id_, location, "script"))])])
    return id_


def listed(site: Site) -> list[str]:
    period = periods.parse({"period": "7d"}, site, datetime.now(UTC))
    return [found["id"] for found in visits.list_visits(site, period, 50, None)["visits"]]


def path_of(site: Site, visit_id: str) -> str:
    return page_links.visit("/", site, visit_id, PageQuery())


def test_a_visit_is_still_found_when_an_earlier_view_comes_in(site: Site) -> None:
    later = view(site, a_while_ago(), "/later")
    (before,) = listed(site)
    assert before.endswith(later)
    view(site, a_while_ago() - timedelta(minutes=5), "/earlier")
    (after,) = listed(site)
    assert after != before
    for visit_id in (before, after):
        found = visit.find(site, visit_id)
        assert found is not None
        assert [one["page"] for one in found["hits"]] == ["/earlier", "/later"]
        assert (found["channel"], found["utm_campaign"], found["screen"]) == ("Direct", None, None)


@pytest.mark.parametrize(
    "visit_id", ["", ".", "x.y.z", "2026-02-30.a.b", "0001-01-01.a.b", "9999-12-31.a.b", "2026-11-24", "2026-11-24.a"]
)
def test_what_is_no_id_finds_nothing(site: Site, visit_id: str) -> None:
    assert visit.find(site, visit_id) is None


def test_the_page_is_of_the_site_and_for_those_who_may_see_it(site: Site, caller: Caller, stack: Deployed) -> None:
    view(site, a_while_ago(), "/here")
    (visit_id,) = listed(site)
    admin, stranger = Browser(stack.base_url), Browser(stack.base_url)
    assert admin.sign_in(stack.admin_email, stack.admin_password).status == 303
    shown = admin.get(path_of(site, visit_id))
    assert (shown.status, "/here" in shown.text) == (200, True)
    other = get_site(caller.new_site())
    assert other is not None
    assert admin.get(path_of(other, visit_id)).status == 404
    assert admin.get(path_of(site, f"{visit_id}x")).status == 404
    assert stranger.get(path_of(site, visit_id)).status == 303
    for wrong in ("/visits?cursor=x", "/tables/people", "/tables/pages?sort=height", f"/visits?f={uuid.uuid4()}"):
        answer = admin.get(f"/sites/{site.id}{wrong}")
        assert answer.status in (400, 404), wrong
        assert "Go to the overview" in answer.text


def test_a_page_of_a_table_knows_all_visitors_and_the_largest_row(site: Site) -> None:
    for number in range(3):
        view(site, a_while_ago(), "/all", f"79.192.7.{number}")
    view(site, a_while_ago(), "/one", "79.192.7.9")
    period = periods.parse({"period": "7d"}, site, datetime.now(UTC))
    question = breakdown_question.parse({"dimension": "page", "limit": "1", "sort": "page,desc"}, [])
    found = breakdown.of_period(site, period, question, None, datetime.now(UTC))
    assert [row.values[0].shown for row in found.rows] == ["/one"]
    assert (found.visitors, found.most_visitors) == (4, 3)
    filtered = breakdown_question.parse({"dimension": "page"}, ["is,page,/one"])
    found = breakdown.of_period(site, period, filtered, None, datetime.now(UTC))
    assert (found.visitors, found.most_visitors) == (1, 1)
