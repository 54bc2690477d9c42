"""Answers to requests below ``/api`` for which there is no route; API Gateway would answer in a shape of its own."""

from __future__ import annotations

import re

from chalice import Response

from chalicelib.api import call, shynet_dashboard
from chalicelib.api import routes as api_routes
from chalicelib.collect import routes as collect_routes
from chalicelib.errors import MethodNotAllowed, NotFound
from chalicelib.routing import Route, path_pattern, with_head
from chalicelib.web import Request


def answer(request: Request) -> Response:
    """Any method, any path: an error; but for paths of clients of Shynet, which end in a slash.

    :raises MethodNotAllowed: if the path has other methods.
    :raises NotFound: if there is no such path.
    """
    for route in api_routes.ROUTES:
        if route.like_shynet and request.method == route.method and request.path == f"{route.path}/":
            return call.answer(request, route, None, shynet_dashboard.show, {})
    allowed = methods_of(request.path)
    if not allowed:
        raise NotFound("There is no such path. All paths are in /api/v1/openapi.json.")
    methods = ", ".join(allowed)
    error = MethodNotAllowed(f"This path does not take {request.method}; it takes {methods}.")
    error.headers["Allow"] = methods
    raise error


def methods_of(path: str) -> list[str]:
    """The methods of a path, sorted; empty if there is no such path."""
    routes = with_head((*api_routes.ROUTES, *collect_routes.ROUTES))
    return sorted({route.method for route in routes if _pattern(route).fullmatch(path)})


def _pattern(route: Route) -> re.Pattern[str]:
    pattern = path_pattern(route.path)
    return re.compile(f"{pattern}/?" if route.like_shynet else pattern)
