"""Calls over HTTP to a deployed Shylight, as browsers' trackers and owners' programs make them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from infra.http_client import Answer, Client

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
T = TypeVar("T")
# The id of no site, fixed so that a test has one name in all processes of a run.
NO_SITE = "00000000-0000-4000-8000-000000000000"


# The beginnings of the paths that the function `collect` has at its own URL, too.
COLLECTED = ("/ingress/", "/api/event")


class Caller:
    """One client of one deployment, on one connection.

    :param ingest_url: where it sends hits, if not to `base_url`; on another connection.
    """

    def __init__(self, base_url: str, token: str = "", ingest_url: str = "") -> None:
        self.client = Client(base_url)
        self._ingest = Client(ingest_url) if ingest_url else self.client
        self._token = token

    def call(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """One request, with exactly these headers (and those HTTP cannot do without)."""
        client = self._ingest if path.startswith(COLLECTED) else self.client
        return client.request(method, path, body, headers)

    def api(self, method: str, path: str, body: object = None, **query: object) -> Answer:
        """A call of the API as its owner."""
        return self.api_pairs(method, path, list(query.items()), body)

    def api_pairs(
        self, method: str, path: str, query: Sequence[tuple[str, object]], body: object = None, accept: str = "*/*"
    ) -> Answer:
        """The same with parameters that may be repeated."""
        where = f"/api/v1{path}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        return self.call(method, where, data, {"Authorization": f"Bearer {self._token}", "Accept": accept})

    def beacon(
        self, site: str, body: object, agent: str | None = FIREFOX, address: str | None = None, identifier: str = ""
    ) -> Answer:
        """A beacon as sendBeacon sends it; bytes go as they are."""
        headers = {"Content-Type": "text/plain;charset=UTF-8", "Accept": "*/*"}
        if agent is not None:
            headers["User-Agent"] = agent
        if address is not None:
            headers["X-Forwarded-For"] = address
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        middle = f"/{identifier}" if identifier else ""
        return self.call("POST", f"/ingress/{site}{middle}/script.js", data, headers)

    def new_site(self, domain: str = "example.com", timezone: str = "UTC") -> str:
        """The id of a new site."""
        answer = self.api("POST", "/sites", {"name": f"Test {uuid.uuid4()}", "domain": domain, "timezone": timezone})
        assert answer.status == 201, answer.body
        return str(answer.json()["id"])

    def stats(self, site: str, **query: object) -> Any:
        answer = self.api("GET", f"/sites/{site}/stats", **(query or {"period": "today"}))
        assert answer.status == 200, answer.body
        return answer.json()

    def visits(self, site: str, **query: object) -> list[Any]:
        answer = self.api("GET", f"/sites/{site}/visits", **(query or {"period": "7d"}))
        assert answer.status == 200, answer.body
        found: list[Any] = answer.json()["visits"]
        return found


def wait_for(look: Callable[[], T], good: Callable[[T], object], seconds: float = 240) -> T:
    """What `look` gives, once it is `good`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if good(found):
            return found
        assert time.monotonic() < deadline, f"not so within {seconds} s; last: {str(found)[:2000]}"
        time.sleep(0.25)
