"""An administrator runs the installation: the part of the API's scenario about queues, databases and settings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chalicelib.store import dead_letters, geoip_source, hit_queue
from tests.unit.accounts.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider

if TYPE_CHECKING:
    from tests.stack.scenarios import Api

API = "/api/v1/administration"


def on_pages(api: Api) -> None:
    """As an administrator who has signed in just now."""
    _put_letters()
    page = api.ask("GET /administration", 200)
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf

    def post(route: str, form: Mapping[str, str], status: int = 303) -> None:
        api.ask(f"POST /administration/{route}", status, urlencode({"csrf": csrf[1], **form}))

    page = api.ask("GET /administration/queue", 200)
    (first, *_others) = re.findall(r'name="(letter [^"]+)"', page)
    post("queue", {"action": "redrive selected", first: "1"})
    post("queue", {"action": "discard all"}, 200)
    post("queue", {"action": "discard all", "confirmed": "1"})
    api.ask("GET /administration/schedule", 200)
    api.ask("GET /administration/geoip", 200)
    for publisher in ("dbip", ""):
        post("geoip", {"action": "choose", "publisher": publisher})
    geoip_source.choose(geoip_source.Choice("dbip", mirror="http://127.0.0.1:9"))
    post("geoip", {"action": "update"}, 503)  # the function itself is not there in the tests of policies
    api.ask("GET /administration/settings", 200)
    post("settings", {"part": "general", "name": "Shylight", "sign_up": "open"})
    _set_up_provider(post)
    post("settings/test-mail", {})


def _set_up_provider(post: Callable[..., None]) -> None:
    provider = FakeProvider()
    form = {"part": "provider", "oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID}
    post("settings", form | {"oidc_client_secret": CLIENT_SECRET})
    post("settings", form | {"oidc_only": "1"}, 400)
    post("settings", form | {"oidc_issuer": ""})
    provider.close()


def by_program(api: Api) -> None:
    """The same with a token."""
    _put_letters()
    api.ask(f"GET {API}/queues", 200)
    (first, *_others) = json.loads(api.ask(f"GET {API}/dead-letters", 200))["dead_letters"]
    api.ask(f"GET {API}/dead-letters/{{letter}}", 200, letter=first["id"])
    api.ask(f"POST {API}/dead-letters/redrive", 200, {"ids": [first["id"]]})
    api.ask(f"POST {API}/dead-letters/discard", 200, {"all": True})
    api.ask(f"GET {API}/schedule", 200)
    api.ask(f"GET {API}/geoip", 200)
    api.ask(f"PUT {API}/geoip/source", 200, {"publisher": "dbip"})
    api.ask(f"POST {API}/geoip/update", 503)
    api.ask(f"PUT {API}/geoip/source", 200, {"publisher": None})
    api.ask(f"GET {API}/settings", 200)
    api.ask(f"PATCH {API}/settings", 200, {"site_creators": "everybody"})
    api.ask(f"POST {API}/test-mail", 200)


def _put_letters() -> None:
    for _ in range(3):
        hit_queue.send_to_dead_letters("{}", "unreadable")
    assert dead_letters.peek(3)
