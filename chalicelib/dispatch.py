"""From a row of the tables of routes to an answer: the handler is imported, the right is checked, the handler runs."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from chalice import Response

from chalicelib.api.routes import ROUTES as API
from chalicelib.collect.routes import ROUTES as COLLECT
from chalicelib.dashboard.routes import ROUTES as DASHBOARD
from chalicelib.errors import ShylightError
from chalicelib.routing import SITE_PARAMETER, Right, Route
from chalicelib.web import Request, ShylightApp, serve

ROUTES: tuple[Route, ...] = (*COLLECT, *DASHBOARD, *API)
# Whatever type a body has: beacons come as text/plain, so that no browser asks before it sends one.
_ANY_BODY = ["*/*"]


def register(app: ShylightApp, routes: tuple[Route, ...] = ROUTES) -> None:
    """Register routes with Chalice.

    :raises TypeError: for a row without a right.
    :raises ValueError: for a row with a right of a site and no site in its path.
    """
    for route in routes:
        if not isinstance(route.right, Right):
            raise TypeError(f"{route.method} {route.path} says no right")
        if route.right.of_site and f"{{{SITE_PARAMETER}}}" not in route.path:
            raise ValueError(f"{route.method} {route.path} needs a right of a site, but names none")
        given = {} if route.method in ("GET", "OPTIONS") else {"content_types": _ANY_BODY}
        app.route(route.path, methods=[route.method], name=route.handler, **given)(_view(app, route))


def handler_of(route: Route) -> Callable[..., Response]:
    """The function that a route names, imported now."""
    module, _, name = route.handler.partition(":")
    found: Callable[..., Response] = getattr(import_module(f"chalicelib.{module}"), name)
    return found


def error_page(request: Request, error: ShylightError) -> Response:
    """What a browser is shown of an error."""
    from chalicelib.dashboard import error_page as page

    return page.show(request, error)


def is_outage(error: Exception) -> bool:
    """Whether an error is AWS not doing what it was asked, so that trying again may help."""
    from chalicelib.store import aws  # loaded by whatever failed in it; what failed before has no need of it

    return aws.failed(error)


def _view(app: ShylightApp, route: Route) -> Callable[..., Response]:
    def view(**parameters: str) -> Response:
        return serve(app, _answer(route), **parameters)

    return view


def _answer(route: Route) -> Callable[..., Response]:
    def answer(request: Request, **parameters: Any) -> Response:
        handler = handler_of(route)
        if route.right is Right.PUBLIC:
            return handler(request, **parameters)
        from chalicelib.accounts import auth

        site_id = parameters.pop(SITE_PARAMETER) if route.right.of_site else None
        person, site = auth.authorize(request, route.right, site_id)
        known = (person,) if site is None else (person, site)
        return handler(request, *known, **parameters)

    return answer
