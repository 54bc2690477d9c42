"""Which page a form was posted from, and where to go after signing in: keeping other sites out of both. Pure."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, unquote, urlsplit

from chalicelib.errors import Forbidden
from chalicelib.web import Request

HOME = "sites"
_MAX_NEXT_CHARS = 2048


def check_origin(request: Request) -> None:
    """Refuse a form that another site's page posted.

    Browsers say where a form comes from, in ``Sec-Fetch-Site`` or at least in ``Origin``. A client that sends
    neither is no browser, so nobody's cookies are being abused through it.

    :raises Forbidden: if the browser says that it was another site's page.
    """
    site = request.headers.get("sec-fetch-site")
    if site in ("same-origin", "none"):
        return
    origin = request.headers.get("origin")
    if site is None and (origin is None or origin.lower() in _own_origins(request)):
        return
    raise Forbidden("This form was not sent from one of our own pages. Please open the page and send it again.")


def next_path(given: str | None) -> str:
    """Where to go after signing in, as a path below the deployment's root without a leading slash.

    Anything but a plain path within this app (another host, a scheme, ``..``) becomes the home page.
    """
    if not given or len(given) > _MAX_NEXT_CHARS:
        return HOME
    path = given.removeprefix("/")
    plain = unquote(path)
    if any(unicodedata.category(character)[0] in "CZ" for character in path) or "\\" in plain:
        return HOME
    way = plain.split("?")[0].split("#")[0]
    if not way or way.startswith("/") or ":" in way or "//" in way:
        return HOME
    steps = way.split("/")
    if ".." in steps or "." in steps or steps[0] in ("sign-in", "sign-out"):
        return HOME
    return quote(path, safe="/?#&=%+,;:@!$'()*~")


def _own_origins(request: Request) -> set[str]:
    """The origins under which browsers may know this deployment: the one we believe in, and the one they asked."""
    base = urlsplit(request.base_url)
    host = request.headers.get("host", base.netloc)
    return {f"{base.scheme}://{base.netloc}".lower(), f"{base.scheme}://{host}".lower()}
