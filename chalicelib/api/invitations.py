"""Invitations over the API: those to a site, to a team and to the installation, and accepting one.

The same handlers list, send again and revoke the invitations of all three.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from chalice import Response

from chalicelib.accounts.membership import invitations
from chalicelib.accounts.membership.invitations import Sent
from chalicelib.accounts.sign_in import invitation_acceptance
from chalicelib.api.listing import reply_part
from chalicelib.errors import BadRequest
from chalicelib.store.invitations import Invitation
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team
from chalicelib.web import Request, reply, reply_json

MAX_ROWS = 1000


def accept(request: Request, person: Person) -> Response:
    """``POST /api/v1/invitations`` with the token of a link: accepts the invitation for the caller."""
    data = request.json()
    token = data.get("token")
    if not isinstance(token, str) or len(data) > 1:
        raise BadRequest('Send {"token": …}, the last part of the invitation\'s link.', field="token")
    offer = invitation_acceptance.find(token, request.source_ip)
    invitation_acceptance.accept(offer, person)
    place = offer.invitation.place
    return reply_json({"to": place.kind, "id": place.id or None, "role": offer.invitation.role or None})


def list_all(request: Request, _caller: Person, subject: Site | Team | None = None) -> Response:
    """``GET …/invitations?limit=…&cursor=…`` of a site, a team or the installation."""
    rows = [_as_json(one.invitation, one.email) for one in invitations.list_of(subject)]
    return reply_part(request, "invitations", rows, MAX_ROWS)


def invite_to_installation(request: Request, caller: Person) -> Response:
    """``POST /api/v1/administration/invitations`` with email: invites somebody to create an account; 201."""
    return reply_json(sent_as_json(invitations.invite(None, caller, request.json(), request.address)), 201)


def send_again(request: Request, caller: Person, subject: Site | Team | None = None, *, invitation: str) -> Response:
    """``POST …/invitations/{invitation}``: sends it again, with a new link."""
    return reply_json(sent_as_json(invitations.send_again(subject, caller, invitation, request.address)))


def revoke(_request: Request, caller: Person, subject: Site | Team | None = None, *, invitation: str) -> Response:
    """``DELETE …/invitations/{invitation}``; 204."""
    invitations.revoke(subject, caller, invitation)
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})


def sent_as_json(sent: Sent) -> dict[str, Any]:
    """An invitation that was sent just now, with its link if that has to be handed over."""
    shown = _as_json(sent.invitation, sent.invitation.email)
    return shown | ({"link": sent.link, "problem": sent.problem} if sent.link else {})


def _as_json(invitation: Invitation, email: str) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "email": email or None,
        "role": invitation.role or None,
        "state": invitation.state(time.time()),
        "mailed": invitation.mailed,
        "invited_by": invitation.invited_by,
        "sent_at": _iso(invitation.sent_at),
        "valid_until": _iso(invitation.valid_until),
        "accepted_at": _iso(invitation.accepted_at) if invitation.accepted_at else None,
    }


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
