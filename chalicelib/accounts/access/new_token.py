"""What a new API token is to allow, as a request says it: validated, and no more than the request itself may do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from chalicelib import config
from chalicelib.accounts import audit_log, input_fields
from chalicelib.accounts.access import api_tokens, auth
from chalicelib.accounts.access.api_tokens import ApiToken
from chalicelib.errors import BadRequest, Forbidden, NotFound
from chalicelib.routing import FULL_ACCESS, Access, Scope
from chalicelib.store import sites
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _

FIELDS = ("name", "scopes", "sites", "expires_at")


def create(person: Person, data: Mapping[str, object], within: Access = FULL_ACCESS) -> tuple[ApiToken, str]:
    """Create a token from the fields `name`, `scopes`, `sites` and `expires_at` of `data`.

    :param within: what the request may do, which the token may not exceed.
    :returns: its public data, and the token itself, which cannot be shown again.
    :raises BadRequest: if a field is missing, unknown or invalid, naming it.
    :raises NotFound: if the person has no access to one of the sites.
    :raises Forbidden: if the token would allow more than the request, naming the field.
    :raises Conflict: if the person has too many tokens.
    """
    for field in data:
        if field not in FIELDS:
            shown = input_fields.printable(field)
            raise BadRequest(f"There is no such field; a new token has {', '.join(FIELDS)}.", field=shown)
    name = data.get("name")
    if not isinstance(name, str):
        raise BadRequest(_("Enter a name."), field="name")
    label = api_tokens.token_name(name)
    access = Access(_scopes(data.get("scopes")), _sites(person, data.get("sites")), _expires_at(data.get("expires_at")))
    exceeding = access.exceeds(within)
    if exceeding:
        raise Forbidden("A token cannot create a token that allows more than itself or lives longer.", field=exceeding)
    token, secret = api_tokens.create(person, label, access)
    audit_log.record(person, "token.create", subject=token.id, person=person.id)
    return token, secret


def _scopes(given: object) -> frozenset[Scope]:
    names = _strings(given, "scopes")
    known = {scope.value: scope for scope in Scope}
    for name in names:
        if name not in known:
            raise BadRequest(f"scopes must be a list of some of {', '.join(known)}.", field="scopes")
    if not names:
        raise BadRequest(_("Choose what the token may be used for."), field="scopes")
    return frozenset(known[name] for name in names)


def _sites(person: Person, given: object) -> frozenset[str] | None:
    if given is None:
        return None
    wanted = frozenset(_strings(given, "sites"))
    if not 1 <= len(wanted) <= config.MAX_TOKEN_SITES:
        most = config.MAX_TOKEN_SITES
        raise BadRequest(_("Choose 1 to %(most)s sites, or all of yours.", most=most), field="sites")
    ids = {sites.read_id(one) for one in wanted}
    if not all(one is not None and auth.role_of(person, one) and sites.get_site(one) for one in ids):
        raise NotFound(_("There is no such site, or you have no access to it."), field="sites")
    return frozenset(one for one in ids if one is not None)


def _expires_at(given: object) -> int | None:
    """The time at which the token expires, epoch seconds, from ISO 8601 with an offset; None: never."""
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 2000 <= moment.year < 2200:
        raise BadRequest("expires_at must be a time with an offset, such as 2027-01-31T00:00:00Z.", field="expires_at")
    seconds = int(moment.astimezone(UTC).timestamp())
    if seconds <= time.time():
        raise BadRequest(_("The token would have expired already. Choose a later day."), field="expires_at")
    return seconds


def _strings(given: object, field: str) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise BadRequest(f"{field} must be a list of strings.", field=field)
    return given
