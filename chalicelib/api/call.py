"""What every request to the API goes through before its handler runs: token, limit of requests, scope, right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.access.api_tokens import Holder
from chalicelib.api import idempotency, request_limit
from chalicelib.errors import ShylightError
from chalicelib.routing import Route
from chalicelib.web import Request

Handler = Callable[..., Response]


def answer(
    request: Request, route: Route, subject_id: str | None, handler: Handler, parameters: Mapping[str, Any]
) -> Response:
    """The handler's answer, with the headers that tell the limit of requests; so do errors.

    :param subject_id: the site or team in the path, for rights in one.
    :param parameters: the other parameters of the path.
    :raises Unauthorized: without a valid token.
    :raises TooManyRequests: if the person has sent too many requests in this minute.
    :raises ShylightError: if the token or its person may not do this, and whatever the handler raises.
    """
    try:
        holder = auth.token_holder(request, auth.SHYNET_SCHEMES if route.like_shynet else auth.SCHEMES)
        return request_limit.within(
            holder.person, lambda: _answer(holder, request, route, subject_id, handler, parameters)
        )
    except ShylightError as error:
        if not route.like_shynet:
            raise
        from chalicelib.api import shynet_dashboard

        return shynet_dashboard.refusal(error)


def _answer(
    holder: Holder,
    request: Request,
    route: Route,
    subject_id: str | None,
    handler: Handler,
    parameters: Mapping[str, Any],
) -> Response:
    subject = auth.authorize_program(holder, route, subject_id)
    known = (holder.person,) if subject is None else (holder.person, subject)

    def act(creation_id: str = "") -> Response:
        return handler(
            replace(request, access=holder.access, token_name=holder.name, creation_id=creation_id),
            *known,
            **parameters,
        )

    if route.creates and idempotency.HEADER in request.headers:
        return idempotency.once(request, holder.person, auth.token_in(request), act)
    return act()
