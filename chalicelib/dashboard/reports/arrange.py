"""The page on which people put their sites in order and choose favourites."""

from __future__ import annotations

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import order
from chalicelib.dashboard import render
from chalicelib.store.people import Person
from chalicelib.web import Request, redirect


def show(request: Request, person: Person) -> Response:
    """``GET /arrange``."""
    return render.page(
        request,
        "reports/arrange.html",
        person=person,
        csrf=auth.csrf_token(request),
        order=order.arrange(person, auth.sites_of(person)),
        moved=request.query.get("moved", ""),
    )


def move(request: Request, person: Person) -> Response:
    """``POST /arrange`` with a `site` and how to `move` it; back to the page, or home if that is where it was done."""
    form = request.form()
    site_id = form.get("site", "")
    order.move(person, auth.sites_of(person), site_id, form.get("move", ""))
    home = form.get("back") == "home"
    return redirect(f"{request.root}sites" if home else f"{request.root}arrange?moved={site_id}#site-{site_id}")
