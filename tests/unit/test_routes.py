"""The table of routes: every row can be answered, by a handler that takes what it is given."""

import inspect
import re

import pytest

from chalicelib import dispatch
from chalicelib.routing import SITE_PARAMETER, Right, Route
from chalicelib.web import ShylightApp

ROWS = [pytest.param(route, id=f"{route.method} {route.path}") for route in dispatch.ROUTES]


@pytest.mark.parametrize("route", ROWS)
def test_a_handler_takes_what_its_row_gives(route: Route) -> None:
    """The request; the person, unless the route is public; the site, for a right of a site; the path's parameters."""
    handler = dispatch.handler_of(route)
    parameters = re.findall(r"{(\w+)}", route.path)
    given = 1 + (route.right is not Right.PUBLIC) + route.right.of_site
    named = {name for name in parameters if not (route.right.of_site and name == SITE_PARAMETER)}
    inspect.signature(handler).bind(*range(given), **dict.fromkeys(named))


def test_no_route_is_there_twice() -> None:
    named = [(route.method, route.path) for route in dispatch.ROUTES]
    assert sorted(set(named)) == sorted(named)


@pytest.mark.parametrize(
    ("route", "error"),
    [
        (Route("GET", "/new", "api.sites:show", "public"), TypeError),  # type: ignore[arg-type]
        (Route("GET", "/new", "api.sites:show", Right.SITE_VIEW), ValueError),
    ],
)
def test_a_row_without_a_right_or_without_the_site_of_its_right_is_not_registered(
    route: Route, error: type[Exception]
) -> None:
    with pytest.raises(error):
        dispatch.register(ShylightApp(app_name="test"), (route,))
