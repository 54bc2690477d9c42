"""What the API's function does for administrators; a part of `tests.stack.scenarios`."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chalicelib.accounts.sites import new_site
from chalicelib.store import people as stored
from chalicelib.store.people import Person

if TYPE_CHECKING:
    from chalicelib.store.sites import Site
    from tests.stack.scenarios import Api


def _person(*, admin: bool = False) -> Person:
    return stored.add_person(Person(str(uuid.uuid4()), f"{uuid.uuid4()}@example.com", "Ada", admin=admin))


def _owner() -> Person:
    """A person with a site of their own."""
    person = _person()
    new_site.create_site(person, {"name": "Theirs", "domain": f"{uuid.uuid4().hex}.example", "timezone": "UTC"})
    return person


def on_pages(api: Api, of: Site) -> None:
    """As an administrator who is signed in."""
    person, page = _owner(), "/administration/people/{person}"
    for search in ("", person.email, "nobody at all"):
        shown = api.ask("GET /administration/people", 200, query={"search": search})
    api.ask("GET /administration/sites", 200, query={"search": "policies"})
    shown = api.ask(f"GET {page}", 200, person=person.id)
    csrf = re.findall(r'name="csrf" value="([^"]+)"', shown)[0]
    for action in ("make-administrator", "unmake-administrator", "limit", "end-sessions", "reset-second-factor"):
        form = {"csrf": csrf, "do": action, "max_sites": "20"}
        api.ask(f"POST {page}", 303, urlencode(form), person=person.id)
    for path in ("usage", "excluded", "audit-log"):
        for kind in ("", "csv"):
            api.ask(f"GET /administration/{path}", 200, query={"format": kind} if kind else {})
    for query in ({"person": person.email}, {"site": of.id}, {"action": "site.change"}):
        api.ask("GET /administration/audit-log", 200, query=query)
    api.ask("GET /sites/{site}/audit-log", 200, site=of.id)
    api.ask(f"GET {page}/delete", 200, person=person.id)
    form = {"csrf": csrf, "email": person.email}
    api.ask(f"POST {page}/delete", 409, urlencode(form), person=person.id)
    api.ask(f"POST {page}/delete", 303, urlencode({**form, "delete_sites": "1"}), person=person.id)


def by_program(api: Api, of: Site) -> None:
    """The same, by the API, with the token of an administrator."""
    person, administrator = _owner(), _person(admin=True)
    base = "/api/v1/administration"
    one = f"{base}/people/{{person}}"
    for path in ("people", "sites", "usage", "excluded", "audit-log"):
        api.ask(f"GET {base}/{path}", 200)
    api.ask(f"GET {base}/audit-log", 200, query={"site": of.id})
    api.ask("GET /api/v1/sites/{site}/audit-log", 200, site=of.id)
    api.ask(f"PATCH {one}", 200, {"administrator": False}, person=administrator.id)
    api.ask(f"PATCH {one}", 200, {"max_sites": 5}, person=person.id)
    api.ask(f"GET {one}", 200, person=person.id)
    api.ask(f"DELETE {one}/sessions", 204, person=person.id)
    api.ask(f"DELETE {one}/second-factor", 204, person=person.id)
    api.ask(f"GET {one}/deletion", 200, person=person.id)
    query = {"email": person.email, "delete_sites": "true"}
    api.ask(f"DELETE {one}", 204, query=query, person=person.id)
