"""Packed records: one text for one record."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.store.records import LEAVE, VIEW, Record

texts = st.none() | st.text(max_size=20)
numbers = st.none() | st.integers(0, 10**9)


times = st.integers(0, 2**50)
names = st.text(min_size=1, max_size=10)


@given(
    st.tuples(st.sampled_from([VIEW, LEAVE]), names, times, texts, texts, texts, numbers, numbers, *[texts] * 5),
)
def test_a_record_is_what_was_packed(values: tuple[Any, ...]) -> None:
    record = Record(*values)
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
        "Google",
        812,
        None,
        "script",
    )
    leave = Record(LEAVE, "k3j5h2g4", 1795478460123, engagement=48211, tracker="script")
    assert len(view.pack()) < 120
    assert len(leave.pack()) < 70
