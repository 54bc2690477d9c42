"""The public URL of the deployment: from the settings, else from API Gateway's request context.

Headers such as ``Host`` and ``X-Forwarded-Proto`` are not used, because clients can send anything in them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib import config

_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}")


def split_root(event: Mapping[str, Any]) -> tuple[str, str]:
    """The path of the deployment's root (``""``, ``/prod``), and the request's path below it.

    A stage precedes the path only in the gateway's context, the base path of a custom domain in the event as well. The
    route shows how many segments of the path are ours.
    """
    context = event.get("requestContext") or {}
    path = event.get("path") or "/"
    whole = context.get("path") or path
    route = context.get("resourcePath") or path
    if route == "/":
        return whole.rstrip("/"), "/"
    steps, wanted = path.split("/")[1:], route.split("/")[1:]
    if wanted[-1].endswith("+}"):  # "{proxy+}" stands for several
        several = (event.get("pathParameters") or {}).get(wanted[-1][1:-2]) or ""
        wanted[-1:] = ["{}"] * (several.count("/") + 1)
    ours = steps[-len(wanted) :]
    if len(steps) > len(wanted) and all(
        step == name or name[:1] == "{" for step, name in zip(ours, wanted, strict=True)
    ):
        path = "/" + "/".join(ours)
    before = whole.count("/") - path.count("/")
    return "/".join(whole.split("/")[: before + 1]) if before > 0 else "", path


def base_url(context: Mapping[str, Any], prefix: str) -> str:
    """The absolute URL of the deployment's root, without a trailing slash; ``""`` if it is unknown.

    API Gateway serves https only.
    """
    given = config.settings().public_url
    if given:
        return given
    host = domain(context)
    return f"https://{host}{prefix}" if host else ""


def ingest_url(base: str) -> str:
    """The URL at which browsers send hits, for snippets: that of the function `collect`, else the deployment's root.

    :param base: the absolute URL of the deployment's root.
    """
    return config.settings().ingest_url or base


def domain(context: Mapping[str, Any]) -> str:
    """The host name in API Gateway's request context; ``""`` if there is none or it is invalid."""
    said = context.get("domainName")
    return said if isinstance(said, str) and _HOST.fullmatch(said) else ""


def deployment(api: str, stage: str) -> str:
    """What tells a deployment from all others, in 16 hexadecimal digits: whoever has a URL can see whose it is.

    It says nothing of the account or of the address at API Gateway, which may be behind a CDN.

    :param api: the id of the REST API.
    """
    return hashlib.sha256(f"{api}/{stage}".encode()).hexdigest()[:16]


def is_https_only(context: Mapping[str, Any]) -> bool:
    """Whether browsers should use https only: not for deployments over http or on the local machine."""
    base = urlsplit(base_url(context, ""))
    host = base.hostname or ""
    return base.scheme != "http" and not (host in ("localhost", "::1") or host.startswith("127."))
