"""What each function does, all of it: a scenario a function, made to reach every AWS call that it can make.

A scenario makes ready what the function finds, by the program's own code, and invokes the function as Lambda would.
Whoever adds a route or a function adds it here too; a test tells.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from chalicelib import days, timed_cache, web
from chalicelib.accounts import installation, one_time_links
from chalicelib.accounts.access import api_tokens
from chalicelib.accounts.membership import teams
from chalicelib.accounts.people import deletion as person_deletion
from chalicelib.accounts.people import people, removal
from chalicelib.accounts.sharing import counters, shared_links
from chalicelib.accounts.sites import deletion as site_deletion
from chalicelib.accounts.sites import new_site as sites
from chalicelib.accounts.sites import transfers
from chalicelib.aggregate.build_day import refresh
from chalicelib.collect import hit
from chalicelib.collect.event import Event, encode
from chalicelib.collect.urls import Location
from chalicelib.dashboard import static_files
from chalicelib.dispatch import UNKNOWN
from chalicelib.enrich import geoip_database
from chalicelib.enrich.worker import consume
from chalicelib.store import (
    aws,
    deletions,
    dirty_hours,
    geoip_files,
    geoip_source,
    invitations,
    mail,
    provider_identities,
    salts,
    saved_segments,
    site_annotations,
    site_changes,
    site_people,
)
from chalicelib.store import people as stored
from chalicelib.store import teams as stored_teams
from chalicelib.store.invitations import Invitation, Place
from chalicelib.store.sites import Site, put_site
from harness import lambda_requests
from harness.lambda_requests import Context
from harness.sample_day import new_site
from infra import geoip
from tests.stack import (
    administration_scenario,
    people_administration_scenario,
    people_scenarios,
    publisher,
    security_scenario,
)
from tests.stack.calls import FIREFOX
from tests.stack.site_mentions import mention
from tests.unit.accounts.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider

Invoke = Callable[[dict[str, Any]], Any]
SCHEDULED: Mapping[str, Any] = {
    "version": "0", "id": "", "account": "", "region": "us-east-1", "time": "2026-11-25T00:00:00Z", "resources": [],
    "source": "aws.events", "detail-type": "Scheduled Event", "detail": {},
}  # fmt: skip
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PASSWORD = "a password of some length"
NEW_SITE = {"name": "New", "domain": "new.example", "timezone": "UTC"}


# ── what there is before ──


def site(**settings: Any) -> Site:
    """A new site where it is noon, so that today has hours behind it and does not end soon."""
    made = replace(new_site("Policies", hour=12), **settings)
    put_site(made)
    return made


def today(of: Site) -> date:
    return days.day_of(days.now_ms(), of.zone)


def view(of: Site, day: date, hour: int = 0, **more: Any) -> Event:
    t = days.day_start(day, of.zone) + hour * days.HOUR_MS
    who = hit.client(more.get("address", "192.0.2.1"), more.get("agent", FIREFOX), more.get("identifier"))
    return hit.event(of, who, t, hit.View(uuid.uuid4().hex, Location(of.domain, "/"), "script"))


def take(*events: Event) -> None:
    """Let the worker have stored them."""
    consume([encode([event]) for event in events])


def running_day(of: Site) -> None:
    """Today has an hour that is built already, and one whose segment is there and out of date."""
    take(view(of, today(of), 8), view(of, today(of), 9))
    refresh(of, today(of))
    for mark in dirty_hours.of_day(of.id, today(of)):
        if mark.hour == 8:
            dirty_hours.clear(mark)


def finished_day(of: Site, ago: int = 2) -> date:
    """A day that was refreshed while it ran, and that nobody has closed since."""
    day = today(of) - timedelta(days=ago)
    take(view(of, day, 10))
    with patch("chalicelib.days.now_ms", return_value=days.day_start(day, of.zone) + 12 * days.HOUR_MS):
        refresh(of, day)
    return day


# ── the API's function ──


class Api:
    """Asks the API's function as API Gateway does, and insists on the answer's status."""

    def __init__(self, invoke: Invoke) -> None:
        self._invoke = invoke
        self.cookie = ""
        self.token = ""
        self.location = ""

    def ask(
        self, route: str, status: int, body: object = "", *, headers: Mapping[str, str] | None = None,
        query: dict[str, str] | None = None, **parameters: str,
    ) -> str:  # fmt: skip
        """The body of the answer.

        :param route: method and path, as in ``GET /sites/{site}``.
        :param body: as it is sent, or what is sent as JSON.
        :param parameters: of the path; those that it does not have are left out.
        """
        method, _, resource = route.partition(" ")
        at = {name: value for name, value in parameters.items() if f"{{{name}}}" in resource}
        known = {"Cookie": self.cookie, "Authorization": f"Bearer {self.token}" if self.token else ""}
        sent = {"User-Agent": FIREFOX, **{name: value for name, value in known.items() if value}, **(headers or {})}
        text = body if isinstance(body, str) else json.dumps(body)
        answer = self._invoke(lambda_requests.event(method, resource, at, body=text, headers=sent, query=query))
        assert answer["statusCode"] == status, (route, answer["body"])
        self.location = answer["headers"].get("Location", "")
        given = answer.get("multiValueHeaders", {}).get("Set-Cookie") or [answer["headers"].get("Set-Cookie")]
        if given[0]:
            kept = web.read_cookies(self.cookie) | web.read_cookies(
                "; ".join(cookie.partition(";")[0] for cookie in given)
            )
            self.cookie = "; ".join(f"{name}={value}" for name, value in kept.items())
        return str(answer["body"])

    def people(self, site_id: str) -> list[dict[str, str]]:
        """The people of a site."""
        found: list[dict[str, str]] = json.loads(self.ask("GET /api/v1/sites/{site}/people", 200, site=site_id))[
            "people"
        ]
        return found


def api_handler(invoke: Invoke) -> None:
    """Every route, as it goes and as it is refused."""
    api, shown = Api(invoke), site()
    admin = people.create_administrator(f"admin-{uuid.uuid4()}@example.com", PASSWORD)
    for route in ("GET /healthz", "GET /api/v1/openapi.json", "GET /docs/api", "GET /shortcuts", "GET /sign-in"):
        api.ask(route, 200)
    api.ask("GET /static/{file}", 200, file=static_files.assets()["report.css"].name)
    _collect(api, shown)
    _go_by_mail(api)
    api.cookie = ""
    _come_by_provider(api)
    api.cookie = ""
    for _ in range(2):  # the first attempt opens a window, the next one counts in it
        api.ask("POST /sign-in", 401, urlencode({"email": admin.email, "password": "not this one"}))
    api.ask("POST /sign-in", 303, urlencode({"email": admin.email, "password": PASSWORD}))
    _look(api, shown)
    _share(api, shown)
    people_administration_scenario.on_pages(api, shown)
    with _mails() as mails:
        people_scenarios.on_pages(api, shown, mails.token)
    api.cookie = ""
    _come_by_link(api, shown)
    api.cookie = ""
    security_scenario.secure_account(api, admin.email, PASSWORD)
    api.cookie = ""
    api.ask("POST /sign-in", 303, urlencode({"email": admin.email, "password": PASSWORD}))
    administration_scenario.on_pages(api)
    api.cookie, api.token = "", api_tokens.issue(admin, "policies")
    _program(api, shown)
    api.ask("GET /api/v1/health", 200)
    with _mails() as mails:
        people_scenarios.by_program(api, shown, mails.token)
    people_administration_scenario.by_program(api, shown)
    administration_scenario.by_program(api)
    _tokens(api, shown)
    _leave(api)
    anywhere: Any = {"proxy+": "none"}
    for unknown in UNKNOWN:
        api.ask(f"{unknown.method} {unknown.path}", 404, **anywhere)


def _leave(api: Api) -> None:
    """An administrator, who is in a site, a team and so on, deletes their account."""
    person, _friend = leaver(admin=True)
    api.ask("POST /sign-in", 303, urlencode({"email": person.email, "password": PASSWORD}))
    csrf = _csrf(api.ask("GET /account/delete", 200))
    api.ask("POST /account/delete", 400, urlencode({"csrf": csrf, "email": "another@example.com"}))
    api.ask("POST /account/delete", 303, urlencode({"csrf": csrf, "email": person.email}))
    person, _friend = leaver()
    api.cookie, api.token = "", api_tokens.issue(person, "policies")
    api.ask("DELETE /api/v1/account", 204, query={"email": person.email})


def _collect(api: Api, of: Site) -> None:
    page = f"https://{of.domain}/"
    for middle in ("", "/{identifier}"):
        here = f"/ingress/{{site}}{middle}"
        api.ask(f"GET {here}/script.js", 200, site=of.id, identifier="user-1")
        api.ask(f"OPTIONS {here}/script.js", 204, site=of.id, identifier="user-1")
        api.ask(f"POST {here}/script.js", 204, {"location": page}, site=of.id, identifier="user-1")
        api.ask(f"GET {here}/pixel.gif", 200, headers={"Referer": page}, site=of.id, identifier="user-1")
    api.ask("POST /ingress/{site}/script.js", 204, {"location": page}, headers={"DNT": "1"}, site=of.id)
    api.ask("OPTIONS /api/event", 204)
    api.ask("POST /api/event", 202, {"name": "pageview", "url": page, "domain": of.domain})


def _look(api: Api, of: Site) -> None:
    week = {"period": "7d"}
    api.ask("GET /", 303)
    take(view(of, today(of), 7))
    api.ask("GET /sites/{site}", 200, site=of.id)
    running_day(of)
    day = finished_day(of)
    with patch("chalicelib.config.REFRESH_AFTER_S", 0):  # the builds of just now are not good enough
        api.ask("GET /sites/{site}", 200, query=week, site=of.id)
        take(view(of, day, 11))  # late, for a day that is closed by now
        api.ask("GET /sites/{site}/ledger", 200, query=week, site=of.id)
        for name in ("page", "prop:plan"):  # values from rollups, and from visits
            api.ask("GET /sites/{site}/filter", 200, query={**week, "dimension": name}, site=of.id)
        api.ask("GET /sites/{site}/tables/{table}", 200, query=week, site=of.id, table="pages")
        listed = api.ask("GET /sites/{site}/visits", 200, query=week, site=of.id)
        (visit, *_) = re.findall(r'class="go" href="[./]*sites/[^"]*/visits/([^"?]+)', listed)
        api.ask("GET /sites/{site}/visits/{visit}", 200, site=of.id, visit=visit)
        api.ask("GET /sites/{site}/realtime", 200, site=of.id)
        take(view(of, day, 12))
        with patch("chalicelib.config.SMALL_DAY_RECORDS", 0):  # too large a day for a page: it has it built
            api.ask("GET /sites/{site}", 200, query=week, site=of.id)
    csrf = _csrf(api.ask("GET /sites", 200))
    api.ask("POST /sites", 303, urlencode({"csrf": csrf, **NEW_SITE}))
    token = {"csrf": csrf, "name": "page", "scope stats:read": "on", f"site {of.id}": "on"}
    page = api.ask("POST /account/tokens", 200, urlencode(token))
    made = re.search(r'name="token" value="([^"]+)"', page)
    assert made
    api.ask("GET /account/tokens", 200)
    api.ask("POST /account/tokens/revoke", 303, urlencode({"csrf": csrf, "token": made[1]}))
    for shown in (of, site()):  # one with hits, one without
        api.ask("GET /sites/{site}/install", 200, site=shown.id)
    api.ask("GET /sites/{site}/settings", 200, site=of.id)
    wrong = {"csrf": csrf, "hide_referrer_regex": "("}
    api.ask("POST /sites/{site}/settings", 400, urlencode(wrong), site=of.id)
    copy = {"csrf": csrf, "from": site().id, "copy-privacy": "1"}
    api.ask("POST /sites/{site}/settings/copy", 303, urlencode(copy), site=of.id)
    api.ask("GET /arrange", 200)
    api.ask("POST /arrange", 303, urlencode({"csrf": csrf, "site": of.id, "move": "favourite"}))
    _segment_pages(api, of, csrf)
    _annotation_pages(api, of, csrf)
    _give_away(api, csrf)
    for status in ("archived", "active"):
        api.ask("POST /sites/{site}/settings", 303, urlencode({"csrf": csrf, "status": status}), site=of.id)


def _give_away(api: Api, csrf: str) -> None:
    """A site of the administrator who is signed in is offered to them by another owner, and then deleted."""
    given = json.loads(api.ask("GET /api/v1/sites", 200))["sites"]
    mine = next(one for one in given if one["name"] == NEW_SITE["name"])
    (address,) = set(re.findall(r"admin-[\w-]+@example.com", api.ask("GET /sites", 200)))
    page = "/sites/{site}/ownership"
    form = {"csrf": csrf, "action": "offer", "email": f"next-{uuid.uuid4()}@example.com"}
    api.ask(f"POST {page}", 303, urlencode(form), site=mine["id"])
    api.ask(f"GET {page}", 200, site=mine["id"])
    api.ask(f"POST {page}", 303, urlencode({"csrf": csrf, "action": "cancel"}), site=mine["id"])
    for answer in ("decline", "accept"):
        offered = _offered(address)
        api.ask("GET /transfers/{transfer}", 200, transfer=offered.id)
        api.ask("POST /transfers/{transfer}", 303, urlencode({"csrf": csrf, "answer": answer}), transfer=offered.id)
    form = {"csrf": csrf, "action": "delete", "name": mine["name"]}
    api.ask(f"POST {page}", 303, urlencode(form), site=mine["id"])
    api.ask("GET /deletions/{deletion}", 200, deletion=mine["id"])


def _offered(address: str) -> Site:
    """A new site that its owner has offered to an address."""
    owner = stored.add_person(stored.Person(str(uuid.uuid4()), f"owner-{uuid.uuid4()}@example.com"))
    data = NEW_SITE | {"domain": f"{uuid.uuid4().hex}.example"}
    made = sites.create_site(owner, data)
    transfers.offer(made, owner, {"email": address}, "https://stats.example/transfers/x")
    return made


def _come_by_link(api: Api, of: Site) -> None:
    viewer = stored.add_person(stored.Person(str(uuid.uuid4()), f"viewer-{uuid.uuid4()}@example.com"))
    assert site_people.write(site_people.read(of), viewer.id, "viewer")
    link = one_time_links.issue(one_time_links.SIGN_IN, viewer.id)
    api.ask("GET /sign-in/{token}", 200, token=link)
    api.ask("POST /sign-in/{token}", 303, urlencode({"password": PASSWORD}), token=link)
    csrf = _csrf(api.ask("GET /sites", 200))
    api.ask("GET /sites/{site}", 200, site=of.id)
    api.ask("POST /sign-out", 303, urlencode({"csrf": csrf}))


def _come_by_provider(api: Api) -> None:
    """Sign up through a provider; then with an identity whose address has an account already, and connect that."""
    provider = FakeProvider()
    client = {"oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}
    installation.change(None, {"oidc_issuer": provider.issuer, "sign_up": "open", **client})
    known = stored.add_person(stored.Person(str(uuid.uuid4()), f"known-{uuid.uuid4()}@example.com"))
    people.set_password(known, PASSWORD)
    for email, status in ((f"new-{uuid.uuid4()}@example.com", 303), (known.email, 200)):
        api.cookie = ""
        provider.claims |= {"sub": email, "email": email}
        api.ask("GET /sign-in/oidc", 303)
        api.ask("GET /sign-in/oidc/callback", status, query=provider.authorize(api.location))
    api.ask("POST /sign-in", 303, urlencode({"email": known.email, "password": PASSWORD}))
    page = api.ask("GET /account/identities", 200)
    api.ask("POST /account/identities", 303, urlencode({"csrf": _csrf(page), "connect": "1"}))
    api.cookie = ""
    api.ask("GET /sign-in/oidc", 303)
    api.ask("GET /sign-in/oidc/callback", 303, query=provider.authorize(api.location))
    page = api.ask("GET /account/identities", 200)
    form = {"csrf": _csrf(page), "disconnect": provider_identities.digest_of(provider.issuer, known.email)}
    api.ask("POST /account/identities", 303, urlencode(form))
    installation.change(None, {"oidc_issuer": ""})
    provider.close()


def _go_by_mail(api: Api) -> None:
    """Sign up, a forgotten password, other addresses; the links are taken out of the mails."""
    aws.client("sesv2").create_email_identity(EmailIdentity="stats@example.com")
    installation.change(None, {"mail_sender": "stats@example.com", "sign_up": "open"})
    email, other = f"up-{uuid.uuid4()}@example.com", f"other-{uuid.uuid4()}@example.com"
    known = stored.add_person(stored.Person(str(uuid.uuid4()), f"known-{uuid.uuid4()}@example.com"))
    for route in ("GET /sign-up", "GET /forgot-password"):
        api.ask(route, 200)
    with _mails() as mails, patch("chalicelib.config.EQUAL_ANSWER_S", 0.001):
        for address in (known.email, email):
            api.ask("POST /sign-up", 200, urlencode({"email": address, "password": PASSWORD}))
        api.ask("GET /sign-up/{token}", 200, token=mails.token())
        api.ask("POST /sign-up/{token}", 303, urlencode({"password": PASSWORD}), token=mails.token())
        csrf = _csrf(api.ask("GET /account", 200))
        api.ask("POST /account", 303, urlencode({"csrf": csrf, "name": "Ada"}))
        for address in (known.email, other):
            form = {"csrf": csrf, "action": "add", "email": address, "password": PASSWORD}
            api.ask("POST /account/addresses", 303, urlencode(form))
        api.ask("GET /verify-email/{token}", 200, token=mails.token())
        api.ask("POST /verify-email/{token}", 303, token=mails.token())
        for action, address in (("primary", other), ("remove", email)):
            form = {"csrf": csrf, "action": action, "email": address}
            api.ask("POST /account/addresses", 303, urlencode(form))
        api.ask("GET /account/preferences", 200)
        api.ask("POST /account/preferences", 303, urlencode({"csrf": csrf, "theme": "dark"}))
        api.ask("GET /account/password", 200)
        form = {"csrf": csrf, "present": PASSWORD, "password": f"{PASSWORD} more"}
        api.ask("POST /account/password", 303, urlencode(form))
        api.ask("POST /forgot-password", 200, urlencode({"email": other}))
        api.ask("GET /reset-password/{token}", 200, token=mails.token())
        api.ask("POST /reset-password/{token}", 303, urlencode({"password": PASSWORD}), token=mails.token())


class _Mails:
    """The mails that the program hands over to SES."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def token(self) -> str:
        """The token of the link in the last mail that has one."""
        return [
            found[1]
            for text in self.texts
            if (found := re.search(r"/([A-Za-z0-9_-]{64}|[sti][A-Za-z0-9_-]{86})\s", text))
        ][-1]


