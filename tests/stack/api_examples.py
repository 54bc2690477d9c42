"""What the examples of the API's document name, made in a deployment: a person in a site, a team, invitations."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field

from localstack import mail
from tests.conftest import Deployed
from tests.stack.calls import Caller
from tests.stack.people import ADD_PERSON, GRANT, run

TEAM_NAME = "Editors"
JOIN = """
import sys
from chalicelib.store import teams
team, person = sys.argv[1:]
assert teams.write_member(teams.read(team), person, "member")
"""


@dataclass
class Named:
    """What a path names, by parameter.

    :ivar token: the secret in the link of an invitation, if the operation accepts one.
    """

    parameters: dict[str, str] = field(default_factory=dict)
    token: str = ""


def make(stack: Deployed, caller: Caller, path: str, site: str) -> Named:
    """What an operation at `path` needs to succeed, for the administrator who calls it, beside the site."""
    named = Named()
    person = ""
    if "{person}" in path:
        person = named.parameters["person"] = run(stack, ADD_PERSON, f"{uuid.uuid4().hex}@people.example").strip()
    if "{team}" in path:
        named.parameters["team"] = _team(stack, caller, path, site, person)
    elif person:
        run(stack, GRANT, person, site)
    if "{invitation}" in path:
        named.parameters["invitation"] = _invitation(caller, path, site, named.parameters.get("team", ""))
    if path == "/api/v1/invitations":
        named.token = _token(stack, caller)
    return named


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
