"""``/api/v1/sites/{id}/hits``: hits that a site's own backend sends, of now or of the past."""

from __future__ import annotations

from chalice import Response

from chalicelib import config
from chalicelib.collect import bulk_import
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json


def create(request: Request, _person: Person, site: Site) -> Response:
    """``POST …``: hits with a time, see :func:`chalicelib.collect.bulk_import.accept`; 202 once they are queued."""
    body = request.json(config.MAX_IMPORT_BYTES)
    return reply_json({"accepted": bulk_import.accept(site, body)}, 202)
