"""Second factors: authenticator apps, passkeys and recovery codes.

As soon as a person has an authenticator app or a passkey, a password or a sign-in link alone does not sign them in.
Recovery codes come with the first of them, and go with the last.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from chalicelib.accounts import audit_log, encryption, installation, signed_tokens, throttle
from chalicelib.accounts.access.known_browsers import Browser
from chalicelib.accounts.mailing import notices
from chalicelib.accounts.sign_in import recovery_codes, totp
from chalicelib.accounts.signed_tokens import Purpose
from chalicelib.config import (
    AUTHENTICATOR_SET_UP_LIFE_S,
    SECOND_STEP_ATTEMPTS,
    SECOND_STEP_ATTEMPTS_PER_DAY,
    SECOND_STEP_WINDOW_S,
)
from chalicelib.errors import BadRequest, Conflict, NotFound, Unauthorized
from chalicelib.store import second_factors
from chalicelib.store.encryption_key import encryption_key
from chalicelib.store.people import Person
from chalicelib.store.second_factors import Factors, Totp
from chalicelib.translation import gettext as _

_DAY_S = 24 * 60 * 60


def factors_of(person: Person) -> Factors:
    """The second factors of a person."""
    return second_factors.factors_of(person.id)


def check_code(person: Person, given: str, known: Browser | None = None) -> None:
    """Check, and use up, the code of an authenticator app or a recovery code.

    Wrong codes of an app are counted per person; in a browser in which the person has signed in before, separately, so
    that somebody who knows the password cannot keep its owner out. Recovery codes are not counted: they cannot be
    guessed, and must work when everything else does not.

    :param known: the known browser that the request comes from.
    :raises BadRequest: if there is none.
    :raises Unauthorized: if it is wrong, or was used before.
    :raises TooManyRequests: after too many wrong codes, even if this one is correct.
    """
    if not given.strip():
        raise BadRequest(_("Enter the code."), field="code")
    digest = recovery_codes.digest(person.id, given)
    if digest is None:
        _check_totp(person, re.sub(r"\s", "", given), known)
    elif second_factors.use_recovery_digest(person.id, digest):
        audit_log.record(person, "person.use_recovery_code", subject=person.id)
        notices.security_changed(person, "recovery_code_used")
    else:
        raise Unauthorized(_("This recovery code is wrong, or has been used."))


def _check_totp(person: Person, code: str, known: Browser | None) -> None:
    ours = known is not None and known.person_id == person.id
    who = throttle.key("code in browser", known.id) if known and ours else throttle.key("code", person.id)
    by_day = f"{who}#day"
    now = int(time.time())
    throttle.count(who, SECOND_STEP_ATTEMPTS, SECOND_STEP_WINDOW_S, now)
    throttle.count(by_day, SECOND_STEP_ATTEMPTS_PER_DAY, _DAY_S, now)
    stored = factors_of(person).totp
    step = totp.matching_step(_secret(person, stored), code, now) if stored is not None else None
    if step is None or not second_factors.use_step(person.id, step):
        raise Unauthorized(_("This code is wrong, or has been used. Enter the one that the app shows now."))
    throttle.clear(who)
    throttle.give_back(by_day, now)


def _secret(person: Person, stored: Totp) -> bytes:
    secret = encryption.unseal(encryption_key(), stored.sealed, person.id)
    if secret is None:
        raise Unauthorized(
            _(
                "Codes of your app cannot be checked, because the key that encrypts its secret was replaced. "
                "Use a recovery code, and set the app up again."
            )
        )
    return secret


@dataclass(frozen=True, slots=True)
class SetUp:
    """What is needed to set up an authenticator app.

    :ivar secret: in base32.
    :ivar uri: what the QR code contains.
    :ivar token: sent back with the first code; it expires.
    """

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    token: str = field(repr=False)


def begin_set_up(person: Person) -> SetUp:
    """A new secret for an authenticator app. Nothing is stored until a code confirms it."""
    return _set_up(person, totp.new_secret())


def resume_set_up(person: Person, token: str) -> SetUp:
    """The same secret once more, after a wrong code; a new one if the token has expired."""
    secret = _secret_in(person, token)
    return _set_up(person, secret) if secret is not None else begin_set_up(person)


def finish_set_up(person: Person, token: str, code: str) -> list[str]:
    """Store the authenticator app; gives new recovery codes if the person had no second factor, else none.

    :param code: that the app shows now.
    :raises BadRequest: if the code is wrong, or the set-up has expired.
    :raises Conflict: if there is an authenticator app already.
    """
    secret = _secret_in(person, token)
    if secret is None:
        raise BadRequest(_("The set-up has expired. Scan the new code."), field="code")
    step = totp.matching_step(secret, re.sub(r"\s", "", code), time.time())
    if step is None:
        raise BadRequest(
            _("This code is wrong. Check the clock of your device, and enter the code shown now."), field="code"
        )
    before = factors_of(person)
    if not second_factors.add_totp(person.id, encryption.seal(encryption_key(), secret, person.id), step):
        raise Conflict(_("You have an authenticator app already. Remove it first."))
    audit_log.record(person, "person.add_totp", subject=person.id)
    notices.security_changed(person, "authenticator_added")
    return codes_for_first_factor(person, before)


def remove_authenticator(person: Person) -> None:
    """Remove the authenticator app.

    :raises NotFound: if there is none.
    """
    if factors_of(person).totp is None:
        raise NotFound(_("You have no authenticator app."))
    second_factors.remove_totp(person.id)
    audit_log.record(person, "person.remove_totp", subject=person.id)
    notices.security_changed(person, "authenticator_removed")
    forget_codes_without_factor(person)


def new_recovery_codes(person: Person) -> list[str]:
    """Replace the recovery codes; gives the new ones, which cannot be shown again.

    :raises Conflict: if the person has no second factor.
    """
    if not factors_of(person).required:
        raise Conflict(_("Recovery codes need an authenticator app or a passkey. Add one first."))
    audit_log.record(person, "person.create_recovery_codes", subject=person.id)
    notices.security_changed(person, "recovery_codes_created")
    return _create_codes(person)


def codes_for_first_factor(person: Person, before: Factors) -> list[str]:
    """New recovery codes, if a second factor was added to none; else an empty list."""
    return [] if before.required else _create_codes(person)


def forget_codes_without_factor(person: Person) -> None:
    """Delete the recovery codes, if no second factor is left."""
    if not factors_of(person).required:
        second_factors.remove_recovery_digests(person.id)


def reset(person: Person, actor: Person | None = None) -> None:
    """Remove all second factors of a person who has lost theirs.

    :param actor: the administrator; None for the command line.
    """
    factors = factors_of(person)
    second_factors.remove_totp(person.id)
    for passkey in factors.passkeys:
        second_factors.remove_passkey(person.id, passkey.id)
    second_factors.remove_recovery_digests(person.id)
    audit_log.record(actor, "person.reset_second_factor", subject=person.id)
    notices.security_changed(person, "second_factor_reset")


def _create_codes(person: Person) -> list[str]:
    codes = recovery_codes.new_codes()
    second_factors.set_recovery_digests(
        person.id, {digest for code in codes if (digest := recovery_codes.digest(person.id, code))}
    )
    return codes


def _set_up(person: Person, secret: bytes) -> SetUp:
    text = totp.as_text(secret)
    uri = totp.uri(secret, person.email, installation.settings_of_installation().name)
    sealed = encryption.seal(encryption_key(), secret, person.id)
    return SetUp(
        text, uri, signed_tokens.issue(Purpose.AUTHENTICATOR, person.id, AUTHENTICATOR_SET_UP_LIFE_S, sealed=sealed)
    )


def _secret_in(person: Person, token: str) -> bytes | None:
    claims = signed_tokens.read(Purpose.AUTHENTICATOR, token)
    if claims is None or claims["sub"] != person.id:
        return None
    return encryption.unseal(encryption_key(), str(claims["sealed"]), person.id)
