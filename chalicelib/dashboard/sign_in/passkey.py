"""Signing in with a passkey, and what the browser needs to use one."""

from __future__ import annotations

from chalice import Response

from chalicelib.accounts.access import auth, request_origin
from chalicelib.accounts.sign_in import passkeys, second_step
from chalicelib.accounts.sign_in.passkey_challenges import Use
from chalicelib.accounts.sign_in.sign_in_ways import refuse_if_provider_only
from chalicelib.dashboard.account.passkeys import answer_options
from chalicelib.dashboard.sign_in import first_step
from chalicelib.errors import BadRequest, Unauthorized
from chalicelib.translation import gettext as _
from chalicelib.web import Request


def options_to_use(request: Request) -> Response:
    """``POST /passkey-options``: what the browser needs to use a passkey for the form's ``use``.

    :raises BadRequest: for another use.
    :raises Unauthorized: if the use needs a first step or a session, and there is none.
    """
    request_origin.check_origin(request)
    use = request.form().get("use", "")
    if use == Use.SIGN_IN.value:
        return answer_options(*passkeys.options_to_use(request, Use.SIGN_IN, None))
    if use == Use.SECOND_STEP.value:
        return answer_options(*passkeys.options_to_use(request, Use.SECOND_STEP, second_step.person_in(request)))
    if use == Use.CONFIRM.value:
        return answer_options(*passkeys.options_to_use(request, Use.CONFIRM, auth.signed_in_person(request)))
    raise BadRequest(_("This form is incomplete. Reload the page and submit it again."), field="use")


def sign_in(request: Request) -> Response:
    """``POST /passkey``: a session for the person who has the passkey; or the sign-in form with the error."""
    request_origin.check_origin(request)
    refuse_if_provider_only()
    form = request.form()
    onward = request_origin.next_path(form.get("next"))
    try:
        person = passkeys.person_with(request, Use.SIGN_IN, form.get("credential", ""))
    except (BadRequest, Unauthorized) as error:
        return first_step.form_page(request, onward, error=error)
    return first_step.signed_in(request, person, onward)
