"""A Shylight as its clients see it: nothing but HTTP."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from demo.traffic.audience import Person
from demo.traffic.plan import Success, View
from infra import http_client

_ATTEMPTS = 6
_LONGEST_PAUSE_S = 3.0


class Refused(Exception):
    """Shylight answered with an error, or not at all."""


class Shylight:
    """A deployed Shylight.

    :param base_url: its root, without a trailing slash.
    :param token: an API token of somebody who may make sites.
    :param attempts: how often a request is sent before it counts as refused.
    """

    def __init__(self, base_url: str, token: str, attempts: int = _ATTEMPTS) -> None:
        self.base_url = base_url
        self._attempts = attempts
        self._bearer = {"Authorization": f"Bearer {token}"}

    def sites(self) -> list[dict[str, Any]]:
        """The sites there are."""
        return list(self._json("GET", "/api/v1/sites")["sites"])

    def create_site(self, name: str, domain: str, timezone: str) -> str:
        """Make a site; gives its id."""
        site = {"name": name, "domain": domain, "timezone": timezone}
        return str(self._json("POST", "/api/v1/sites", site)["id"])

    def stats(self, site: str, **period: str) -> dict[str, Any]:
        """A site's figures, e.g. of ``period="30d"``."""
        return self._json("GET", f"/api/v1/sites/{site}/stats?{urlencode(period)}")

    def visits(self, site: str, **period: str) -> list[dict[str, Any]]:
        """A site's latest visits, newest first."""
        return list(self._json("GET", f"/api/v1/sites/{site}/visits?{urlencode(period)}")["visits"])

    def all_visits(self, site: str, **period: str) -> Iterator[dict[str, Any]]:
        """All visits of a period, newest first."""
        after: dict[str, str] = {}
        while True:
            query = urlencode({**period, "limit": "500", **after})
            page = self._json("GET", f"/api/v1/sites/{site}/visits?{query}")
            yield from page["visits"]
            if page["next"] is None:
                return
            after = {"next": page["next"]}

    def send_history(self, site: str, views: Sequence[View]) -> None:
        """Send views of the past; at most as many as one request may carry."""
        hits = [hit for view in views for hit in (as_hit(view), as_event(view)) if hit]
        accepted = self._json("POST", f"/api/v1/sites/{site}/hits", {"hits": hits})
        if accepted["accepted"] != len(hits):
            raise Refused(f"{len(hits)} hits were sent and {accepted['accepted']} accepted.")

    def send_view(self, site: str, view: View) -> None:
        """Send what the tracker sends when a page has loaded."""
        beacon = {"idempotency": view.id, "location": view.url, "referrer": view.referrer, "loadTime": view.load_time}
        self._beacon(site, view.person, beacon)

    def send_success(self, site: str, view: View) -> None:
        """Send what the tracker sends of the view's custom event, if it has one."""
        if view.success is not None:
            beacon = {"idempotency": f"{view.id}-event", "location": view.url, **_told(view.success)}
            self._beacon(site, view.person, beacon)

    def send_leave(self, site: str, view: View, age_ms: int) -> None:
        """Send what the tracker sends when the page is left, `age_ms` after its view."""
        beacon = {"idempotency": view.id, "engagement": view.engagement or 0, "age": age_ms}
        self._beacon(site, view.person, beacon)

    def send_event(self, site: str, person: Person, event_id: str, name: str, url: str) -> None:
        """Send what the tracker sends for a custom event on the page at `url`."""
        self._beacon(site, person, {"idempotency": event_id, "event": name, "location": url})

    def _beacon(self, site: str, person: Person, beacon: dict[str, Any]) -> None:
        headers = {
            "Content-Type": "text/plain;charset=UTF-8",
            "User-Agent": person.agent.text,
            "X-Forwarded-For": person.address,
        }
        self._request("POST", f"/ingress/{site}/script.js", json.dumps(beacon).encode(), headers)

    def _json(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        answer = self._request(method, path, data, {"Content-Type": "application/json", **self._bearer})
        return dict(json.loads(answer))

    def _request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        """One request; again after a moment where the answer says that this may help."""
        said = ""
        for attempt in range(self._attempts):
            try:
                answer = http_client.request(method, self.base_url + path, body, headers)
            except (http.client.HTTPException, OSError) as error:
                said = str(error)
            else:
                if answer.status < 300:
                    return answer.body
                said = f"{answer.status} {answer.text[:500]}"
                if answer.status not in (429, 502, 503, 504):
                    break
            time.sleep(min(0.2 * 2**attempt, _LONGEST_PAUSE_S))
        raise Refused(f"{method} {path.partition('?')[0]}: {said}")


def as_hit(view: View) -> dict[str, Any]:
    """A view as the import API takes it."""
    fields = {
        "id": view.id,
        "t": view.t,
        "url": view.url,
        "referrer": view.referrer,
        "user_agent": view.person.agent.text,
        "ip": view.person.address,
        "load_time": view.load_time,
        "engagement": view.engagement,
    }
    return {name: value for name, value in fields.items() if value is not None}


def as_event(view: View) -> dict[str, Any] | None:
    """The view's custom event as the import API takes it."""
    if view.success is None:
        return None
    who = {"user_agent": view.person.agent.text, "ip": view.person.address}
    return {"id": f"{view.id}-event", "t": view.middle, "url": view.url, **who, **_told(view.success)}


def _told(success: Success) -> dict[str, Any]:
    told: dict[str, Any] = {"event": success.event, "props": dict(success.props)}
    if success.cents is not None:
        told["revenue"] = {"amount": success.cents / 100, "currency": success.currency}
    return told
