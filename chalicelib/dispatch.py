"""Routing: registers the tables of routes with Chalice; for a request, checks the right and calls the handler."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from importlib import import_module
from typing import Any

from chalice import Response

from chalicelib import translation
from chalicelib.api.routes import ROUTES as API
from chalicelib.api.routes import UNKNOWN as UNKNOWN_CALLS
from chalicelib.application import ShylightApp, serve
from chalicelib.collect.routes import ROUTES as COLLECT
from chalicelib.dashboard.routes import ROUTES as DASHBOARD
from chalicelib.dashboard.routes import UNKNOWN as UNKNOWN_PAGES
from chalicelib.errors import ShylightError
from chalicelib.routing import ADDRESS_PARAMETERS, Right, Route, with_head
from chalicelib.web import Request

ROUTES: tuple[Route, ...] = (*COLLECT, *DASHBOARD, *API)
# What matches anything that no other route does, the most special one first.
UNKNOWN: tuple[Route, ...] = (*UNKNOWN_CALLS, *UNKNOWN_PAGES)
# Bodies of any type: beacons are sent as text/plain, so that browsers need no preflight request.
_ANY_BODY = ["*/*"]


def register(app: ShylightApp, routes: tuple[Route, ...] = (*ROUTES, *UNKNOWN)) -> None:
    """Register routes with Chalice, those for GET also for HEAD.

    :raises TypeError: for a row without a right or, in the API, without a scope.
    :raises ValueError: for a right in a site or team, or of an address, whose path lacks the parameter for it.
    """
    for route in with_head(routes):
        if not isinstance(route.right, Right):
            raise TypeError(f"{route.method} {route.path} has no right")
        if (route.scope is not None) is not (route.path.startswith("/api/") and route.right is not Right.PUBLIC):
            raise TypeError(
                f"{route.method} {route.path}: routes of the API that are not public need a scope, no others"
            )
        subject = route.right.parameter
        if subject and f"{{{subject}}}" not in route.path:
            raise ValueError(f"{route.method} {route.path} has a right in a {subject} that its path does not name")
        if route.right.of_address and f"{{{ADDRESS_PARAMETERS[route.right]}}}" not in route.path:
            raise ValueError(f"{route.method} {route.path} has a right of an address that is not in its path")
        given = {} if route.method in ("GET", "HEAD", "OPTIONS") else {"content_types": _ANY_BODY}
        app.route(route.path, methods=[route.method], name=route.handler, **given)(_view(app, route))


def handler_of(route: Route) -> Callable[..., Response]:
    """The handler of a route, imported now."""
    module, _, name = route.handler.partition(":")
    found: Callable[..., Response] = getattr(import_module(f"chalicelib.{module}"), name)
    return found


def error_page(request: Request, error: ShylightError) -> Response:
    """The page for an error."""
    from chalicelib.dashboard import error_page as page

    return page.show(request, error)


def is_outage(error: Exception) -> bool:
    """Whether an error comes from AWS, so that trying again may help."""
    from chalicelib.store import aws  # imported already if an AWS call has failed

    return aws.failed(error)


def _language(request: Request) -> str:
    """The language that the browser asks for."""
    return translation.preferred(request.headers.get("accept-language", ""))


def _view(app: ShylightApp, route: Route) -> Callable[..., Response]:
    def view(**parameters: str) -> Response:
        # In a context of its own, so that no request is answered in the language or theme of another.
        return copy_context().run(serve, app, _answer(route), **parameters)

    return view


def _answer(route: Route) -> Callable[..., Response]:
    def answer(request: Request, **parameters: Any) -> Response:
        handler = handler_of(route)
        translation.use(translation.SOURCE_LANGUAGE if request.is_api else _language(request))
        if route.right is Right.PUBLIC:
            return handler(request, **parameters)
        if route.right.of_address:
            from chalicelib.accounts.sharing import shared_access

            address = parameters.pop(ADDRESS_PARAMETERS[route.right])
            return handler(request, *shared_access.authorize(request, route.right, address), **parameters)
        subject_id = parameters.pop(route.right.parameter) if route.right.parameter else None
        if request.is_api:
            from chalicelib.api import call

            return call.answer(request, route, subject_id, handler, parameters)
        from chalicelib.accounts.access import auth

        person, subject = auth.authorize(request, route.right, subject_id)
        known = (person,) if subject is None else (person, subject)
        return handler(request, *known, **parameters)

    return answer
