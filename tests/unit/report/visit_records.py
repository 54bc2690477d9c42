"""A few visits of one day in an engine, for tests of questions about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from chalicelib.aggregate.duckdb_engine import Engine, engine
from chalicelib.report import filters, narrowing
from chalicelib.store.records import EVENT, LEAVE, VIEW, Record, Traits, VisitorHour

DAY = date(2026, 11, 24)
START = 1_795_478_400_000
MINUTE = 60_000
GERMAN = Traits("Firefox", "Linux", "desktop", "DE", "Example Net")
FRENCH = Traits("Chrome", "Windows", "phone", "FR")
UNKNOWN = Traits()
BOT = Traits("Googlebot", "Other", "other", "DE", robot=True, robot_reason="declared")


def view(name: str, minute: float, page: str, **more: object) -> Record:
    return Record(VIEW, name, START + int(minute * MINUTE), page, **more)  # type: ignore[arg-type]


def leave(name: str, minute: float, engagement: int) -> Record:
    return Record(LEAVE, name, START + int(minute * MINUTE), engagement=engagement)


def event(name: str, minute: float, called: str, **more: object) -> Record:
    return Record(EVENT, name, START + int(minute * MINUTE), "/", event_name=called, **more)  # type: ignore[arg-type]


def stored(visitor: str, traits: Traits, records: Sequence[Record]) -> list[VisitorHour]:
    """A visitor's records as the table would hold them, by hour."""
    hours: dict[int, set[str]] = {}
    for record in records:
        hours.setdefault((record.t - START) // 3_600_000, set()).add(record.pack())
    return [VisitorHour(DAY, hour, visitor, traits, frozenset(packed)) for hour, packed in hours.items()]


# "de": one visit of three minutes, with two pages on two hosts and a purchase.
# "fr": two visits, the first one a bounce. "xx": nothing known. "ev": an event, but no visit. "bot": a bot.
VISITORS = [
    *stored("de", GERMAN, [
        view("1", 0, "/a", host="example.com", source="Google", channel="Organic Search", identifier="user-1"),
        view("2", 2, "/b", host="xn--bcher-kva.example", scroll=80),
        leave("2", 3, 60_000),
        event("3", 2.5, "Purchase", props='{"plan": "pro", "x*~/": "1"}', amount=12_500_000, currency="EUR"),
    ]),
    *stored("fr", FRENCH, [
        view("4", 10, "/a", host="example.com", source="google", channel="Organic Search"),
        view("5", 100, "/Café", host="example.com"),
        view("6", 101, "/a", host="blog.example.com", scroll=40),
        event("7", 102, "Purchase", props='{"plan": "basic"}'),
        event("8", 102.5, "Download"),
    ]),
    *stored("xx", UNKNOWN, [view("9", 200, "/b", host="example.com", utm_campaign="Spring")]),
    *stored("ev", GERMAN, [event("10", 300, "Lone")]),
    *stored("bot", BOT, [view("11", 5, "/a", host="example.com"), event("12", 6, "Purchase")]),
]  # fmt: skip


@contextmanager
def narrowed(
    texts: Sequence[str] = (), window: narrowing.Window | None = None, needed: narrowing.Needed = narrowing.EVERYTHING
) -> Iterator[Engine]:
    """An engine with what meets some filters."""
    with engine() as db:
        db.load(VISITORS, [])
        db.sessionize()
        narrowing.narrow(db, filters.parse(texts), window, needed)
        yield db
