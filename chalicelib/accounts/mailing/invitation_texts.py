"""The mails with which people are invited: subject and text of each; a part of `accounts.mailing.texts`.

They go to strangers, and in the name of somebody who chose names: of themselves, of a site, of a team.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from chalicelib.accounts.mailing.content import Action, Content
from chalicelib.config import MAX_INVITATION_NAME_CHARS
from chalicelib.translation import gettext as _
from chalicelib.translation import ngettext


def invitation_to_site(
    installation: str, inviter: str, inviter_email: str, name: str, role: str, link: str, days: int
) -> Content:
    """The link with which somebody gets access to a site. `name`: the site's; `inviter`: a name, or ``""``."""
    roles = {
        "admin": _("You will see the site, change its settings and manage its people."),
        "editor": _("You will see the site and change its settings."),
        "viewer": _("You will see the site."),
    }
    return Content(
        _("Invitation to the site %(site)s at %(installation)s", site=plain_name(name), installation=installation),
        (
            _(
                "%(inviter)s invites you to the statistics of the site “%(site)s” at %(installation)s.",
                inviter=_inviter(inviter, inviter_email),
                site=plain_name(name),
                installation=installation,
            ),
            roles[role],
        ),
        Action(_("Look at the invitation"), link),
        _about_invitation(days),
    )


def invitation_to_team(
    installation: str, inviter: str, inviter_email: str, name: str, role: str, link: str, days: int
) -> Content:
    """The link with which somebody joins a team. `name`: the team's; `inviter`: a name, or ``""``."""
    roles = {
        "admin": _("You will have access to its sites, and manage its members."),
        "member": _("You will have access to its sites."),
    }
    return Content(
        _("Invitation to the team %(team)s at %(installation)s", team=plain_name(name), installation=installation),
        (
            _(
                "%(inviter)s invites you to the team “%(team)s” at %(installation)s.",
                inviter=_inviter(inviter, inviter_email),
                team=plain_name(name),
                installation=installation,
            ),
            roles[role],
        ),
        Action(_("Look at the invitation"), link),
        _about_invitation(days),
    )


def invitation_to_installation(installation: str, inviter: str, inviter_email: str, link: str, days: int) -> Content:
    """The link with which somebody gets an account. `inviter`: a name, or ``""``."""
    return Content(
        _("Invitation to %(installation)s", installation=installation),
        (
            _(
                "%(inviter)s invites you to %(installation)s, the statistics of websites.",
                inviter=_inviter(inviter, inviter_email),
                installation=installation,
            ),
        ),
        Action(_("Look at the invitation"), link),
        _about_invitation(days),
    )


def plain_name(name: str) -> str:
    """A name that somebody chose, as it is sent to strangers: short, and with nothing that mail programs make a link.

    A dot between two characters becomes U+2024, which looks the same and is part of no host name.
    """
    text = " ".join(re.sub(r"[/\\]{2,}", " ", name).split())
    if len(text) > MAX_INVITATION_NAME_CHARS:
        text = f"{text[: MAX_INVITATION_NAME_CHARS - 1].rstrip()}…"
    return re.sub(r"(?<=\S)\.(?=\S)", "\u2024", text)


def _inviter(name: str, email: str) -> str:
    return _("%(name)s (%(email)s)", name=plain_name(name), email=email) if name else email


def _about_invitation(days: int) -> tuple[str, ...]:
    return (
        ngettext("The link is valid for %(num)s day.", "The link is valid for %(num)s days.", days),
        _("If you do not know the sender, ignore this mail. Nothing happens then."),
    )


# Name of a mail -> what makes its text.
INVITATIONS: Final[Mapping[str, Callable[..., Content]]] = {
    "invitation-to-site": invitation_to_site,
    "invitation-to-team": invitation_to_team,
    "invitation-to-installation": invitation_to_installation,
}
