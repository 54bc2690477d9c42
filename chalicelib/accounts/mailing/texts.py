"""The mails that are sent: subject and text of each. To add one, write a function and add it to :data:`MAILS`.

Each is written once: :mod:`accounts.mailing.mail` makes the plain text and the HTML of it. The functions take what a
mail is about as keyword arguments and are called with the recipient's language in use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chalicelib.accounts.mailing.content import Action, Content
from chalicelib.accounts.mailing.invitation_texts import INVITATIONS
from chalicelib.translation import N_, ngettext
from chalicelib.translation import gettext as _

# Changes of the ways in which a person signs in -> what the person is told.
SECURITY_CHANGES: Final[Mapping[str, str]] = {
    "authenticator_added": N_("An authenticator app was set up."),
    "authenticator_removed": N_("The authenticator app was removed."),
    "passkey_added": N_("A passkey was added."),
    "passkey_removed": N_("A passkey was removed."),
    "recovery_codes_created": N_("New recovery codes were created."),
    "recovery_code_used": N_("A recovery code was used to sign in."),
    "identity_connected": N_("An identity at the provider was connected. Whoever has it can sign in to your account."),
    "identity_disconnected": N_("An identity at the provider was disconnected."),
    "second_factor_reset": N_("An administrator removed the authenticator app, passkeys and recovery codes."),
}


def reset_password(installation: str, link: str, minutes: int) -> Content:
    """The link with which somebody chooses a new password."""
    return Content(
        _("Choose a new password for %(installation)s", installation=installation),
        (_("Somebody, probably you, asked for a new password for your account."),),
        Action(_("Choose a new password"), link),
        (
            _valid_for(minutes),
            _("If it was not you, ignore this mail. Your password stays as it is."),
        ),
    )


def verify_email(installation: str, link: str, minutes: int) -> Content:
    """The link that proves that an address, added to an account, can be read by its owner."""
    return Content(
        _("Confirm your e-mail address for %(installation)s", installation=installation),
        (_("Somebody, probably you, added this e-mail address to their account."),),
        Action(_("Confirm this address"), link),
        (
            _valid_for(minutes),
            _("If it was not you, ignore this mail. The address is not used then."),
        ),
    )


def confirm_sign_up(installation: str, link: str, minutes: int) -> Content:
    """The link that creates the account of somebody who signed up."""
    return Content(
        _("Confirm your account at %(installation)s", installation=installation),
        (_("Somebody, probably you, signed up with this e-mail address. Confirm it to create the account."),),
        Action(_("Create my account"), link),
        (
            _valid_for(minutes),
            _("If it was not you, ignore this mail. No account is created then."),
        ),
    )


def sign_up_of_known_address(installation: str, link: str) -> Content:
    """For the owner of an account, after somebody signed up with its address. `link`: to sign in."""
    return Content(
        _("You already have an account at %(installation)s", installation=installation),
        (
            _("Somebody, probably you, tried to sign up with this e-mail address, which has an account already."),
            _("Sign in with it. If you have forgotten your password, choose a new one on the sign-in page."),
        ),
        Action(_("Sign in"), link),
        (_("If it was not you, ignore this mail. Nothing was changed."),),
    )


def address_of_another_account(installation: str) -> Content:
    """For the owner of an account, after somebody added one of its addresses to another account."""
    return Content(
        _("This e-mail address has an account at %(installation)s", installation=installation),
        (
            _("Somebody, probably you, tried to add this e-mail address to another account."),
            _("An address can belong to one account only. To move it, remove it from your account first."),
        ),
        None,
        (_("If it was not you, ignore this mail. Nothing was changed."),),
    )


def address_added(installation: str, address: str, link: str) -> Content:
    """A notice to the primary address. `address`: the new one; `link`: to one's account."""
    return Content(
        _("An e-mail address was added to your account at %(installation)s", installation=installation),
        (_("You can now sign in with %(address)s, too.", address=address),),
        None,
        (_("If it was not you, choose a new password at once and remove the address: %(link)s", link=link),),
    )


def password_changed(installation: str, link: str) -> Content:
    """A notice for the owner of an account. `link`: to choose a new password, or to sign in."""
    return Content(
        _("Your password for %(installation)s was changed", installation=installation),
        (_("The password of your account was changed, and all other browsers were signed out."),),
        None,
        (_("If it was not you, choose a new password at once and tell your administrator: %(link)s", link=link),),
    )


def primary_address_changed(installation: str, address: str, link: str) -> Content:
    """A notice to the former primary address. `address`: the new one; `link`: to one's account."""
    return Content(
        _("Your main e-mail address at %(installation)s was changed", installation=installation),
        (_("Mail about your account is now sent to %(address)s instead of this address.", address=address),),
        None,
        (_("If it was not you, choose a new password at once and tell your administrator: %(link)s", link=link),),
    )


def site_offered(installation: str, link: str, giver: str, site: str, days: int) -> Content:
    """The offer of a site to its next owner. `giver`: the address of who offers it; `site`: its name."""
    return Content(
        _("%(giver)s offers you a site at %(installation)s", giver=giver, installation=installation),
        (
            _("%(giver)s offers to transfer the site %(site)s to you.", giver=giver, site=site),
            _("If you accept, you become its owner. You need an account with this e-mail address."),
        ),
        Action(_("See the offer"), link),
        (
            ngettext("The offer expires after %(num)s day.", "The offer expires after %(num)s days.", days),
            _("If you do not know what this is about, ignore this mail. Nothing happens then."),
        ),
    )


def security_changed(installation: str, kind: str, link: str) -> Content:
    """A notice for the owner of an account. `kind`: of :data:`SECURITY_CHANGES`; `link`: to the page, or ``""``."""
    check = _("If it was not you, change your password at once and tell your administrator.")
    return Content(
        _("The security of your account at %(installation)s was changed", installation=installation),
        (_(SECURITY_CHANGES[kind]),),
        Action(_("Check the security of your account"), link) if link else None,
        (check,),
    )


def sender_test(installation: str) -> Content:
    """What an administrator sends to themselves to see whether the sender works."""
    return Content(
        _("Test mail of %(installation)s", installation=installation),
        (_("You asked for this mail on the settings page of the administration. The mail sender works."),),
        None,
        (),
    )


def account_deleted(installation: str, by: str) -> Content:
    """A notice to whom an account belonged. `by`: the address of the administrator who deleted it, or ``""``."""
    done = (
        _("The administrator %(email)s deleted your account.", email=by) if by else _("You have deleted your account.")
    )
    return Content(
        _("Your account at %(installation)s was deleted", installation=installation),
        (done, _("Everything about you was removed, and you cannot sign in any more. This was the last mail to you.")),
        None,
        (_("If you did not expect this, ask the administrators of the installation."),),
    )


def _valid_for(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if rest:
        return ngettext(
            "The link works once, within %(num)s minute.", "The link works once, within %(num)s minutes.", minutes
        )
    return ngettext("The link works once, within %(num)s hour.", "The link works once, within %(num)s hours.", hours)


# Name of a mail -> what makes its text; each also takes the installation's name.
MAILS: Final[Mapping[str, Callable[..., Content]]] = {
    "reset-password": reset_password,
    "verify-email": verify_email,
    "confirm-sign-up": confirm_sign_up,
    "sign-up-of-known-address": sign_up_of_known_address,
    "address-of-another-account": address_of_another_account,
    "address-added": address_added,
    "password-changed": password_changed,
    "primary-address-changed": primary_address_changed,
    "site-offered": site_offered,
    "security-changed": security_changed,
    "sender-test": sender_test,
    "account-deleted": account_deleted,
    **INVITATIONS,
}
