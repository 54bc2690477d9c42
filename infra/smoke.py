"""The last step of a deployment: one page view, sent as a browser sends it, has to turn up in the figures.

It goes to a site of its own, "Deployment check", which belongs to nobody who signs in. The token it takes is issued
for the check and revoked after it.
"""

from __future__ import annotations

import json
import time
import uuid

from infra import people
from infra.aws_environment import Cloud, DeployError
from infra.http_client import ask

SITE = {"name": "Deployment check", "domain": "deployment-check.invalid", "timezone": "UTC"}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
COUNTED_S = 90.0


def check(cloud: Cloud, base_url: str) -> float:
    """Send one view and wait until it is counted; gives the seconds that took.

    :raises DeployError: if it is refused, or not counted in time.
    """
    token = people.issue_checker_token(cloud)
    try:
        site = _site(base_url, token)
        before = _pageviews(base_url, site, token)
        begun = time.monotonic()
        _send_view(base_url, site)
        while _pageviews(base_url, site, token) <= before:
            if time.monotonic() - begun > COUNTED_S:
                raise DeployError(
                    f"The page view that was sent is not counted after {COUNTED_S:.0f} s. Look at the worker's log and "
                    f"at the queue {cloud.names.dead_letters}, whose messages tell why they are there."
                )
            time.sleep(1.0)
        return time.monotonic() - begun
    finally:
        people.revoke_token(cloud, token)


def _site(base_url: str, token: str) -> str:
    listed = ask(f"{base_url}/api/v1/sites", token=token)
    if listed.status != 200:
        raise DeployError(f"The API does not list sites: {listed.status} {listed.text[:500]}")
    for site in listed.json()["sites"]:
        if site["domain"] == SITE["domain"]:
            return str(site["id"])
    made = ask(f"{base_url}/api/v1/sites", json.dumps(SITE), token=token)
    if made.status != 201:
        raise DeployError(f"The API does not make a site: {made.status} {made.text[:500]}")
    return str(made.json()["id"])


def _send_view(base_url: str, site: str) -> None:
    view = {
        "idempotency": uuid.uuid4().hex,
        "location": f"https://{SITE['domain']}/",
        "referrer": None,
        "loadTime": None,
    }
    headers = {"Content-Type": "text/plain", "User-Agent": BROWSER}
    sent = ask(f"{base_url}/ingress/{site}/script.js", json.dumps(view), headers=headers)
    if sent.status not in {200, 204}:
        raise DeployError(f"A page view is refused: {sent.status} {sent.text[:500]}")


def _pageviews(base_url: str, site: str, token: str) -> int:
    stats = ask(f"{base_url}/api/v1/sites/{site}/stats?period=7d", token=token)
    if stats.status != 200:
        raise DeployError(f"The API gives no figures: {stats.status} {stats.text[:500]}")
    return int(stats.json()["metrics"]["pageviews"] or 0)
