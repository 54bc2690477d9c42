"""The Lambda events of hits, as the tracker sends them."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from demo.traffic.audience import Audience
from harness.lambda_requests import event, url_event

SCRIPT: Final = "/ingress/{site}/script.js"


def beacon(site: str, number: int, audience: Audience) -> dict[str, Any]:
    """The Lambda event of a view's beacon by a new visitor."""
    who = audience.person()
    body = {
        "idempotency": f"0.bench{number}",
        "location": "https://lighthouse-journal.example/guides/how-a-fresnel-lens-works",
        "referrer": "https://www.google.com/",
        "loadTime": 812,
    }
    headers = {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": who.agent.text}
    return event("POST", SCRIPT, {"site": site}, body=json.dumps(body), headers=headers, address=who.address)


def at_url(given: dict[str, Any]) -> dict[str, Any]:
    """The same request to the function's URL."""
    body = base64.b64decode(given["body"]).decode()
    address = given["requestContext"]["identity"]["sourceIp"]
    return url_event("POST", given["path"], body=body, headers=given["headers"], address=address)
