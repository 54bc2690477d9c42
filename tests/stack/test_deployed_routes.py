"""A deployment has every route, and every kind of right is asked for there, by token and by session.

Who else may use which route is in `test_rights_matrix.py`, where the program runs in this process.
"""

from __future__ import annotations

from typing import Final

import pytest

from chalicelib.routing import Right
from tests.conftest import Deployed
from tests.stack.people import Browser
from tests.stack.site_roles import SharedSite, make_shared_site
from tests.stack.test_rights_matrix import CALLERS, CASES, Case, expected, outcome, send, signed_in


def kind_of(case: Case) -> tuple[Right, bool, bool]:
    """The right, and whether it is a route of the API, and one that only reads."""
    return case.right, case.route.path.startswith("/api/"), case.route.method == "GET"


# The first route of each kind; signing out would end the session that the others are asked in.
OF_EACH_KIND: Final = list({kind_of(case): case for case in reversed(CASES) if case.route.path != "/sign-out"}.values())


@pytest.fixture(scope="module")
def site(stack: Deployed) -> SharedSite:
    return make_shared_site(stack)


@pytest.fixture(scope="module")
def browsers(stack: Deployed, site: SharedSite) -> dict[str, Browser]:
    return {who: signed_in(stack, site, who) for who in CALLERS}


def test_every_route_is_deployed_and_closed_to_those_who_did_not_sign_in(stack: Deployed, site: SharedSite) -> None:
    browser = Browser(stack.base_url)
    found = {str(case): outcome(case, send(browser, case, site)) for case in CASES}
    assert found == {str(case): expected(case, "anonymous") for case in CASES}


def test_head_is_answered_wherever_get_is(stack: Deployed, site: SharedSite) -> None:
    """API Gateway has 403 for methods that a path lacks."""
    browser = Browser(stack.base_url)
    paths = ("/", "/sign-in", "/sites", "/healthz", "/api/v1/openapi.json", f"/ingress/{site.id}/pixel.gif", "/nowhere")
    for path in paths:
        got, answer = browser.get(path), browser.ask("HEAD", path)
        assert (answer.status, answer.body) == (got.status, b""), path
        assert answer.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("case", OF_EACH_KIND, ids=str)
def test_a_route_of_each_kind_answers_those_who_have_its_right(
    stack: Deployed, site: SharedSite, browsers: dict[str, Browser], case: Case
) -> None:
    _right, of_api, reads = kind_of(case)
    for who in CALLERS:
        if of_api:
            token = site.people[who].token if who in site.people else ""
            assert outcome(case, send(Browser(stack.base_url), case, site, token, who)) == expected(case, who), who
        if not of_api or reads:
            assert outcome(case, send(browsers[who], case, site, who=who)) == expected(case, who), who