@contextmanager
def _mails() -> Iterator[_Mails]:
    mails, send = _Mails(), mail.send

    def noting(message: mail.Message) -> str:
        mails.texts.append(message.text)
        return send(message)

    with patch.object(mail, "send", noting):
        yield mails


def _program(api: Api, of: Site) -> None:
    one, week = "/api/v1/sites/{site}", {"period": "7d"}
    api.ask("GET /api/v1/sites", 200)
    api.ask("POST /api/v1/sites", 201, NEW_SITE)
    api.ask(f"GET {one}", 200, site=of.id)
    api.ask(f"PATCH {one}", 200, {"max_day": 100}, site=of.id)
    take(*(view(of, today(of), 10, address=f"192.0.2.{number}", identifier="user-1") for number in range(100)))
    with patch("chalicelib.config.REFRESH_AFTER_S", 0):
        api.ask(f"GET {one}/stats", 200, query=week, site=of.id)
        api.ask("GET /api/v1/dashboard", 200, query={"uuid": of.id})
    take(view(of, today(of) - timedelta(days=70), 10))
    months = {"from": str(today(of) - timedelta(days=140)), "to": str(today(of))}
    for _ in range(2):  # by day, and by months that are summed by then
        api.ask(f"GET {one}/stats", 200, query=months, site=of.id)
    api.ask(f"GET {one}/visits", 200, query=week, site=of.id)
    api.ask(f"GET {one}/visits", 200, query=week | {"identifier": "user-1"}, site=of.id)
    for form in ("", ".csv"):
        api.ask(f"GET {one}/stats{form}", 200, query=week | {"f": "is,page,/"}, site=of.id)
        api.ask(f"GET {one}/visits{form}", 200, query=week | {"f": "is,page,/"}, site=of.id)
        api.ask(f"GET {one}/breakdown{form}", 200, query=week | {"dimension": "page"}, site=of.id)
    api.ask(f"GET {one}/realtime", 200, site=of.id)
    api.ask(f"GET {one}/events", 200, query=week | {"name": "Sign up"}, site=of.id)
    api.ask(f"GET {one}/ledger", 200, query=week, site=of.id)
    hits = [{"t": days.now_ms() - 3 * 24 * days.HOUR_MS, "url": f"https://{of.domain}/"}]
    _people(api, of)
    _ownership(api, of)
    _shares(api, of)
    _segments(api, of)
    _annotations(api, of)
    api.ask(f"POST {one}/hits", 202, {"hits": hits}, site=of.id)


