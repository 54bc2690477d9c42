"""``/api/v1/sites/{site}/segments``: filters of a site with a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalice import Response

from chalicelib import config, pagination
from chalicelib.accounts import input_fields
from chalicelib.accounts.sites import new_site, saved_segments
from chalicelib.accounts.sites.saved_segments import Fields
from chalicelib.errors import BadRequest
from chalicelib.report import filters
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _
from chalicelib.web import Request, reply, reply_json

FIELDS: Final = ("name", "filters", "shared")


def list_all(request: Request, caller: Person, site: Site) -> Response:
    """``GET …/segments?limit=…&cursor=…``: the shared ones and the caller's own, by name."""
    most = 2 * config.MAX_SAVED_SEGMENTS
    limit, first = pagination.read_limit(request.query, most, most), pagination.read_place(request.query)
    found = [saved_segments.as_json(one, caller) for one in saved_segments.visible(site, caller)]
    shown, further = pagination.part(found, first, limit)
    return reply_json({"segments": shown, "next": further})


def create(request: Request, caller: Person, site: Site) -> Response:
    """``POST …/segments`` with name, filters, and perhaps shared: saves a segment; 201 and the segment."""
    segment = saved_segments.create(site, caller, read_fields(request.json()), request.creation_id)
    return reply_json(saved_segments.as_json(segment, caller), 201)


def replace(request: Request, caller: Person, site: Site, segment: str) -> Response:
    """``PUT …/segments/{segment}`` with the same: replaces it; the segment."""
    changed = saved_segments.replace(site, caller, segment, read_fields(request.json()))
    return reply_json(saved_segments.as_json(changed, caller))


def delete(_request: Request, caller: Person, site: Site, segment: str) -> Response:
    """``DELETE …/segments/{segment}``: deletes it; 204."""
    saved_segments.delete(site, caller, segment)
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})


def read_fields(data: Mapping[str, object]) -> Fields:
    """What is said of a segment.

    :raises BadRequest: if a field is missing, unknown or invalid, naming it.
    """
    input_fields.check_names(data, FIELDS)
    shared = data.get("shared", False)
    if not isinstance(shared, bool):
        raise BadRequest("shared must be true or false.", field="shared")
    name = new_site.site_name(data.get("name"), config.MAX_SEGMENT_NAME_CHARS)
    return Fields(name, _filters(data.get("filters")), shared)


def _filters(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(one, str) for one in given):
        raise BadRequest(_("filters must be a list of filters, such as is,country,DE; at least one."), field="filters")
    texts = tuple(dict.fromkeys(map(filters.without_surrogates, given)))
    if sum(map(len, texts)) > config.MAX_SEGMENT_FILTER_CHARS:
        most = config.MAX_SEGMENT_FILTER_CHARS
        raise BadRequest(
            _("The filters of a segment may have at most %(most)s characters together.", most=most), field="filters"
        )
    try:
        filters.parse(texts)
    except BadRequest as error:
        raise BadRequest(error.message, field="filters") from None
    return texts
