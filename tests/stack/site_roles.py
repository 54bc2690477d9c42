"""A site with a person in each role, for the tests of rights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.stack.calls import Caller
from tests.stack.people import run

PASSWORD = "a password of some length"
ROLES = ("viewer", "editor", "admin", "owner")

# In a process of its own, as in `tests.stack.people`. Everybody has a token and a password; all but the stranger and
# the administrator have a role in the site, and its name. The administrator has a token of each scope, too, and one
# that is limited to another site.
PREPARE = """
import json, sys, uuid
from chalicelib.accounts import passwords
from chalicelib.accounts.access import api_tokens
from chalicelib.accounts.people import people
from chalicelib.accounts.sharing import counters, shared_links
from chalicelib.accounts.sites import new_site
from chalicelib.store import people as stored, site_people, teams
from chalicelib.routing import Access, Scope
from chalicelib.store.sites import get_site
hashed = passwords.hash_password(sys.argv[1])
made = {}
for name in ("owner", "admin", "editor", "viewer", "stranger", "administrator"):
    person = stored.Person(
        str(uuid.uuid4()), f"{name}-{uuid.uuid4()}@example.com", name.title(), name == "administrator", hashed
    )
    made[name] = stored.add_person(person)
data = {"name": "Shared", "domain": f"{uuid.uuid4().hex}.example", "timezone": "UTC"}
site = new_site.create_site(made["owner"], data)
for name in ("admin", "editor", "viewer"):
    assert site_people.write(site_people.read(site), made[name].id, name)
team = teams.add(teams.Team(str(uuid.uuid4()), "Shared team", {}), made["owner"].id)
for name, role in (("admin", "admin"), ("viewer", "member")):
    assert teams.write_member(teams.read(team.id), made[name].id, role)
other = new_site.create_site(made["owner"], {**data, "domain": f"other.{data['domain']}"})
shared_links.create(site, made["owner"], {"name": "Public page", "access": "public"})
link = shared_links.create(site, made["owner"], {"name": "Link"})
print(json.dumps({
    "site": site.id, "domain": site.domain, "team": team.id,
    "link": shared_links.path_of(link).removeprefix("share/"),
    "counter": counters.switch(site, made["owner"], on=True),
    "scoped": {
        scope.value: api_tokens.issue(made["administrator"], scope.value, Access(frozenset({scope})))
        for scope in Scope
    },
    "elsewhere": api_tokens.issue(made["administrator"], "elsewhere", Access(sites=frozenset({other.id}))),
    "people": {
        name: {"id": one.id, "email": one.email, "token": api_tokens.issue(one, name)} for name, one in made.items()
    },
}))
"""


@dataclass(frozen=True)
class Someone:
    """A person, with a token."""

    id: str
    email: str
    token: str


@dataclass(frozen=True)
class SharedSite:
    """A site, and people by the names of their roles, beside ``stranger`` and ``administrator``.

    It has a public page.

    :ivar team: a team that does not hold the site. The site's owner is its owner, the site's admin its admin, and the
        site's viewer its member; nobody else is in it.
    :ivar scoped: an administrator's tokens, each with one scope, by scope.
    :ivar elsewhere: an administrator's token that is limited to another site.
    :ivar link: the token of a shared link; :ivar counter: the key of its counter.
    """

    id: str
    domain: str
    team: str
    link: str
    counter: str
    people: dict[str, Someone]
    scoped: dict[str, str]
    elsewhere: str


def make_shared_site(stack: Any) -> SharedSite:
    """A new site with new people."""
    made = json.loads(run(stack, PREPARE, PASSWORD))
    people = {name: Someone(**one) for name, one in made["people"].items()}
    return SharedSite(
        made["site"],
        made["domain"],
        made["team"],
        made["link"],
        made["counter"],
        people,
        made["scoped"],
        made["elsewhere"],
    )


class RolePrograms:
    """Programs of the people of a site, by role, that use what the API has of the site under one name."""

    def __init__(self, stack: Any, site: SharedSite, resource: str) -> None:
        self._base_url, self._site, self._resource = stack.base_url, site, resource

    def ask(self, role: str, method: str, body: object = None, one: str = "", **query: object) -> Any:
        """The answer to a request for all of them, or for the one with this id."""
        caller = Caller(self._base_url, self._site.people[role].token)
        path = f"/sites/{self._site.id}/{self._resource}" + (f"/{one}" if one else "")
        return caller.api(method, path, body, **query)
