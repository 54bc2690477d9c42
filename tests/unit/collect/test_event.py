"""The contract between collector and worker."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.collect.event import Event, decode, encode, encode_unreadable
from chalicelib.errors import Poison


def event(**changes: object) -> Event:
    fields: dict[str, object] = {
        "kind": "view", "site": "s", "day": "2026-11-24", "hour": 3, "visitor": "v" * 16, "id": "a",
        "t": 1_795_514_400_000, "agent": "UA", "address": "192.0.2.0", "tracker": "script", "page": "/",
    }  # fmt: skip
    return Event(**{**fields, **changes})  # type: ignore[arg-type]


def test_an_event_survives_the_queue() -> None:
    events = [event(page="/ü/😀", referrer="https://x.example/", internal=True, load_time=7), event(kind="leave")]
    assert decode(encode(events)) == (events, [])


def test_a_message_is_plain_ascii_as_sqs_refuses_some_of_unicode() -> None:
    assert encode([event(page="/\x00\ufffe😀")]).isascii()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ("[" * 100_000, "not_json"),
        ("[]", "not_an_event"),
        ('"x"', "not_an_event"),
        ("{}", "not_an_event"),
        ('{"v":2,"events":[]}', "unknown_version"),
        ('{"v":true,"events":[]}', "unknown_version"),
        ('{"v":"1","events":[]}', "unknown_version"),
        ('{"v":1,"events":{}}', "not_an_event"),
    ],
)
def test_a_message_that_is_none_is_poison_with_a_reason(message: str, reason: str) -> None:
    with pytest.raises(Poison) as poison:
        decode(message)
    assert poison.value.reason == reason


@pytest.mark.parametrize(
    "change",
    [
        {"t": "1"}, {"t": 1.5}, {"hour": True}, {"hour": 99}, {"hour": -1}, {"day": "today"}, {"kind": "hover"},
        {"page": 5}, {"visitor": None}, {"surprise": 1}, {"internal": "yes"}, {"engagement": "5"},
        {"visitor": "a#b"}, {"visitor": "a~"}, {"site": "a#b"}, {"id": "a b"}, {"day": "9999-12-31"},
        {"day": "2026-11-20"}, {"t": 1 << 53}, {"props": "{"}, {"props": "[]"}, {"props": '{"a": 1}'},
    ],
)  # fmt: skip
def test_one_bad_event_does_not_spoil_the_others_of_its_message(change: dict[str, object]) -> None:
    message = json.loads(encode([event(id="good"), event(id="bad")]))
    message["events"][1].update(change)
    (good,), (bad,) = decode(json.dumps(message))
    assert good == event(id="good")
    assert bad.given == message["events"][1]
    assert bad.why.reason == "not_an_event"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_json_comes_it_is_an_event_or_poison(value: object) -> None:
    for message in (json.dumps(value), json.dumps({"v": 1, "events": [value]})):
        try:
            read = decode(message)
        except Poison:
            continue
        events, unreadable = read
        assert all(isinstance(found, Event) for found in events)
        assert all(isinstance(found.why, Poison) for found in unreadable)


def test_what_is_no_event_is_told_in_messages_no_larger_than_what_it_came_in() -> None:
    message = json.dumps({"v": 1, "events": [1] * 4000})
    _, unreadable = decode(message)
    told = encode_unreadable(one.given for one in unreadable)
    assert len(unreadable) == 4000
    assert sum(len(json.loads(text)["events"]) for text in told) == 4000
    assert len(told) * 20 == 4000
    assert sum(map(len, told)) < 2 * len(message)
