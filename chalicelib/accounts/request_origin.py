"""Which page a form was posted from, and where to go after signing in: keeping other sites out of both. Pure."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, unquote, urlsplit

from chalicelib.errors import Forbidden
from chalicelib.web import Request

HOME = "sites"
_MAX_NEXT_CHARS = 2048
_DOORS = ("sign-in", "sign-out")
# What divides a URL, for browsers or for those on the way.
_DIVIDING = set("/\\:?#%@;")


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

    Anything but a plain path within this app (another host, a scheme, ``..``) becomes the home page, however often it
    is encoded: its steps are decoded until nothing is left to decode, and encoded once.
    """
    if not given or len(given) > _MAX_NEXT_CHARS:
        return HOME
    if any(unicodedata.category(character)[0] in "CZ" for character in given):
        return HOME
    path, mark, rest = _split(given.removeprefix("/"))
    steps = [_decoded(step) for step in path.split("/")]
    if not all(map(_is_plain, steps)) or steps[0] in _DOORS:
        return HOME
    return "/".join(quote(step, safe="") for step in steps) + mark + quote(rest, safe="/?#&=%+,;:@!$'()*~")


def _split(path: str) -> tuple[str, str, str]:
    """A path, and the query or fragment behind it with its mark; a browser looks for the marks before it decodes."""
    end = next((at for at, character in enumerate(path) if character in "?#"), len(path))
    return path[:end], path[end : end + 1], path[end + 1 :]


def _decoded(step: str) -> str:
    while (decoded := unquote(step)) != step:
        step = decoded
    return step


def _is_plain(step: str) -> bool:
    """Whether a decoded step of a path leads one step down, for whoever takes it apart or decodes it again."""
    if step in ("", ".", "..") or set(step) & _DIVIDING:
        return False
    return not any(unicodedata.category(character)[0] in "CZ" for character in step)


def _own_origins(request: Request) -> set[str]:
    """The origins under which browsers may know this deployment: the one we believe in, and the gateway's own."""
    base = urlsplit(request.base_url)
    ours = {f"{base.scheme}://{base.netloc}"} if base.netloc else set()
    return {origin.lower() for origin in ours | ({f"https://{request.domain}"} if request.domain else set())}
