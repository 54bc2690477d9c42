"""An authenticator without hardware: it creates passkeys and signs with them, as browsers report it. For tests."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256, CoseKey
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

_FLAGS = AuthenticatorData.FLAG


@dataclass
class SoftAuthenticator:
    """One passkey at most.

    :ivar origin: of the page that asks for it.
    :ivar counts: whether it counts its signatures.
    :ivar verifies: whether it verifies its user.
    :ivar rp_id: if not ``""``, signs for this host instead of the requested one.
    """

    origin: str
    counts: bool = True
    verifies: bool = True
    rp_id: str = ""
    counter: int = 0
    user_handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any]) -> str:
        """The answer to ``navigator.credentials.create``, as JSON."""
        self.user_handle = websafe_decode(options["user"]["id"])
        public = AttestedCredentialData.create(b"\0" * 16, self.credential_id, _public_key(self.key))
        data = self._authenticator_data(options["rp"]["id"], public)
        attestation = AttestationObject.create("none", data, {})
        client = self._client_data(CollectedClientData.TYPE.CREATE, options["challenge"])
        return self._json(
            {"clientDataJSON": client, "attestationObject": attestation}, extra={"transports": ["internal", "unknown"]}
        )

    def get(self, options: dict[str, Any]) -> str:
        """The answer to ``navigator.credentials.get``, as JSON."""
        self.counter += 1 if self.counts else 0
        data = self._authenticator_data(options["rpId"], None)
        client = self._client_data(CollectedClientData.TYPE.GET, options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._json(
            {
                "clientDataJSON": client,
                "authenticatorData": data,
                "signature": signature,
                "userHandle": self.user_handle,
            }
        )

    def _authenticator_data(self, rp_id: str, public: AttestedCredentialData | None) -> AuthenticatorData:
        flags = _FLAGS.UP | (_FLAGS.UV if self.verifies else _FLAGS(0)) | (_FLAGS.AT if public else _FLAGS(0))
        rp_id_hash = hashlib.sha256((self.rp_id or rp_id).encode()).digest()
        data: AuthenticatorData = AuthenticatorData.create(rp_id_hash, flags, self.counter, public or b"")
        return data

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return CollectedClientData.create(kind, challenge, self.origin)

    def _json(self, response: dict[str, bytes], extra: dict[str, Any] | None = None) -> str:
        identity = websafe_encode(self.credential_id)
        given = {name: websafe_encode(value) for name, value in response.items()}
        return json.dumps({"id": identity, "rawId": identity, "type": "public-key", "response": given | (extra or {})})


def _public_key(key: ec.EllipticCurvePrivateKey) -> CoseKey:
    public: CoseKey = ES256.from_cryptography_key(key.public_key())  # type: ignore[no-untyped-call]
    return public
