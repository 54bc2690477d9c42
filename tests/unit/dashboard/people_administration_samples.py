"""The pages of the administration, and of the audit log, for the tests of pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from chalice import Response

from chalicelib.accounts import audit_log
from chalicelib.accounts.access import auth
from chalicelib.accounts.audit_log import Names, Part
from chalicelib.accounts.people.deletion import Plan
from chalicelib.dashboard.administration import audit_log as audit_log_page
from chalicelib.dashboard.administration import audit_log_texts, person_deletion
from chalicelib.dashboard.administration import people as administration_people
from chalicelib.dashboard.administration import sites as administration_sites
from chalicelib.dashboard.administration import usage as administration_usage
from chalicelib.errors import BadRequest, Conflict
from chalicelib.operations import people, site_list, usage
from chalicelib.operations.lists import Rows
from chalicelib.operations.people import Details, SecondFactor
from chalicelib.operations.site_list import ListedSite
from chalicelib.store import people as stored_people
from chalicelib.store import sites as stored_sites
from chalicelib.store.audit_log import Entry
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team
from chalicelib.store.usage import Day, Usage
from chalicelib.translation import gettext as _
from tests.unit.dashboard import samples
from tests.unit.dashboard.ownership_samples import deletion
from tests.unit.dashboard.samples import ADMINISTRATOR, LONG_SITE, OTHER_SITE, SITE
from tests.unit.dashboard.team_samples import ADA, LONG, LONG_TEAM, NAMELESS, NASTY, TEAM

NASTY_SITE: Final = replace(
    SITE, id="2b2c3d4e-6a6b-4a51-9f52-1d6f0a3f7b11", name='=HYPERLINK("x")<script>', active=False
)
FULL: Final = replace(
    LONG, admin=True, other_emails=(f"{'w' * 60}@other.example",), unverified_emails=("new@x.example",)
)
SITES: Final[Sequence[Site]] = (SITE, replace(LONG_SITE, id=OTHER_SITE.id), NASTY_SITE)
ENTRIES: Final = [
    Entry("2026-11-26T15:04:05.123Z", "a" * 12, ADA.id, "site.change", SITE.id, "", {"settings": "ignored_ips, name"}),
    Entry(
        "2026-11-26T15:04:04.123Z", "b" * 12, NASTY.id, "site_person.change_role", SITE.id, LONG.id, {"role": "editor"},
        as_administrator=True,
    ),
    Entry("2026-11-26T15:04:03.123Z", "c" * 12, "", "token.revoke", "", "0123456789abcdef", {"person": ADA.id}),
    Entry("2026-11-26T15:04:02.123Z", "d" * 12, "gone", "of_a_later.version", OTHER_SITE.id, "", {"x": "W" * 200}),
    *(
        Entry("2026-11-25T15:04:02.123Z", "e" * 12, ADA.id, action)
        for action in list(audit_log_texts.TITLES)[:6]
    ),
]  # fmt: skip
MONTH: Final = [
    Usage(SITE.id, {1: Day(120_000, 230_000, 50_000, 90_000)}, 8000, {"dnt": 900, "robot_declared": 31_000}),
    Usage(OTHER_SITE.id, {1: Day(4_200_000_000, 9_000_000_000, 1_000_000_000, 9_000_000)}, 8640, {"origin": 3}),
    Usage("deleted", {2: Day(1, 1, 1, 300)}, 1, {"of_a_later_version": 1}),
]


DETAILS: Final = Details(ADA, (), (), 1, SecondFactor(False, 0, 0), 1000)


@contextmanager
def _patched(*given: tuple[Any, str, Any]) -> Iterator[None]:
    known = [
        (auth, "csrf_token", "token"),
        (stored_people, "role_in", "owner"),
        (stored_sites, "get_sites", list(SITES)),
        (audit_log, "names_in", Names({one.id: one for one in (ADA, LONG, NASTY)}, {one.id: one for one in SITES})),
    ]
    with ExitStack() as stack:
        for module, name, value in (*known, *given):
            stack.enter_context(patch.object(module, name, return_value=value))
        yield


def person_list(*found: Person, further: str | None = None, **query: str) -> Response:
    """The list of people."""
    with _patched((people, "find", Rows(found, further))):
        return administration_people.show_list(samples.request("/administration/people", query), ADMINISTRATOR)


def person(shown: Person = FULL, full: bool = True, **given: Any) -> Response:
    """One person."""
    roles = tuple((site, "owner") for site in SITES) if full else ()
    teams: tuple[Team, ...] = (TEAM, LONG_TEAM) if full else ()
    factor = SecondFactor(True, 2, 9) if full else SecondFactor(False, 0, 0)
    details = Details(shown, roles, teams, 3 if full else 0, factor, 1000)  # type: ignore[arg-type]
    with _patched((people, "person_with", shown), (people, "details_of", details)):
        request = samples.request(f"/administration/people/{shown.id}")
        return administration_people._page(request, ADMINISTRATOR, shown.id, **given)


def delete_person(plan: Plan, error: BadRequest | Conflict | None = None) -> Response:
    """The page on which a person is deleted."""
    with _patched((people, "deletion_plan", (FULL, plan))):
        request = samples.request(f"/administration/people/{FULL.id}/delete")
        return person_deletion._page(request, ADMINISTRATOR, FULL.id, error)


def site_page(full: bool = True, **query: str) -> Response:
    """The list of sites."""
    rows = [ListedSite(SITES[0], ADA, 4210), ListedSite(SITES[1], LONG, 12_345_678), ListedSite(SITES[2], None, 0)]
    deletions = [deletion("removing"), deletion("checking", LONG_SITE)] if full else []
    found = Rows(rows, "next") if full else Rows([], None)
    with _patched((site_list, "find", found), (site_list, "being_deleted", deletions)):
        return administration_sites.show(samples.request("/administration/sites", query), ADMINISTRATOR)


def usage_page(found: Sequence[Usage] = MONTH, **query: str) -> Response:
    """Usage and cost."""
    with _patched((usage, "of_month", found), (usage, "recent_months", ["2026-11", "2026-10"])):
        request = samples.request("/administration/usage", {"month": "2026-11", **query})
        return administration_usage.show_usage(request, ADMINISTRATOR)


def excluded_page(found: Sequence[Usage] = MONTH) -> Response:
    """Excluded traffic of all sites."""
    with _patched((usage, "of_month", found), (usage, "recent_months", ["2026-11", "2026-10"])):
        request = samples.request("/administration/excluded", {"month": "2026-11"})
        return administration_usage.show_excluded(request, ADMINISTRATOR)


def log(
    site: Site | None = None, entries: Sequence[Entry] = ENTRIES, further: str | None = None, **query: str
) -> Response:
    """The audit log of the installation, or of a site."""
    path = f"/sites/{site.id}/audit-log" if site else "/administration/audit-log"
    with (
        _patched((audit_log, "find", Part(list(entries), further)), (usage, "recent_months", ["2026-11", "2026-10"])),
        patch.object(audit_log, "_person_id", lambda text: text),
    ):
        return audit_log_page._page(samples.request(path, query), samples.PERSON if site else ADMINISTRATOR, site)


PLAN: Final = Plan((SITE, replace(LONG_SITE, id=OTHER_SITE.id)), (NASTY_SITE,), last_administrator=False)
PAGES: dict[str, Callable[[], Response]] = {
    "/administration/people": lambda: person_list(ADA, FULL, NAMELESS, NASTY, ADMINISTRATOR, further="next"),
    "/administration/people-search": lambda: person_list(search='"><b>', further="next"),
    "/administration/people-none": lambda: person_list(search="W" * 200, cursor="x"),
    "/administration/people/full": person,
    "/administration/people/new": lambda: person(NAMELESS, full=False, done=_(administration_people.DONE["limit"])),
    "/administration/people/wrong": lambda: person(
        NAMELESS, full=False, error=Conflict(_("The last administrator must stay one.")), entered=NASTY.name
    ),
    "/administration/people/x/delete": lambda: delete_person(
        PLAN, Conflict(_("These sites have no other owner."), field="delete_sites")
    ),
    "/administration/people/x/delete-alone": lambda: delete_person(Plan((), (), last_administrator=False)),
    "/administration/people/x/delete-last": lambda: delete_person(Plan((), (), last_administrator=True)),
    "/administration/sites": site_page,
    "/administration/sites-none": lambda: site_page(full=False),
    "/administration/usage": usage_page,
    "/administration/usage-none": lambda: usage_page(()),
    "/administration/excluded": excluded_page,
    "/administration/excluded-none": lambda: excluded_page(()),
    "/administration/audit-log": lambda: log(further="2026-11-25T15:04:02.123Z#eeeeeeeeeeee"),
    "/administration/audit-log-none": lambda: log(entries=(), person=NASTY.id),
    "/administration/audit-log-further": lambda: log(entries=(), further="x", action="site.change"),
    "/administration/audit-log-wrong": lambda: log(month="x"),
    "/sites/x/audit-log": lambda: log(LONG_SITE),
    "/sites/new/audit-log": lambda: log(SITE, ()),
}
