"""The ledger: what is dropped is entered once an invocation has done its work, and floods of entries are gathered."""

from collections.abc import Iterator
from datetime import date

import pytest

from chalicelib.report import excluded_traffic
from chalicelib.store import exclusions
from chalicelib.store.tables import LedgerItem

DAY = date(2026, 11, 24)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, int]]]:
    entries: list[tuple[str, int]] = []

    def update(item: LedgerItem, actions: list[object]) -> None:
        entries.append((item.sk, int(actions[0].values[1].value["N"])))  # type: ignore[attr-defined]

    monkeypatch.setattr(LedgerItem, "update", update)
    monkeypatch.setattr(exclusions, "cached_site", lambda _site: True)
    everything = (exclusions._dropped, exclusions._gathered, exclusions._written, exclusions._names)
    for kept in everything:
        kept.clear()
    yield entries
    for kept in everything:
        kept.clear()


def test_drops_of_one_invocation_are_one_entry_a_kind(written: list[tuple[str, int]]) -> None:
    exclusions.count_dropped("s", DAY, "robot_declared", "Googlebot", 3)
    exclusions.count_dropped("s", DAY, "robot_declared", "Googlebot", 4)
    exclusions.count_dropped("s", DAY, "dnt")
    assert written == []
    exclusions.flush()
    assert written == [("ledger#2026-11-24#robot_declared#Googlebot", 7), ("ledger#2026-11-24#dnt#", 1)]


def test_nothing_is_entered_for_a_site_that_was_deleted_meanwhile(
    written: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts wait in a process for its next invocation, which may come hours later; the log has them then."""
    exclusions.count_dropped("s", DAY, "dnt", count=3)
    monkeypatch.setattr(exclusions, "cached_site", lambda _site: None)
    exclusions.flush()
    assert written == []
    assert '"dropped":3' in capsys.readouterr().out


def test_what_a_failed_invocation_dropped_is_entered_when_it_comes_again(written: list[tuple[str, int]]) -> None:
    exclusions.count_dropped("s", DAY, "dnt")
    exclusions.discard()
    exclusions.flush()
    assert written == []


def test_in_a_flood_entries_are_gathered_and_none_is_lost(
    written: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("chalicelib.store.exclusions.time.monotonic", lambda: now)
    for _ in range(500):
        exclusions.count_dropped("s", DAY, "flood_address")
        exclusions.flush()
    assert len(written) == 20
    now += 2.1
    exclusions.flush()
    assert (len(written), sum(count for _, count in written)) == (21, 500)


def test_an_entry_that_cannot_be_written_is_written_with_the_next(
    written: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pynamodb.exceptions import UpdateError

    def refuse(*_: object, **__: object) -> None:
        raise UpdateError("throttled")

    with monkeypatch.context() as patch:
        patch.setattr(LedgerItem, "update", refuse)
        exclusions.count_dropped("s", DAY, "dnt")
        exclusions.flush()
    assert "not written" in capsys.readouterr().out
    exclusions.count_dropped("s", DAY, "dnt")
    exclusions.flush()
    assert written == [("ledger#2026-11-24#dnt#", 2)]


def test_made_up_names_do_not_fill_the_table_and_are_counted(
    written: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exclusions, "_WRITES", 10_000)
    for number in range(300):
        exclusions.count_dropped("s", DAY, "origin", f"https://{number}.evil.example")
    exclusions.flush()
    assert len(written) == exclusions._MAX_NAMES + 1
    assert sum(count for _, count in written) == 300
    assert dict(written)["ledger#2026-11-24#origin#"] == 300 - exclusions._MAX_NAMES


def test_of_many_names_those_of_most_hits_are_told() -> None:
    entries = [exclusions.Entry(DAY, "origin", f"{number}", number) for number in range(1, 201)]
    entries.insert(0, exclusions.Entry(DAY, "dnt", "", 7))
    dnt, *named, others = excluded_traffic._fewer(entries)
    assert (dnt.dropped, len(named), named[0].dropped) == (7, 100, 200)
    assert (others.name, others.dropped) == ("", sum(range(1, 101)))
