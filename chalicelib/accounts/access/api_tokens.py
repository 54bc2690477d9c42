"""API tokens, which programs send as ``Authorization: Bearer …``.

A token allows what its person may do at that moment, limited to its scopes and, if it names any, to some sites. Only
its SHA-256 is stored. What a request for a new token may contain is read by `accounts.access.new_token`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib import config
from chalicelib.accounts import audit_log, secret_tokens
from chalicelib.errors import BadRequest, Conflict, NotFound, Unauthorized
from chalicelib.routing import FULL_ACCESS, Access, Scope
from chalicelib.store import credentials
from chalicelib.store.credentials import Token
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

# Makes a leaked token recognizable, such as in a commit, a log or a chat.
PREFIX: Final = "shy_"
_ID_CHARS: Final = 16
# What each scope allows, for people.
SCOPES: Final[Mapping[Scope, str]] = {
    Scope.STATS_READ: N_("See figures, visits, events, annotations and excluded traffic"),
    Scope.SITES_READ: N_("See sites, their settings, and saved segments"),
    Scope.SITES_WRITE: N_("Create sites, change their settings, and save segments"),
    Scope.SITES_OWN: N_("Delete sites, transfer them, and accept sites that are offered"),
    Scope.PEOPLE_READ: N_("See the people of sites and teams, with their e-mail addresses, and invitations"),
    Scope.PEOPLE_WRITE: N_("Invite people to sites and teams, change their roles, remove them, and manage teams"),
    Scope.SHARES_READ: N_("See shared links, with their addresses, and the addresses of badges and counters"),
    Scope.SHARES_WRITE: N_("Create, change and revoke shared links, and switch badges and counters on and off"),
    Scope.HITS_WRITE: N_("Send page views and events from a server"),
    Scope.ANNOTATIONS_WRITE: N_("Add, change and delete annotations, such as markers of deployments"),
    Scope.ACCOUNT_READ: N_("See your account: name, addresses and preferences"),
    Scope.ACCOUNT_WRITE: N_("Change your name and preferences"),
    Scope.ACCOUNT_DELETE: N_("Delete your account, and the sites that you own alone"),
    Scope.TOKENS_READ: N_("List your API tokens"),
    Scope.TOKENS_WRITE: N_("Create API tokens that allow no more than this one, and revoke tokens"),
    Scope.INSTALLATION_READ: N_(
        "See the health, queues and settings of the installation, all people and sites, usage and the audit log, as an "
        "administrator"
    ),
    Scope.INSTALLATION_WRITE: N_(
        "Change the settings of the installation, handle dead letters, and manage people, as an administrator"
    ),
}


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token's public data.

    :ivar id: identifies the token, but does not authenticate.
    :ivar prefix: its first characters; ``""`` for tokens that were issued before they were stored.
    :ivar created_at: epoch seconds; :ivar used_at: epoch seconds, to the hour; None: not used yet.
    """

    id: str
    name: str
    prefix: str
    access: Access
    created_at: int
    used_at: int | None = None

    @property
    def has_expired(self) -> bool:
        """Whether it is no longer accepted."""
        return self.access.has_expired(time.time())


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a token belongs to, and what it allows. `name`: of the token; ``""`` for a signed-in browser."""

    person: Person
    access: Access
    name: str = ""


def issue(person: Person, name: str, access: Access = FULL_ACCESS) -> str:
    """Create a token from the command line, as :func:`create` does; gives the token.

    :raises BadRequest: if the name is empty or too long.
    :raises Conflict: if the person has too many tokens.
    """
    token, secret = create(person, name, access)
    audit_log.record(None, "token.create", subject=token.id, person=person.id)
    return secret


def create(person: Person, name: str, access: Access) -> tuple[ApiToken, str]:
    """Create a token; gives its public data and the token itself, which cannot be shown again.

    :raises BadRequest: if the name is empty or too long.
    :raises Conflict: if the person has too many tokens.
    """
    label = token_name(name)
    in_use = sum(1 for token in tokens_of(person) if not token.has_expired)
    if in_use >= config.MAX_TOKENS:
        raise Conflict(_("You have %(num)s API tokens. Revoke one that you no longer use.", num=in_use))
    secret = secret_tokens.new_labelled_secret(person.id)
    stored = Token(
        secret_tokens.digest(secret),
        label,
        int(time.time()),
        PREFIX + secret[: secret_tokens.LABEL_CHARS],
        None if access.scopes is None else tuple(sorted(scope.value for scope in access.scopes)),
        None if access.sites is None else tuple(sorted(access.sites)),
        access.expires_at,
    )
    credentials.add_token(person.id, stored)
    return _public(stored), PREFIX + secret


def token_name(given: str) -> str:
    """A token's name: 1 to 100 printable characters, without surrounding white space.

    :raises BadRequest: if it is not.
    """
    name = given.strip()
    if not 1 <= len(name) <= config.MAX_TOKEN_NAME_CHARS or not name.isprintable():
        message = _("A token needs a name of 1 to %(most)s printable characters.", most=config.MAX_TOKEN_NAME_CHARS)
        raise BadRequest(message, field="name")
    return name


def holder_of(token: str) -> Holder:
    """Whom `token` belongs to, and what it allows; notes that it is used.

    :raises Unauthorized: if it is unknown, was revoked, or has expired.
    """
    secret = token.removeprefix(PREFIX)
    person_id = secret_tokens.person_of(secret) if token.startswith(PREFIX) else None
    digest = secret_tokens.digest(secret)
    found = credentials.person_with_token(person_id, digest) if person_id is not None else None
    if found is None:
        raise Unauthorized("This API token is unknown; it may have been revoked.")
    person, stored = found
    now, access = int(time.time()), _access(stored)
    if access.has_expired(now):
        raise Unauthorized("This API token has expired. Create a new one.")
    if stored.used_at is None or stored.used_at <= now - config.TOKEN_USE_NOTED_EVERY_S:
        credentials.note_use(person.id, digest, now, config.TOKEN_USE_NOTED_EVERY_S)
    return Holder(person, access, stored.name)


def tokens_of(person: Person, access: Access = FULL_ACCESS) -> list[ApiToken]:
    """A person's tokens, oldest first, also those that expired a short time ago.

    :param access: leaves out tokens that reach sites which this does not reach.
    """
    shown = map(_public, credentials.tokens_of(person.id))
    return [token for token in shown if access.covers_sites_of(token.access)]


def revoke_by_id(person: Person, token_id: str, access: Access = FULL_ACCESS) -> None:
    """Revoke the person's token with this id.

    :param access: of the request; see :func:`tokens_of`.
    :raises NotFound: if the person has no such token.
    """
    found = [token for token in credentials.tokens_of(person.id) if token.digest[:_ID_CHARS] == token_id]
    if not found or not access.covers_sites_of(_access(found[0])):
        raise NotFound(_("You have no such API token; it may have been revoked."))
    credentials.remove_token(person.id, found[0].digest)
    audit_log.record(person, "token.revoke", subject=token_id, person=person.id)


def revoke_all(person: Person) -> None:
    """Revoke all of a person's tokens."""
    for token in credentials.tokens_of(person.id):
        credentials.remove_token(person.id, token.digest)
        audit_log.record(person, "token.revoke", subject=token.digest[:_ID_CHARS], person=person.id)


def revoke(token: str) -> None:
    """Revoke `token`, from the command line."""
    secret = token.removeprefix(PREFIX)
    person_id = secret_tokens.person_of(secret)
    if person_id is not None:
        digest = secret_tokens.digest(secret)
        credentials.remove_token(person_id, digest)
        audit_log.record(None, "token.revoke", subject=digest[:_ID_CHARS], person=person_id)


def _public(token: Token) -> ApiToken:
    return ApiToken(token.digest[:_ID_CHARS], token.name, token.prefix, _access(token), token.created_at, token.used_at)


def _access(token: Token) -> Access:
    """What a stored token allows. A scope that there is no longer allows nothing."""
    known = {scope.value: scope for scope in Scope}
    scopes = None if token.scopes is None else frozenset(known[name] for name in token.scopes if name in known)
    return Access(scopes, None if token.sites is None else frozenset(token.sites), token.expires_at)
