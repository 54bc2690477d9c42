"""Idempotency-Key: carried out once, the same answer again, nothing readable stored. The store is replaced."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from chalice import Response

from chalicelib import config
from chalicelib.api import idempotency
from chalicelib.errors import BadRequest, Conflict, Unprocessable
from chalicelib.store import idempotency_keys
from chalicelib.store.idempotency_keys import KeyUse
from chalicelib.store.people import Person
from chalicelib.web import Request, reply_json
from tests.unit.dashboard import samples

PERSON = Person("1", "ada@example.com")
TOKEN, SECRET = "shy_of-the-request", "shy_new-and-secret"


@dataclass
class Keys:
    """The keys of a person, as the store keeps them."""

    stored: dict[str, KeyUse] = field(default_factory=dict)

    def begin(self, _person: str, key: str, request: str, now: int, lease_s: int, _life_s: int) -> KeyUse:
        if key in self.stored:
            return replace(self.stored[key], lease=0)
        self.stored[key] = KeyUse(request, f"creation-{len(self.stored)}", now + lease_s)
        return self.stored[key]

    def finish(self, _person: str, key: str, _lease: int, answer: bytes) -> None:
        self.stored[key] = replace(self.stored[key], answer=answer)

    def give_back(self, _person: str, key: str, _lease: int) -> None:
        del self.stored[key]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    made = Keys()
    for name in ("begin", "finish", "give_back"):
        monkeypatch.setattr(idempotency_keys, name, getattr(made, name))
    return made


def request(body: bytes = b'{"name": "x"}', key: str = '"k1"', path: str = "/api/v1/tokens") -> Request:
    return replace(samples.request(path, method="POST", body=body), headers={"idempotency-key": key})


class Handler:
    """Creates something each time that it is called."""

    def __init__(self, error: Exception | None = None) -> None:
        self.created: list[str] = []
        self._error = error

    def __call__(self, creation_id: str) -> Response:
        if self._error is not None:
            raise self._error
        self.created.append(creation_id)
        return reply_json({"id": creation_id, "token": SECRET, "n": len(self.created)}, 201)


def once(handler: Any, asked: Request, token: str = TOKEN) -> Response:
    return idempotency.once(asked, PERSON, token, handler)


def test_the_same_request_with_the_same_key_is_carried_out_once(keys: Keys) -> None:
    handler = Handler()
    first, again, unquoted = (once(handler, request(key=key)) for key in ('"k1"', '"k1"', "k1"))
    assert handler.created == ["creation-0"]
    assert (first.status_code, first.body) == (again.status_code, again.body) == (unquoted.status_code, unquoted.body)
    assert json.loads(first.body)["token"] == SECRET
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Cache-Control"] == "no-store"
    once(handler, request(key="k2"))
    assert len(handler.created) == 2


@pytest.mark.parametrize("other", [request(body=b"{}"), request(path="/api/v1/sites")])
def test_another_request_with_the_key_is_refused(keys: Keys, other: Request) -> None:
    handler = Handler()
    once(handler, request())
    with pytest.raises(Unprocessable) as refused:
        once(handler, other)
    assert refused.value.field == "Idempotency-Key"
    assert len(handler.created) == 1


def test_a_request_whose_first_is_still_running_is_refused(keys: Keys) -> None:
    def act(_creation_id: str) -> Response:
        with pytest.raises(Conflict, match="still running") as refused:
            once(Handler(), request())
        assert refused.value.retry_after
        return reply_json({}, 201)

    assert once(act, request()).status_code == 201


@pytest.mark.parametrize("error", [BadRequest("No."), RuntimeError("died")])
def test_a_request_that_failed_leaves_its_key_free(keys: Keys, error: Exception) -> None:
    with pytest.raises(type(error)):
        once(Handler(error), request())
    assert not keys.stored
    assert once(Handler(), request(body=b'{"name": "y"}')).status_code == 201


def test_what_is_stored_can_be_read_with_the_token_only(keys: Keys) -> None:
    once(Handler(), request())
    (use,) = keys.stored.values()
    assert use.answer is not None
    for secret in (SECRET, "creation-0", "201"):
        assert secret.encode() not in use.answer
    assert '"k1"' not in repr(keys.stored)
    assert "k1" not in keys.stored
    with pytest.raises(Conflict, match="another API token"):
        once(Handler(), request(), "shy_another")


def test_two_answers_are_encrypted_differently(keys: Keys) -> None:
    sealed = {idempotency._sealed(reply_json({}, 201), TOKEN, "k1") for _ in range(3)}
    assert len(sealed) == 3


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ('"8e03978e-40d5-43dd"', "8e03978e-40d5-43dd"),
        ("8e03978e-40d5-43dd", "8e03978e-40d5-43dd"),
        ('  "a b"  ', "a b"),
        (r'"a\"b\\c"', 'a"b\\c'),
        ("x" * config.MAX_IDEMPOTENCY_KEY_CHARS, "x" * config.MAX_IDEMPOTENCY_KEY_CHARS),
    ],
)
def test_a_key_is_read_with_and_without_quotes(header: str, key: str) -> None:
    assert idempotency.read_key(header) == key


@pytest.mark.parametrize(
    "header", ["", '""', " ", "a b", 'a"b', '"a', '"a"b"', '"a";x=1', "é", '"é"', "a\tb", r'"\n"', "x" * 256]
)
def test_a_malformed_key_is_refused(header: str) -> None:
    with pytest.raises(BadRequest) as refused:
        idempotency.read_key(header)
    assert refused.value.field == "Idempotency-Key"


def test_a_lease_outlives_the_function_that_has_it() -> None:
    stages = json.loads((Path(__file__).parents[3] / ".chalice" / "config.json").read_text("utf-8"))
    assert stages["lambda_functions"]["api_handler"]["lambda_timeout"] < config.IDEMPOTENCY_LEASE_S
