"""Passkeys (WebAuthn): adding them, and signing in with them.

A passkey is discoverable and verifies its user, so it replaces the password as well as the second factor.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from chalicelib.accounts import audit_log, installation
from chalicelib.accounts.mailing import notices
from chalicelib.accounts.sign_in import passkey_challenges, second_factor
from chalicelib.accounts.sign_in.passkey_challenges import RelyingParty, Use, relying_party
from chalicelib.config import MAX_PASSKEY_NAME_CHARS, MAX_PASSKEYS
from chalicelib.errors import BadRequest, Conflict, NotFound, Unauthorized
from chalicelib.store import people, second_factors
from chalicelib.store.people import Person
from chalicelib.store.second_factors import Passkey
from chalicelib.structured_log import log_line
from chalicelib.translation import gettext as _
from chalicelib.web import Request

if TYPE_CHECKING:
    from fido2.server import Fido2Server
    from fido2.webauthn import (
        AttestedCredentialData,
        AuthenticatorData,
        PublicKeyCredentialDescriptor,
        UserVerificationRequirement,
    )

_ID_CHARS: Final = 32
_TRANSPORTS: Final = frozenset({"ble", "hybrid", "internal", "nfc", "usb"})

_T = TypeVar("_T")


def options_to_add(request: Request, person: Person) -> tuple[str, str]:
    """The options for ``navigator.credentials.create``, as JSON, and the ``Set-Cookie`` header with the challenge.

    :raises BadRequest: where there are no passkeys.
    """
    from fido2.webauthn import PublicKeyCredentialUserEntity, ResidentKeyRequirement

    server = _server(_party(request))
    challenge, cookie = passkey_challenges.issue(request, Use.ADD, person)
    user = PublicKeyCredentialUserEntity(
        id=uuid.UUID(person.id).bytes, name=person.email, display_name=person.name or person.email
    )
    options, _state = server.register_begin(
        user,
        _descriptors(second_factor.factors_of(person).passkeys),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=_verification(),
        challenge=challenge,
    )
    return json.dumps(dict(options.public_key)), cookie


def add(request: Request, person: Person, name: str, credential: str) -> list[str]:
    """Store a new passkey; gives new recovery codes if the person had no second factor, else none.

    :param credential: what ``navigator.credentials.create`` gave, as JSON.
    :raises BadRequest: if the name or the credential is invalid.
    :raises Conflict: if the person has it already, or too many.
    :raises Unauthorized: if the challenge has expired.
    """
    label, server = _valid_name(name), _server(_party(request))
    before = second_factor.factors_of(person)
    if len(before.passkeys) >= MAX_PASSKEYS:
        raise Conflict(_("You have as many passkeys as are possible. Remove one first."))
    state = _state(passkey_challenges.redeem(request, Use.ADD, person))
    passkey = _checked(lambda: _new_passkey(server.register_complete(state, json.loads(credential)), label, credential))
    if passkey is None:
        raise BadRequest(_("This passkey could not be added. Try again."))
    if not second_factors.add_passkey(person.id, passkey):
        raise Conflict(_("You have added this passkey already."))
    audit_log.record(person, "person.add_passkey", subject=person.id)
    notices.security_changed(person, "passkey_added")
    return second_factor.codes_for_first_factor(person, before)


def options_to_use(request: Request, use: Use, person: Person | None) -> tuple[str, str]:
    """The options for ``navigator.credentials.get``, as JSON, and the ``Set-Cookie`` header with the challenge.

    :param person: whose passkeys are accepted; None for anybody's.
    :raises BadRequest: where there are no passkeys.
    """
    server = _server(_party(request))
    challenge, cookie = passkey_challenges.issue(request, use, person)
    allowed = _descriptors(second_factor.factors_of(person).passkeys) if person is not None else None
    options, _state = server.authenticate_begin(allowed, user_verification=_verification(), challenge=challenge)
    return json.dumps(dict(options.public_key)), cookie


def person_with(request: Request, use: Use, credential: str, expected: Person | None = None) -> Person:
    """The person who has proven to have a passkey.

    :param credential: what ``navigator.credentials.get`` gave, as JSON.
    :param expected: the only person whose passkeys are accepted; None for anybody.
    :raises Unauthorized: if it is not a passkey of theirs, or not the answer to a challenge of this browser.
    """
    from fido2.webauthn import AuthenticationResponse

    server = _server(_party(request))
    state = _state(passkey_challenges.redeem(request, use, expected))
    given = _checked(lambda: AuthenticationResponse.from_dict(json.loads(credential)))
    handle = given.response.user_handle if given is not None else None
    claimed = str(uuid.UUID(bytes=handle)) if handle is not None and len(handle) == 16 else None
    person_id = expected.id if expected is not None else claimed
    passkey = second_factors.find_passkey(person_id, _item_id(given.raw_id)) if given and person_id else None
    person = (expected or people.get_person(person_id)) if person_id else None
    if given is None or person is None or passkey is None:
        raise Unauthorized(_("This passkey is not known here. It may have been removed."))
    key = passkey.public_key
    if _checked(lambda: server.authenticate_complete(state, [_attested(key)], given)) is None:
        raise Unauthorized(_("This passkey was not accepted. Try again."))
    if not second_factors.use_passkey(person.id, passkey.id, given.response.authenticator_data.counter):
        raise Unauthorized(_("This passkey was not accepted. Try again."))
    return person


def rename(person: Person, passkey_id: str, name: str) -> None:
    """Rename a passkey.

    :raises BadRequest: if the name is invalid.
    :raises NotFound: if the person has no such passkey.
    """
    if not second_factors.rename_passkey(person.id, passkey_id, _valid_name(name)):
        raise NotFound(_("You have no such passkey."))


def remove(person: Person, passkey_id: str) -> None:
    """Remove a passkey.

    :raises NotFound: if the person has no such passkey.
    """
    passkey = second_factors.find_passkey(person.id, passkey_id)
    if passkey is None:
        raise NotFound(_("You have no such passkey."))
    second_factors.remove_passkey(person.id, passkey_id)
    audit_log.record(person, "person.remove_passkey", subject=person.id)
    notices.security_changed(person, "passkey_removed")
    second_factor.forget_codes_without_factor(person)


def _party(request: Request) -> RelyingParty:
    party = relying_party(request)
    if party is None:
        raise BadRequest(_("Passkeys need a public URL with https and a host name."))
    return party


def _server(party: RelyingParty) -> Fido2Server:
    from fido2.server import Fido2Server
    from fido2.webauthn import PublicKeyCredentialRpEntity

    entity = PublicKeyCredentialRpEntity(id=party.id, name=installation.settings_of_installation().name)
    return Fido2Server(entity, verify_origin=lambda origin: origin == party.origin)


def _state(challenge: bytes) -> dict[str, Any]:
    """What the library keeps between options and answer."""
    from fido2.utils import websafe_encode

    return {"challenge": websafe_encode(challenge), "user_verification": _verification()}


def _verification() -> UserVerificationRequirement:
    from fido2.webauthn import UserVerificationRequirement

    return UserVerificationRequirement.REQUIRED


def _checked(verify: Callable[[], _T]) -> _T | None:
    """The result of `verify`; None if what the browser sent is malformed or wrong."""
    try:
        return verify()
    except Exception as error:  # noqa: BLE001  # a malformed credential can raise any error of the parsers
        log_line(passkey="refused", error=type(error).__name__)
        return None


def _new_passkey(registered: AuthenticatorData, name: str, credential: str) -> Passkey:
    data = registered.credential_data
    if data is None:
        raise ValueError("the authenticator gave no public key")
    return Passkey(
        id=_item_id(data.credential_id),
        credential_id=data.credential_id,
        public_key=bytes(data),
        name=name,
        transports=_transports(credential),
        sign_count=registered.counter,
        created_at=int(time.time()),
    )


def _attested(public_key: bytes) -> AttestedCredentialData:
    from fido2.webauthn import AttestedCredentialData

    return AttestedCredentialData(public_key)


def _valid_name(name: str) -> str:
    label = name.strip()
    if not label or len(label) > MAX_PASSKEY_NAME_CHARS or not label.isprintable():
        raise BadRequest(
            _("A passkey needs a name of 1 to %(limit)s characters.", limit=MAX_PASSKEY_NAME_CHARS), field="name"
        )
    return label


def _item_id(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()[:_ID_CHARS]


def _transports(credential: str) -> tuple[str, ...]:
    """How browsers may reach the authenticator, as far as the browser says so in a valid credential."""
    response = json.loads(credential).get("response")
    given = response.get("transports") if isinstance(response, dict) else None
    return tuple(sorted(_TRANSPORTS & {str(one) for one in given})) if isinstance(given, list) else ()


def _descriptors(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    from fido2.webauthn import AuthenticatorTransport, PublicKeyCredentialDescriptor, PublicKeyCredentialType

    return [
        PublicKeyCredentialDescriptor(
            type=PublicKeyCredentialType.PUBLIC_KEY,
            id=passkey.credential_id,
            transports=[AuthenticatorTransport(transport) for transport in passkey.transports],
        )
        for passkey in passkeys
    ]
