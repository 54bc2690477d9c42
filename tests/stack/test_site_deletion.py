"""A deleted site leaves nothing behind but its receipt, whenever the work is stopped, and whatever still arrives."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib import config, days
from chalicelib.accounts.sites import deletion, deletion_work
from chalicelib.aggregate import schedule
from chalicelib.aggregate.build_day import refresh
from chalicelib.collect import hit
from chalicelib.collect.event import Event, encode
from chalicelib.collect.urls import Location
from chalicelib.enrich.worker import consume
from chalicelib.report.periods import Period
from chalicelib.report.site_stats import stats
from chalicelib.store import (
    audit_log,
    build_leases,
    counter_keys,
    credentials,
    deletions,
    exclusions,
    hit_queue,
    invitations,
    people,
    salts,
    saved_segments,
    site_annotations,
    site_changes,
    site_data,
    site_kinds,
    site_order,
    site_people,
    site_transfers,
    sites,
    tables,
    teams,
)
from chalicelib.store.invitations import Invitation, Place
from chalicelib.store.people import Person
from chalicelib.store.saved_segments import SavedSegment
from chalicelib.store.site_annotations import Annotation
from chalicelib.store.site_transfers import Transfer
from chalicelib.store.sites import Site
from harness.botocore_calls import Call, intercepted_calls
from harness.lambda_requests import Context
from infra.aws_environment import Cloud
from tests.conftest import ON_LOCALSTACK
from tests.stack.calls import FIREFOX
from tests.stack.counting import forget_marks_left
from tests.stack.site_mentions import OTHER, mention

pytestmark = [
    pytest.mark.usefixtures("local_aws"),
    pytest.mark.skipif(ON_LOCALSTACK, reason="its schedules would do the work by themselves"),
]

# Each day of the past has few hits, so that the work takes few calls, and each can be made to fail.
AGO = (0, 1, 40)
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Filled:
    """A site with everything that can be stored of one, and its people."""

    site: Site
    owner: Person
    others: list[Person]


def person(name: str) -> Person:
    return people.add_person(Person(str(uuid.uuid4()), f"{name}-{uuid.uuid4()}@example.com"))


def view(site: Site, ago: int, identifier: str | None = None) -> Event:
    t = days.now_ms() - ago * 24 * days.HOUR_MS
    who = hit.client("192.0.2.1", FIREFOX, identifier)
    return hit.event(site, who, t, hit.View(uuid.uuid4().hex, Location(site.domain, "/"), "script"))


def filled(name: str = "Field notes") -> Filled:
    """By the program's own code, as visitors, people and schedules make it."""
    owner, others = person("owner"), [person("admin"), person("viewer")]
    made = Site(str(uuid.uuid4()), name, f"{uuid.uuid4().hex}.example", "UTC", created_at=1)
    site = site_changes.add_site(made, owner.id, 1000)
    for one, role in zip(others, ("admin", "viewer"), strict=True):
        assert site_people.write(site_people.read(site), one.id, role)  # type: ignore[arg-type]
    people.membership(person("by hand").id, site.id, "viewer").save()
    mention(owner.id, site.id)
    now = int(time.time())
    assert site_transfers.put(Transfer(site.id, "next@example.com", owner.id, owner.id, now, now + 1000), None)
    assert counter_keys.add(site.id, "key")
    for shared in (True, False):
        segment = SavedSegment(site.id, uuid.uuid4().hex[:16], "Bounces", ("is,bounce,yes",), owner.id, shared)
        assert saved_segments.add(segment)
    for moment in ("2026-11-26", "2026-11-26T15:04:05Z"):
        assert site_annotations.add(Annotation(site.id, uuid.uuid4().hex[:16], moment, "Newsletter", author=owner.id))
    invitation = Invitation(
        Place("site", site.id), str(uuid.uuid4()), "new@example.com", "viewer", owner.id, now, now + 1000, "digest"
    )
    assert invitations.write(None, invitation)
    audit_log.add("root", "site.change", site.id, "", {}, as_administrator=True)
    forget_marks_left()
    consume([encode([view(site, ago, "user-1"), view(site, ago)]) for ago in AGO])
    today = days.day_of(days.now_ms(), site.zone)
    for ago in AGO[1:]:
        refresh(site, today - timedelta(days=ago))
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    stats(site, Period("custom", month - timedelta(days=40), today), days.local(days.now_ms(), site.zone))
    forget_marks_left()
    consume([encode([view(site, 0)])])  # today is dirty once more
    exclusions.count_dropped(site.id, today, "origin", "https://elsewhere.example")
    exclusions.flush()
    exclusions.declare_full(site.id, today, 100)
    assert build_leases.acquire(site.id, today, 60_000)
    return Filled(site, owner, others)


def items(cloud: Cloud, table: str) -> list[Any]:
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return [item for page in pages for item in page["Items"]]


def dump(cloud: Cloud) -> list[str]:
    """All items of all tables, and the keys of the bucket."""
    found = []
    for name in sorted({model.Meta.table_name for model in tables.MODELS}):
        found += [f"{name} {json.dumps(item, sort_keys=True, default=str)}" for item in items(cloud, name)]
    for page in cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=config.settings().bucket):
        found += [one["Key"] for one in page.get("Contents", [])]
    return found


