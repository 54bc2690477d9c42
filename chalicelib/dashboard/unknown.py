"""The answer to addresses for which there is no route; API Gateway would answer 403, in JSON."""

from __future__ import annotations

from chalice import Response

from chalicelib.errors import NotFound
from chalicelib.translation import gettext as _
from chalicelib.web import Request


def answer(_request: Request) -> Response:
    """``GET`` of any path without a route.

    :raises NotFound: always.
    """
    raise NotFound(_("There is no such page."))
