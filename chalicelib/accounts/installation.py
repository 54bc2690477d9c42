"""The settings of the installation: reading, validating and storing them.

`operations.installation_settings` changes them for administrators: it asks the OpenID Connect provider first.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from chalicelib import outgoing_http
from chalicelib.accounts import audit_log, encryption, input_fields
from chalicelib.accounts.email_addresses import deliverable
from chalicelib.config import MAX_INSTALLATION_NAME_CHARS, MAX_PROVIDER_CHARS
from chalicelib.errors import BadRequest
from chalicelib.store import installation
from chalicelib.store.encryption_key import encryption_key
from chalicelib.store.installation import SIGN_UPS, SITE_CREATORS, Installation
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _

# The settings that can be changed.
NAMES: Final = tuple(
    entry.name for entry in dataclasses.fields(Installation) if entry.name not in ("oidc_sealed_secret", "version")
)
_KINDS: Final = {entry.name: type(entry.default) for entry in dataclasses.fields(Installation)}
_CHOICES: Final = {"sign_up": SIGN_UPS, "site_creators": SITE_CREATORS}
_LIMITS: Final = {
    "name": MAX_INSTALLATION_NAME_CHARS,
    "oidc_name": MAX_INSTALLATION_NAME_CHARS,
    "oidc_issuer": MAX_PROVIDER_CHARS,
    "oidc_client_id": MAX_PROVIDER_CHARS,
    "oidc_client_secret": MAX_PROVIDER_CHARS,
}
# The client secret is sealed for this use; other secrets are sealed for a person.
_SEALED_FOR: Final = "installation: client secret of the provider"


def settings_of_installation() -> Installation:
    """The settings, at most half a minute old."""
    return installation.cached()


def client_secret_of(settings: Installation) -> str:
    """The client secret at the provider; ``""`` if there is none, or the key that it was encrypted with is gone."""
    if not settings.oidc_sealed_secret:
        return settings.oidc_client_secret
    secret = encryption.unseal(encryption_key(), settings.oidc_sealed_secret, _SEALED_FOR)
    return secret.decode() if secret is not None else ""


def change(actor: Person | None, changes: Mapping[str, Any]) -> Installation:
    """Change settings without asking the provider; gives all of them as stored.

    :param actor: the administrator, or None for the command line.
    :raises BadRequest: if a setting is unknown or its value invalid.
    :raises Conflict: if somebody changed the settings at the same time.
    """
    before = installation.read()
    return save(actor, before, with_changes(before, changes))


def with_changes(before: Installation, changes: Mapping[str, Any]) -> Installation:
    """The settings with `changes`, validated and with an encrypted client secret, but not stored.

    :raises BadRequest: if a setting is unknown or its value invalid.
    """
    checked = {name: _checked(name, value) for name, value in changes.items()}
    changed = dataclasses.replace(before, **checked)
    secret = checked.get("oidc_client_secret")
    if secret is not None and (not secret or secret != client_secret_of(before)):
        changed = dataclasses.replace(changed, oidc_sealed_secret="")
    if changed.oidc_only and not changed.has_provider:
        raise BadRequest(
            _("oidc_only needs a provider: set oidc_issuer, oidc_client_id and oidc_client_secret."), field="oidc_only"
        )
    return before if changed == before and secret is None else _sealed(changed)


def save(actor: Person | None, before: Installation, changed: Installation) -> Installation:
    """Store settings that :func:`with_changes` gave for `before`; as stored.

    :raises Conflict: if somebody changed the settings at the same time.
    """
    if changed == before:
        return before
    stored = installation.write(changed)
    names = {name for name in NAMES if getattr(before, name) != getattr(stored, name)} - {"oidc_client_secret"}
    if client_secret_of(before) != client_secret_of(stored):
        names.add("oidc_client_secret")
    if names:
        audit_log.record(actor, "installation.change", settings=", ".join(sorted(names)))
    return stored


def _sealed(settings: Installation) -> Installation:
    """The settings with their readable client secret encrypted, if they have one."""
    if not settings.oidc_client_secret:
        return settings
    if settings.oidc_sealed_secret:
        return dataclasses.replace(settings, oidc_client_secret="")
    sealed = encryption.seal(encryption_key(), settings.oidc_client_secret.encode(), _SEALED_FOR)
    return dataclasses.replace(settings, oidc_client_secret="", oidc_sealed_secret=sealed)


def _checked(name: str, value: Any) -> Any:
    """The value of a setting; names without spaces around them.

    :raises BadRequest: if the setting is unknown or the value invalid.
    """
    if name not in NAMES:
        shown = input_fields.printable(name)
        raise BadRequest(_("%(name)s is not a setting of the installation.", name=shown), field=shown)
    if not isinstance(value, _KINDS[name]):
        raise BadRequest(_("%(name)s has the wrong type.", name=name), field=name)
    if isinstance(value, str):
        value = value.strip() if name in ("name", "oidc_name") else value
        _check_text(name, value)
    if name in _CHOICES and value not in _CHOICES[name]:
        choices = ", ".join(_CHOICES[name])
        raise BadRequest(_("%(name)s must be one of: %(choices)s.", name=name, choices=choices), field=name)
    return value


def _check_text(name: str, value: str) -> None:
    if name == "name" and not value:
        raise BadRequest(_("Enter a name."), field=name)
    if len(value) > _LIMITS.get(name, MAX_PROVIDER_CHARS):
        raise BadRequest(
            _("%(name)s may have at most %(most)s characters.", name=name, most=_LIMITS.get(name, MAX_PROVIDER_CHARS)),
            field=name,
        )
    if name == "mail_sender" and value and deliverable(value) is None:
        raise BadRequest(_("%(name)s must be an e-mail address, such as stats@example.com.", name=name), field=name)
    if name == "oidc_issuer" and value:
        try:
            outgoing_http.check_form(value)
        except outgoing_http.RequestFailed as failure:
            raise BadRequest(
                _("%(name)s must be a URL. %(reason)s", name=name, reason=failure.message), field=name
            ) from failure
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise BadRequest(_("%(name)s must be one line of text.", name=name), field=name)
