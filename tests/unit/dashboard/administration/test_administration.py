"""What administrators do on the pages of the administration, and what they are told."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from chalice import Response

from chalicelib.accounts import installation
from chalicelib.accounts.access import auth
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.mailing.mail import Delivery, SenderState
from chalicelib.dashboard.administration import queues as administration_queue
from chalicelib.dashboard.administration import settings
from chalicelib.dashboard.administration import status as administration_status
from chalicelib.errors import BadRequest, SignInTooOld
from chalicelib.operations import dead_letters, installation_settings, queues
from chalicelib.operations.dead_letters import Look
from chalicelib.operations.part import TITLES, Part, State
from chalicelib.operations.queues import Queue, Queues
from chalicelib.store.dead_letters import DeadLetter
from chalicelib.store.installation import Installation
from chalicelib.web import Request
from tests.unit.dashboard import administration_samples, samples
from tests.unit.dashboard.administration_samples import ADMINISTRATOR, LETTERS, PROVIDER


def post(path: str, **form: str) -> Request:
    return samples.request(path, method="POST", body=urlencode(form).encode())


def text_of(response: Response) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.body.decode())))


def test_status_shows_what_is_wrong_first_and_where_to_mend_it() -> None:
    page = administration_samples.unwell().body.decode()
    order = [html.unescape(title) for title in re.findall(r"<h3>([^<]+)</h3>", page)]
    assert order[:4] == [TITLES[name] for name in ("queue", "dead_letters", "aggregate", "mail")]
    assert "Some parts do not work." in page
    assert 'href="./administration/queue"' in page
    assert 'href="./administration/settings#mail"' in page


def test_every_part_that_has_a_page_is_a_part() -> None:
    assert set(administration_status._PAGES) <= set(TITLES)
    well = administration_samples.status(Part("queue", State.OK, "Fine."))
    assert "Everything works." in well.body.decode()


def test_the_administration_is_linked_from_the_top_of_every_page_for_administrators() -> None:
    link = re.compile(r'<a class="bar-link" href="[./]*administration">')
    assert link.search(administration_samples.schedule().body.decode())
    assert not samples.PERSON.admin
    assert not link.search(samples.settings(person=samples.PERSON).body.decode())


class TestQueue:
    @pytest.fixture(autouse=True)
    def acted(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
        """What was redriven and discarded: the ids."""
        done: list[tuple[str, list[str]]] = []

        def act(name: str) -> Any:
            def take(_actor: object, chosen: Any, **_more: object) -> int:
                done.append((name, [letter.id for letter in LETTERS if chosen(letter)]))
                return len(done[-1][1])

            return take

        monkeypatch.setattr(auth, "csrf_token", lambda _request: "token")
        monkeypatch.setattr(queues, "read", lambda: Queues(Queue("h", 0, 0), Queue("d", 9, 0), 0, 0))
        monkeypatch.setattr(dead_letters, "look", lambda: Look(LETTERS, len(LETTERS), 0))
        for name in ("redrive", "discard"):
            monkeypatch.setattr(dead_letters, name, act(name))
        return done

    def send(self, **form: str) -> Response:
        return administration_queue.change(post("/administration/queue", **form), ADMINISTRATOR)

    def test_selected_letters_are_redriven(self, acted: list[Any]) -> None:
        answer = self.send(
            action="redrive selected", **{f"letter {LETTERS[1].id}": "1", f"letter {LETTERS[3].id}": "1"}
        )
        assert answer.headers["Location"] == "../administration/queue?done=redrive&number=2"
        assert acted == [("redrive", [LETTERS[1].id, LETTERS[3].id])]

    def test_all_of_the_reason_that_is_shown_are_redriven(self, acted: list[Any]) -> None:
        self.send(action="redrive all", reason="")
        assert acted == [("redrive", [LETTERS[2].id])]
        self.send(action="redrive all")
        assert acted[-1][1] == [letter.id for letter in LETTERS]

    @pytest.mark.parametrize("extent", ["selected", "all"])
    def test_nothing_is_discarded_without_confirmation(self, acted: list[Any], extent: str) -> None:
        given = {"action": f"discard {extent}", f"letter {LETTERS[0].id}": "1"}
        asked = self.send(**given)
        number = 1 if extent == "selected" else len(LETTERS)
        assert f"Delete {number} dead letter" in text_of(asked)
        assert (asked.status_code, acted) == (200, [])
        form = dict(
            re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', asked.body.decode()[: asked.body.find(b"Keep")])
        )
        assert form.pop("csrf") == "token"
        assert self.send(action=given["action"], **form).status_code == 303
        assert len(acted[0][1]) == number

    @pytest.mark.parametrize(
        "form",
        [{}, {"action": "redrive"}, {"action": "redrive selected"}, {"action": "discard selected", "confirmed": "1"}],
    )
    def test_a_form_that_chooses_nothing_changes_nothing(self, acted: list[Any], form: Mapping[str, str]) -> None:
        assert (self.send(**form).status_code, acted) == (400, [])

    def test_the_list_has_pages_and_keeps_the_reason(self) -> None:
        request = samples.request("/administration/queue", {"reason": "unreadable", "cursor": "20"})
        page = administration_queue.show(request, ADMINISTRATOR).body.decode()
        assert "21 to 40 of 44" in page
        assert "cursor=40" in page
        assert page.count('type="checkbox"') == administration_queue.PAGE_ROWS
        assert "no_such_site" not in page.partition("Dead letters of one reason")[2]

    def test_a_page_that_is_no_longer_there_shows_the_last_one(self) -> None:
        request = samples.request("/administration/queue", {"cursor": "4000"})
        assert "41 to 47 of 47" in administration_queue.show(request, ADMINISTRATOR).body.decode()

    def test_a_long_body_is_shortened(self) -> None:
        letter = DeadLetter("x", "W" * 100_000, "", "", 0)
        assert len(administration_samples.queue_page([letter]).body) < 20_000


class TestSettings:
    @pytest.fixture(autouse=True)
    def changes(self, monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
        made: list[Mapping[str, Any]] = []
        monkeypatch.setattr(auth, "csrf_token", lambda _request: "token")
        monkeypatch.setattr(auth, "require_recent", lambda *_, **__: None)
        monkeypatch.setattr(installation_settings, "read", lambda: PROVIDER)
        monkeypatch.setattr(installation_settings, "change", lambda _actor, changes: made.append(changes))
        monkeypatch.setattr(mail, "sender_state", lambda _sender: SenderState("", False, False, ""))
        return made

    def send(self, **form: str) -> Response:
        return settings.save(post("/administration/settings", **form), ADMINISTRATOR)

    def test_each_form_changes_its_own_settings(self, changes: list[Any]) -> None:
        answer = self.send(
            part="general", name=" Acme ", sign_up="open", site_creators="everybody", mail_sender="x@y.z"
        )
        assert answer.headers["Location"] == "../administration/settings?done=saved"
        assert changes == [{"name": "Acme", "sign_up": "open", "site_creators": "everybody"}]

    def test_a_secret_that_is_left_empty_stays(self, changes: list[Any]) -> None:
        self.send(part="provider", oidc_issuer="https://id.example", oidc_client_secret="")
        self.send(part="provider", oidc_client_secret="new", oidc_only="1")
        assert changes == [
            {"oidc_issuer": "https://id.example", "oidc_only": False},
            {"oidc_client_secret": "new", "oidc_only": True},
        ]

    def test_the_secret_is_never_on_the_page(self) -> None:
        for page in (
            administration_samples.settings_page(Installation(oidc_client_secret="hunter2")),
            administration_samples.settings_page(
                part="provider", entered={"oidc_client_secret": "hunter2"}, error=BadRequest("x", field="oidc_issuer")
            ),
        ):
            assert b"hunter2" not in page.body

    def test_the_provider_takes_a_recent_sign_in_and_other_settings_do_not(
        self, changes: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def too_old(_request: object, _person: object, back: str) -> None:
            raise SignInTooOld("Confirm that it is you.", back=back)

        monkeypatch.setattr(auth, "require_recent", too_old)
        self.send(part="mail", mail_sender="stats@example.com")
        with pytest.raises(SignInTooOld) as refused:
            self.send(part="provider", oidc_issuer="https://id.example")
        assert refused.value.back == "administration/settings"
        assert changes == [{"mail_sender": "stats@example.com"}]

    def test_every_setting_is_in_one_form(self) -> None:
        assert sorted(name for names in settings.PARTS.values() for name in names) == sorted(installation.NAMES)

    def test_a_mistake_is_shown_at_its_field_with_what_was_entered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_given: object) -> None:
            raise BadRequest("The provider does not answer.", field="oidc_issuer")

        monkeypatch.setattr(installation_settings, "change", refuse)
        answer = self.send(part="provider", oidc_issuer="https://gone.example", oidc_only="1")
        page = answer.body.decode()
        assert answer.status_code == 400
        assert 'value="https://gone.example"' in page
        assert 'id="oidc_issuer-error">The provider does not answer.' in page
        assert re.search(r'id="oidc_only"[^>]* checked', page)

    def test_a_test_mail_that_is_not_sent_says_why(self, monkeypatch: pytest.MonkeyPatch) -> None:
        request = post("/administration/settings/test-mail")
        for delivery, status in ((Delivery(), 303), (Delivery("The quota is used up."), 409)):
            monkeypatch.setattr(installation_settings, "send_test_mail", lambda _person, it=delivery: it)
            answer = settings.send_test_mail(request, ADMINISTRATOR)
            assert answer.status_code == status
        assert "The quota is used up." in answer.body.decode()
