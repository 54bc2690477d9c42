"""The pages of people, teams and invitations, for the tests of pages."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from chalice import Response

from chalicelib.accounts import audit_log as log
from chalicelib.accounts.access import auth
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.membership import invitations, site_people, site_teams, teams
from chalicelib.accounts.membership.invitations import Listed, Sent
from chalicelib.accounts.membership.site_people import Member, TeamAccess
from chalicelib.accounts.membership.teams import TeamMember, TeamSite
from chalicelib.accounts.sign_in import invitation_acceptance
from chalicelib.accounts.sign_in.invitation_acceptance import Offer
from chalicelib.accounts.sign_in.sign_in_ways import SignInWays
from chalicelib.config import INVITATION_LIFE_S
from chalicelib.dashboard.administration import invitations as installation_invitations
from chalicelib.dashboard.sign_in import invitation as invitation_page
from chalicelib.dashboard.sites import people as site_people_page
from chalicelib.dashboard.teams import index as teams_page
from chalicelib.dashboard.teams import team as team_page
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.store import installation, people
from chalicelib.store import teams as stored_teams
from chalicelib.store.audit_log import Entry
from chalicelib.store.installation import Installation
from chalicelib.store.invitations import Invitation, Place
from chalicelib.store.people import Person, Role
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team
from chalicelib.translation import gettext as _
from tests.unit.dashboard import samples

LONG_NAME = "W" * 200
LONG_ADDRESS = "ada@" + ".".join(["example" * 8] * 3) + ".example.com"
NASTY_NAME = '"><script>alert(1)</script>'
TOKEN = "s" + "A" * 86
ADA = Person("11111111-1111-4111-8111-111111111111", "ada@example.com", "Ada Lovelace")
LONG = Person("22222222-2222-4222-8222-222222222222", LONG_ADDRESS, LONG_NAME)
NAMELESS = Person("33333333-3333-4333-8333-333333333333", "grace@example.com")
NASTY = Person("44444444-4444-4444-8444-444444444444", '"><b>@example.com', NASTY_NAME)
TEAM = Team("55555555-5555-4555-8555-555555555555", "Fieldnotes", {ADA.id: "owner"})
LONG_TEAM = Team(
    "66666666-6666-4666-8666-666666666666",
    LONG_NAME,
    {ADA.id: "owner", LONG.id: "admin", NAMELESS.id: "member", NASTY.id: "member"},
    {samples.SITE.id: "viewer", "long": "editor"},
)
ROLES: dict[str, Role] = {ADA.id: "owner", LONG.id: "admin", NAMELESS.id: "viewer", NASTY.id: "editor"}


def _invitation(email: str, role: str = "editor", age_s: int = 0, **more: Any) -> Listed:
    now = int(time.time()) - age_s
    made = Invitation(
        Place("site", samples.SITE.id), str(uuid.uuid4()), email, role, ADA.id, now, now + INVITATION_LIFE_S, "", **more
    )
    return Listed(made, email, ADA)


def _invitations(role: str) -> list[Listed]:
    return [
        _invitation("new@example.com", role),
        _invitation(LONG_ADDRESS, role, mailed=False),
        _invitation("late@example.com", role, 2 * INVITATION_LIFE_S),
        _invitation(NASTY.email, role, accepted_at=1_795_000_000, accepted_by=NASTY.id),
        replace(_invitation("", role, accepted_at=1_795_000_000), inviter=None),
    ]


@contextmanager
def _patched(*given: tuple[Any, str, Any], can_send: bool = True, admin_role: Role | None = None) -> Iterator[None]:
    with ExitStack() as stack:
        for module, name, value in (
            (auth, "csrf_token", "token"),
            (mail, "can_send", can_send),
            (installation, "cached", Installation()),
            (people, "role_in", admin_role),
            *given,
        ):
            stack.enter_context(patch.object(module, name, return_value=value))
        yield


def site_page(
    role: Role = "owner",
    full: bool = True,
    site: Site = samples.SITE,
    own_role: Role | None = "owner",
    can_send: bool = True,
    **shown: Any,
) -> Response:
    """The people of a site, as somebody with a role sees them."""
    team = TeamAccess(TEAM.id, TEAM.name, "admin")
    long_team = TeamAccess(LONG_TEAM.id, LONG_TEAM.name, "viewer")
    you = Member(ADA, role, own_role, () if own_role else (long_team,))
    others = [
        Member(LONG, "admin", "admin", (team, long_team)),
        Member(NAMELESS, "viewer", None, (long_team,)),
        Member(NASTY, "editor", "editor"),
        Member(replace(NASTY, id="77777777-7777-4777-8777-777777777777"), "owner", "owner"),
    ]
    entries = [
        Entry("2026-11-26T15:04:05.123Z", "1", NASTY.id, "site_person.remove", site.id),
        Entry("2026-11-26T15:04:05.123Z", "2", "gone", "site.change", site.id),
    ]
    with _patched(
        (site_people, "people_of", [you, *others] if full else [you]),
        (site_teams, "teams_of", [long_team] if full else []),
        (teams, "teams_of", [LONG_TEAM, TEAM] if full else []),
        (invitations, "list_of", _invitations("editor") if full else []),
        (log, "changes_by_administrators", entries if full else []),
        (people, "get_people", [NASTY]),
        can_send=can_send,
        admin_role=role,
    ):
        return site_people_page._page(samples.request(f"/sites/{site.id}/people"), ADA, site, **shown)


def handed_over() -> Sent:
    """An invitation that could not be mailed."""
    link = f"{samples.BASE_URL}/invitations/{TOKEN}"
    return Sent(_invitation(LONG_ADDRESS).invitation, link, _("No mail can be sent to this address."))


def teams_list(found: Sequence[Team] = (TEAM, LONG_TEAM), person: Person = ADA, **shown: Any) -> Response:
    """One's teams."""
    with _patched((teams, "teams_of", list(found))):
        return teams_page._page(samples.request("/teams"), person, **shown)