def _people(api: Api, of: Site) -> None:
    route = "/api/v1/sites/{site}/people"
    new = stored.add_person(stored.Person(str(uuid.uuid4()), f"new-{uuid.uuid4()}@example.com"))
    assert site_people.write(site_people.read(of), new.id, "viewer")
    api.ask(f"PUT {route}/{{person}}", 200, {"role": "editor"}, site=of.id, person=new.id)
    api.ask(f"DELETE {route}/{{person}}", 204, site=of.id, person=new.id)


def _ownership(api: Api, of: Site) -> None:
    one, me = "/api/v1/sites/{site}", json.loads(api.ask("GET /api/v1/site-order", 200))
    api.ask("GET /api/v1/account", 200)
    api.ask("PATCH /api/v1/account", 200, {"name": "Ada"})
    api.ask("PUT /api/v1/site-order", 200, {"favourites": me["others"][:1]})
    api.ask(f"PUT {one}/settings", 200, {"from": site().id, "settings": ["origins"]}, site=of.id)
    made = json.loads(api.ask("POST /api/v1/sites", 201, NEW_SITE | {"settings_from": of.id}))
    next_owner = f"next-{uuid.uuid4()}@example.com"
    api.ask(f"PUT {one}/transfer", 200, {"email": next_owner}, site=made["id"])
    api.ask(f"GET {one}/transfer", 200, site=made["id"])
    api.ask(f"DELETE {one}/transfer", 204, site=made["id"])
    person = next(one for one in api.people(made["id"]) if one["role"] == "owner")
    for method, status in (("DELETE", 204), ("PUT", 200)):
        offered = _offered(person["email"])
        api.ask("GET /api/v1/transfers", 200)
        api.ask(f"{method} /api/v1/transfers/{{transfer}}", status, transfer=offered.id)
    api.ask(f"DELETE {one}", 202, query={"name": made["name"]}, site=made["id"])
    api.ask("GET /api/v1/deletions", 200)
    api.ask("GET /api/v1/deletions/{deletion}", 200, deletion=made["id"])


