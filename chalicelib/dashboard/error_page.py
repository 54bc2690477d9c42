"""The page for an error; somebody who has to sign in is sent to the sign-in page, and back afterwards."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from chalice import Response

from chalicelib.accounts.sharing.shared_access import Locked
from chalicelib.dashboard import render
from chalicelib.errors import ShylightError, SignInTooOld, Unauthorized
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

# Status -> title and what to do; the error's own message stands between them.
_ADVICE = {
    HTTPStatus.BAD_REQUEST: (N_("Invalid request"), N_("Go back, correct it and try again.")),
    HTTPStatus.FORBIDDEN: (N_("Not allowed"), N_("If you need access, ask an administrator.")),
    HTTPStatus.NOT_FOUND: (N_("Not found"), N_("Check the address, or go to your sites.")),
    HTTPStatus.CONFLICT: (N_("Changed by someone else"), N_("Go back, reload the page and try again.")),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (N_("Too large"), N_("Go back and send less at a time.")),
    HTTPStatus.TOO_MANY_REQUESTS: (N_("Too many attempts"), N_("Wait a moment, then try again.")),
}
_FAILED = (
    N_("Something went wrong"),
    N_("Reload the page in a moment. If the error persists, check the log of the API function."),
)


def show(request: Request, error: ShylightError) -> Response:
    """The page for `error`; somebody who has to sign in is sent there, and back afterwards.

    Whoever opens a shared link with a password is asked for it.
    """
    if isinstance(error, Locked):
        from chalicelib.dashboard.sharing import password_form

        return password_form.locked(request, error.link)
    if isinstance(error, Unauthorized):
        wanted = request.path + (f"?{urlencode(request.query)}" if request.query else "")
        onward = f"?{urlencode({'next': wanted})}" if request.method == "GET" and request.path.strip("/") else ""
        return redirect(f"{request.root}sign-in{onward}")
    if isinstance(error, SignInTooOld):
        return redirect(f"{request.root}confirm?{urlencode({'next': error.back})}")
    title, advice = _ADVICE.get(error.status, _FAILED)
    return render.page(
        request,
        "error.html",
        error.status,
        render.retry_after(error),
        code=int(error.status),
        title=_(title),
        message=error.message,
        advice=_(advice),
    )
