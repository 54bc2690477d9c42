"""Packed records: one text for one record."""

from dataclasses import fields
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.store.records import EVENT, HIT_FIELDS, LEAVE, PACKED, VIEW, Record, Traits

texts = st.none() | st.text(max_size=20)
numbers = st.none() | st.integers(0, 10**9)


times = st.integers(0, 2**50)
names = st.text(min_size=1, max_size=10)


@given(
    st.tuples(st.sampled_from([VIEW, LEAVE]), names, times, texts, texts, numbers, numbers, *[texts] * 7),
)
def test_a_record_is_what_was_packed(values: tuple[Any, ...]) -> None:
    record = Record(*values[:-1], source=values[-1])
    assert Record.unpack(record.pack()) == record


def test_records_of_before_hosts_were_kept_are_read() -> None:
    old = '["v","a",1795478400123,"/"]'
    assert Record.unpack(old) == Record(VIEW, "a", 1795478400123, "/")
    assert Record.unpack(old).pack() == old
    assert Record.unpack(Record(VIEW, "a", 1, "/", host="www.example.com").pack()).host == "www.example.com"


def test_a_record_is_small() -> None:
    view = Record(
        VIEW,
        "k3j5h2g4",
        1795478400123,
        "/blog/a-page-like-many",
        "https://www.google.com/",
        812,
        tracker="script",
        source="Google",
    )
    leave = Record(LEAVE, "k3j5h2g4", 1795478460123, engagement=48211, tracker="script")
    assert len(view.pack()) < 120
    assert len(leave.pack()) < 70


# Never changed, only added to: records that are stored have their values at these places.
STORED = (
    "kind", "id", "t", "page", "referrer", "source", "load_time", "engagement", "tracker", "identifier", "utm_source",
    "utm_medium", "utm_campaign", "utm_term", "utm_content", "channel", "scroll", "event_name", "props", "amount",
    "currency", "interactive", "redirect",
)  # fmt: skip


def test_the_places_of_stored_fields_never_change() -> None:
    assert PACKED[: len(STORED)] == STORED
    assert sorted(PACKED) == sorted(one.name for one in fields(Record))
    own = [one.metadata["place"] for one in fields(Record) if one.name not in HIT_FIELDS]
    assert [PACKED[place] for place in own] == [one.name for one in fields(Record) if one.name not in HIT_FIELDS]


def test_a_record_has_the_text_that_it_always_had() -> None:
    record = Record(
        VIEW, "a", 7, "/é", "https://x.example/", 812, None, "script", "me", "s", "m", "c", "t", "n", 40, "E",
        '{"a":"b"}', -5, "EUR", True, True, source="X", channel="Social",
    )  # fmt: skip
    text = (
        '["v","a",7,"/é","https://x.example/","X",812,null,"script","me","s","m","c","t","n","Social",40,"E",'
        '"{\\"a\\":\\"b\\"}",-5,"EUR",true,true]'
    )
    assert record.pack() == text
    assert Record.unpack(text) == record
    assert Record(LEAVE, "a", 7, redirect=True).pack() == '["l","a",7' + ",null" * 19 + ",true]"
    assert Record(VIEW, "a", 7, interactive=False).pack() == '["v","a",7]'


def test_a_record_of_before_a_field_was_added_is_read() -> None:
    assert Record.unpack('["v","a",7,"/"]') == Record(VIEW, "a", 7, "/")
    assert Record.unpack('["e","a",7' + ",null" * 18 + ",null]") == Record(EVENT, "a", 7)


def test_traits_have_the_text_that_they_always_had() -> None:
    traits = Traits(
        "Firefox", "Linux", "desktop", "DE", "Net", True, "declared", "BE", "Berlin", 52.5, 13.4, "Europe/Berlin"
    )
    assert traits.pack() == (
        '{"browser":"Firefox","system":"Linux","device_type":"desktop","country":"DE","network":"Net","robot":true,'
        '"robot_reason":"declared","region":"BE","city":"Berlin","latitude":52.5,"longitude":13.4,'
        '"timezone":"Europe/Berlin"}'
    )