def _share(api: Api, of: Site) -> None:
    """Links, the public page and the counter, by their pages; then as those who open them."""
    path = "/sites/{site}/sharing"
    csrf = _csrf(api.ask(f"GET {path}", 200, site=of.id))
    api.ask(f"POST {path}", 303, urlencode({"csrf": csrf, "access": "public"}), site=of.id)
    api.ask(f"POST {path}", 409, urlencode({"csrf": csrf, "access": "public"}), site=of.id)
    secret = {"csrf": csrf, "name": "Secret", "password": PASSWORD}
    api.ask(f"POST {path}", 303, urlencode(secret), site=of.id)
    (link,) = (one for one in shared_links.of_site(of) if not one.is_public)
    renamed = urlencode({"csrf": csrf, "name": "Renamed"})
    api.ask(f"POST {path}/{{share}}", 303, renamed, site=of.id, share=link.id)
    api.ask("POST /sites/{site}/counter", 303, urlencode({"csrf": csrf, "active": "true"}), site=of.id)
    token = (shared_links.path_of(link) or "").removeprefix("share/")
    signed_in, api.cookie = api.cookie, ""
    api.ask("GET /share/{link}", 401, link=token)
    for _ in range(2):
        api.ask("POST /share/{link}", 401, urlencode({"password": "not this one"}), link=token)
    api.ask("POST /share/{link}", 303, urlencode({"password": PASSWORD}), link=token)
    api.ask("GET /share/{link}", 200, link=token)
    api.cookie = ""
    api.ask("GET /public/{site}", 200, site=of.id)
    api.ask("POST /public/{site}", 401, urlencode({"password": PASSWORD}), site=of.id)
    key = counters.key_of(of)
    for period in ("today", "all"):
        api.ask("GET /badge/{file}", 200, file=f"{key}.svg", query={"period": period})
        api.ask("GET /counter/{file}", 200, file=f"{key}.json", query={"period": period})
    api.cookie = signed_in
    api.ask(f"POST {path}/{{share}}", 303, urlencode({"csrf": csrf, "do": "revoke"}), site=of.id, share=link.id)
    api.ask("POST /sites/{site}/counter", 303, urlencode({"csrf": csrf, "active": "false"}), site=of.id)


