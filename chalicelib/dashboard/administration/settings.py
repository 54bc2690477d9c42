"""The page of the installation's settings: name, accounts, mail, and the OpenID Connect provider."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.oidc import code_flow
from chalicelib.dashboard import render, sections
from chalicelib.errors import BadRequest, Conflict, ShylightError, TooManyRequests
from chalicelib.operations import installation_settings
from chalicelib.store.installation import SIGN_UPS, SITE_CREATORS, Installation, SignUp, SiteCreators
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/administration/settings"
# The forms of the page, by the value of `part`, and the settings of each.
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "general": ("name", "sign_up", "site_creators"),
    "mail": ("mail_sender",),
    "provider": ("oidc_name", "oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_only"),
}
SIGN_UP_NAMES: Final[Mapping[SignUp, tuple[str, str]]] = {
    "closed": (N_("Nobody"), N_("Only administrators add people, by inviting them.")),
    "invited": (N_("People with an invitation"), N_("Whoever may invite people to a site or a team may also invite "
                                                     "people without an account.")),
    "open": (N_("Everybody"), N_("Whoever can read mail at their address gets an account. This needs a mail sender.")),
}  # fmt: skip
SITE_CREATOR_NAMES: Final[Mapping[SiteCreators, tuple[str, str]]] = {
    "administrators": (N_("Administrators"), N_("Others see only sites that are shared with them.")),
    "everybody": (N_("Everybody"), N_("Everybody with an account can add sites of their own.")),
}
_DONE: Final[Mapping[str, str]] = {
    "saved": N_("The settings were saved. Other pages show them within half a minute."),
    "mailed": N_("The test mail was handed over to Amazon SES. Look into your mailbox."),
}


class Choice(NamedTuple):
    """A value that a setting can have, with one sentence about what follows from it."""

    value: str
    name: str
    sentence: str


def show(request: Request, person: Person) -> Response:
    """``GET /administration/settings``."""
    return page(request, person, installation_settings.read(), done=render.confirmation(request, _DONE))


def save(request: Request, person: Person) -> Response:
    """``POST /administration/settings`` with part, and the settings of that part."""
    form = request.form()
    part = form.get("part", "")
    try:
        changes = _entered(part, form)
        if part == "provider":
            auth.require_recent(request, person, back=PATH.strip("/"))
        installation_settings.change(person, changes)
    except (BadRequest, Conflict) as error:
        return page(request, person, installation_settings.read(), error=error, part=part, entered=form)
    return redirect(f"{request.root}administration/settings?done=saved")


def send_test_mail(request: Request, person: Person) -> Response:
    """``POST /administration/settings/test-mail``."""
    try:
        delivery = installation_settings.send_test_mail(person)
    except TooManyRequests as error:
        return page(request, person, installation_settings.read(), error=error)
    if not delivery:
        failed = Conflict(delivery.problem)
        return page(request, person, installation_settings.read(), error=failed)
    return redirect(f"{request.root}administration/settings?done=mailed")


def _entered(part: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The settings of a part as the form has them. A client secret that is left empty stays as it is.

    :raises BadRequest: if there is no such part.
    """
    if part not in PARTS:
        raise BadRequest(_("part must be one of: %(parts)s.", parts=", ".join(PARTS)), field="part")
    given: dict[str, Any] = {name: form[name].strip() for name in PARTS[part] if name in form}
    if part == "provider":
        given["oidc_only"] = form.get("oidc_only") == "1"
        if not given.get("oidc_client_secret"):
            given.pop("oidc_client_secret", None)
    return given


def page(
    request: Request,
    person: Person,
    settings: Installation,
    *,
    part: str = "",
    entered: Mapping[str, str] | None = None,
    error: ShylightError | None = None,
    done: str = "",
) -> Response:
    """The page. `part`, `entered`: the form that was sent, with its mistake."""
    shown = {name: getattr(settings, name) for names in PARTS.values() for name in names}
    if entered is not None and part in PARTS:
        shown |= {name: entered.get(name, "") for name in PARTS[part]}
        shown["oidc_only"] = entered.get("oidc_only") == "1" if part == "provider" else settings.oidc_only
    return render.page(
        request,
        "administration/settings.html",
        error.status if error else HTTPStatus.OK,
        render.retry_after(error),
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(PATH),
        alert=error.message if error else "",
        field=(error.field or "") if error else "",
        done=done,
        shown=shown,
        sign_ups=[Choice(one, *map(_, SIGN_UP_NAMES[one])) for one in SIGN_UPS],
        site_creators=[Choice(one, *map(_, SITE_CREATOR_NAMES[one])) for one in SITE_CREATORS],
        sender=mail.sender_state(settings.mail_sender),
        has_secret=settings.has_client_secret,
        has_provider=settings.has_provider,
        redirect_uri=code_flow.redirect_uri(request.address),
    )
