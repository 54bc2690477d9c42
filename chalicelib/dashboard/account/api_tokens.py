"""The page of one's API tokens: what there are, a form for a new one, which is shown once, and buttons to revoke."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import quote

from chalice import Response

from chalicelib.accounts.access import api_tokens, auth, new_token
from chalicelib.accounts.access.api_tokens import SCOPES, ApiToken
from chalicelib.dashboard import formatting, render, sections
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import N_, ngettext
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/account/tokens"
# The choices for how long a token is valid, in days; "" is for ever.
LIVES: Final[Mapping[str, str]] = {
    "30": N_("30 days"),
    "90": N_("90 days"),
    "365": N_("A year"),
    "": N_("Until it is revoked"),
}
_USUAL_LIFE: Final = "90"
# Each checkbox has a name of its own, because a form is read as one value per name.
_SCOPE: Final = "scope "
_SITE: Final = "site "
_DONE: Final[Mapping[str, str]] = {"revoked": N_("The token is revoked.")}


class TokenForm(NamedTuple):
    """What was entered for a new token, and what is wrong with it: field -> message."""

    name: str = ""
    scopes: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    life: str = _USUAL_LIFE
    errors: Mapping[str, str] = MappingProxyType({})


class TokenEntry(NamedTuple):
    """A token in the list, in words. `scopes`: empty if it has all."""

    id: str
    name: str
    prefix: str
    has_expired: bool
    scopes: tuple[str, ...]
    sites: str
    created: str
    used: str
    expires: str


def show(request: Request, person: Person) -> Response:
    """``GET /account/tokens``."""
    return page(request, person, done=render.confirmation(request, _DONE))


def create(request: Request, person: Person) -> Response:
    """``POST /account/tokens``: a new token, which the page shows once; or the form again, with what is wrong.

    A token outlives the session, so it takes a recent sign-in; without one, the page asks for it in place of the form.
    """
    auth.require_recent(request, person, PATH.removeprefix("/"))
    form = _read(request.form())
    data = {
        "name": form.name,
        "scopes": sorted(form.scopes),
        "sites": sorted(form.sites) or None,
        "expires_at": _expires_at(form.life),
    }
    try:
        token, secret = new_token.create(person, data)
    except (BadRequest, NotFound, Conflict) as error:
        wrong = {error.field: error.message} if error.field else {}
        form = TokenForm(form.name, form.scopes, form.sites, form.life, wrong)
        return page(request, person, error.status, form=form, alert="" if wrong else error.message)
    return page(request, person, made=token, secret=secret)


def revoke(request: Request, person: Person) -> Response:
    """``POST /account/tokens/revoke`` with the id of a token: revoked, and back to the page."""
    api_tokens.revoke_by_id(person, request.form().get("token", ""))
    return redirect(f"{request.root}account/tokens?done=revoked")


def page(
    request: Request,
    person: Person,
    status: int = HTTPStatus.OK,
    *,
    form: TokenForm | None = None,
    made: ApiToken | None = None,
    secret: str = "",
    alert: str = "",
    done: str = "",
) -> Response:
    """The page: with a new token, with a form that has to be corrected, or with neither."""
    sites = auth.sites_of(person)
    return render.page(
        request,
        "account/api-tokens.html",
        status,
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account(PATH),
        tokens=[entry(token, sites) for token in reversed(api_tokens.tokens_of(person))],
        form=form or TokenForm(),
        may_create=auth.is_recent(request, person),
        confirm=f"{request.root}confirm?next={quote(PATH.removeprefix('/'))}",
        made=made,
        secret=secret,
        scopes=[(scope.value, _SCOPE + scope.value, _(text)) for scope, text in SCOPES.items()],
        sites=[(site, _SITE + site.id) for site in sites],
        lives=[(days, _(text)) for days, text in LIVES.items()],
        alert=alert,
        done=done,
    )


def entry(token: ApiToken, sites: list[Site]) -> TokenEntry:
    """A token in words. `sites`: those that its person may view."""
    access = token.access
    expires = _("Never") if access.expires_at is None else formatting.date_of(access.expires_at)
    return TokenEntry(
        token.id,
        token.name,
        token.prefix,
        token.has_expired,
        tuple(scope.value for scope in SCOPES if access.scopes is not None and scope in access.scopes),
        _("All") if access.sites is None else _site_names(access.sites, sites),
        formatting.date_of(token.created_at),
        _("Not yet") if token.used_at is None else _hour(token.used_at),
        _("%(day)s (expired)", day=expires) if token.has_expired else expires,
    )


def _site_names(ids: frozenset[str], sites: list[Site]) -> str:
    names = [site.name for site in sites if site.id in ids]
    others = len(ids) - len(names)
    if others:
        names.append(ngettext("%(num)s site that you cannot see", "%(num)s sites that you cannot see", others))
    return ", ".join(names)


def _read(form: Mapping[str, str]) -> TokenForm:
    life = form.get("life", _USUAL_LIFE)
    return TokenForm(
        form.get("name", ""),
        frozenset(name.removeprefix(_SCOPE) for name in form if name.startswith(_SCOPE)),
        frozenset(name.removeprefix(_SITE) for name in form if name.startswith(_SITE)),
        life if life in LIVES else _USUAL_LIFE,
    )


def _expires_at(life: str) -> str | None:
    return (datetime.now(UTC) + timedelta(days=int(life))).isoformat() if life else None


def _hour(seconds: int) -> str:
    """About when it was; tokens' uses are noted to the hour."""
    return _("%(day)s, about %(time)s", day=formatting.date_of(seconds), time=formatting.clock_of(seconds))
