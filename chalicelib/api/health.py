"""The health check, for load balancers, uptime monitors and the deployment."""

from __future__ import annotations

from chalice import Response

from chalicelib import config, public_url
from chalicelib.store import hit_queue, segments, tables
from chalicelib.web import Request, reply_json


def healthz(request: Request) -> Response:
    """``GET /healthz``: 200 if the queue, the tables and the bucket answer, else 503; the body has the details.

    It also tells which deployment answers, so that `infra.domain` sees whether a domain leads to it.
    """
    checks = {
        "queue": hit_queue.is_reachable(),
        "tables": tables.are_reachable(),
        "bucket": segments.bucket_is_reachable(),
    }
    good = all(checks.values())
    body = {
        "status": "ok" if good else "failing",
        "checks": {name: "ok" if check else "failing" for name, check in checks.items()},
        "deployment": public_url.deployment(request.api_id, config.settings().stage),
    }
    return reply_json(body, 200 if good else 503)
