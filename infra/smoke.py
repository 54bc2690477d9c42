"""The last step of a deployment: send one page view as a browser does, and wait until the statistics count it.

It is sent to a separate site, "Deployment check", whose owner cannot sign in. The API token is issued for the check and
revoked afterwards.
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
TIMEOUT_S = 90.0


def check(cloud: Cloud, base_url: str, ingest_url: str) -> float:
    """Send one page view and wait until it is counted; gives the seconds that took.

    :param ingest_url: where the page view is sent: at the URL that snippets name.
    :raises DeployError: if it is rejected or not counted in time.
    """
    token = people.issue_checker_token(cloud)
    try:
        site = _site(base_url, token)
        before = _pageviews(base_url, site, token)
        started = time.monotonic()
        _send_view(ingest_url, site)
        while _pageviews(base_url, site, token) <= before:
            if time.monotonic() - started > TIMEOUT_S:
                raise DeployError(
                    f"The page view was not counted within {TIMEOUT_S:.0f} s. Check the worker's log and the queue "
                    f"{cloud.names.dead_letters}, whose messages state the reason for each failure."
                )
            time.sleep(1.0)
        return time.monotonic() - started
    finally:
        people.revoke_token(cloud, token)


def _site(base_url: str, token: str) -> str:
    listed = ask(f"{base_url}/api/v1/sites", token=token)
    if listed.status != 200:
        raise DeployError(f"The API could not list sites: {listed.status} {listed.text[:500]}")
    for site in listed.json()["sites"]:
        if site["domain"] == SITE["domain"]:
            return str(site["id"])
    created = ask(f"{base_url}/api/v1/sites", json.dumps(SITE), token=token)
    if created.status != 201:
        raise DeployError(f"The API could not create a site: {created.status} {created.text[:500]}")
    return str(created.json()["id"])


def _send_view(ingest_url: str, site: str) -> None:
    view = {
        "idempotency": uuid.uuid4().hex,
        "location": f"https://{SITE['domain']}/",
        "referrer": None,
        "loadTime": None,
    }
    headers = {"Content-Type": "text/plain", "User-Agent": BROWSER}
    sent = ask(f"{ingest_url}/ingress/{site}/script.js", json.dumps(view), headers=headers)
    if sent.status not in {200, 204}:
        raise DeployError(f"The page view was rejected: {sent.status} {sent.text[:500]}")


def _pageviews(base_url: str, site: str, token: str) -> int:
    stats = ask(f"{base_url}/api/v1/sites/{site}/stats?period=7d", token=token)
    if stats.status != 200:
        raise DeployError(f"The API could not give the statistics: {stats.status} {stats.text[:500]}")
    return int(stats.json()["metrics"]["pageviews"] or 0)