def about(cloud: Cloud, site: Site) -> list[str]:
    """What is stored of a site."""
    return [line for line in dump(cloud) if (site.id in line or site.domain in line) and '"audit#' not in line]


def only_receipt(found: list[str]) -> bool:
    return len(found) == 1 and '"pk": {"S": "deletion"}' in found[0]


@pytest.fixture(scope="module")
def bare_aws(own_aws: Cloud) -> Cloud:
    return own_aws


@pytest.fixture
def functions() -> Iterator[list[str]]:
    """The functions that were invoked; there are none here."""
    invoked: list[str] = []

    def through(call: Call) -> Any:
        if call.service != "lambda":
            return call.make()
        invoked.append(call.given["FunctionName"])
        return {}

    with intercepted_calls(through):
        yield invoked


def begin(made: Filled) -> None:
    deletion.begin(made.site, made.owner, made.site.name)


def later() -> Any:
    """After the time that functions have to end which had begun before the deletion."""
    return patch("time.time", return_value=time.time() + config.DELETION_SETTLE_S + 1)


def finish(made: Filled) -> deletions.Deletion:
    deletion_work.run(Context())
    with later():
        deletion_work.run(Context())
    found = deletions.get(made.site.id)
    assert found is not None
    return found


def test_the_site_of_the_tests_has_something_of_each_kind(local_aws: Cloud) -> None:
    """A kind that is forgotten here, or in `site_kinds.KINDS`, is noticed."""
    made = filled()
    kinds = set()
    for table in site_data.TABLES:
        names = tables.key_names(site_data._MODELS[table])
        for page in (
            local_aws.client("dynamodb").get_paginator("scan").paginate(TableName=config.settings().table(table))
        ):
            for item in page["Items"]:
                if made.site.id in json.dumps(item, default=str):
                    key = tuple(item[name]["S"] for name in names)
                    kind = site_kinds.kind_of(made.site.id, site_kinds.Found(table, key))
                    assert kind or key[0].startswith(("domain#", "audit#")), (table, key)
                    kinds.add(kind)
    listed = [line for line in about(local_aws, made.site) if line.startswith("segments/")]
    kinds |= {site_kinds.kind_of(made.site.id, site_kinds.Found(site_kinds.BUCKET, (key,))) for key in listed}
    assert kinds - {None} == {kind.name for kind in site_kinds.KINDS} - {site_kinds.OTHER} | {"mentions"}


def test_nothing_remains_but_the_receipt(local_aws: Cloud, functions: list[str]) -> None:
    made, neighbour = filled(), filled("Neighbour")
    before = about(local_aws, neighbour.site)
    begin(made)
    assert functions == [config.settings().delete_sites]
    assert sites.get_site(made.site.id) is None
    deletion_work.run(Context())
    waiting = deletions.get(made.site.id)
    assert waiting is not None
    assert waiting.state == "waiting"
    assert 0 < waiting.percent < 100
    assert only_receipt(about(local_aws, made.site))
    receipt = finish(made)
    assert only_receipt(about(local_aws, made.site))
    assert about(local_aws, neighbour.site) == before
    assert (receipt.state, receipt.percent, receipt.work) == ("done", 100, None)
    assert (receipt.name, receipt.by, receipt.owners) == (made.site.name, made.owner.id, (made.owner.id,))
    counted = {"hits": 4, "identifiers": 3, "salts": 3, "people": 5, "mentions": 3, "transfers": 2, "sharing": 1}
    counted |= {"mentions": 4, "teams": 1, "invitations": 3, "administrator_changes": 1}
    counted |= {"saved_segments": 2, "annotations": 2}
    assert {name: receipt.removed[name] for name in counted} == counted
    # The settings are gone in the transaction that began it, and nothing is of a kind that is not declared.
    assert not {"settings", site_kinds.OTHER} & set(receipt.removed)
    assert site_order.read(made.owner.id).places == (OTHER,)
    assert [team.sites for team in teams.of_person(made.owner.id)] == [{}]
    assert {token.name: token.sites for token in credentials.tokens_of(made.owner.id)} == {
        "limited": (OTHER,),
        "named": (OTHER,),
    }


def test_what_was_in_flight_is_found_by_the_check(local_aws: Cloud, functions: list[str]) -> None:
    """A worker, an aggregator, a collector and a page that had read the site before it was deleted."""
    made = filled()
    site, today = made.site, days.day_of(days.now_ms(), made.site.zone)
    begin(made)
    deletion_work.run(Context())
    with patch("chalicelib.enrich.worker.cached_site", return_value=site):
        forget_marks_left()
        consume([encode([view(site, 2, "user-2")])])
    refresh(site, today - timedelta(days=2))
    salts._salts.clear()
    salts.salt(site, today)
    assert build_leases.acquire(site.id, today, 1000)
    assert site_people.write(site_people.SitePeople(site.id, {made.owner.id: "owner"}), made.others[0].id, "viewer")
    assert not only_receipt(about(local_aws, site))
    with later():
        deletion_work.run(Context())
    receipt = deletions.get(site.id)
    assert receipt is not None
    assert receipt.state == "done"
    assert only_receipt(about(local_aws, site))


