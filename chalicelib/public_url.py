"""Where the deployment is: as its settings say, else as API Gateway itself does.

A request's own headers are not asked: anybody can send a ``Host`` and an ``X-Forwarded-Proto``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib import config

_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}")


def place(event: Mapping[str, Any]) -> tuple[str, str]:
    """Where the deployment's root is on its host (``""``, ``/prod``), and the request's path below it.

    A stage stands before the path in the gateway's context alone, the base path of a custom domain in both; how many
    steps are ours, the route tells.
    """
    context = event.get("requestContext") or {}
    path = event.get("path") or "/"
    whole = context.get("path") or path
    route = context.get("resourcePath") or path
    if route == "/":
        return whole.rstrip("/"), "/"
    steps, wanted = path.split("/")[1:], route.split("/")[1:]
    ours = steps[-len(wanted) :]
    if len(steps) > len(wanted) and all(
        step == name or name[:1] == "{" for step, name in zip(ours, wanted, strict=True)
    ):
        path = "/" + "/".join(ours)
    before = whole.count("/") - path.count("/")
    return "/".join(whole.split("/")[: before + 1]) if before > 0 else "", path


def base_url(context: Mapping[str, Any], prefix: str) -> str:
    """The absolute URL of the deployment's root, without a trailing slash; ``""`` if nobody tells.

    A gateway answers over https alone.
    """
    given = config.settings().public_url
    if given:
        return given
    host = domain(context)
    return f"https://{host}{prefix}" if host else ""


def domain(context: Mapping[str, Any]) -> str:
    """The host that API Gateway says it was asked as; ``""`` if it says none, or what no host can be."""
    said = context.get("domainName")
    return said if isinstance(said, str) and _HOST.fullmatch(said) else ""


def is_https_only(context: Mapping[str, Any]) -> bool:
    """Whether browsers are to ask over nothing else: not where the deployment is over http, or on this machine."""
    base = urlsplit(base_url(context, ""))
    host = base.hostname or ""
    return base.scheme != "http" and not (host in ("localhost", "::1") or host.startswith("127."))