def _shares(api: Api, of: Site) -> None:
    """The same, by the API."""
    route = "/api/v1/sites/{site}/shares"
    link = json.loads(api.ask(f"POST {route}", 201, {"name": "For Ada"}, site=of.id))
    api.ask(f"GET {route}", 200, site=of.id)
    api.ask(f"PATCH {route}/{{share}}", 200, {"hidden": ["places"]}, site=of.id, share=link["id"])
    api.ask(f"DELETE {route}/{{share}}", 204, site=of.id, share=link["id"])
    for active in (True, False):
        api.ask("PUT /api/v1/sites/{site}/counter", 200, {"active": active}, site=of.id)
        api.ask("GET /api/v1/sites/{site}/counter", 200, site=of.id)


def _segments(api: Api, of: Site) -> None:
    """Saved segments, by the API."""
    route = "/api/v1/sites/{site}/segments"
    fields = {"name": "Bounces", "filters": ["is,bounce,yes"]}
    segment = json.loads(api.ask(f"POST {route}", 201, fields, site=of.id))["id"]
    api.ask(f"GET {route}", 200, site=of.id)
    for shared in (True, False):
        body = {**fields, "shared": shared}
        api.ask(f"PUT {route}/{{segment}}", 200, body, site=of.id, segment=segment)
    api.ask(f"DELETE {route}/{{segment}}", 204, site=of.id, segment=segment)


