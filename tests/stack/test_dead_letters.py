"""The dead-letter queue: it is looked at without taking anything from it, and what is sent again counts once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.collect.event import encode
from chalicelib.config import settings
from chalicelib.enrich.worker import consume
from chalicelib.errors import Unavailable
from chalicelib.store import dead_letters, hit_queue, sites
from chalicelib.store.dead_letters import Count, everything, of_reason, with_ids
from chalicelib.store.sites import put_site
from harness.botocore_calls import Call, intercepted_calls
from infra.aws_environment import Cloud
from tests.conftest import ON_LOCALSTACK
from tests.stack.calls import wait_for
from tests.stack.counting import built, messages, mirrored, new_site, traffic, yesterday

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="functions take from the queue there, too")


@pytest.fixture(autouse=True)
def empty(local_aws: Cloud) -> None:
    """Nothing is on either queue."""
    for queue in (settings().queue, settings().dead_letters):
        local_aws.client("sqs").purge_queue(QueueUrl=hit_queue.url(queue))


def received(local_aws: Cloud) -> list[str]:
    """The bodies on the queue of hits, which are taken from it."""
    client, bodies = local_aws.client("sqs"), []
    while found := client.receive_message(QueueUrl=hit_queue.url(settings().queue), MaxNumberOfMessages=10):
        if not found.get("Messages"):
            break
        for message in found["Messages"]:
            bodies.append(message["Body"])
            client.delete_message(QueueUrl=hit_queue.url(settings().queue), ReceiptHandle=message["ReceiptHandle"])
    return bodies


def put(number: int, reason: str = "unreadable") -> None:
    for one in range(number):
        hit_queue.send_to_dead_letters(json.dumps({"number": one, "reason": reason}), reason, f"error {one}")


def test_a_look_takes_nothing_and_can_be_repeated() -> None:
    put(23)
    for _ in range(2):
        found = dead_letters.peek(100)
        assert len({letter.id for letter in found}) == len(found) == 23
        assert [letter.sent_at for letter in found] == sorted(letter.sent_at for letter in found)
        assert dead_letters.count() == Count(23, 0)
    assert {(json.loads(one.body)["number"], one.reason, one.detail) for one in found} == {
        (number, "unreadable", f"error {number}") for number in range(23)
    }


def test_a_look_has_a_limit() -> None:
    put(15)
    assert len(dead_letters.peek(12)) == 12
    assert dead_letters.count() == Count(15, 0)
    assert dead_letters.peek(0) == []


def test_there_may_be_none() -> None:
    assert dead_letters.peek(10) == []
    assert dead_letters.redrive(everything) == dead_letters.discard(everything) == 0


def test_all_are_sent_again(local_aws: Cloud) -> None:
    put(23)
    assert dead_letters.redrive(everything) == 23
    assert dead_letters.count() == Count(0, 0)
    assert sorted(json.loads(body)["number"] for body in received(local_aws)) == list(range(23))


def test_those_of_one_reason_are_sent_again_and_the_others_stay(local_aws: Cloud) -> None:
    put(12, "unreadable")
    put(13, "no_such_site")
    local_aws.client("sqs").send_message(QueueUrl=hit_queue.url(settings().dead_letters), MessageBody="by SQS itself")
    assert dead_letters.redrive(of_reason("no_such_site")) == 13
    assert {json.loads(body)["reason"] for body in received(local_aws)} == {"no_such_site"}
    assert dead_letters.redrive(of_reason("")) == 1
    assert received(local_aws) == ["by SQS itself"]
    assert dead_letters.count() == Count(12, 0)


def test_chosen_ones_are_discarded_and_the_others_stay(local_aws: Cloud) -> None:
    put(12)
    ids = [letter.id for letter in dead_letters.peek(100)]
    assert dead_letters.discard(with_ids([ids[3], ids[7], "unknown"])) == 2
    assert {letter.id for letter in dead_letters.peek(100)} == set(ids) - {ids[3], ids[7]}
    assert received(local_aws) == []


def test_a_limit_leaves_the_rest(local_aws: Cloud) -> None:
    put(25)
    assert dead_letters.redrive(everything, limit=17) == 17
    assert len(received(local_aws)) == 17
    assert dead_letters.count() == Count(8, 0)


def test_what_takes_too_long_is_left_for_another_time(local_aws: Cloud) -> None:
    put(25)
    assert dead_letters.redrive(everything, seconds=0) == 0
    assert dead_letters.peek(100, seconds=0) == []
    assert dead_letters.count() == Count(25, 0)
    assert dead_letters.discard(everything, seconds=60) == 25


def test_what_the_queue_does_not_take_stays(local_aws: Cloud) -> None:
    put(12)

    def refuse(call: Call) -> Any:
        if call.operation == "SendMessageBatch":
            return {"Failed": [{"Id": "0"}]}
        return call.make()

    with intercepted_calls(refuse), pytest.raises(Unavailable):
        dead_letters.redrive(everything)
    assert dead_letters.count() == Count(12, 0)


def test_what_comes_back_at_once_is_not_sent_round_in_circles(local_aws: Cloud) -> None:
    """A message that still cannot be stored is a new dead letter."""
    put(5)
    sent: list[str] = []

    def come_back(call: Call) -> Any:
        if call.operation == "SendMessageBatch":
            for entry in call.given["Entries"]:
                sent.append(entry["MessageBody"])
                hit_queue.send_to_dead_letters(entry["MessageBody"], "unreadable", "again")
        return call.make()

    with intercepted_calls(come_back):
        assert dead_letters.redrive(everything) == 5
    assert len(sent) == 5
    assert {letter.detail for letter in dead_letters.peek(10)} == {"again"}


def test_a_redriven_hit_counts_once_however_often_it_is_sent_again(local_aws: Cloud) -> None:
    """Also if the redriving was interrupted between sending and deleting."""
    site = new_site()
    day = yesterday(site)
    events = traffic(site, day, visitors=4)
    for body in messages(events):
        hit_queue.send_to_dead_letters(body, "unstorable")

    def interrupt(call: Call) -> Any:
        if call.operation == "DeleteMessageBatch":
            raise KeyboardInterrupt
        return call.make()

    with intercepted_calls(interrupt), pytest.raises(KeyboardInterrupt):
        dead_letters.redrive(everything)
    assert dead_letters.redrive(everything) == len(events)
    bodies = received(local_aws)
    assert len(bodies) > len(events)
    consume(bodies)
    assert built(site, day) == mirrored(site, day, events)


def test_a_hit_of_a_site_that_was_created_later_can_be_stored_later(local_aws: Cloud) -> None:
    """From the worker to the dead letters and back, with the worker's own reason."""
    known = new_site()
    unknown = replace(known, id="0d7b63f0-5e6c-4d3c-9c54-1f7d2c1b3a10")
    day = yesterday(known)
    events = traffic(unknown, day, visitors=2)
    consume([encode(events)])
    assert {letter.reason for letter in dead_letters.peek(10)} == {"no_such_site"}
    put_site(unknown)
    sites._sites.clear()
    dead_letters.redrive(of_reason("no_such_site"))
    consume(received(local_aws))
    assert built(unknown, day) == mirrored(unknown, day, events)


def test_messages_are_hidden_for_a_while_only_if_the_process_dies(
    local_aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "_HIDDEN_S", 1)
    put(3)
    scan = dead_letters._Scan()
    assert len(next(scan.batches())) == 3
    assert dead_letters.count() == Count(0, 3)
    wait_for(dead_letters.count, lambda found: found == Count(3, 0))
