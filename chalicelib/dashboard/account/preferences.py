"""The page of one's preferences."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from chalice import Response

from chalicelib import translation
from chalicelib.accounts.access import appearance, auth
from chalicelib.accounts.own_account import preferences
from chalicelib.catalogue import PERIODS, PREFERABLE
from chalicelib.dashboard import render, sections, time_zones
from chalicelib.errors import BadRequest, Conflict
from chalicelib.store.people import Person
from chalicelib.store.preferences import AUTOMATIC, THEMES, Theme
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/account/preferences"
THEME_NAMES: Final[Mapping[Theme, str]] = {
    "automatic": N_("Automatic, as your device is set"),
    "light": N_("Light"),
    "dark": N_("Dark"),
}
_FIELDS: Final = ("language", "timezone", "period", "default_site", "theme")


def show(request: Request, person: Person) -> Response:
    """``GET /account/preferences``."""
    return _page(request, person, done=_("Your preferences were saved.") if "done" in request.query else "")


def save(request: Request, person: Person) -> Response:
    """``POST /account/preferences`` with all of the preferences; shortcuts is there or not."""
    form = request.form()
    given: dict[str, object] = {name: form[name] for name in _FIELDS if name in form}
    given["shortcuts"] = "shortcuts" in form
    try:
        preferences.change(person, given, translation.preferred(request.headers.get("accept-language", "")))
    except (BadRequest, Conflict) as error:
        return _page(request, person, error)
    return redirect(f"{request.root}account/preferences?done=1")


def _page(request: Request, person: Person, error: BadRequest | Conflict | None = None, *, done: str = "") -> Response:
    chosen = appearance.current()
    return render.page(
        request,
        "account/preferences.html",
        error.status if error else HTTPStatus.OK,
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account(PATH),
        alert=error.message if error else "",
        done=done,
        chosen=chosen,
        languages=[(AUTOMATIC, _("Automatic, as your browser asks for")), *translation.LANGUAGES.items()],
        zones=time_zones.zones(),
        periods=[(key, _(PERIODS[key].label)) for key in PREFERABLE if PERIODS[key].offered or key == chosen.period],
        sites=auth.sites_of(person),
        themes=[(theme, _(THEME_NAMES[theme])) for theme in THEMES],
    )
