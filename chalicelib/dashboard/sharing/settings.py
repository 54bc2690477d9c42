"""The page on which the admins of a site share its figures: the public page, links, the badge and the counter."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from chalice import Response

from chalicelib import config
from chalicelib.accounts.access import auth
from chalicelib.accounts.sharing import counters, shared_links
from chalicelib.dashboard import render, sections
from chalicelib.dashboard.sharing import link_forms
from chalicelib.dashboard.sharing.link_forms import LinkForm
from chalicelib.errors import BadRequest, Conflict
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/sites/{site}/sharing"
# What the page confirms, by the value of `done` in its query.
DONE: Final = {
    "created": N_("The link is created."),
    "saved": N_("The link is saved."),
    "revoked": N_("The link is revoked. Its address no longer works."),
    "on": N_("Badge and counter are switched on."),
    "off": N_("Badge and counter are switched off. Their addresses no longer work."),
}


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{site}/sharing``."""
    return _page(request, person, site, done=render.confirmation(request, DONE))


def create(request: Request, person: Person, site: Site) -> Response:
    """``POST /sites/{site}/sharing``: a new link from the form, or the site's public page; or the form with errors."""
    form = request.form(config.MAX_FORM_BYTES)
    try:
        if form.get("access") == "public":
            link = shared_links.create(site, person, {"access": "public", "name": "Public page"})
        else:
            link = shared_links.create(site, person, link_forms.data(form, site))
    except (BadRequest, Conflict) as error:
        return _failed(request, person, site, link_forms.entered(form, "", error), error)
    return redirect(f"{request.root}sites/{site.id}/sharing?done=created#link-{link.id}")


def change(request: Request, person: Person, site: Site, share: str) -> Response:
    """``POST /sites/{site}/sharing/{share}``: save the form of a link, or revoke the link (``do=revoke``).

    :raises NotFound: if the site has no such link.
    """
    form = request.form(config.MAX_FORM_BYTES)
    if form.get("do") == "revoke":
        shared_links.revoke(site, person, share)
        return redirect(f"{request.root}sites/{site.id}/sharing?done=revoked")
    before = shared_links.get(site, share)
    try:
        shared_links.change(site, person, share, link_forms.data(form, site, before))
    except (BadRequest, Conflict) as error:
        return _failed(request, person, site, link_forms.entered(form, share, error), error)
    return redirect(f"{request.root}sites/{site.id}/sharing?done=saved#link-{share}")


def switch_counter(request: Request, person: Person, site: Site) -> Response:
    """``POST /sites/{site}/counter``: switch badge and counter on (``active=true``) or off.

    :raises BadRequest: if the form says neither.
    """
    active = request.form(config.MAX_FORM_BYTES).get("active")
    if active not in ("true", "false"):
        raise BadRequest(_("Say whether badge and counter are to be switched on or off."), field="active")
    counters.switch(site, person, on=active == "true")
    return redirect(f"{request.root}sites/{site.id}/sharing?done={'on' if active == 'true' else 'off'}#counter")


def _failed(request: Request, person: Person, site: Site, form: LinkForm, error: BadRequest | Conflict) -> Response:
    alert = _("Nothing was saved. %(reason)s", reason=form.error)
    return _page(request, person, site, error.status, failed=form, alert=alert)


def _page(
    request: Request,
    person: Person,
    site: Site,
    status: int = HTTPStatus.OK,
    *,
    failed: LinkForm | None = None,
    alert: str = "",
    done: str = "",
) -> Response:
    links = [link_forms.card(link, request, site, failed) for link in shared_links.of_site(site)]
    key = counters.key_of(site)
    return render.page(
        request,
        "sharing/settings.html",
        status,
        person=person,
        csrf=auth.csrf_token(request),
        site=site,
        sections=sections.of_site(person, site, PATH),
        public=next((one for one in links if one.is_public), None),
        links=[one for one in links if not one.is_public],
        new=failed if failed is not None and not failed.link_id else link_forms.empty(),
        is_new_open=failed is not None and not failed.link_id,
        counter=link_forms.counter(request.address, key) if key else None,
        badge=f"{request.root}badge/{key}.svg" if key else "",
        alert=alert,
        done=done,
    )
