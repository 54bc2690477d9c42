"""Two-step sign-in, passkeys and sessions: they let the right person in, and nobody else.

The program runs in this process, behind an HTTP server, against a local AWS.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from argon2 import PasswordHasher

import app as program
from chalicelib import config, timed_cache
from chalicelib.accounts import one_time_links, passwords, signed_tokens, signing
from chalicelib.accounts.access import auth, sessions
from chalicelib.accounts.mailing import notices
from chalicelib.accounts.people import people
from chalicelib.accounts.sign_in import second_factor, totp
from chalicelib.accounts.signed_tokens import Purpose
from chalicelib.errors import TooManyRequests, Unauthorized
from chalicelib.store import audit_log, browser_sessions, second_factors
from chalicelib.store import people as stored
from chalicelib.store.people import Person
from chalicelib.store.signing_key import signing_key
from harness.local_server import LocalServer
from harness.soft_authenticator import SoftAuthenticator
from infra.aws_environment import Cloud
from infra.http_client import Answer
from tests.stack.people import Browser

PASSWORD = "a password of some length"
SECURITY = "/account/security"


@pytest.fixture(scope="module")
def server(local_aws: Cloud) -> Iterator[LocalServer]:
    server = LocalServer(program.app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHYLIGHT_PUBLIC_URL", server.url)
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", lambda: quick)
        timed_cache.reset_all()
        yield server
    server.close()


@pytest.fixture
def person(server: LocalServer) -> Person:
    made = stored.add_person(stored.Person(str(uuid.uuid4()), f"ada-{uuid.uuid4()}@example.com"))
    return people.set_password(made, PASSWORD)


@pytest.fixture
def browser(server: LocalServer, person: Person) -> Browser:
    """A browser in which the person is signed in."""
    return signed_in(server, person)


def signed_in(server: LocalServer, person: Person) -> Browser:
    browser = Browser(server.url)
    answer = browser.sign_in(person.email, PASSWORD)
    assert browser.where("/sign-in", answer) == "/sites"
    return browser


def csrf(browser: Browser) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', browser.get(SECURITY).text)
    assert found
    return found[1]


def submit(browser: Browser, path: str, **form: str) -> Answer:
    """The answer to a form of somebody who is signed in."""
    return browser.post(path, None, csrf=csrf(browser), **form)


def code(secret: bytes, ahead: int = 0) -> str:
    return totp.code_at(secret, int(time.time()) // 30 + ahead)


def set_up_app(browser: Browser, ahead: int = -1) -> tuple[bytes, list[str]]:
    """Set up an authenticator app; gives its secret, and the recovery codes on the page."""
    token, secret = read_set_up(browser.get("/account/authenticator").text)
    for _ in range(3):  # a step of time may end while the code is on its way
        answer = submit(browser, "/account/authenticator", set_up=token, code=code(secret, ahead))
        if answer.status != 400:
            break
    assert answer.status in (200, 303)
    return secret, codes_in(answer)


def read_set_up(page: str) -> tuple[str, bytes]:
    token, secret = re.search(r'name="set_up" value="([^"]+)"', page), re.search(r'class="secret">([^<]+)<', page)
    assert token
    assert secret
    return token[1], base64.b32decode(secret[1].replace(" ", ""))


def codes_in(answer: Answer) -> list[str]:
    return re.findall(r"\b(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}\b", answer.text)


def first_step(server: LocalServer, person: Person) -> Browser:
    """A browser that has given the right password, and is asked for more."""
    browser = Browser(server.url)
    answer = browser.sign_in(person.email, PASSWORD)
    assert browser.where("/sign-in", answer) == "/second-step?next=sites"
    assert not any(name.endswith("shylight_session") for name in browser.cookies)
    return browser


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/sites").status == 200


class TestAuthenticatorApp:
    def test_signing_in_takes_a_code_from_then_on(self, server: LocalServer, person: Person, browser: Browser) -> None:
        secret, _codes = set_up_app(browser)
        fresh = first_step(server, person)
        assert fresh.get("/second-step").status == 200
        assert not is_signed_in(fresh)
        answer = fresh.post("/second-step", code=code(secret), next="sites?new")
        assert (answer.status, fresh.where("/second-step", answer)) == (303, "/sites?new")
        assert is_signed_in(fresh)
        assert "shylight_second_step" not in fresh.cookies

    def test_nothing_is_set_up_by_looking(self, person: Person, browser: Browser) -> None:
        assert browser.get("/account/authenticator").status == 200
        assert not second_factor.factors_of(person).required

    def test_a_wrong_code_sets_nothing_up_and_keeps_the_secret(self, person: Person, browser: Browser) -> None:
        token, secret = read_set_up(browser.get("/account/authenticator").text)
        wrong = f"{(int(code(secret)) + 1) % 10**6:06}"
        answer = submit(browser, "/account/authenticator", set_up=token, code=wrong)
        assert answer.status == 400
        assert read_set_up(answer.text)[1] == secret
        assert not second_factor.factors_of(person).required

    @pytest.mark.parametrize("whose", ["nobody's", "another person's"])
    def test_a_secret_that_was_not_offered_is_refused(
        self, server: LocalServer, person: Person, browser: Browser, whose: str
    ) -> None:
        other = people.set_password(
            stored.add_person(stored.Person(str(uuid.uuid4()), f"eve-{uuid.uuid4()}@example.com")), PASSWORD
        )
        set_up = second_factor.begin_set_up(other)
        token = set_up.token if whose == "another person's" else "x"
        answer = submit(browser, "/account/authenticator", set_up=token, code=code(base64.b32decode(set_up.secret)))
        assert answer.status == 400
        assert not second_factor.factors_of(person).required

    def test_the_code_that_set_it_up_does_not_sign_in(
        self, server: LocalServer, person: Person, browser: Browser
    ) -> None:
        secret, _codes = set_up_app(browser, ahead=0)
        assert first_step(server, person).post("/second-step", code=code(secret)).status in (401, 303)
        used = second_factor.factors_of(person).totp
        assert used is not None
        again = first_step(server, person).post("/second-step", code=totp.code_at(secret, used.last_step))
        assert again.status == 401

    def test_a_code_works_once(self, server: LocalServer, person: Person, browser: Browser) -> None:
        secret, _codes = set_up_app(browser)
        used = code(secret, 1)
        assert first_step(server, person).post("/second-step", code=used).status == 303
        thief = first_step(server, person)
        assert thief.post("/second-step", code=used).status == 401
        assert thief.post("/second-step", code=code(secret)).status == 401  # an earlier one, too
        assert not is_signed_in(thief)

    def test_of_many_who_send_a_code_at_once_one_gets_in(
        self, server: LocalServer, person: Person, browser: Browser
    ) -> None:
        secret, _codes = set_up_app(browser)
        sent, crowd = code(secret), [first_step(server, person) for _ in range(4)]
        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(lambda one: one.post("/second-step", code=sent).status, crowd))
        assert sorted(answers) == [303, 401, 401, 401]

    @pytest.mark.parametrize("ahead", [-3, 3])
    def test_codes_of_other_times_are_refused(
        self, server: LocalServer, person: Person, browser: Browser, ahead: int
    ) -> None:
        secret, _codes = set_up_app(browser)
        assert first_step(server, person).post("/second-step", code=code(secret, ahead)).status == 401

    def test_guessing_is_slowed_down_and_the_owner_still_gets_in(
        self, server: LocalServer, person: Person, browser: Browser
    ) -> None:
        """Somebody has found out the password: in new browsers at new addresses, they get ten guesses."""
        secret, codes = set_up_app(browser)
        own = dict(browser.cookies)
        wrong = f"{(int(code(secret)) + 7) % 10**6:06}"
        answers = [first_step(server, person).post("/second-step", code=wrong) for _ in range(11)]
        assert [answer.status for answer in answers] == [401] * 10 + [429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= config.SECOND_STEP_WINDOW_S
        assert first_step(server, person).post("/second-step", code=code(secret)).status == 429
        # In a browser in which the owner has signed in before, and with a recovery code anywhere, it works.
        known = Browser(server.url)
        known.cookies = {name: value for name, value in own.items() if name == "shylight_known"}
        known.sign_in(person.email, PASSWORD)
        assert known.post("/second-step", code=code(secret)).status == 303
        assert first_step(server, person).post("/second-step", code=codes[0]).status == 303

    def test_guesses_of_a_day_are_limited(self, person: Person, browser: Browser, monkeypatch: Any) -> None:
        set_up_app(browser)
        monkeypatch.setattr(second_factor, "SECOND_STEP_ATTEMPTS", 1000)
        monkeypatch.setattr(second_factor, "SECOND_STEP_ATTEMPTS_PER_DAY", 3)
        for _ in range(3):
            with pytest.raises(Unauthorized):
                second_factor.check_code(person, "000000")
        with pytest.raises(TooManyRequests) as refused:
            second_factor.check_code(person, "000000")
        assert (refused.value.retry_after or 0) > config.SECOND_STEP_WINDOW_S

    @pytest.mark.parametrize("given", ["", " ", "1", "12345", "1234567", "abcdef", "１２３４５６", "\x00", "9" * 5000])
    def test_what_is_no_code_is_refused(
        self, server: LocalServer, person: Person, browser: Browser, given: str
    ) -> None:
        set_up_app(browser)
        assert first_step(server, person).post("/second-step", code=given).status in (400, 401)

    def test_removing_it_takes_the_password_alone_again(
        self, server: LocalServer, person: Person, browser: Browser
    ) -> None:
        set_up_app(browser)
        assert submit(browser, "/account/authenticator/remove").status == 303
        assert submit(browser, "/account/authenticator/remove").status == 404
        assert second_factor.factors_of(person) == second_factors.Factors()
        assert is_signed_in(signed_in(server, person))

    def test_a_second_app_is_refused(self, browser: Browser) -> None:
        token, secret = read_set_up(browser.get("/account/authenticator").text)
        set_up_app(browser)
        assert submit(browser, "/account/authenticator", set_up=token, code=code(secret)).status == 409

    def test_the_secret_is_stored_encrypted_and_for_this_person(self, person: Person, browser: Browser) -> None:
        secret, _codes = set_up_app(browser)
        kept = second_factor.factors_of(person).totp
        assert kept is not None
        for readable in (secret, base64.b32encode(secret), base64.b64encode(secret), secret.hex().encode()):
            assert readable not in kept.sealed.encode() + base64.b64decode(kept.sealed.partition(".")[2])
        other = dataclasses.replace(person, id=str(uuid.uuid4()))
        with pytest.raises(Unauthorized):
            second_factor._secret(other, kept)


class TestRecoveryCodes:
    def test_each_signs_in_once(self, server: LocalServer, person: Person, browser: Browser) -> None:
        _secret, codes = set_up_app(browser)
        assert len(set(codes)) == config.RECOVERY_CODES
        typed = codes[3].lower().replace("-", " ")
        assert is_signed_in_after(first_step(server, person), typed)
        assert first_step(server, person).post("/second-step", code=codes[3]).status == 401
        assert "9 codes are left" in browser.get(SECURITY).text

    def test_new_codes_replace_the_old_ones(self, server: LocalServer, person: Person, browser: Browser) -> None:
        _secret, old = set_up_app(browser)
        new = codes_in(submit(browser, "/account/recovery-codes"))
        assert len(new) == config.RECOVERY_CODES
        assert first_step(server, person).post("/second-step", code=old[0]).status == 401
        assert is_signed_in_after(first_step(server, person), new[0])

    def test_without_a_second_factor_there_are_none(self, browser: Browser) -> None:
        assert submit(browser, "/account/recovery-codes").status == 409

    def test_codes_of_somebody_else_are_worth_nothing(self, server: LocalServer, browser: Browser) -> None:
        _secret, codes = set_up_app(browser)
        eve = people.set_password(
            stored.add_person(stored.Person(str(uuid.uuid4()), f"eve-{uuid.uuid4()}@example.com")), PASSWORD
        )
        set_up_app(signed_in(server, eve))
        assert first_step(server, eve).post("/second-step", code=codes[0]).status == 401

    def test_they_are_shown_once_and_stored_as_digests(self, person: Person, browser: Browser) -> None:
        _secret, codes = set_up_app(browser)
        assert not codes_in(browser.get(SECURITY))
        digests = second_factor.factors_of(person).recovery_digests
        assert len(digests) == config.RECOVERY_CODES
        assert not any(one.replace("-", "") in digest for one in codes for digest in digests)


def is_signed_in_after(browser: Browser, given: str) -> bool:
    assert browser.post("/second-step", code=given).status == 303
    return is_signed_in(browser)


class TestFirstStep:
    def test_without_it_there_is_no_second(self, server: LocalServer) -> None:
        nobody = Browser(server.url)
        assert nobody.where("/second-step", nobody.get("/second-step")).startswith("/sign-in")
        assert nobody.where("/second-step", nobody.post("/second-step", code="123456")) == "/sign-in"

    def test_a_link_does_not_replace_the_second_factor(
        self, server: LocalServer, person: Person, browser: Browser
    ) -> None:
        secret, _codes = set_up_app(browser)
        token = one_time_links.issue(one_time_links.SIGN_IN, person.id)
        fresh = Browser(server.url)
        answer = fresh.post(f"/sign-in/{token}")
        assert fresh.where(f"/sign-in/{token}", answer) == "/second-step?next=sites"
        assert not is_signed_in(fresh)
        assert is_signed_in_after(fresh, code(secret))

    def test_it_ends_when_all_sessions_end(self, server: LocalServer, person: Person, browser: Browser) -> None:
        secret, _codes = set_up_app(browser)
        fresh = first_step(server, person)
        submit(browser, "/account/sessions", session="all")
        assert fresh.where("/second-step", fresh.post("/second-step", code=code(secret))) == "/sign-in"
        assert not is_signed_in(fresh)

    def test_its_state_is_no_session_and_a_session_is_no_such_state(
        self, server: LocalServer, person: Person, browser: Browser
    ) -> None:
        session = browser.cookies["shylight_session"]
        set_up_app(browser)
        fresh = first_step(server, person)
        state = fresh.cookies["shylight_second_step"]
        fresh.cookies = {"shylight_session": state}
        assert not is_signed_in(fresh)
        fresh.cookies = {"shylight_second_step": session}
        assert fresh.get("/second-step").status == 303

    @pytest.mark.parametrize("forged", ["none", "another key", "another purpose", "expired", "tampered"])
    def test_a_forged_state_is_refused(
        self, server: LocalServer, person: Person, browser: Browser, forged: str
    ) -> None:
        set_up_app(browser)
        now = int(time.time())
        claims = {
            "iss": config.settings().prefix, "aud": Purpose.SECOND_STEP.value, "sub": person.id, "jti": "x",
            "iat": now, "exp": now + 60, "epoch": person.epoch,
        }  # fmt: skip
        key = signing.derive(signing_key(), Purpose.SECOND_STEP.value)
        good = jwt.encode(claims, key, algorithm="HS256")
        head, _body, signature = good.split(".")
        other = base64.urlsafe_b64encode(json.dumps(claims | {"epoch": 99}).encode()).decode().rstrip("=")
        token = {
            "none": jwt.encode(claims, "", algorithm="none"),
            "another key": jwt.encode(claims, signing.derive(signing_key(), "session"), algorithm="HS256"),
            "another purpose": signed_tokens.issue(Purpose.AUTHENTICATOR, person.id, 60, epoch=person.epoch),
            "expired": jwt.encode(claims | {"iat": now - 90, "exp": now - 1}, key, algorithm="HS256"),
            "tampered": f"{head}.{other}.{signature}",
        }[forged]
        fresh = Browser(server.url)
        fresh.cookies = {"shylight_second_step": good}
        assert fresh.get("/second-step").status == 200
        fresh.cookies = {"shylight_second_step": token}
        assert fresh.get("/second-step").status == 303

    def test_another_sites_page_cannot_send_a_code(self, server: LocalServer, person: Person, browser: Browser) -> None:
        secret, _codes = set_up_app(browser)
        fresh = first_step(server, person)
        headers = {"Origin": "https://evil.example"}
        assert fresh.post("/second-step", headers, code=code(secret)).status == 403
        assert not is_signed_in(fresh)


class TestPasskeys:
    def test_one_signs_in_without_a_password(self, server: LocalServer, person: Person, browser: Browser) -> None:
        device, codes = add_passkey(server, browser)
        assert len(codes) == config.RECOVERY_CODES
        fresh = Browser(server.url)
        answer = use_passkey(fresh, device)
        assert (answer.status, fresh.where("/passkey", answer)) == (303, "/sites")
        assert is_signed_in(fresh)
        (kept,) = second_factor.factors_of(person).passkeys
        assert (kept.name, kept.transports, kept.sign_count) == ("Laptop", ("internal",), 1)
        assert kept.used_at > 0

    def test_one_is_the_second_step_after_the_password(
        self, server: LocalServer, person: Person, browser: Browser
    ) -> None:
        device, _codes = add_passkey(server, browser)
        fresh = first_step(server, person)
        credential = device.get(options(fresh, "second-step"))
        assert fresh.post("/second-step", credential=credential).status == 303
        assert is_signed_in(fresh)

    def test_several_have_names_and_are_removed_by_themselves(
        self, server: LocalServer, person: Person, browser: Browser
    ) -> None:
        laptop, _codes = add_passkey(server, browser)
        phone, codes = add_passkey(server, browser, "Phone")
        assert codes == []
        # Both may have been added in the same second, so their names tell them apart, not their order.
        actions = {one.name: f"/account/passkeys/{one.id}" for one in second_factor.factors_of(person).passkeys}
        assert submit(browser, actions["Phone"], name="Old phone").status == 303
        assert "Old phone" in browser.get(SECURITY).text
        assert submit(browser, actions["Laptop"], remove="1").status == 303
        assert use_passkey(Browser(server.url), laptop).status == 401
        assert use_passkey(Browser(server.url), phone).status == 303

    @pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb"])
    def test_a_name_is_needed(self, server: LocalServer, person: Person, browser: Browser, name: str) -> None:
        device = SoftAuthenticator(server.url)
        credential = device.create(options_to_add(browser))
        assert submit(browser, "/account/passkeys", name=name, credential=credential).status == 400
        assert not second_factor.factors_of(person).required

    def test_those_of_others_are_not_there(self, server: LocalServer, person: Person, browser: Browser) -> None:
        add_passkey(server, browser)
        (kept,) = second_factor.factors_of(person).passkeys
        eve = signed_in(server, new_person("eve"))
        for form in ({"name": "Mine"}, {"remove": "1"}):
            assert submit(eve, f"/account/passkeys/{kept.id}", **form).status == 404
        assert second_factor.factors_of(person).passkeys == (kept,)

    def test_an_answer_works_once(self, server: LocalServer, browser: Browser) -> None:
        device, _codes = add_passkey(server, browser)
        fresh = Browser(server.url)
        asked = options(fresh, "sign-in")
        cookies = dict(fresh.cookies)
        credential = device.get(asked)
        assert fresh.post("/passkey", credential=credential).status == 303
        thief = Browser(server.url)
        thief.cookies = cookies
        assert thief.post("/passkey", credential=credential).status == 401
        assert not is_signed_in(thief)

    def test_a_challenge_is_good_for_its_browser_alone(self, server: LocalServer, browser: Browser) -> None:
        device, _codes = add_passkey(server, browser)
        credential = device.get(options(Browser(server.url), "sign-in"))
        thief = Browser(server.url)
        assert thief.post("/passkey", credential=credential).status == 401
        options(thief, "sign-in")
        assert thief.post("/passkey", credential=credential).status == 401

    def test_a_challenge_is_good_for_its_use_alone(self, server: LocalServer, person: Person, browser: Browser) -> None:
        device, _codes = add_passkey(server, browser)
        fresh = first_step(server, person)
        assert fresh.post("/second-step", credential=device.get(options(fresh, "sign-in"))).status == 401
        assert fresh.post("/passkey", credential=device.get(options(fresh, "second-step"))).status == 401
        assert not is_signed_in(fresh)

    def test_one_of_somebody_else_is_no_second_step(
        self, server: LocalServer, person: Person, browser: Browser
    ) -> None:
        add_passkey(server, browser)
        eves, _codes = add_passkey(server, signed_in(server, new_person("eve")))
        fresh = first_step(server, person)
        assert fresh.post("/second-step", credential=eves.get(options(fresh, "second-step"))).status == 401

    @pytest.mark.parametrize(
        "device",
        [
            {"origin": "https://evil.example"},
            {"origin": "http://localhost:1"},
            {"rp_id": "evil.example"},
            {"verifies": False},
        ],
        ids=str,
    )
    def test_a_wrong_origin_host_or_an_unverified_user_is_refused(
        self, server: LocalServer, person: Person, browser: Browser, device: dict[str, Any]
    ) -> None:
        wrong = SoftAuthenticator(**({"origin": server.url} | device))
        credential = wrong.create(options_to_add(browser))
        assert submit(browser, "/account/passkeys", name="Wrong", credential=credential).status == 400
        right, _codes = add_passkey(server, browser)
        changed = dataclasses.replace(right, **device)
        assert use_passkey(Browser(server.url), changed).status == 401
        assert use_passkey(Browser(server.url), dataclasses.replace(right, counter=5)).status == 303

    def test_a_copied_one_is_noticed_by_its_count(self, server: LocalServer, browser: Browser) -> None:
        device, _codes = add_passkey(server, browser)
        copy = dataclasses.replace(device)
        assert use_passkey(Browser(server.url), device).status == 303
        assert use_passkey(Browser(server.url), copy).status == 401
        assert use_passkey(Browser(server.url), device).status == 303

    def test_one_that_does_not_count_works_again_and_again(self, server: LocalServer, browser: Browser) -> None:
        device, _codes = add_passkey(server, browser, counts=False)
        assert [use_passkey(Browser(server.url), device).status for _ in range(2)] == [303, 303]

    def test_another_key_under_a_known_id_is_refused(self, server: LocalServer, browser: Browser) -> None:
        device, _codes = add_passkey(server, browser)
        forged = SoftAuthenticator(server.url, credential_id=device.credential_id, user_handle=device.user_handle)
        assert use_passkey(Browser(server.url), forged).status == 401

    @pytest.mark.parametrize(
        "credential",
        ["", "x", "{}", "[]", "null", '"x"', '{"id": 1}', '{"id":"AA","rawId":"AA","type":"public-key","response":{}}',
         '{"id":"AA","rawId":"AA","response":{"clientDataJSON":"AA","authenticatorData":"AA","signature":"AA"}}',
         "[" * 5000],
    )  # fmt: skip
    def test_rubbish_is_refused(self, server: LocalServer, browser: Browser, credential: str) -> None:
        fresh = Browser(server.url)
        options(fresh, "sign-in")
        assert fresh.post("/passkey", credential=credential).status in (400, 401)
        options_to_add(browser)
        assert submit(browser, "/account/passkeys", name="Rubbish", credential=credential).status == 400

    def test_only_so_many_can_be_added(
        self, server: LocalServer, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chalicelib.accounts.sign_in.passkeys.MAX_PASSKEYS", 1)
        add_passkey(server, browser)
        device = SoftAuthenticator(server.url)
        answer = submit(browser, "/account/passkeys", name="2", credential=device.create(options_to_add(browser)))
        assert answer.status == 409

    def test_another_sites_page_gets_no_challenge(self, server: LocalServer) -> None:
        fresh = Browser(server.url)
        assert fresh.post("/passkey-options", {"Origin": "https://evil.example"}, use="sign-in").status == 403
        assert fresh.post("/passkey-options", use="add").status == 400


def new_person(name: str) -> Person:
    made = stored.add_person(stored.Person(str(uuid.uuid4()), f"{name}-{uuid.uuid4()}@example.com"))
    return people.set_password(made, PASSWORD)


def options(browser: Browser, use: str) -> dict[str, Any]:
    answer = browser.post("/passkey-options", use=use)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["userVerification"] == "required"
    return found


def options_to_add(browser: Browser) -> dict[str, Any]:
    answer = submit(browser, "/account/passkey-options")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["authenticatorSelection"]["residentKey"] == "required"
    assert found["authenticatorSelection"]["userVerification"] == "required"
    return found


def add_passkey(
    server: LocalServer, browser: Browser, name: str = "Laptop", counts: bool = True
) -> tuple[SoftAuthenticator, list[str]]:
    device = SoftAuthenticator(server.url, counts=counts)
    credential = device.create(options_to_add(browser))
    answer = submit(browser, "/account/passkeys", name=name, credential=credential)
    assert answer.status in (200, 303), answer.text
    return device, codes_in(answer)


def use_passkey(browser: Browser, device: SoftAuthenticator) -> Answer:
    return browser.post("/passkey", credential=device.get(options(browser, "sign-in")))


class TestConfirmation:
    CHANGES = (
        ("GET", "/account/authenticator"),
        ("POST", "/account/authenticator"),
        ("POST", "/account/authenticator/remove"),
        ("POST", "/account/recovery-codes"),
        ("GET", "/account/passkeys"),
        ("POST", "/account/passkeys"),
        ("POST", "/account/passkey-options"),
        ("POST", "/account/tokens"),
    )

    @pytest.mark.parametrize(("method", "path"), CHANGES)
    def test_what_changes_signing_in_needs_a_recent_sign_in(
        self, browser: Browser, monkeypatch: pytest.MonkeyPatch, method: str, path: str
    ) -> None:
        monkeypatch.setattr(auth, "RECENT_SIGN_IN_S", 0)
        answer = browser.get(path) if method == "GET" else submit(browser, path, remove="1")
        assert answer.status == 303
        assert browser.where(path, answer).startswith("/confirm?next=account")

    def test_the_page_of_tokens_asks_for_one_in_place_of_the_form(
        self, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "Create token" in browser.get("/account/tokens").text
        monkeypatch.setattr(auth, "RECENT_SIGN_IN_S", 0)
        page = browser.get("/account/tokens")
        assert (page.status, "Create token" in page.text) == (200, False)
        assert 'confirm?next=account/tokens"' in page.text

    def test_removing_a_passkey_needs_one_too(
        self, server: LocalServer, person: Person, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add_passkey(server, browser)
        (kept,) = second_factor.factors_of(person).passkeys
        monkeypatch.setattr(auth, "RECENT_SIGN_IN_S", 0)
        answer = submit(browser, f"/account/passkeys/{kept.id}", remove="1")
        assert browser.where(f"/account/passkeys/{kept.id}", answer) == "/confirm?next=account%2Fsecurity"
        assert second_factor.factors_of(person).passkeys == (kept,)

    def test_the_password_confirms_and_the_session_gets_a_new_id(self, browser: Browser) -> None:
        before, copied = browser.cookies["shylight_session"], dict(browser.cookies)
        answer = submit(browser, "/confirm", password=PASSWORD, next="account/passkeys")
        assert browser.where("/confirm", answer) == "/account/passkeys"
        assert browser.cookies["shylight_session"] != before
        browser.cookies = copied
        assert not is_signed_in(browser)

    def test_a_passkey_confirms(self, server: LocalServer, browser: Browser) -> None:
        device, _codes = add_passkey(server, browser)
        answer = submit(browser, "/confirm", credential=device.get(options(browser, "confirm")))
        assert (answer.status, browser.where("/confirm", answer)) == (303, "/sites")

    def test_a_passkey_of_somebody_else_does_not(self, server: LocalServer, browser: Browser) -> None:
        eves, _codes = add_passkey(server, signed_in(server, new_person("eve")))
        answer = submit(browser, "/confirm", credential=eves.get(options(browser, "confirm")))
        assert answer.status == 401

    def test_a_wrong_password_does_not_and_guesses_are_counted(self, browser: Browser) -> None:
        answers = [submit(browser, "/confirm", password="wrong") for _ in range(config.SIGN_IN_ATTEMPTS + 1)]
        assert [answer.status for answer in answers] == [400] * config.SIGN_IN_ATTEMPTS + [429]

    @pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "confirm"])
    def test_it_leads_nowhere_else(self, browser: Browser, elsewhere: str) -> None:
        answer = submit(browser, "/confirm", password=PASSWORD, next=elsewhere)
        assert browser.where("/confirm", answer) == "/sites"


class TestSessions:
    def test_they_are_listed_with_browser_and_system(self, server: LocalServer, person: Person) -> None:
        browser = Browser(server.url)
        agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        browser.post("/sign-in", {"User-Agent": agent}, email=person.email, password=PASSWORD)
        signed_in(server, person)
        page = browser.get(SECURITY).text
        assert "Firefox on Linux" in page
        assert page.count("This browser") == 1
        assert "Unknown browser" in page or "Python" in page
        (kept,) = [one for one in browser_sessions.sessions_of(person.id) if one.browser == "Firefox"]
        assert not re.search(r"127\.0\.0\.1|2001:db8|Gecko", json.dumps(dataclasses.asdict(kept)))

    def test_one_can_be_ended_by_itself(self, server: LocalServer, person: Person, browser: Browser) -> None:
        other = signed_in(server, person)
        (wanted,) = re.findall(r'name="session" value="([\w-]{20,})"', browser.get(SECURITY).text)
        assert submit(browser, "/account/sessions", session=wanted).status == 303
        assert not is_signed_in(other)
        assert is_signed_in(browser)
        assert submit(browser, "/account/sessions", session=wanted).status == 404

    def test_those_of_others_are_not_there(self, server: LocalServer, person: Person, browser: Browser) -> None:
        (own,) = browser_sessions.sessions_of(person.id)
        assert submit(signed_in(server, new_person("eve")), "/account/sessions", session=own.id).status == 404
        assert is_signed_in(browser)

    def test_all_others_can_be_ended(self, server: LocalServer, person: Person, browser: Browser) -> None:
        others = [signed_in(server, person) for _ in range(3)]
        copied = Browser(server.url)
        copied.cookies = dict(browser.cookies)
        assert submit(browser, "/account/sessions", session="others").status == 303
        assert is_signed_in(browser)
        assert not any(is_signed_in(other) for other in [*others, copied])
        assert len(browser_sessions.sessions_of(person.id)) == 1

    def test_ending_the_others_is_no_proof_of_who_one_is(
        self, person: Person, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        began = time.time()
        submit(browser, "/account/sessions", session="others")
        session = sessions.decode(browser.cookies["shylight_session"], signing_key(), config.settings().prefix)
        assert session is not None
        assert session.authenticated_at <= began

    def test_a_stolen_cookie_is_worth_nothing_after_signing_out_everywhere(
        self, server: LocalServer, person: Person, browser: Browser
    ) -> None:
        thief = Browser(server.url)
        thief.cookies = dict(browser.cookies)
        assert is_signed_in(thief)
        answer = submit(browser, "/account/sessions", session="all")
        assert browser.where("/account/sessions", answer) == "/sign-in"
        assert not is_signed_in(thief)
        assert not is_signed_in(browser)
        assert browser_sessions.sessions_of(person.id) == []

    def test_a_new_password_ends_them(self, server: LocalServer, person: Person, browser: Browser) -> None:
        people.set_password(person, "another password of some length")
        assert not is_signed_in(browser)
        assert browser_sessions.sessions_of(person.id) == []

    def test_a_session_that_somebody_planted_is_not_taken_over(
        self, server: LocalServer, person: Person, browser: Browser
    ) -> None:
        """Session fixation: whoever signs in gets a session of their own, and the planted one ends."""
        eve = signed_in(server, new_person("eve"))
        victim = Browser(server.url)
        victim.cookies = dict(eve.cookies)
        victim.sign_in(person.email, PASSWORD)
        assert victim.cookies["shylight_session"] != eve.cookies["shylight_session"]
        assert person.email in victim.get("/sites").text
        assert not is_signed_in(eve)

    def test_the_time_of_use_is_written_once_an_hour(
        self, person: Person, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (before,) = browser_sessions.sessions_of(person.id)
        marked = []
        monkeypatch.setattr(browser_sessions, "mark_used", lambda *given: marked.append(given))
        assert is_signed_in(browser)
        assert marked == []
        monkeypatch.undo()
        monkeypatch.setattr(auth, "SESSION_USED_EVERY_S", -1)
        later = before.used_at + 7200
        monkeypatch.setattr("chalicelib.accounts.access.auth.time.time", lambda: float(later))
        assert is_signed_in(browser)
        assert [one.used_at for one in browser_sessions.sessions_of(person.id)] == [later]

    def test_an_ended_session_is_not_brought_back_by_its_use(self, person: Person, browser: Browser) -> None:
        (own,) = browser_sessions.sessions_of(person.id)
        browser_sessions.end(person.id, own.id)
        browser_sessions.mark_used(person.id, own.id, int(time.time()))
        assert browser_sessions.sessions_of(person.id) == []

    @pytest.mark.parametrize("ended", [False, True])
    def test_a_session_of_an_earlier_version_lasts_until_it_is_ended(
        self, server: LocalServer, person: Person, ended: bool
    ) -> None:
        now = int(time.time())
        claims = {
            "iss": config.settings().prefix, "aud": "browser", "sub": person.id, "jti": uuid.uuid4().hex,
            "iat": now - 3600, "exp": now + 3600, "epoch": person.epoch,
        }  # fmt: skip
        old = Browser(server.url)
        old.cookies = {"shylight_session": jwt.encode(claims, signing.derive(signing_key(), "session"))}
        copied = Browser(server.url)
        copied.cookies = dict(old.cookies)
        assert is_signed_in(old)
        assert "This browser" in old.get(SECURITY).text
        assert old.get("/account/authenticator").status == 303  # it is not recent
        if ended:
            submit(old, "/sign-out")
        else:
            submit(old, "/account/sessions", session="others")
            assert is_signed_in(old)
        assert not is_signed_in(copied)


class TestTelling:
    def test_changes_are_shown_and_recorded(self, server: LocalServer, person: Person, browser: Browser) -> None:
        set_up_app(browser)
        add_passkey(server, browser)
        submit(browser, "/account/authenticator/remove")
        shown = [notice.kind for notice in notices.latest(person)]
        assert shown == ["authenticator_removed", "passkey_added", "authenticator_added"]
        assert "A passkey was added." in browser.get(SECURITY).text
        assert {"person.add_totp", "person.add_passkey", "person.remove_totp"} <= actions_about(person)

    def test_a_reset_removes_every_factor(self, server: LocalServer, person: Person, browser: Browser) -> None:
        set_up_app(browser)
        add_passkey(server, browser)
        second_factor.reset(person)
        assert second_factor.factors_of(person) == second_factors.Factors()
        assert is_signed_in(signed_in(server, person))
        assert notices.latest(person)[0].kind == "second_factor_reset"
        assert "person.reset_second_factor" in actions_about(person)


def actions_about(person: Person) -> set[str]:
    month = time.strftime("%Y-%m", time.gmtime())
    return {entry.action for entry in audit_log.entries(month) if entry.subject == person.id}
