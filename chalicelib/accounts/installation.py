"""The settings of the installation: reading them, and changing them as an administrator."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from chalicelib import outgoing_http
from chalicelib.accounts import audit_log
from chalicelib.accounts.email_addresses import deliverable
from chalicelib.errors import BadRequest
from chalicelib.store import installation
from chalicelib.store.installation import SIGN_UPS, SITE_CREATORS, Installation
from chalicelib.store.people import Person

_CHOICES = {"sign_up": SIGN_UPS, "site_creators": SITE_CREATORS}


def settings_of_installation() -> Installation:
    """The settings, at most half a minute old."""
    return installation.cached()


def change(actor: Person | None, changes: Mapping[str, Any]) -> Installation:
    """Change settings; gives all of them as stored.

    :param actor: the administrator, or None for the command line.
    :raises BadRequest: if a setting is unknown or its value invalid.
    :raises Conflict: if somebody changed the settings at the same time.
    """
    before = installation.read()
    for name, value in changes.items():
        _check(name, value)
    changed = dataclasses.replace(before, **changes)
    if changed == before:
        return before
    if changed.oidc_only and not changed.has_provider:
        raise BadRequest(
            "oidc_only needs a provider: set oidc_issuer, oidc_client_id and oidc_client_secret.", field="oidc_only"
        )
    stored = installation.write(changed)
    names = [name for name in changes if getattr(before, name) != getattr(stored, name)]
    audit_log.record(actor, "installation.change", settings=", ".join(sorted(names)))
    return stored


def _check(name: str, value: object) -> None:
    kinds = {entry.name: type(entry.default) for entry in dataclasses.fields(Installation) if entry.name != "version"}
    if name not in kinds:
        raise BadRequest(f"{name} is not a setting of the installation.", field=name)
    if not isinstance(value, kinds[name]):
        raise BadRequest(f"{name} has the wrong type.", field=name)
    if name == "mail_sender" and value and deliverable(str(value)) is None:
        raise BadRequest(f"{name} must be an e-mail address, such as stats@example.com.", field=name)
    if name == "oidc_issuer" and value:
        try:
            outgoing_http.check_form(str(value))
        except outgoing_http.RequestFailed as failure:
            raise BadRequest(f"{name} must be a URL. {failure.message}", field=name) from failure
    if name in _CHOICES and value not in _CHOICES[name]:
        raise BadRequest(f"{name} must be one of: {', '.join(_CHOICES[name])}.", field=name)
