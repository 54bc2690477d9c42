"""The pages on which administrators run the installation, for the tests of pages."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.mailing.mail import SenderState
from chalicelib.dashboard.administration import geoip as administration_geoip
from chalicelib.dashboard.administration import queues
from chalicelib.dashboard.administration import schedule as administration_schedule
from chalicelib.dashboard.administration import settings as administration_settings
from chalicelib.dashboard.administration import status as administration_status
from chalicelib.dashboard.administration.queues import Question
from chalicelib.errors import BadRequest, Conflict
from chalicelib.operations import geoip
from chalicelib.operations.dead_letters import Look
from chalicelib.operations.geoip import Attribution, Database, Source
from chalicelib.operations.health import Health
from chalicelib.operations.part import TITLES, Part, State
from chalicelib.operations.queues import Queue, Queues
from chalicelib.operations.schedules import SCHEDULES, LastRun, Outcome
from chalicelib.store.dead_letters import DeadLetter
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _
from tests.unit.dashboard import samples

NASTY = '"><script>alert(1)</script>'
LONG = "W" * 200
ADMINISTRATOR = Person("1", "ada@" + ".".join(["example" * 8] * 3) + ".example.com", LONG, admin=True)
NOW = 1_795_000_000
MS = NOW * 1000
PROVIDER = Installation(
    LONG[:100], "invited", "administrators", "stats@example.com", "https://id.example.com", "shylight", "secret", NASTY
)


@contextmanager
def _patched(*given: tuple[Any, str, Any]) -> Iterator[None]:
    with ExitStack() as stack:
        for module, name, value in ((auth, "csrf_token", "token"), *given):
            stack.enter_context(patch.object(module, name, return_value=value))
        yield


def status(*parts: Part) -> Response:
    """The state of each part; those that are not given are well."""
    given = {part.name: part for part in parts}
    every = tuple(given.get(name, Part(name, State.OK, _("The last run was 3 minutes ago."))) for name in TITLES)
    with _patched():
        return administration_status.page(samples.request("/administration"), ADMINISTRATOR, Health(NOW, every))


def unwell() -> Response:
    """Parts that fail, with errors of any length."""
    return status(
        Part("queue", State.FAILING, _("12,345 messages wait. No hit was ever stored."), _("The worker fails.")),
        Part("dead_letters", State.DEGRADED, _("1,234 messages could not be stored."), _("Look at the reasons.")),
        Part("aggregate", State.FAILING, f"The last run failed: {NASTY} {LONG}", _("The log has the reason.")),
        Part("mail", State.DEGRADED, f"{LONG}@example.com is not verified yet.", _("See the SES console.")),
    )


def schedule(*runs: LastRun) -> Response:
    """The scheduled functions; those that are not given have succeeded."""
    given = {run.schedule: run for run in runs}
    every = [
        given.get(one, LastRun(one, Outcome.SUCCEEDED, MS, MS + 900, "", MS + one.every_s * 1000)) for one in SCHEDULES
    ]
    with _patched():
        return administration_schedule.page(samples.request("/administration/schedule"), ADMINISTRATOR, every)


def schedule_with_failures() -> Response:
    """Functions that failed, were stopped, run and never ran."""
    outcomes = (Outcome.FAILED, Outcome.STOPPED, Outcome.RUNNING, Outcome.NEVER_RAN)
    return schedule(
        *(
            LastRun(one, outcome, MS, 0, f"ValueError: {NASTY} {LONG}" if outcome is Outcome.FAILED else "")
            for one, outcome in zip(SCHEDULES, outcomes, strict=True)
        )
    )


DATABASES = (
    Database("city.mmdb", "dbip", "dbip-city-lite-2026-11", NOW, Attribution("IP Geolocation by DB-IP", "https://x.y")),
    Database("country.mmdb", "package", "@ip-location-db/geo-whois-asn-country-mmdb 2.3.2026111622", NOW, None),
    Database("network.mmdb", "", "", NOW, None),
    Database(f"{LONG}.mmdb", LONG, NASTY, NOW, Attribution(LONG, "https://x.y")),
)


def geoip_page(
    databases: Sequence[Database] = DATABASES, source: Source | None = None, run: LastRun | None = None, **shown: Any
) -> Response:
    """The GeoIP databases."""
    last = run or LastRun(SCHEDULES[3], Outcome.SUCCEEDED, MS, MS, "", MS + 1)
    with _patched(
        (geoip, "databases", list(databases)), (geoip, "source", source or Source("dbip")), (geoip, "last_update", last)
    ):
        return administration_geoip._page(samples.request("/administration/geoip"), ADMINISTRATOR, **shown)


def geoip_with_a_mistake() -> Response:
    """After MaxMind was chosen without a key."""
    entered = {"publisher": "maxmind", "account": NASTY, "key": "secret"}
    return geoip_page(
        source=Source("maxmind", "1", has_key=True, mirror=f"https://{LONG}"),
        run=LastRun(SCHEDULES[3], Outcome.FAILED, MS, 0, LONG),
        error=BadRequest(_("Enter the licence key."), field="key"),
        entered=entered,
    )


def _letter(number: int, reason: str = "unreadable", detail: str = "", body: str = "{}") -> DeadLetter:
    return DeadLetter(str(uuid.UUID(int=number)), body, reason, detail, MS + number)


LETTERS = (
    _letter(1, "no_such_site", body='{"v": 1, "events": [{"site": "x", "ua": "' + NASTY + '"}]}'.replace('"><', "><")),
    _letter(2, "unreadable", f"ValueError: {NASTY} {LONG}", LONG * 20),
    _letter(3, ""),
    _letter(4, LONG, NASTY, NASTY),
    *(_letter(number) for number in range(5, 48)),
)


def queue_page(
    letters: Sequence[DeadLetter] = LETTERS, hidden: int = 3, query: dict[str, str] | None = None, **shown: Any
) -> Response:
    """The queues and the dead letters."""
    waiting = Queues(Queue("hits", 12_345, 100), Queue("dead", len(letters), hidden), MS, 1500)
    look = Look(tuple(letters), len(letters) + hidden, hidden)
    request = samples.request("/administration/queue", query)
    with _patched():
        return queues.page(request, ADMINISTRATOR, waiting, look, **shown)


def empty_queue() -> Response:
    """Nothing waits, and nothing was ever stored."""
    look = Look((), 0, 0)
    with _patched():
        return queues.page(
            samples.request("/administration/queue"),
            ADMINISTRATOR,
            Queues(Queue("h", 0, 0), Queue("d", 0, 0), 0, 0),
            look,
        )


def settings_page(settings: Installation = PROVIDER, ready: bool = True, **shown: Any) -> Response:
    """The settings of the installation."""
    sender = SenderState(settings.mail_sender, True, ready, f"Amazon SES sends from {settings.mail_sender}.")
    request = dataclasses.replace(samples.request("/administration/settings"), base_url="https://stats.example.com")
    with _patched((mail, "sender_state", sender)):
        return administration_settings.page(request, ADMINISTRATOR, settings, **shown)


def settings_with_a_mistake() -> Response:
    """After the provider did not answer."""
    entered = dict.fromkeys(administration_settings.PARTS["provider"], NASTY)
    error = BadRequest(_("%(reason)s does not answer.", reason=LONG), field="oidc_issuer")
    return settings_page(part="provider", entered=entered, error=error)


PAGES: dict[str, Callable[[], Response]] = {
    "/administration": status,
    "/administration/unwell": unwell,
    "/administration/schedule": schedule,
    "/administration/schedule-with-failures": schedule_with_failures,
    "/administration/geoip": lambda: geoip_page(done=_("The source was saved.")),
    "/administration/geoip-empty": lambda: geoip_page((), Source(), LastRun(SCHEDULES[3], Outcome.NEVER_RAN)),
    "/administration/geoip-mistake": geoip_with_a_mistake,
    "/administration/queue": queue_page,
    "/administration/queue-empty": empty_queue,
    "/administration/queue-later": lambda: queue_page(
        query={"reason": "unreadable", "cursor": "20"}, done=_("3 deleted.")
    ),
    "/administration/queue-question": lambda: queue_page(
        reason="", question=Question(_("Delete 1 dead letter for good?"), (LETTERS[2].id,))
    ),
    "/administration/queue-mistake": lambda: queue_page(error=Conflict(_("Choose at least one dead letter."))),
    "/administration/settings": settings_page,
    "/administration/settings-new": lambda: settings_page(
        Installation(), ready=False, done=_("The settings were saved.")
    ),
    "/administration/settings-mistake": settings_with_a_mistake,
}
