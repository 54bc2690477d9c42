"""Changing the settings of the installation, as an administrator: nothing that would lock everybody out is stored."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from chalicelib.accounts import installation, throttle
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.mailing.mail import Delivery
from chalicelib.accounts.oidc import code_flow
from chalicelib.accounts.sign_in.sign_in_ways import provider_name
from chalicelib.config import MAILS_WINDOW_S, TEST_MAILS_PER_PERSON
from chalicelib.errors import BadRequest
from chalicelib.store import administrators, provider_identities
from chalicelib.store import installation as stored
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _


def read() -> Installation:
    """The settings as they are stored now."""
    return stored.read()


def change(actor: Person, changes: Mapping[str, Any]) -> Installation:
    """Change settings; gives all of them as stored.

    An empty issuer removes the provider, with its client ID and secret. Otherwise the provider is asked whether people
    can sign in with the new settings.

    :raises BadRequest: if a setting is unknown, its value is invalid, or nobody could sign in; naming the field.
    :raises Conflict: if somebody changed the settings at the same time.
    """
    before = stored.read()
    if changes.get("oidc_issuer") == "":
        changes = {**changes, "oidc_client_id": "", "oidc_client_secret": ""}
    changed = installation.with_changes(before, changes)
    begins_only = changed.oidc_only and not before.oidc_only
    if begins_only or _client(before) != _client(changed):
        _check_provider(before, changed, changes)
    return installation.save(actor, before, changed)


def send_test_mail(actor: Person) -> Delivery:
    """Send a mail to the administrator's primary address.

    :raises TooManyRequests: after too many test mails.
    """
    throttle.count(throttle.key("test mails", actor.id), TEST_MAILS_PER_PERSON, MAILS_WINDOW_S, int(time.time()))
    return mail.send(actor, "sender-test")


def _client(settings: Installation) -> tuple[str, str, str]:
    """What the provider knows this installation by, and is asked about before it is stored."""
    return settings.oidc_issuer, settings.oidc_client_id, installation.client_secret_of(settings)


def _check_provider(before: Installation, changed: Installation, changes: Mapping[str, Any]) -> None:
    if not changed.oidc_issuer:
        if changed.oidc_client_id or changed.has_client_secret:
            raise BadRequest(_("Enter the provider's issuer."), field="oidc_issuer")
        return
    moved = bool(before.oidc_issuer) and changed.oidc_issuer != before.oidc_issuer
    if moved and before.has_client_secret and not changes.get("oidc_client_secret"):
        # Otherwise the secret of one provider could be sent to another, by whoever changes the issuer.
        raise BadRequest(
            _("Enter the client secret again, because the issuer has changed."), field="oidc_client_secret"
        )
    if changed.oidc_only and not _administrator_has_identity(changed.oidc_issuer):
        raise BadRequest(
            _(
                "No administrator has connected their account with %(provider)s, so nobody could administer this "
                "installation. Save the provider without this setting, connect your account under Connected "
                "identities, then turn it on.",
                provider=provider_name(changed),
            ),
            field="oidc_only",
        )
    problems = code_flow.check(changed)
    if problems:
        raise BadRequest(" ".join(problems), field=_field_at_fault(changed))


def _field_at_fault(changed: Installation) -> str:
    if not changed.oidc_client_id:
        return "oidc_client_id"
    return "oidc_issuer" if installation.client_secret_of(changed) else "oidc_client_secret"


def _administrator_has_identity(issuer: str) -> bool:
    """Whether an administrator can sign in through the provider."""
    return any(
        identity.issuer == issuer
        for administrator in administrators.find()
        for identity in provider_identities.identities_of(administrator.id)
    )
