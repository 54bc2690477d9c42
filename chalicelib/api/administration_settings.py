"""``/api/v1/administration/settings``: the settings of the installation."""

from __future__ import annotations

from typing import Any

from chalice import Response

from chalicelib.accounts.mailing import mail
from chalicelib.accounts.oidc import code_flow
from chalicelib.operations import installation_settings
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person
from chalicelib.web import Request, reply_json

# As they are stored; the client secret is never shown.
SHOWN = ("name", "sign_up", "site_creators", "mail_sender", "oidc_name", "oidc_issuer", "oidc_client_id", "oidc_only")


def show(request: Request, _person: Person) -> Response:
    """``GET /api/v1/administration/settings``."""
    return reply_json(_as_json(request, installation_settings.read()))


def change(request: Request, person: Person) -> Response:
    """``PATCH /api/v1/administration/settings`` with the settings to change: all of them, as stored."""
    return reply_json(_as_json(request, installation_settings.change(person, request.json())))


def send_test_mail(_request: Request, person: Person) -> Response:
    """``POST /api/v1/administration/test-mail``: sends a mail to the caller; whether SES took it."""
    delivery = installation_settings.send_test_mail(person)
    return reply_json({"sent": bool(delivery), "to": person.email, "problem": delivery.problem or None})


def _as_json(request: Request, settings: Installation) -> dict[str, Any]:
    return {
        **{name: getattr(settings, name) for name in SHOWN},
        "oidc_has_client_secret": settings.has_client_secret,
        "oidc_redirect_uri": code_flow.redirect_uri(request.address),
        "mail_ready": mail.sender_state(settings.mail_sender).ready,
    }