def _segment_pages(api: Api, of: Site, csrf: str) -> None:
    """The same, by the pages."""
    form = {"csrf": csrf, "name": "Bounces", "query": "?f=is,bounce,yes", "shared": "yes"}
    api.ask("POST /sites/{site}/segments", 303, urlencode(form), site=of.id)
    (segment,) = saved_segments.shared_in(of.id)
    api.ask("GET /sites/{site}/segments", 200, site=of.id)
    path = "POST /sites/{site}/segments/{segment}"
    api.ask(path, 303, urlencode({**form, "name": "Short visits"}), site=of.id, segment=segment.id)
    api.ask(path, 303, urlencode({"csrf": csrf, "do": "delete"}), site=of.id, segment=segment.id)


def _annotations(api: Api, of: Site) -> None:
    """Annotations, by the API."""
    route = "/api/v1/sites/{site}/annotations"
    made = json.loads(api.ask(f"POST {route}", 201, {"text": "v2.1.0", "kind": "deploy"}, site=of.id))["id"]
    api.ask(f"GET {route}", 200, site=of.id)
    for body in ({"text": "v2.1.1"}, {"at": "2026-11-26"}):  # one stays in its place, one moves
        api.ask(f"PATCH {route}/{{annotation}}", 200, body, site=of.id, annotation=made)
    api.ask(f"DELETE {route}/{{annotation}}", 204, site=of.id, annotation=made)


