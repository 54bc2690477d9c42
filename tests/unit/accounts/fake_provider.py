"""An OpenID Connect provider for tests, on a free loopback port, that misbehaves as it is told to."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

CLIENT_ID = "shylight & co"
CLIENT_SECRET = "s:ecret%"
SUBJECT = "subject-1"

RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_RSA_KEY = rsa.generate_private_key(65537, 2048)
SHORT_RSA_KEY = rsa.generate_private_key(65537, 1024)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OKP_KEY = ed25519.Ed25519PrivateKey.generate()


def jwk(key: Any, kid: str | None = "key-1", **more: Any) -> dict[str, Any]:
    """The public part of a key as a JWK."""
    if isinstance(key, bytes):
        return {"kty": "oct", "k": base64.urlsafe_b64encode(key).decode().rstrip("="), "kid": kid, **more}
    algorithm: Any = RSAAlgorithm
    if isinstance(key, ec.EllipticCurvePrivateKey):
        algorithm = ECAlgorithm
    if isinstance(key, ed25519.Ed25519PrivateKey):
        algorithm = OKPAlgorithm
    public = algorithm.to_jwk(key.public_key(), as_dict=True)
    return {**public, **({"kid": kid} if kid is not None else {}), **more}


class FakeProvider:
    """A provider whose documents and tokens tests change.

    :ivar document: changes to the discovery document; None removes a member.
    :ivar claims: changes to the claims of the ID token; None removes one.
    :ivar user: claims of the user info endpoint.
    :ivar sign: makes the ID token of its claims.
    :ivar answers: complete answers (status, body) by path, instead of the right ones.
    :ivar asked: the paths that were asked for.
    """

    def __init__(self) -> None:
        self.document: dict[str, Any] = {}
        self.claims: dict[str, Any] = {"email": "ada@example.com", "email_verified": True, "name": "Ada"}
        self.user: dict[str, Any] = {"sub": SUBJECT}
        self.keys: list[Any] = [jwk(RSA_KEY)]
        self.sign: Callable[[Mapping[str, Any]], str] = lambda claims: jwt.encode(
            dict(claims), RSA_KEY, "RS256", {"kid": "key-1"}
        )
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.tokens: dict[str, Any] = {}
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, body: bytes) -> None:
                path = urlsplit(self.path).path
                provider.asked.append(path)
                status, answer = provider.answers.get(path) or provider.answer(path, body, self.headers)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                if status == 302:
                    self.send_header("Location", provider.issuer + "/jwks")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, body: bytes, headers: Any) -> tuple[int, bytes]:
        """The right answer to a request."""
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps(_without_none(self._document() | self.document)).encode()
        if path == "/jwks":
            return 200, json.dumps({"keys": self.keys}).encode()
        if path == "/token":
            return self._token(dict(parse_qsl(body.decode())), headers)
        if path == "/me" and headers.get("Authorization") == "Bearer access":
            return 200, json.dumps(self.user).encode()
        return 404, b"{}"

    def authorize(self, url: str) -> dict[str, str]:
        """What the browser brings back from the provider's page `url`, after somebody has signed in there."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(self.issuer + "/authorize?")
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + "/authorize",
            "token_endpoint": self.issuer + "/token",
            "userinfo_endpoint": self.issuer + "/me",
            "jwks_uri": self.issuer + "/jwks",
            "authorization_response_iss_parameter_supported": True,
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "email"],
            "response_types_supported": ["code"],
        }

    def _token(self, form: Mapping[str, str], headers: Any) -> tuple[int, bytes]:
        asked = self.codes.pop(form.get("code", ""), None)  # a code works once
        basic = base64.b64encode(b"shylight+%26+co:s%3Aecret%25").decode()
        by_form = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        wants_form = self.document.get("token_endpoint_auth_methods_supported") == ["client_secret_post"]
        if not (by_form if wants_form else headers.get("Authorization") == f"Basic {basic}"):
            return 401, b'{"error": "invalid_client"}'
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
        ):
            return 400, b'{"error": "invalid_grant"}'
        now = int(time.time())
        standard = {"iss": self.issuer, "sub": SUBJECT, "aud": CLIENT_ID, "iat": now, "exp": now + 60}
        claims = _without_none(standard | {"nonce": asked["nonce"]} | self.claims)
        given = {"access_token": "access", "token_type": "Bearer", "id_token": self.sign(claims)} | self.tokens
        return 200, json.dumps(_without_none(given)).encode()


def _without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
