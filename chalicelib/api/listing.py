"""Lists that are returned in parts: the answer with its rows and ``next``."""

from __future__ import annotations

from collections.abc import Sequence

from chalice import Response

from chalicelib import pagination
from chalicelib.web import Request, reply_json


def reply_part(request: Request, name: str, rows: Sequence[object], most: int) -> Response:
    """The part of a list that is asked for by ``?limit=…&cursor=…``.

    :param name: of the field with the rows.
    :param rows: all rows, as JSON shows them.
    :param most: how many are returned at a time, which is also the default.
    :raises BadRequest: if the limit or the cursor is invalid.
    """
    limit = pagination.read_limit(request.query, most, most)
    shown, further = pagination.part(rows, pagination.read_place(request.query), limit)
    return reply_json({name: shown, "next": further})
