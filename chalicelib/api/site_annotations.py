"""``/api/v1/sites/{site}/annotations``: notes on dates of a site, and markers of deployments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from chalice import Response

from chalicelib import config, pagination
from chalicelib.accounts.sites import annotation_fields, site_annotations
from chalicelib.api.times import iso
from chalicelib.errors import BadRequest
from chalicelib.store.people import Person
from chalicelib.store.site_annotations import KINDS, Annotation
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply, reply_json


def list_all(request: Request, _caller: Person, site: Site) -> Response:
    """``GET …/annotations?from=…&to=…&kind=…&limit=…&cursor=…``: the latest moment first.

    :raises BadRequest: if a parameter is not valid.
    """
    query, most = request.query, config.MAX_ANNOTATIONS
    limit, place = pagination.read_limit(query, most, most), pagination.read_place(query)
    first, last = _day(query, "from"), _day(query, "to")
    kind = query.get("kind")
    if kind and kind not in KINDS:
        raise BadRequest(f"kind must be one of {', '.join(KINDS)}.", field="kind")
    if first or last:
        found = site_annotations.of_period(site, first or date.min, last or date.max).found[::-1]
    else:
        found = tuple(site_annotations.of_site(site))
    wanted = [as_json(one) for one in found if kind in (None, "", one.kind)]
    shown, further = pagination.part(wanted, place, limit)
    return reply_json({"annotations": shown, "next": further})


def create(request: Request, caller: Person, site: Site) -> Response:
    """``POST …/annotations`` with a text, and perhaps at, url and kind: adds one; 201 and the annotation."""
    fields = annotation_fields.read(request.json(), site)
    made = site_annotations.create(site, caller, fields, request.creation_id, request.token_name)
    return reply_json(as_json(made), 201)


def change(request: Request, caller: Person, site: Site, annotation: str) -> Response:
    """``PATCH …/annotations/{annotation}``: changes the fields in the body; the annotation."""
    before = site_annotations.get(site, annotation)
    fields = annotation_fields.read_changes(request.json(), site, before)
    return reply_json(as_json(site_annotations.change(site, caller, before, fields)))


def delete(_request: Request, caller: Person, site: Site, annotation: str) -> Response:
    """``DELETE …/annotations/{annotation}``: deletes it; 204."""
    site_annotations.delete(site, caller, annotation)
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})


def as_json(annotation: Annotation) -> dict[str, object]:
    """An annotation, as the API shows it."""
    return {
        "id": annotation.id,
        "at": annotation.at,
        "text": annotation.text,
        "url": annotation.url or None,
        "kind": annotation.kind,
        "author": annotation.signed or None,
        "created_at": iso(annotation.created_at),
    }


def _day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{name} must be a day such as 2026-11-26.", field=name) from None
