"""An HTTP client for Shylight: the tracker's beacons and the JSON API."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from demo.traffic.audience import Person, is_editor
from demo.traffic.visits import Conversion, View
from infra import http_client

_ATTEMPTS = 6
_MAX_PAUSE_S = 3.0


class RequestFailed(Exception):
    """Shylight answered with an error, or not at all."""


class Shylight:
    """A deployed Shylight.

    :param base_url: its root URL, without a trailing slash.
    :param token: an API token of a person who may create sites.
    :param attempts: how often a request is tried before it fails.
    :param ingest_url: where beacons are sent, if not to `base_url`.
    """

    def __init__(self, base_url: str, token: str, attempts: int = _ATTEMPTS, ingest_url: str = "") -> None:
        self.base_url = base_url
        self._ingest_url = ingest_url or base_url
        self._attempts = attempts
        self._bearer = {"Authorization": f"Bearer {token}"}

    def sites(self) -> list[dict[str, Any]]:
        """All sites."""
        return list(self._json("GET", "/api/v1/sites")["sites"])

    def create_site(self, name: str, domain: str, timezone: str, settings: Mapping[str, Any] | None = None) -> str:
        """Create a site; gives its id."""
        site = {"name": name, "domain": domain, "timezone": timezone}
        id_ = str(self._json("POST", "/api/v1/sites", site)["id"])
        if settings:
            self._json("PATCH", f"/api/v1/sites/{id_}", dict(settings))
        return id_

    def add(self, site: str, what: str, fields: Mapping[str, Any]) -> None:
        """Add something to a site: to its `segments`, `shares` or `people`, with the fields of the API."""
        self._json("POST", f"/api/v1/sites/{site}/{what}", dict(fields))

    def stats(self, site: str, **period: str) -> dict[str, Any]:
        """A site's statistics, e.g. for ``period="30d"``."""
        return self._json("GET", f"/api/v1/sites/{site}/stats?{urlencode(period)}")

    def excluded(self, site: str, **period: str) -> dict[str, Any]:
        """A site's excluded traffic: its rows `dropped` and `robots`."""
        return self._json("GET", f"/api/v1/sites/{site}/ledger?{urlencode(period)}")

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
        """Send past views, and their events, in one request.

        :raises RequestFailed: if others are accepted than those whose addresses the site does not ignore.
        """
        hits = [hit for view in views for hit in (as_hit(view), as_event(view)) if hit]
        answer = self._json("POST", f"/api/v1/sites/{site}/hits", {"hits": hits})
        accepted = sum(not is_editor(hit["ip"]) for hit in hits)
        if answer["accepted"] != accepted:
            raise RequestFailed(f"{accepted} hits should be accepted, and {answer['accepted']} were.")

    def waiting_hits(self) -> int:
        """How many messages with hits wait on the queue or are being stored, about; for administrators."""
        queue = self._json("GET", "/api/v1/administration/queues")["hits"]
        return int(queue["waiting"]) + int(queue["in_progress"])

    def annotator(self, name: str, site: str) -> Shylight:
        """A client with a new API token, which may only annotate a site, and signs with its name."""
        asked = {"name": name, "scopes": ["annotations:write"], "sites": [site]}
        return Shylight(self.base_url, str(self._json("POST", "/api/v1/tokens", asked)["token"]), self._attempts)

    def annotate(self, site: str, annotation: dict[str, Any]) -> None:
        """Add an annotation, with the fields of the API."""
        self._json("POST", f"/api/v1/sites/{site}/annotations", annotation)

    def send_view(self, site: str, view: View) -> None:
        """Send the beacon that the tracker sends when a page has loaded."""
        beacon = {"idempotency": view.id, "location": view.url, "referrer": view.referrer, "loadTime": view.load_time}
        beacon["innerWidth"] = view.person.width
        self._beacon(site, view.person, beacon)

    def send_conversion(self, site: str, view: View) -> None:
        """Send the beacon of the view's custom event, if it has one."""
        if view.conversion is not None:
            beacon = {"idempotency": f"{view.id}-event", "location": view.url, **_event_fields(view.conversion)}
            self._beacon(site, view.person, beacon)

    def send_leave(self, site: str, view: View, age_ms: int) -> None:
        """Send the beacon that the tracker sends when the page is left, `age_ms` after its view."""
        beacon = {"idempotency": view.id, "engagement": view.engagement or 0, "age": age_ms, "scroll": view.scroll}
        self._beacon(site, view.person, beacon)

    def send_event(self, site: str, person: Person, event_id: str, name: str, url: str) -> None:
        """Send the beacon of a custom event on the page at `url`."""
        self._beacon(site, person, {"idempotency": event_id, "event": name, "location": url})

    def _beacon(self, site: str, person: Person, beacon: dict[str, Any]) -> None:
        headers = {
            "Content-Type": "text/plain;charset=UTF-8",
            "User-Agent": person.agent.text,
            "Accept-Language": person.accept_language,
            "X-Forwarded-For": person.address,
            **({"Sec-GPC": "1"} if person.refuses else {}),
        }
        beacon = beacon | {"identifier": person.identifier} if person.identifier else beacon
        body = json.dumps(beacon).encode()
        self._request("POST", f"/ingress/{site}/script.js", body, headers, self._ingest_url)

    def _json(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        answer = self._request(method, path, data, {"Content-Type": "application/json", **self._bearer})
        return dict(json.loads(answer))

    def _request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], root_url: str = ""
    ) -> bytes:
        """Send one request, with retries after temporary errors."""
        reason = ""
        for attempt in range(self._attempts):
            try:
                answer = http_client.request(method, (root_url or self.base_url) + path, body, headers)
            except (http.client.HTTPException, OSError) as error:
                reason = str(error)
            else:
                if answer.status < 300:
                    return answer.body
                reason = f"{answer.status} {answer.text[:500]}"
                if answer.status not in (429, 502, 503, 504):
                    break
            time.sleep(min(0.2 * 2**attempt, _MAX_PAUSE_S))
        raise RequestFailed(f"{method} {path.partition('?')[0]}: {reason}")


def as_hit(view: View) -> dict[str, Any]:
    """A view in the format of the import API."""
    fields = {
        "id": view.id,
        "t": view.t,
        "url": view.url,
        "referrer": view.referrer,
        "user_agent": view.person.agent.text,
        "ip": view.person.address,
        "load_time": view.load_time,
        "engagement": view.engagement,
        "scroll": view.scroll,
        "language": view.person.accept_language,
        "screen_width": view.person.width,
        "identifier": view.person.identifier,
    }
    return {name: value for name, value in fields.items() if value is not None}


def as_event(view: View) -> dict[str, Any] | None:
    """The view's custom event in the format of the import API; None if there is none."""
    if view.conversion is None:
        return None
    person = view.person
    who = {"user_agent": person.agent.text, "ip": person.address, "language": person.accept_language}
    who |= {"identifier": person.identifier} if person.identifier else {}
    return {"id": f"{view.id}-event", "t": view.middle, "url": view.url, **who, **_event_fields(view.conversion)}


def _event_fields(conversion: Conversion) -> dict[str, Any]:
    fields: dict[str, Any] = {"event": conversion.event, "props": dict(conversion.props)}
    if conversion.cents is not None:
        fields["revenue"] = {"amount": conversion.cents / 100, "currency": conversion.currency}
    return fields
