"""The form for the password of a shared link."""

from __future__ import annotations

from typing import Final

from chalice import Response

from chalicelib.accounts.access import request_origin
from chalicelib.accounts.sharing import link_passwords, shared_access
from chalicelib.dashboard import render
from chalicelib.dashboard.reports import periods
from chalicelib.dashboard.sharing import shared_page
from chalicelib.errors import TooManyRequests, Unauthorized
from chalicelib.routing import Right
from chalicelib.store.shared_links import SharedLink
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

# In the query after the right password: if the browser still has no cookie, it does not keep them in this frame.
_SENT: Final = "unlocked"


def unlock_link(request: Request, link: str) -> Response:
    """``POST /share/{link}``: the password of a link.

    :raises Forbidden: if the form was sent from another site.
    :raises NotFound: if there is no such link.
    """
    request_origin.check_origin(request)
    return _unlock(request, shared_access.find(Right.SHARED_LINK, link)[1])


def unlock_public_page(request: Request, site: str) -> Response:
    """``POST /public/{site}``: the password of a site's public page.

    :raises Forbidden: if the form was sent from another site.
    :raises NotFound: if the site has none.
    """
    request_origin.check_origin(request)
    return _unlock(request, shared_access.find(Right.PUBLIC_PAGE, site)[1])


def locked(request: Request, link: SharedLink) -> Response:
    """The form, in place of a page whose password this browser has not sent."""
    message = ""
    if _SENT in request.query:
        message = _("Your browser does not keep the cookie of this page in a frame. Open the page in a new tab.")
    return _page(request, link, message, 401, in_frame=bool(message))


def _unlock(request: Request, link: SharedLink) -> Response:
    """A cookie for the right password, and on to the page; or the form with what was wrong."""
    try:
        cookie = link_passwords.unlock(request, link, request.form().get("password", ""))
    except (TooManyRequests, Unauthorized) as error:
        return _page(request, link, error.message, error.status, render.retry_after(error))
    keep = periods.kept_query(request)
    if request.headers.get("sec-fetch-dest") == "iframe":
        keep += f"{'&' if keep else '?'}{_SENT}=1"
    return redirect(f"{request.root}{request.path.strip('/')}{keep}", {"Set-Cookie": cookie})


def _page(
    request: Request,
    link: SharedLink,
    error: str,
    status: int,
    headers: dict[str, str] | None = None,
    *,
    in_frame: bool = False,
) -> Response:
    sent = {**shared_page.headers(link), **(headers or {})}
    return render.page(request, "sharing/password-form.html", status, sent, error=error, in_frame=in_frame)
