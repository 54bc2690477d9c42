"""Whom an identity at the OpenID Connect provider belongs to.

Issuer and subject name an identity. Its e-mail address only helps to find the account when the identity is used here
for the first time, and only if the provider says that the address is verified; see docs/adr/0046.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib import translation
from chalicelib.accounts import audit_log
from chalicelib.accounts.email_addresses import deliverable
from chalicelib.accounts.installation import settings_of_installation
from chalicelib.accounts.mailing import notices
from chalicelib.accounts.oidc import browser_state
from chalicelib.accounts.oidc.browser_state import WaitingIdentity
from chalicelib.accounts.people.people import person_name
from chalicelib.accounts.sign_in import invitation_acceptance, second_factor
from chalicelib.accounts.sign_in.sign_in_ways import sign_in_ways
from chalicelib.config import MAX_IDENTITIES
from chalicelib.errors import BadRequest, Conflict, Forbidden
from chalicelib.store import people, provider_identities
from chalicelib.store.people import Person
from chalicelib.store.provider_identities import Identity, digest_of
from chalicelib.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider says of somebody.

    :ivar email: ``""`` unless the provider says that it is verified, and mail can be sent to it.
    :ivar name: ``""`` if the provider gives none that can be used here.
    """

    issuer: str
    subject: str
    email: str
    name: str


class MustConfirm(Exception):
    """The identity may belong to an account; its owner, signed in, has to confirm that.

    :ivar person: whose account it is.
    """

    def __init__(self, person: Person) -> None:
        super().__init__(person.id)
        self.person = person


def read_claims(issuer: str, subject: str, claims: Mapping[str, Any]) -> Claims:
    """What is used here of the claims of an ID token or the user info endpoint."""
    email, name, verification = (claims.get(one) for one in ("email", "name", "email_verified"))
    verified = verification is True or verification == "true"  # Amazon Cognito writes it as text
    usable = isinstance(email, str) and verified and deliverable(email) is not None
    try:
        shown = person_name(name) if isinstance(name, str) else ""
    except BadRequest:
        shown = ""
    return Claims(issuer, subject, str(email).strip() if usable else "", shown)


def person_for(claims: Claims, present: Person | None) -> Person:
    """The person to sign in.

    :param present: who is signed in with this browser already.
    :raises MustConfirm: if `present`, or the owner of an account with the same address, has to connect the identity.
    :raises Forbidden: if there is no account, and none may be created.
    :raises Conflict: if it belongs to another account than that of `present`.
    """
    known = provider_identities.person_with(digest_of(claims.issuer, claims.subject))
    if known is not None:
        if present is not None and present.id != known.id:
            raise Conflict(_("This identity is connected to another account. Sign out to sign in with it."))
        return known
    if present is not None:
        raise MustConfirm(present)
    if not claims.email:
        raise Forbidden(
            _(
                "You have not connected this identity to an account yet, and %(provider)s does not say that your "
                "e-mail address is verified. Sign in as before and connect it in your account.",
                provider=sign_in_ways().provider,
            )
        )
    person = people.find_person(claims.email)
    if person is None:
        return _create(claims)
    if not _may_connect_unasked(person, claims):
        raise MustConfirm(person)
    _connect(person, claims.issuer, claims.subject, claims.email)
    return person


def connect(person: Person, identity: WaitingIdentity) -> None:
    """Connect an identity that waits in the person's browser.

    :raises BadRequest: if it was used already.
    :raises Conflict: if it is connected to another account, or the person has too many.
    """
    if len(provider_identities.identities_of(person.id)) >= MAX_IDENTITIES:
        raise Conflict(_("You can connect at most %(number)s identities.", number=MAX_IDENTITIES))
    if not browser_state.use_identity(identity):
        raise BadRequest(_("This has been confirmed already, or has expired. Start again."))
    _connect(person, identity.issuer, identity.subject, identity.email)


def disconnect(person: Person, digest: str) -> None:
    """Disconnect an identity; nothing happens if it is not connected to the person.

    :raises Conflict: if the person could not sign in afterwards.
    """
    others = [one for one in provider_identities.identities_of(person.id) if one.digest != digest]
    if not (others or person.password_hash or second_factor.factors_of(person).passkeys):
        raise Conflict(_("You have no password and no passkey. Choose one first, so that you can still sign in."))
    if provider_identities.disconnect(person.id, digest):
        audit_log.record(person, "person.disconnect_identity", subject=person.id)
        notices.security_changed(person, "identity_disconnected")


def has_identity(person: Person) -> bool:
    """Whether the person can sign in through the provider of the installation's settings."""
    settings = settings_of_installation()
    mine = provider_identities.identities_of(person.id) if settings.has_provider else []
    return any(one.issuer == settings.oidc_issuer for one in mine)


def _may_connect_unasked(person: Person, claims: Claims) -> bool:
    """Whether an account is connected to an identity by its verified address alone.

    Where the provider is the only way in, it decides who somebody is. Otherwise it decides about accounts without a
    password and a second factor, except administrators'. A second identity of the same provider is never connected
    unasked: the provider may have given the address to somebody else.

    :raises Forbidden: if the account already has another identity of the provider.
    """
    if (deliverable(person.as_stored(claims.email)) or "").lower() != (deliverable(claims.email) or "").lower():
        return False  # two addresses that differ in more than case, such as ß and ss
    if any(one.issuer == claims.issuer for one in provider_identities.identities_of(person.id)):
        raise Forbidden(
            _(
                "The account with your e-mail address is connected to another identity at %(provider)s. "
                "Ask an administrator.",
                provider=sign_in_ways().provider,
            )
        )
    if sign_in_ways().provider_only:
        return True
    return not (person.admin or person.password_hash or second_factor.factors_of(person).required)


def _create(claims: Claims) -> Person:
    if settings_of_installation().sign_up != "open" and not invitation_acceptance.is_invited(claims.email):
        raise Forbidden(
            _("There is no account with the address %(email)s here. Ask an administrator.", email=claims.email)
        )
    new = Person(
        str(uuid.uuid4()),
        claims.email,
        claims.name,
        created_at=int(time.time()),
        language=translation.current_language(),
    )
    try:
        person = people.add_person(new)
    except Conflict as error:
        raise Conflict(_("Your account was created at the same time. Sign in again."), field="email") from error
    audit_log.record(person, "person.sign_up", subject=person.id)
    _connect(person, claims.issuer, claims.subject, claims.email)
    return person


def _connect(person: Person, issuer: str, subject: str, email: str) -> None:
    identity = Identity(digest_of(issuer, subject), issuer, email, int(time.time()))
    try:
        provider_identities.connect(person.id, identity)
    except Conflict as error:
        raise Conflict(_("This identity is connected to another account.")) from error
    audit_log.record(person, "person.connect_identity", subject=person.id)
    notices.security_changed(person, "identity_connected")
