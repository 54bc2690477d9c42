"""The page of the GeoIP databases: which are installed, and where newer ones come from."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.config import settings
from chalicelib.dashboard import formatting, render, sections
from chalicelib.dashboard.administration import schedule
from chalicelib.errors import BadRequest, Conflict, ShylightError, Unavailable
from chalicelib.operations import geoip
from chalicelib.operations.geoip import Database
from chalicelib.store import geoip_files
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/administration/geoip"
_DONE: Final[Mapping[str, str]] = {
    "chosen": N_("The source was saved. Update now, or wait for the next scheduled update."),
    "started": N_("The update has begun. It takes a minute or two: reload this page to see its outcome."),
}


class Row(NamedTuple):
    """A database on the page. `attribution`, `url`: whom the data comes from; ``""`` if that is unknown."""

    contents: str
    name: str
    source: str
    release: str
    installed: str
    attribution: str
    url: str


def show(request: Request, person: Person) -> Response:
    """``GET /administration/geoip``."""
    return _page(request, person, done=render.confirmation(request, _DONE))


def change(request: Request, person: Person) -> Response:
    """``POST /administration/geoip`` with action: choose (with publisher, account and key) or update."""
    form = request.form()
    action = form.get("action", "")
    try:
        _act(person, action, form)
    except (BadRequest, Conflict, Unavailable) as error:
        return _page(request, person, error=error, entered=form if action == "choose" else None)
    done = "chosen" if action == "choose" else "started"
    return redirect(f"{request.root}administration/geoip?done={done}")


def _act(person: Person, action: str, form: Mapping[str, str]) -> None:
    if action == "choose":
        given = {name: form.get(name, "").strip() for name in ("publisher", "account", "key")}
        geoip.choose(person, **given)
    elif action == "update":
        geoip.update_now(person)
    else:
        raise BadRequest(_("action must be one of: %(actions)s.", actions="choose, update"), field="action")


def _page(
    request: Request,
    person: Person,
    *,
    done: str = "",
    error: ShylightError | None = None,
    entered: Mapping[str, str] | None = None,
) -> Response:
    source = geoip.source()
    shown = entered or {"publisher": source.publisher, "account": source.account}
    publishers = [("", _("No updates"), _("The installed databases stay as they are."))]
    publishers += [(name, title, _(_SENTENCES[name])) for name, title in geoip.PUBLISHER_NAMES.items()]
    return render.page(
        request,
        "administration/geoip.html",
        error.status if error else HTTPStatus.OK,
        render.retry_after(error),
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(PATH),
        alert=error.message if error else "",
        field=error.field if error else "",
        done=done,
        rows=[_row(database) for database in geoip.databases()],
        source=source,
        publishers=publishers,
        chosen=shown.get("publisher", ""),
        account=shown.get("account", ""),
        last=schedule.row_of(geoip.last_update()),
        command=f"make geo STAGE={settings().stage}",
    )


# Publishers -> what choosing them means.
_SENTENCES: Final[Mapping[str, str]] = {
    "dbip": N_("Cities and network operators, updated monthly. Free, without an account."),
    "maxmind": N_("Cities and network operators, updated twice a week. Needs a free account at MaxMind."),
}


def _row(database: Database) -> Row:
    named = {"": _("Your own file"), geoip_files.PACKAGE: _("Comes with Shylight"), **geoip.PUBLISHER_NAMES}
    attribution = database.attribution
    return Row(
        database.contents,
        database.name,
        named.get(database.source, database.source),
        database.release or formatting.NOTHING,
        formatting.date_of(database.installed_at),
        attribution.text if attribution else "",
        attribution.url if attribution else "",
    )
