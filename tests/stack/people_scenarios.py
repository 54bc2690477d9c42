"""What the API's function does for people, teams and invitations; a part of `tests.stack.scenarios`."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalicelib.store import people as stored

if TYPE_CHECKING:
    from chalicelib.store.sites import Site
    from tests.stack.scenarios import Api

PASSWORD = "a password of some length"


def new_address() -> str:
    return f"{uuid.uuid4()}@example.com"


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


def on_pages(api: Api, of: Site, token: Callable[[], str]) -> None:
    """As an administrator who is signed in. `token`: of the last link that was mailed."""
    csrf = _csrf(api.ask("GET /sites", 200))

    def post(route: str, status: int = 303, **form: str) -> None:
        fields = {name: value for name, value in form.items() if name not in ("site", "team", "person", "invitation")}
        named: dict[str, Any] = {name: value for name, value in form.items() if name not in fields}
        if "give" in form:
            fields["team"] = fields.pop("give")
        api.ask(f"POST {route}", status, urlencode({"csrf": csrf, **fields}), **named)

    post("/sites/{site}/people", site=of.id, email=new_address(), role="editor")
    page = api.ask("GET /sites/{site}/people", 200, site=of.id)
    invitation = re.findall(r"/invitations/([0-9a-f-]{36})", page)[-1]
    for action, status in (("send", 303), ("revoke", 303), ("send", 404)):
        post("/sites/{site}/invitations/{invitation}", status, site=of.id, invitation=invitation, action=action)
    member = stored.add_person(stored.Person(str(uuid.uuid4()), new_address()))
    for change in ("", "/remove"):
        post(f"/sites/{{site}}/people/{{person}}{change}", 404, site=of.id, person=member.id, role="viewer")
    post("/teams", name="Editors")
    team = re.findall(r"teams/([0-9a-f-]{36})", api.ask("GET /teams", 200))[-1]
    post("/teams/{team}", team=team, name="Writers")
    post("/sites/{site}/teams", site=of.id, give=team, role="viewer")
    post("/teams/{team}/members", team=team, email=new_address(), role="member")
    page = api.ask("GET /teams/{team}", 200, team=team)
    invitation = re.findall(r"/invitations/([0-9a-f-]{36})", page)[-1]
    post("/teams/{team}/invitations/{invitation}", team=team, invitation=invitation, action="revoke")
    post("/teams/{team}/members/{person}", 404, team=team, person=member.id, role="member")
    post("/teams/{team}/members/{person}/remove", 404, team=team, person=member.id)
    post("/teams/{team}/sites/{site}/remove", team=team, site=of.id)
    post("/sites/{site}/teams", site=of.id, give=team, role="editor")
    post("/sites/{site}/teams/{team}/remove", site=of.id, team=team)
    post("/sites/{site}/teams", site=of.id, give=team, role="editor")
    post("/teams/{team}/delete", team=team, name="Writers")
    post("/administration/invitations", email=new_address())
    page = api.ask("GET /administration/invitations", 200)
    invitation = re.findall(r"/invitations/([0-9a-f-]{36})", page)[-1]
    post("/administration/invitations/{invitation}", invitation=invitation, action="revoke")
    post("/sites/{site}/people", site=of.id, email=new_address(), role="admin")
    api.cookie = ""
    api.ask("GET /invitations/{token}", 200, token=token())
    form = {"name": "New", "password": PASSWORD}
    api.ask("POST /invitations/{token}", 303, urlencode(form), token=token())
    api.ask("GET /sites/{site}", 200, site=of.id)


def by_program(api: Api, of: Site, token: Callable[[], str]) -> None:
    """The same over the API, with an administrator's token."""
    site, team_route = "/api/v1/sites/{site}", "/api/v1/teams/{team}"
    administration = "/api/v1/administration/invitations"
    caller = json.loads(api.ask("GET /api/v1/teams", 200))
    assert set(caller) == {"teams", "next"}
    places: tuple[tuple[str, dict[str, str], dict[str, Any]], ...] = (
        (f"{site}/people", {"role": "viewer"}, {"site": of.id}),
        (administration, {}, {}),
    )
    for route, given, named in places:
        made = json.loads(api.ask(f"POST {route}", 201, {"email": new_address(), **given}, **named))
        listing = route.replace("/people", "/invitations")
        api.ask(f"GET {listing}", 200, **named)
        api.ask(f"POST {listing}/{{invitation}}", 200, invitation=made["id"], **named)
        api.ask(f"DELETE {listing}/{{invitation}}", 204, invitation=made["id"], **named)
    team = json.loads(api.ask("POST /api/v1/teams", 201, {"name": "Editors"}))["id"]
    api.ask(f"GET {team_route}", 200, team=team)
    api.ask(f"PATCH {team_route}", 200, {"name": "Writers"}, team=team)
    invited = stored.add_person(stored.Person(str(uuid.uuid4()), new_address()))
    made = json.loads(api.ask(f"POST {team_route}/members", 201, {"email": invited.email, "role": "member"}, team=team))
    api.ask(f"GET {team_route}/invitations", 200, team=team)
    api.ask(f"POST {team_route}/invitations/{{invitation}}", 200, team=team, invitation=made["id"])
    api.ask("POST /api/v1/invitations", 403, {"token": token()})
    api.ask(f"DELETE {team_route}/invitations/{{invitation}}", 204, team=team, invitation=made["id"])
    api.ask(f"GET {team_route}/members", 200, team=team)
    api.ask(f"PUT {team_route}/members/{{person}}", 404, {"role": "admin"}, team=team, person=invited.id)
    api.ask(f"DELETE {team_route}/members/{{person}}", 404, team=team, person=invited.id)
    api.ask(f"PUT {site}/teams/{{team}}", 200, {"role": "editor"}, site=of.id, team=team)
    api.ask(f"GET {site}/teams", 200, site=of.id)
    api.ask(f"GET {site}/people", 200, site=of.id)
    api.ask(f"GET {team_route}/sites", 200, team=team)
    api.ask(f"DELETE {team_route}/sites/{{site}}", 204, team=team, site=of.id)
    api.ask(f"PUT {site}/teams/{{team}}", 200, {"role": "editor"}, site=of.id, team=team)
    api.ask(f"DELETE {site}/teams/{{team}}", 204, site=of.id, team=team)
    api.ask(f"DELETE {team_route}", 204, query={"name": "Writers"}, team=team)
