"""The page of a site's settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from chalice import Response

from chalicelib import config
from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import settings_copy, site_settings
from chalicelib.dashboard import render, sections, time_zones
from chalicelib.dashboard.sites import setting_fields
from chalicelib.errors import BadRequest, Conflict
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/sites/{site}/settings"
# What the page confirms after a change, by the value of `done` in its query.
DONE: Final[Mapping[str, str]] = {
    "saved": N_("Settings saved."),
    site_settings.ARCHIVED: N_("The site is archived."),
    site_settings.ACTIVE: N_("The site is active again."),
    "copied": N_("The settings were copied."),
}
_INVALID: Final = N_("Nothing was saved. Correct the marked settings and save again.")
_CHANGED: Final = N_(
    "Nothing was saved, because somebody changed the settings after you opened this page. "
    "Compare the marked ones and save again."
)
_CONFLICT: Final = N_("Nothing was saved.")
_MAX_SHOWN_CHARS: Final = 100


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{id}/settings``."""
    return _page(request, person, site, done=render.confirmation(request, DONE))


def save(request: Request, person: Person, site: Site) -> Response:
    """``POST /sites/{id}/settings``: change the settings in the form, and back to the page; or the page with errors.

    :raises BadRequest: if a setting is unknown.
    :raises Forbidden: if the person may not change one of the settings.
    """
    form = {name: setting_fields.normal(text) for name, text in request.form(config.MAX_FORM_BYTES).items()}
    form.pop("csrf", None)
    version = form.pop("version", None)
    site_settings.check_rights(person, site, form)
    now = setting_fields.texts(site)
    changed = {name: setting_fields.value(name, text) for name, text in form.items() if text != now.get(name)}
    errors = site_settings.errors_in(changed)
    if version is not None and version != _version(site):
        stored = {name: _stored_now(now[name]) for name in changed}
        return _page(
            request, person, site, HTTPStatus.CONFLICT, entered=form, errors=stored | errors, alert=_(_CHANGED)
        )
    if errors:
        return _page(request, person, site, HTTPStatus.BAD_REQUEST, entered=form, errors=errors, alert=_(_INVALID))
    try:
        if changed:
            site_settings.change(person, site, changed)
    except Conflict as error:
        field = error.field if error.field in form else None
        errors = {field: error.message} if field else {}
        alert = _(_CONFLICT) if field else error.message
        return _page(request, person, site, error.status, entered=form, errors=errors, alert=alert)
    return redirect(f"{request.root}sites/{site.id}/settings?done={form.get('status', 'saved')}")


def copy(request: Request, person: Person, site: Site) -> Response:
    """``POST /sites/{id}/settings/copy`` with the site to copy `from` and the groups to copy: back to the page."""
    form = request.form()
    wanted = [field.name for group in setting_fields.COPIED if form.get(f"copy-{group.key}") for field in group.fields]
    forbidden = site_settings.forbidden_to(person, site)
    names = [name for name in settings_copy.COPIED if name in wanted and name not in forbidden]
    if not names:
        return _page(request, person, site, HTTPStatus.BAD_REQUEST, alert=_("Choose which settings to copy."))
    try:
        settings_copy.copy(person, settings_copy.source(person, form.get("from"), "from"), site, names)
    except (BadRequest, Conflict) as error:
        return _page(request, person, site, error.status, alert=error.message)
    return redirect(f"{request.root}sites/{site.id}/settings?done=copied")


def _page(
    request: Request,
    person: Person,
    site: Site,
    status: int = HTTPStatus.OK,
    *,
    entered: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    alert: str = "",
    done: str = "",
) -> Response:
    """The page: with what is stored, or what was entered and what is wrong with it."""
    texts = setting_fields.texts(site) | {
        name: text for name, text in (entered or {}).items() if name != "status" and name in setting_fields.FIELDS
    }
    forbidden = site_settings.forbidden_to(person, site)
    hidden = forbidden - site_settings.OF_SITE_ADMINS
    return render.page(
        request,
        "sites/settings.html",
        status,
        person=person,
        csrf=auth.csrf_token(request),
        site=site,
        sections=sections.of_site(person, site, PATH),
        groups=setting_fields.GROUPS,
        hidden=hidden,
        locked=forbidden - hidden,
        texts=texts,
        errors={name: setting_fields.error_text(name, message) for name, message in (errors or {}).items()},
        alert=alert,
        done=done,
        version=_version(site),
        zones=time_zones.zones(),
        proxies=setting_fields.proxies(),
        ranges=site_settings.RANGES,
        sources=settings_copy.sources(person, site),
        copied=setting_fields.COPIED,
    )


def _version(site: Site) -> str:
    """A digest of the settings: it tells whether they have changed since a page was opened."""
    known = json.dumps(site_settings.values(site), sort_keys=True)
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def _stored_now(text: str) -> str:
    return _("Stored now: %(value)s", value=_shortened(text))


def _shortened(text: str) -> str:
    line = ", ".join(text.split("\n")) or _("nothing")
    return line if len(line) <= _MAX_SHOWN_CHARS else f"{line[: _MAX_SHOWN_CHARS - 1]}…"