def _annotation_pages(api: Api, of: Site, csrf: str) -> None:
    """The same, by the pages."""
    form = {"csrf": csrf, "text": "Newsletter", "day": "2026-11-26", "kind": "note"}
    api.ask("POST /sites/{site}/annotations", 303, urlencode(form), site=of.id)
    (made,) = site_annotations.of_site(of.id)
    api.ask("GET /sites/{site}/annotations", 200, site=of.id)
    path = "/sites/{site}/annotations/{annotation}"
    api.ask(f"GET {path}", 200, site=of.id, annotation=made.id)
    api.ask(f"POST {path}", 303, urlencode({**form, "time": "12:00"}), site=of.id, annotation=made.id)
    api.ask(f"POST {path}", 303, urlencode({"csrf": csrf, "do": "delete"}), site=of.id, annotation=made.id)


def _tokens(api: Api, of: Site) -> None:
    new = {"name": "new", "scopes": ["stats:read"], "sites": [of.id]}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    (old,) = json.loads(api.ask("GET /api/v1/tokens", 200))["tokens"]
    for _ in range(2):  # carried out, and answered with what is stored
        api.ask("POST /api/v1/tokens", 201, new, headers=key)
    api.ask("POST /api/v1/tokens", 422, {**new, "name": "other"}, headers=key)
    failed = {"Idempotency-Key": str(uuid.uuid4())}
    api.ask("POST /api/v1/tokens", 400, {}, headers=failed)
    with patch("chalicelib.store.idempotency_keys.finish"), patch("chalicelib.config.IDEMPOTENCY_LEASE_S", 0):
        for _ in range(2):  # as if the function had died before it could store the answer
            api.ask("POST /api/v1/tokens", 201, new, headers=failed)
    api.ask("DELETE /api/v1/tokens/{token}", 204, token=old["id"])


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


# ── the others ──


def collect(invoke: Invoke) -> None:
    """Every route of the collector at the function's own URL, as it goes and as it is refused."""
    of = site()
    page = f"https://{of.domain}/"
    view_of = json.dumps({"location": page})

    def ask(method: str, target: str, status: int, body: str = "", **headers: str) -> None:
        answer = invoke(lambda_requests.url_event(method, target, body=body, headers=headers))
        assert answer["statusCode"] == status, answer

    timed_cache.reset_all()
    for middle in ("", "/user-1"):
        here = f"/ingress/{of.id}{middle}"
        ask("GET", f"{here}/script.js", 200)
        ask("OPTIONS", f"{here}/script.js", 204)
        ask("POST", f"{here}/script.js", 204, view_of)
        ask("GET", f"{here}/pixel.gif", 200, Referer=page)
    ask("POST", f"/ingress/{of.id}/script.js", 204, view_of, DNT="1")
    ask("OPTIONS", "/api/event", 204)
    ask("POST", "/api/event", 202, json.dumps({"name": "pageview", "url": page, "domain": of.domain}))
    ask("GET", f"/ingress/{uuid.uuid4()}/script.js", 404)
    ask("GET", "/sign-in", 404)


def worker(invoke: Invoke) -> None:
    """All kinds of messages, with and without a place for their senders."""
    of, strict = site(max_visitor_hour=10), site(ignore_robots=True)
    day = today(of)
    who = hit.client("192.0.2.9", FIREFOX, "user-2")
    first = view(of, day, 3, address="192.0.2.9", identifier="user-2")
    leave = hit.event(of, who, first.t + 5000, hit.Leave(first.id, 5000, 5000, "script"))
    signed_up = hit.CustomEvent(uuid.uuid4().hex, "Sign up", None, "script", interactive=True)
    custom = hit.event(of, who, first.t, signed_up)
    flood = [view(of, day, 4) for _ in range(12)]
    unknown = replace(first, site=str(uuid.uuid4()))
    robot = view(strict, day, 3, agent=BOT)
    geoip_database.close_all()
    invoke(batch(encode([first]), encode([leave]), encode([custom])))
    for event in (*flood, unknown, robot):
        invoke(batch(encode([event])))
    invoke(batch("no json at all"))
    geoip_database.close_all()