def team(
    person: Person = ADA, shown_team: Team = LONG_TEAM, full: bool = True, can_send: bool = True, **shown: Any
) -> Response:
    """A team."""
    known = {one.id: one for one in (ADA, LONG, NAMELESS, NASTY)}
    with _patched(
        (stored_teams, "read", shown_team),
        (teams, "members_of", [TeamMember(known[one], role) for one, role in shown_team.members.items()]),
        (
            teams,
            "sites_of",
            [TeamSite(samples.SITE, "viewer"), TeamSite(samples.LONG_SITE, "editor")] if full else [],
        ),
        (invitations, "list_of", _invitations("member") if full else []),
        can_send=can_send,
    ):
        return team_page._page(samples.request(f"/teams/{shown_team.id}"), person, shown_team, **shown)


def of_installation(full: bool = True, **shown: Any) -> Response:
    """The invitations to the installation."""
    with _patched((invitations, "list_of", _invitations("") if full else [])):
        request = samples.request("/administration/invitations")
        return installation_invitations._page(request, samples.ADMINISTRATOR, **shown)


def link(
    subject: Site | Team | None = samples.SITE,
    person: Person | None = None,
    creates: bool = False,
    inviter: Person = ADA,
    email: str = "ada@example.com",
    provider: str = "",
    **shown: Any,
) -> Response:
    """The page of an invitation's link. `provider`: through which people sign in."""
    role = "" if subject is None else "editor" if isinstance(subject, Site) else "member"
    place = invitations.place_of(subject)
    offer = Offer(replace(_invitation(email, role).invitation, place=place), subject, inviter)
    with _patched(
        (invitation_acceptance, "creates_account", creates),
        (invitation_acceptance, "may_create_account", True),
        (invitation_page, "sign_in_ways", SignInWays(provider)),
    ):
        return invitation_page._page(samples.request(f"/invitations/{TOKEN}"), offer, person, **shown)


def invalid() -> Response:
    """The page of a link that is not valid."""
    with patch.object(
        invitation_acceptance,
        "find",
        side_effect=NotFound(_("This invitation was accepted, revoked or has expired. Ask for a new one.")),
    ):
        return invitation_page.show(samples.request(f"/invitations/{TOKEN}"), TOKEN)


def _wrong() -> BadRequest:
    return BadRequest(_("A password needs at least %(number)s characters.", number=10), field="password")


LINKS: dict[str, Callable[[], Response]] = {
    "/invitations/accept": lambda: link(person=ADA),
    "/invitations/sign-in": lambda: link(TEAM),
    "/invitations/wrong": lambda: link(person=NAMELESS),
    "/invitations/create": lambda: link(None, creates=True),
    "/invitations/provider": lambda: link(None, creates=True, provider=LONG_NAME),
    "/invitations/provider-only": lambda: link(TEAM, provider="Example"),
    "/invitations/mistake": lambda: link(creates=True, error=_wrong(), name=LONG_NAME),
    "/invitations/long": lambda: link(samples.LONG_SITE, inviter=LONG, email=LONG_ADDRESS, creates=True),
    "/invitations/nasty": lambda: link(replace(TEAM, name=NASTY_NAME), NAMELESS, inviter=NASTY, email=NASTY.email),
    "/invitations/invalid": invalid,
}
PAGES: dict[str, Callable[[], Response]] = {
    "/sites/x/people": lambda: site_page(site=samples.LONG_SITE, done=_("The role was changed.")),
    "/sites/new/people": lambda: site_page(full=False),
    "/sites/link/people": lambda: site_page("admin", own_role=None, can_send=False, sent=handed_over()),
    "/sites/wrong/people": lambda: site_page(
        full=False,
        error=Conflict(_("This person is here already. Change their role instead."), field="email"),
        entered={"email": NASTY.email},
    ),
    "/sites/viewer/people": lambda: site_page("viewer", own_role="viewer"),
    "/sites/through-team/people": lambda: site_page("viewer", own_role=None, full=False),
    "/teams": teams_list,
    "/teams/none": lambda: teams_list(
        (), error=BadRequest(_("name must have 1 to %(number)s characters.", number=100)), name=NASTY_NAME
    ),
    "/teams/long": team,
    "/teams/new": lambda: team(shown_team=TEAM, full=False),
    "/teams/link": lambda: team(sent=handed_over(), can_send=False),
    "/teams/member": lambda: team(NAMELESS),
    "/administration/invitations": of_installation,
    "/administration/no-invitations": lambda: of_installation(full=False, done=_("The invitation was mailed.")),
    **LINKS,
}
