"""What the actions of the audit log are called on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from chalicelib.translation import N_
from chalicelib.translation import gettext as _

# The same as in docs/audit-log.md.
TITLES: Final[Mapping[str, str]] = {
    "annotation.change": N_("Annotation changed"),
    "annotation.create": N_("Annotation added"),
    "annotation.delete": N_("Annotation deleted"),
    "counter.activate": N_("Badge and counter switched on"),
    "counter.deactivate": N_("Badge and counter switched off"),
    "dead_letter.discard": N_("Dead letters deleted"),
    "dead_letter.redrive": N_("Dead letters sent to the queue again"),
    "geoip.change_source": N_("Publisher of GeoIP databases changed"),
    "geoip.update": N_("Update of the GeoIP databases started"),
    "installation.change": N_("Settings of the installation changed"),
    "invitation.accept": N_("Invitation accepted"),
    "invitation.revoke": N_("Invitation revoked"),
    "invitation.send": N_("Invitation sent"),
    "person.add_address": N_("E-mail address confirmed"),
    "person.add_passkey": N_("Passkey added"),
    "person.add_totp": N_("Authenticator app set up"),
    "person.change_name": N_("Name changed"),
    "person.change_password": N_("Password changed"),
    "person.change_preferences": N_("Preferences changed"),
    "person.change_primary_address": N_("Main e-mail address changed"),
    "person.change_site_limit": N_("Limit of sites changed"),
    "person.connect_identity": N_("Identity at the provider connected"),
    "person.create_recovery_codes": N_("Recovery codes replaced"),
    "person.delete": N_("Account deleted"),
    "person.disconnect_identity": N_("Identity at the provider disconnected"),
    "person.end_all_sessions": N_("All sessions ended"),
    "person.end_session": N_("Session ended"),
    "person.make_administrator": N_("Made an administrator"),
    "person.remove_address": N_("E-mail address removed"),
    "person.remove_passkey": N_("Passkey removed"),
    "person.remove_totp": N_("Authenticator app removed"),
    "person.reset_password": N_("New password chosen with a one-time link"),
    "person.reset_second_factor": N_("Second factors removed"),
    "person.sign_up": N_("Account created"),
    "person.unmake_administrator": N_("No administrator any more"),
    "person.use_recovery_code": N_("Recovery code used"),
    "saved_segment.change": N_("Shared segment changed"),
    "saved_segment.delete": N_("Shared segment deleted"),
    "saved_segment.share": N_("Segment shared"),
    "saved_segment.unshare": N_("Segment no longer shared"),
    "share.change": N_("Shared link changed"),
    "share.create": N_("Shared link created"),
    "share.revoke": N_("Shared link revoked"),
    "signing_key.rotate": N_("Signing key rotated"),
    "site.archive": N_("Site archived"),
    "site.cancel_offer": N_("Offer of a site taken back"),
    "site.change": N_("Settings of a site changed"),
    "site.copy_settings": N_("Settings copied from another site"),
    "site.create": N_("Site created"),
    "site.decline_offer": N_("Offer of a site declined"),
    "site.delete": N_("Site deleted"),
    "site.offer": N_("Site offered to another owner"),
    "site.rebuild_days": N_("Days built anew"),
    "site.transfer": N_("Site transferred to another owner"),
    "site.unarchive": N_("Site made active again"),
    "site_person.change_role": N_("Role in a site changed"),
    "site_person.remove": N_("Person removed from a site, or left it"),
    "site_team.give": N_("Site given to a team"),
    "site_team.take": N_("Site taken from a team"),
    "team.change": N_("Team renamed"),
    "team.create": N_("Team created"),
    "team.delete": N_("Team deleted"),
    "team_member.change_role": N_("Role in a team changed"),
    "team_member.remove": N_("Member removed from a team, or left it"),
    "token.create": N_("API token created"),
    "token.revoke": N_("API token revoked"),
}


class ActionChoice(NamedTuple):
    """An action in a list to choose from."""

    action: str
    title: str


def title_of(action: str) -> str:
    """What an action is called; ``""`` for one of another version, which is shown by its code."""
    return _(TITLES[action]) if action in TITLES else ""


def choices() -> list[ActionChoice]:
    """All actions, by title."""
    return sorted((ActionChoice(one, title_of(one)) for one in TITLES), key=lambda choice: choice.title.casefold())
