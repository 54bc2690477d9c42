"""What the examples of the API's document name, made in a deployment: sites, a person, a team, invitations."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field

from localstack import mail
from tests.conftest import Deployed
from tests.stack.calls import Caller
from tests.stack.people import ADD_PERSON, GRANT, run

# What of a site is made for operations that name one.
MADE = {"segment": {"name": "Test", "filters": ["is,country,DE"]}, "annotation": {"text": "Test"}}
TEAM_NAME = "Editors"
SITE_NAME = "Fieldnotes"
# The site whose settings are copied.
OTHER_SITE = "0b1f2f0e-5a0b-4c39-8a57-0d2f4a1c9b77"
# A site of somebody else, offered to an address.
OFFER = """
import sys, uuid
from chalicelib.accounts.sites import new_site, transfers
from chalicelib.store import people
owner = people.add_person(people.Person(str(uuid.uuid4()), f"{uuid.uuid4()}@example.com"))
site = new_site.create_site(owner, {"name": "Offered", "domain": sys.argv[1], "timezone": "UTC"})
transfers.offer(site, owner, {"email": sys.argv[2]}, "https://stats.example/transfers/x")
print(site.id)
"""
ADD_WITH_TOKEN = """
import sys, uuid
from chalicelib.accounts.access import api_tokens
from chalicelib.store import people
print(api_tokens.issue(people.add_person(people.Person(str(uuid.uuid4()), sys.argv[1])), "Test"))
"""
# A dead letter, and a source of GeoIP databases that asks nobody outside of this machine.
DEAD_LETTER = """
from chalicelib.store import dead_letters, hit_queue
hit_queue.send_to_dead_letters("{}", "unreadable")
print(dead_letters.peek(1)[0].id)
"""
SOURCE = """
from chalicelib.store import geoip_source
from chalicelib.store.tables import RunItem
geoip_source.choose(geoip_source.Choice("dbip", mirror="http://127.0.0.1:9"))
RunItem("job", "update_geoip").delete()
"""
JOIN = """
import sys
from chalicelib.store import teams
team, person = sys.argv[1:]
assert teams.write_member(teams.read(team), person, "member")
"""


@dataclass
class Named:
    """What a path names, by parameter.

    :ivar site: the id of the site.
    :ivar token: the secret in the link of an invitation, if the operation accepts one.
    :ivar other_site: the id of the site whose settings are copied, if the operation does that.
    :ivar email: the address of the person whom the operation deletes: who calls it, or whom its path names.
    :ivar api_token: of the person who calls it, if that is not the administrator.
    """

    site: str
    parameters: dict[str, str] = field(default_factory=dict)
    token: str = ""
    other_site: str = ""
    email: str = ""
    api_token: str = ""


def make(stack: Deployed, caller: Caller, path: str, site: str = "") -> Named:
    """What an operation at `path` needs to succeed, for the administrator who calls it, or for a person of its own.

    :param site: a site to use, where the operation does not need one of its own.
    """
    site = _site(stack, caller, path, site)
    named = Named(site)
    for parameter in re.findall(r"{(transfer|deletion|segment|annotation)}", path):
        named.parameters[parameter] = _made(caller, site, parameter) if parameter in MADE else site
    if path.endswith("/settings"):
        named.other_site = caller.new_site(_new_domain())
    person = ""
    if "{person}" in path:
        address = f"{uuid.uuid4().hex}@people.example"
        person = named.parameters["person"] = run(stack, ADD_PERSON, address).strip()
        named.email = address if path.endswith("administration/people/{person}") else ""
    if "{team}" in path:
        named.parameters["team"] = _team(stack, caller, path, site, person)
    elif person:
        run(stack, GRANT, person, site)
    if "{invitation}" in path:
        named.parameters["invitation"] = _invitation(caller, path, site, named.parameters.get("team", ""))
    if path == "/api/v1/account":
        named.email = f"{uuid.uuid4().hex}@people.example"
        named.api_token = run(stack, ADD_WITH_TOKEN, named.email).strip()
    if "{letter}" in path:
        named.parameters["letter"] = run(stack, DEAD_LETTER).split()[-1]
    if "/geoip/" in path:
        run(stack, SOURCE)
    if path == "/api/v1/invitations":
        named.token = _token(stack, caller)
    return named


def _site(stack: Deployed, caller: Caller, path: str, site: str) -> str:
    if "{transfer}" in path:
        return run(stack, OFFER, _new_domain(), stack.admin_email).split()[-1]
    if not site or "{deletion}" in path or path == "/api/v1/sites/{site}":
        site = caller.new_site(_new_domain())
        assert caller.api("PATCH", f"/sites/{site}", {"name": SITE_NAME}).status == 200
    if "{deletion}" in path:
        assert caller.api("DELETE", f"/sites/{site}", name=SITE_NAME).status == 202
    if path.endswith("/transfer"):
        email = f"{uuid.uuid4().hex}@people.example"
        assert caller.api("PUT", f"/sites/{site}/transfer", {"email": email}).status == 200
    return site


def _new_domain() -> str:
    return f"{uuid.uuid4().hex}.example"


def _team(stack: Deployed, caller: Caller, path: str, site: str, person: str) -> str:
    team = str(caller.api("POST", "/teams", {"name": TEAM_NAME}).json()["id"])
    if person:
        run(stack, JOIN, team, person)
    if "{site}" in path:
        assert caller.api("PUT", f"/sites/{site}/teams/{team}", {"role": "viewer"}).status == 200
    return team


def _invitation(caller: Caller, path: str, site: str, team: str) -> str:
    email = f"{uuid.uuid4().hex}@people.example"
    if "administration" in path:
        made = caller.api("POST", "/administration/invitations", {"email": email})
    elif team:
        made = caller.api("POST", f"/teams/{team}/members", {"email": email, "role": "member"})
    else:
        made = caller.api("POST", f"/sites/{site}/people", {"email": email, "role": "viewer"})
    assert made.status == 201, made.body
    return str(made.json()["id"])


def _token(stack: Deployed, caller: Caller) -> str:
    made = caller.api("POST", "/administration/invitations", {"email": stack.admin_email})
    assert made.status == 201, made.body
    text = [one.text for one in mail.sent(stack.cloud) if one.recipients == (stack.admin_email,)][-1]
    return str(re.findall(r"/invitations/([\w-]{87})", text)[-1])


def _made(caller: Caller, site: str, what: str) -> str:
    """The id of a new saved segment or annotation of a site."""
    return str(caller.api("POST", f"/sites/{site}/{what}s", MADE[what]).json()["id"])
