"""Checks of a form's origin, and of the page to open after signing in, so that neither can be another site's. Pure."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, unquote, urlsplit

from chalicelib.errors import Forbidden
from chalicelib.translation import gettext as _
from chalicelib.web import Request

HOME = "sites"
_MAX_NEXT_CHARS = 2048
_SIGN_IN_PAGES = ("sign-in", "sign-out", "second-step", "confirm", "passkey")
# Characters that separate the parts of a URL, for browsers or for intermediaries.
_URL_DELIMITERS = set("/\\:?#%@;")


def check_origin(request: Request) -> None:
    """Reject a form that was posted from another site's page.

    Browsers state a form's origin in ``Sec-Fetch-Site``, or at least in ``Origin``. A client that sends neither is not
    a browser, so it cannot be used to abuse somebody's cookies.

    :raises Forbidden: if the form comes from another site's page.
    """
    site = request.headers.get("sec-fetch-site")
    if site in ("same-origin", "none"):
        return
    origin = request.headers.get("origin")
    if site is None and (origin is None or origin.lower() in _own_origins(request)):
        return
    raise Forbidden(_("This form was sent from another site. Open the page in Shylight and submit the form again."))


def next_path(given: str | None) -> str:
    """The page to open after signing in, as a path below the deployment's root without a leading slash.

    Anything but a plain path within this app (another host, a scheme, ``..``) is replaced by the home page, however
    often it is percent-encoded: each segment is decoded until nothing is left to decode, then encoded once.
    """
    if not given or len(given) > _MAX_NEXT_CHARS:
        return HOME
    if any(unicodedata.category(character)[0] in "CZ" for character in given):
        return HOME
    path, mark, rest = _split(given.removeprefix("/"))
    segments = [_decoded(segment) for segment in path.split("/")]
    if not all(map(_is_safe_segment, segments)) or segments[0] in _SIGN_IN_PAGES:
        return HOME
    return "/".join(quote(one, safe="") for one in segments) + mark + quote(rest, safe="/?#&=%+,;:@!$'()*~")


def _split(path: str) -> tuple[str, str, str]:
    """Split into path, separator (``?``, ``#`` or none) and the rest; browsers look for separators before decoding."""
    end = next((at for at, character in enumerate(path) if character in "?#"), len(path))
    return path[:end], path[end : end + 1], path[end + 1 :]


def _decoded(segment: str) -> str:
    while (decoded := unquote(segment)) != segment:
        segment = decoded
    return segment


def _is_safe_segment(segment: str) -> bool:
    """Whether a decoded path segment names one level down, even if it is parsed or decoded again."""
    if segment in ("", ".", "..") or set(segment) & _URL_DELIMITERS:
        return False
    return not any(unicodedata.category(character)[0] in "CZ" for character in segment)


def _own_origins(request: Request) -> set[str]:
    """The origins under which browsers may reach this deployment: the public URL's, and the API gateway's own."""
    base = urlsplit(request.base_url)
    ours = {f"{base.scheme}://{base.netloc}"} if base.netloc else set()
    return {origin.lower() for origin in ours | ({f"https://{request.domain}"} if request.domain else set())}
