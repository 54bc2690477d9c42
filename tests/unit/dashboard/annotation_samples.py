"""Pages with annotations: the overview, the list of all, and the forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlencode

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.dashboard.reports import site_annotations as annotations_page
from chalicelib.routing import Right
from chalicelib.store import site_annotations as stored
from chalicelib.store.site_annotations import DEPLOY, Annotation
from chalicelib.store.sites import Site
from tests.unit.dashboard import samples

URL = "https://example.com/releases/2.1.0"


def note(number: int, at: str, text: str, **given: str) -> Annotation:
    """An annotation with an id made of a number."""
    return Annotation(samples.SITE.id, f"{number:016x}", at, text, **given)  # type: ignore[arg-type]


# By moment, within the thirty days until `samples.TODAY`; several on one day, and whatever people may write.
NOTES = (
    note(1, "2026-10-28", "Newsletter No. 12", signed="Ada <Lovelace>"),
    note(2, "2026-11-04T08:30:00Z", "v2.0.0", kind=DEPLOY, signed="CI", url=URL),
    note(3, "2026-11-12", "W" * 200, url="https://example.com/" + "w" * 480),
    note(4, "2026-11-12T10:00:00Z", '"><script>alert(1)</script>', signed="<b>"),
    note(5, "2026-11-12T23:30:00Z", "v2.1.0", kind=DEPLOY),
    note(6, "2026-11-20", "إطلاق الموقع الجديد", url="https://xn--mnchen-3ya.example/"),
    note(7, f"{samples.TODAY}T13:59:59Z", "Front page of a newspaper", signed="Grace Hopper"),
)
TODAYS = (
    note(8, str(samples.TODAY), "Sale begins"),
    *(note(10 + n, f"{samples.TODAY}T09:{10 + n}:00Z", f"v2.1.{n}", kind=DEPLOY, signed="CI") for n in range(12)),
)
MANY = tuple(
    note(100 + n, f"{samples.TODAY - timedelta(29 - n // 8)}T{n % 8 + 8:02}:00:00Z", f"v3.{n}", kind=DEPLOY)
    for n in range(120)
)


def page(
    given: Sequence[Annotation] = NOTES,
    form: dict[str, str] | None = None,
    id_: str = "",
    query: dict[str, str] | None = None,
    *,
    rights: frozenset[Right] = frozenset(Right),
    site: Site = samples.SITE,
) -> Response:
    """The page of all annotations, or that of one; with a form, the answer to it."""
    with (
        patch.object(auth, "csrf_token", return_value="token"),
        patch.object(auth, "rights_in", return_value=rights),
        patch.object(stored, "of_site", return_value=list(given)),
        patch.object(stored, "ids_in", return_value=[one.id for one in given]),
    ):
        path = f"/sites/{site.id}/annotations" + (f"/{id_}" if id_ else "")
        body = urlencode(form or {}).encode()
        request = samples.request(path, query, "POST" if form else "GET", body)
        if id_:
            answer = annotations_page.change if form else annotations_page.show
            return answer(request, samples.PERSON, site, id_)
        return (annotations_page.create if form else annotations_page.show_list)(request, samples.PERSON, site)


WRONG = {"day": "2026-13-01", "time": "25:00", "text": "W" * 200, "url": '"><b>', "kind": "note", "query": "?period=7d"}

PAGES: dict[str, Callable[[], Response]] = {
    "/sites/annotated": lambda: samples.overview(samples.full(rows=40), annotated=NOTES),
    "/sites/annotated/today": lambda: samples.overview(samples.full(days=1), period="today", annotated=TODAYS),
    "/sites/annotated/year": lambda: samples.overview(samples.full(days=365), annotated=(*MANY, *NOTES)),
    "/sites/annotated/long": lambda: samples.overview(samples.full(samples.LONG_SITE), annotated=NOTES),
    "/sites/x/annotations": lambda: page(query={"day": "2026-11-12", "time": "10:00", "period": "7d"}),
    "/sites/many/annotations": lambda: page(MANY),
    "/sites/viewer/annotations": lambda: page(rights=frozenset()),
    "/sites/new/annotations": lambda: page((), site=samples.LONG_SITE),
    "/sites/wrong/annotations": lambda: page(form=WRONG),
    "/sites/x/annotations/one": lambda: page(id_=NOTES[3].id),
    "/sites/wrong/annotations/one": lambda: page(form={**WRONG, "day": "2026-11-12", "time": "10:00"}, id_=NOTES[3].id),
}  # fmt: skip
