"""The health of a deployment: what is wrong is said of the part that it is wrong with, with what to do."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest

from chalicelib import days, timed_cache
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.sites import deletion_work
from chalicelib.aggregate import schedule
from chalicelib.api import deployment_health
from chalicelib.config import settings
from chalicelib.enrich import geoip_update, worker
from chalicelib.operations import health
from chalicelib.operations.health import Health
from chalicelib.operations.part import TITLES, Part, State
from chalicelib.store import aws, build_leases, hit_queue, job_runs, salts
from chalicelib.store import mail as ses
from chalicelib.store.installation import Installation
from chalicelib.store.tables import RunItem
from harness.botocore_calls import Call, intercepted_calls
from harness.lambda_requests import Context
from infra.aws_environment import Cloud
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack.calls import Caller, wait_for
from tests.stack.counting import messages, new_site, traffic, yesterday

HOUR_MS = 60 * 60 * 1000
JOBS = ("aggregate", "expire_salts", "update_geoip", "delete_sites")


class TestParts:
    """Each part, on a local AWS on which nothing runs by itself."""

    pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="its functions run by themselves there")

    @pytest.fixture(autouse=True)
    def healthy(self, local_aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
        """Everything runs, and nothing waits."""
        monkeypatch.setattr(health, "_PAUSE_S", 0.0)
        monkeypatch.setattr(build_leases, "all_states", lambda: iter(()))
        monkeypatch.setattr(mail, "settings_of_installation", Installation)
        for queue in (settings().queue, settings().dead_letters):
            local_aws.client("sqs").purge_queue(QueueUrl=hit_queue.url(queue))
        for job in JOBS:
            with job_runs.recorded(job):
                pass
        RunItem("job", "worker", succeeded=days.now_ms()).save()
        timed_cache.reset_all()

    def part(self, name: str) -> Part:
        return next(part for part in health.check().parts if part.name == name)

    def ran(self, job: str, ago_ms: int) -> None:
        then = days.now_ms() - ago_ms
        RunItem("job", job, started=then, ended=then, succeeded=then).save()

    def test_a_deployment_that_works_is_ok(self) -> None:
        found = health.check()
        assert [(part.name, part.state, part.advice) for part in found.parts if part.state is not State.OK] == []
        assert [part.name for part in found.parts] == list(TITLES)
        assert all(part.title and part.summary.endswith(".") for part in found.parts)
        assert abs(found.checked_at - time.time()) < 10

    def test_the_worst_part_decides(self) -> None:
        def of(*states: State) -> State:
            return Health(0, tuple(Part("queue", state, "") for state in states)).state

        assert of(State.OK, State.OK) is State.OK
        assert of(State.OK, State.DEGRADED) is State.DEGRADED
        assert of(State.FAILING, State.DEGRADED, State.OK) is State.FAILING

    def test_dead_letters_are_a_reason_to_look(self) -> None:
        hit_queue.send_to_dead_letters("{}", "unreadable")
        hit_queue.send_to_dead_letters("{}", "unreadable")
        found = self.part("dead_letters")
        assert (found.state, found.figures["messages"]) == (State.DEGRADED, 2)
        assert found.summary == "2 messages could not be stored."
        assert found.advice

    def test_hits_that_nobody_stores_are_a_failure(self) -> None:
        hit_queue.send("{}")
        self.ran("worker", HOUR_MS)
        found = self.part("queue")
        assert found.state is State.FAILING
        assert found.summary == "1 message waits. No hit has been stored for 1 hour."
        assert found.figures["waiting"] == 1

    def test_a_first_hit_after_a_quiet_night_is_none(self, monkeypatch: pytest.MonkeyPatch, local_aws: Cloud) -> None:
        hit_queue.send("{}")
        self.ran("worker", 8 * HOUR_MS)
        client = local_aws.client("sqs")
        hits = hit_queue.url(settings().queue)
        monkeypatch.setattr("time.sleep", lambda _s: client.purge_queue(QueueUrl=hits))
        found = self.part("queue")
        assert (found.state, found.summary) == (State.OK, "The last hit was stored 8 hours ago.")

    def test_a_worker_that_is_too_slow_is_seen(self) -> None:
        hit_queue.send("{}")
        RunItem("job", "worker", succeeded=days.now_ms(), waited=20 * 60_000).save()
        found = self.part("queue")
        assert (found.state, found.figures["last_waited_s"]) == (State.DEGRADED, 1200)
        assert "20 minutes" in found.summary

    @pytest.mark.parametrize(
        ("job", "part", "minutes", "state"),
        [
            ("aggregate", "aggregate", 16, State.FAILING),
            ("expire_salts", "salts", 46, State.FAILING),
            ("delete_sites", "deletions", 16, State.DEGRADED),
            ("update_geoip", "geoip", 21 * 24 * 60 + 1, State.DEGRADED),
        ],
    )
    def test_a_job_that_has_not_run_for_three_intervals_is_seen(
        self, job: str, part: str, minutes: int, state: State
    ) -> None:
        self.ran(job, (minutes - 2) * 60_000)
        assert self.part(part).state is State.OK
        self.ran(job, minutes * 60_000)
        found = self.part(part)
        assert found.state is state
        assert f"shylight-local-{job}" in found.advice

    @pytest.mark.parametrize(("job", "part"), [("aggregate", "aggregate"), ("expire_salts", "salts")])
    def test_a_job_that_never_ran_is_seen(self, job: str, part: str) -> None:
        RunItem("job", job).delete()
        found = self.part(part)
        assert found.state is State.DEGRADED
        assert "has not run yet" in found.summary

    def test_a_day_that_cannot_be_built_is_seen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        site = new_site()
        state = build_leases.State(site.id, yesterday(site), failures=3)
        monkeypatch.setattr(build_leases, "all_states", lambda: iter([state]))
        found = self.part("aggregate")
        assert (found.state, found.figures["failed_days"]) == (State.DEGRADED, 1)

    @pytest.mark.parametrize(
        ("service", "parts"),
        [
            ("sqs", {"queue", "dead_letters"}),
            ("s3", {"bucket", "geoip"}),
            ("dynamodb", {"tables", "queue", "aggregate", "salts", "deletions", "geoip", "mail"}),
        ],
    )
    def test_a_service_that_does_not_answer_is_a_state_and_no_error(
        self, service: str, parts: set[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.undo()

        def fail(call: Call) -> Any:
            if call.service == service:
                raise aws.ClientError({"Error": {"Code": "InternalError"}}, call.operation)
            return call.make()

        with intercepted_calls(fail):
            found = health.check()
        assert {part.name for part in found.parts if part.state is State.FAILING} == parts
        assert all(part.advice for part in found.parts if part.state is State.FAILING)

    def test_the_key_tells_its_age(self) -> None:
        found = self.part("signing_key")
        created = found.figures["created_at"]
        assert isinstance(created, int)
        assert abs(created - time.time()) < 3600

    def test_a_sender_that_is_not_verified_is_seen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mail, "settings_of_installation", lambda: Installation(mail_sender="stats@health.example"))
        found = self.part("mail")
        assert (found.state, found.figures) == (State.DEGRADED, {"sender": "stats@health.example"})
        assert "SES" in found.advice
        monkeypatch.setattr(ses, "is_verified", lambda identity: True if identity == "health.example" else None)
        assert (self.part("mail").state, self.part("mail").advice) == (State.OK, "")

    def test_databases_are_named_with_their_release(self) -> None:
        figures = self.part("geoip").figures
        assert str(figures["country_release"]).startswith("@ip-location-db/")
        assert isinstance(figures["country_installed_at"], int)

    def test_jobs_record_their_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        started = days.now_ms()
        for job in (*JOBS, "worker"):
            RunItem("job", job).delete()
        monkeypatch.setattr("chalicelib.store.dirty_hours.all_due", lambda _now: iter(()))
        schedule.refresh_marked(Context())
        schedule.destroy_finished_salts()
        geoip_update.run()
        deletion_work.run(Context())
        site = new_site()
        worker.handle_batch(
            [
                {"body": body, "attributes": {"SentTimestamp": str(started - 90_000)}}
                for body in messages(traffic(site, yesterday(site), visitors=1))
            ]
        )
        runs = job_runs.last_runs()
        assert set(runs) == {*JOBS, "worker"}
        for job in JOBS:
            assert started <= runs[job].started <= runs[job].ended == runs[job].succeeded
            assert runs[job].error == ""
        assert runs["worker"].succeeded >= started
        assert 90_000 <= runs["worker"].waited_ms < 150_000

    def test_a_job_that_fails_records_why_and_keeps_its_last_success(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = job_runs.last_runs()["expire_salts"]

        def fail(_now: float) -> int:
            raise ValueError("no such luck")

        monkeypatch.setattr(salts, "delete_expired", fail)
        with pytest.raises(ValueError, match="luck"):
            schedule.destroy_finished_salts()
        run = job_runs.last_runs()["expire_salts"]
        assert run.error == "ValueError: no such luck"
        assert (run.succeeded, run.ended >= run.started) == (before.succeeded, True)
        found = self.part("salts")
        assert (found.state, "no such luck" in found.summary) == (State.DEGRADED, True)
        monkeypatch.undo()
        schedule.destroy_finished_salts()
        assert job_runs.last_runs()["expire_salts"].error == ""

    def test_a_job_whose_run_cannot_be_recorded_runs_all_the_same(self, capsys: pytest.CaptureFixture[str]) -> None:
        def fail(call: Call) -> Any:
            if call.operation == "UpdateItem":
                raise aws.ClientError({"Error": {"Code": "InternalError"}}, call.operation)
            return call.make()

        with intercepted_calls(fail):
            assert schedule.destroy_finished_salts() >= 0
        assert capsys.readouterr().out.count("not recorded") == 2

    def test_the_worker_notes_at_most_once_a_minute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        saved: list[str] = []
        monkeypatch.setattr(RunItem, "save", lambda item: saved.append(item.sk))
        for _ in range(20):
            job_runs.note_stored(0)
        assert saved == ["worker"]


def test_times_are_written_as_times() -> None:
    part = Part("queue", State.OK, "Fine.", "", {"last_stored_at": 0, "waiting": 3, "last_error": None})
    shown = deployment_health.as_json(Health(1, (part,)))
    assert shown["checked_at"] == "1970-01-01T00:00:01+00:00"
    assert shown["parts"][0]["figures"] == {
        "last_stored_at": "1970-01-01T00:00:00+00:00",
        "waiting": 3,
        "last_error": None,
    }


def test_administrators_see_the_health_of_a_running_deployment(stack: Deployed) -> None:
    """The last hit is known soon after it was sent."""
    caller = Caller(stack.base_url, stack.api_token)
    site = caller.new_site()
    sent = time.time()
    caller.beacon(site, {"location": "https://example.com/"})

    def queue() -> Any:
        answer = caller.call("GET", "/api/v1/health", headers={"Authorization": f"Bearer {stack.api_token}"})
        assert answer.status == 200, answer.text
        return next(part for part in answer.json()["parts"] if part["name"] == "queue")["figures"]

    def is_recent(figures: Any) -> bool:
        at = figures["last_stored_at"]
        return bool(at) and datetime.fromisoformat(at).timestamp() > sent - 61

    wait_for(queue, is_recent)