def batch(*bodies: str) -> dict[str, Any]:
    """Messages of the queue as Lambda hands them over."""
    return {
        "Records": [
            {
                "messageId": str(uuid.uuid4()), "receiptHandle": "", "body": body, "messageAttributes": {},
                "attributes": {"ApproximateReceiveCount": "1"}, "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            }
            for body in bodies
        ]
    }  # fmt: skip


def aggregate(invoke: Invoke) -> None:
    """Days that run, are over, reopened or full, a site that is gone, and more days than there is time for."""
    running_day(site())
    over, full, gone = site(), site(max_day=100), Site(str(uuid.uuid4()), "Gone", "gone.example")
    day = finished_day(over)
    take(*(view(full, today(full), 2, address=f"192.0.2.{number}") for number in range(100)))
    dirty_hours.mark(gone.id, day, 3)
    invoke(dict(SCHEDULED))
    take(view(over, day, 11), view(over, today(over) - timedelta(days=70), 11))
    invoke(dict(SCHEDULED))
    take(view(over, day, 12), view(over, today(over) - timedelta(days=70), 12))
    with patch.object(Context, "get_remaining_time_in_millis", side_effect=[300_000, 0]):
        invoke(dict(SCHEDULED))


def leaver(*, admin: bool = False) -> tuple[stored.Person, stored.Person]:
    """Somebody who is in a site and a team and signs in with a provider, and the person that they share both with."""
    person, friend = (
        stored.add_person(stored.Person(str(uuid.uuid4()), f"{uuid.uuid4()}@example.com", admin=admin))
        for _ in range(2)
    )
    person = people.set_password(person, PASSWORD)
    shared = sites.create_site(person, {**NEW_SITE, "domain": f"{uuid.uuid4().hex}.example"})
    assert site_people.write(site_people.read(shared, friend.id), friend.id, "owner")
    archived = sites.create_site(person, {**NEW_SITE, "domain": f"{uuid.uuid4().hex}.example"})
    assert site_people.write(site_people.read(archived, friend.id), friend.id, "owner")
    site_changes.change_site(archived.id, {"active": False})
    teams.create(person, {"name": "Alone"})
    team = teams.create(person, {"name": "Team"})
    soon = int(time.time()) + 999
    for place in (Place("installation"), Place("site", shared.id), Place("team", team.id)):
        invitation = Invitation(place, person.id, "x@example.com", "", person.id, soon, soon, "d" * 64)
        assert invitations.write(None, invitation)
    assert stored_teams.write_member(team, friend.id, "member")
    identity = provider_identities.Identity(uuid.uuid4().hex, "https://id.example", "", 1)
    provider_identities.connect(person.id, identity)
    return person, friend


def delete_sites(invoke: Invoke) -> None:
    """A site with everything that there is of one, which somebody has among their favourites; and a person."""
    person, _friend = leaver()
    with patch.object(removal, "remove_own"):  # the request died
        person_deletion.delete(person, person, person.email)
    of = site()
    running_day(of)
    finished_day(of)
    owner = stored.add_person(stored.Person(str(uuid.uuid4()), f"owner-{uuid.uuid4()}@example.com"))
    assert site_people.write(site_people.read(of), owner.id, "owner")
    mention(owner.id, of.id)
    transfers.offer(of, owner, {"email": f"next-{uuid.uuid4()}@example.com"}, "https://stats.example/transfers/x")
    with patch.object(deletions, "start_function"):
        site_deletion.begin(of, owner, of.name)
    invoke(dict(SCHEDULED))
    with patch("chalicelib.config.DELETION_SETTLE_S", 0), patch("chalicelib.config.PERSON_DELETION_SETTLE_S", 0):
        invoke(dict(SCHEDULED))


def expire_salts(invoke: Invoke) -> None:
    """A salt whose time is over."""
    of = site()
    with patch("time.time", return_value=0.0):
        salts.salt(of, date(1969, 12, 31))
    invoke(dict(SCHEDULED))


def update_geoip(invoke: Invoke) -> None:
    """No publisher, then one whose databases are new here, then the same once more."""
    with _publisher() as web:
        invoke(dict(SCHEDULED))
        geoip_source.choose(geoip_source.Choice("dbip", mirror=web.url))
        for name in ("city.mmdb", "network.mmdb"):
            geoip_files.remove(name)
        invoke(dict(SCHEDULED))
        invoke(dict(SCHEDULED))


@contextmanager
def _publisher() -> Iterator[publisher.Publisher]:
    geoip_source.forget()
    with publisher.serve() as web:
        web.has_dbip(f"{datetime.now(UTC):%Y-%m}", publisher.cities(), publisher.operators())
        try:
            yield web
        finally:
            geoip._reset_publisher()
            geoip._install_packaged(geoip.packaged())
            geoip_database.close_all()


SCENARIOS: Mapping[str, Callable[[Invoke], None]] = {
    "api_handler": api_handler,
    "collect": collect,
    "worker": worker,
    "aggregate": aggregate,
    "expire_salts": expire_salts,
    "delete_sites": delete_sites,
    "update_geoip": update_geoip,
}