def test_what_arrives_after_the_deletion_is_dropped(
    local_aws: Cloud, functions: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Hits on the queue, marks and counters that were left; none of it is on the dead-letter queue either."""
    made = filled()
    begin(made)
    today = days.day_of(days.now_ms(), made.site.zone)
    with patch.object(hit_queue, "send_to_dead_letters") as buried:
        consume([encode([view(made.site, 0, "user-3"), view(made.site, 1)])])
        finish(made)
        consume([encode([view(made.site, 0, "user-3"), view(made.site, 1)])])
    buried.assert_not_called()
    assert capsys.readouterr().out.count('"dropped":2,"reason":"site_deleted"') == 2
    exclusions.count_dropped(made.site.id, today, "dnt")
    exclusions.flush()
    schedule.refresh_marked(Context())
    assert only_receipt(about(local_aws, made.site))


def test_it_goes_on_wherever_it_was_stopped(local_aws: Cloud, functions: list[str]) -> None:
    """Each AWS call of the work dies once, before and after AWS has done what it asks, and the next run goes on.

    What was removed is counted once, no matter where it stopped.
    """
    undisturbed = filled()
    begin(undisturbed)
    expected = finish(undisturbed).removed
    for answered in (False, True):
        made = filled()
        begin(made)
        stops = 0
        while True:
            with later():
                stopped = _run_until(stops % 7 + stops // 20, answered=answered)
            stops += 1
            found = deletions.get(made.site.id)
            if not stopped and found is not None and found.state == "done":
                break
            assert stops < 400
        assert stops > 10
        assert found.removed == expected
        assert only_receipt(about(local_aws, made.site))


class Killed(BaseException):
    """The function was killed: it cannot catch this."""


def _run_until(calls: int, *, answered: bool) -> bool:
    """Run the work; it is killed at the call with this number. Whether it was."""
    made = 0

    def through(call: Call) -> Any:
        nonlocal made
        made += 1
        if made <= calls:
            return call.make()
        if answered:
            call.make()
        raise Killed

    try:
        with intercepted_calls(through), patch.object(deletion_work, "LEASE_S", -1):
            deletion_work.run(Context())
    except Killed:
        return True
    return False


def test_a_run_ends_with_its_time_and_the_next_goes_on(local_aws: Cloud, functions: list[str]) -> None:
    class Short(Context):
        left = 4

        def get_remaining_time_in_millis(self) -> int:
            Short.left -= 1
            return 300_000 if Short.left > 0 else 1000

    made = filled()
    begin(made)
    states = []
    with later():
        for _ in range(200):
            Short.left = 4
            deletion_work.run(Short())
            found = deletions.get(made.site.id)
            assert found is not None
            states.append((found.state, found.percent))
            if found.state == "done":
                break
    assert states[-1][0] == "done"
    assert len(states) > 4
    assert [percent for _, percent in states] == sorted(percent for _, percent in states)
    assert only_receipt(about(local_aws, made.site))


def test_of_two_runs_one_does_the_work(local_aws: Cloud, functions: list[str]) -> None:
    made = filled()
    begin(made)
    found = deletions.get(made.site.id)
    assert found is not None
    assert found.work is not None
    deletions.save(replace(found, work=replace(found.work, lease=int(time.time()) + 60)))
    assert deletion_work.run(Context()) == 0
    assert not only_receipt(about(local_aws, made.site))
    with pytest.raises(deletions.TakenOver):
        deletions.save(found)


def test_a_failing_deletion_raises_the_alarm_and_does_not_delay_others(local_aws: Cloud, functions: list[str]) -> None:
    broken, other = filled(), filled()
    begin(broken)
    begin(other)
    delete = site_data.delete

    def failing(site_id: str, found: Any) -> None:
        if site_id == broken.site.id:
            raise RuntimeError("as if DynamoDB was throttling")
        delete(site_id, found)

    with patch.object(site_data, "delete", failing), pytest.raises(RuntimeError, match="1 sites"):
        deletion_work.run(Context())
    assert only_receipt(about(local_aws, other.site))
    assert not only_receipt(about(local_aws, broken.site))
    with patch.object(deletions, "LEASE_S", -1):
        finish(broken)


def test_a_domain_of_several_sites_stays_with_the_others(local_aws: Cloud, functions: list[str]) -> None:
    made = filled()
    twin = site_changes.add_site(replace(made.site, id=str(uuid.uuid4())), made.owner.id, 1000)
    begin(made)
    finish(made)
    assert [line for line in dump(local_aws) if f"domain#{made.site.domain}" in line and twin.id in line]
    assert only_receipt([line for line in about(local_aws, made.site) if made.site.id in line])


def test_the_time_to_settle_covers_every_function_that_stores_data_of_sites() -> None:
    limits = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))["lambda_functions"]
    longest = max(limits[name]["lambda_timeout"] for name in ("api_handler", "worker", "aggregate"))
    assert longest + config.SITE_CACHE_S < config.DELETION_SETTLE_S
