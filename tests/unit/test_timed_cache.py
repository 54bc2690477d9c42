"""What is remembered for a while: asked for once, asked for again when its time is over, and bounded."""

import ast
from pathlib import Path

import pytest

from chalicelib import timed_cache
from chalicelib.timed_cache import TimedCache

PROGRAM = Path(timed_cache.__file__).parent


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("chalicelib.timed_cache.time.monotonic", lambda: now[0])
    return now


def test_a_value_is_made_once_and_anew_when_its_time_is_over(clock: list[float]) -> None:
    cache: TimedCache[str, int | None] = TimedCache()
    made: list[int] = []

    def make() -> int | None:
        made.append(1)
        return None if len(made) == 1 else len(made)

    assert [cache.get("a", make, 30), cache.get("a", make, 30)] == [None, None]  # None is a value, too
    clock[0] += 29.9
    assert cache.get("a", make, 30) is None
    clock[0] += 0.1
    assert cache.get("a", make, 30) == 2
    assert len(made) == 2


def test_what_fails_to_be_made_is_not_remembered(clock: list[float]) -> None:
    cache: TimedCache[str, int] = TimedCache()

    def fail() -> int:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011  # any will do
        cache.get("a", fail, 30)
    assert cache.peek("a") is None
    assert cache.get("a", lambda: 1, 30) == 1


def test_an_old_value_is_told_only_if_asked_for(clock: list[float]) -> None:
    cache: TimedCache[str, int] = TimedCache()
    cache.put("a", 7, cache.now() + 5)
    assert cache.peek("a") == 7
    clock[0] += 5
    assert cache.peek("a") is None
    assert cache.latest("a", 0) == 7
    cache.drop_expired()
    assert cache.latest("a", 0) == 0


def test_made_up_keys_do_not_fill_the_memory(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_cache, "MAX_ENTRIES", 100)
    cache: TimedCache[int, int] = TimedCache()
    for number in range(1000):
        assert cache.get(number, lambda number=number: number, 30) == number  # type: ignore[misc]
        assert len(cache._entries) <= 100


def test_a_cache_of_the_wall_clock_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cache: TimedCache[str, bytes] = TimedCache(wall_clock=True)
    cache.put("a", b"salt", 2_000_000_000)
    monkeypatch.setattr("chalicelib.timed_cache.time.time", lambda: 1_999_999_999.0)
    assert cache.peek("a") == b"salt"
    monkeypatch.setattr("chalicelib.timed_cache.time.time", lambda: 2_000_000_000.0)
    assert cache.peek("a") is None


def test_one_call_forgets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_cache, "_resets", [])
    told: list[str] = []
    cache: TimedCache[str, int] = TimedCache()
    cache.put("a", 1, cache.now() + 60)
    timed_cache.on_reset(lambda: told.append("reset"))
    timed_cache.reset_all()
    assert (cache.peek("a"), told) == (None, ["reset"])


def test_nothing_else_remembers_for_a_while_by_hand() -> None:
    """A module-level dict that a module also reads a clock for is a cache that no reset would reach."""
    by_hand = {
        "collect/rate_limit.py": {"_buckets"},  # counts; it registers its reset itself
        "store/exclusions.py": {"_dropped", "_gathered", "_written", "_names"},  # not yet written, no copy of anything
        "enrich/geoip_database.py": {"_open"},  # see its `forget`
    }
    for path in PROGRAM.rglob("*.py"):
        text, tree = path.read_text(encoding="utf-8"), ast.parse(path.read_text(encoding="utf-8"))
        if "monotonic" not in text and "time.time()" not in text:
            continue
        declared = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
        dicts = {
            node.target.id
            for node in declared
            if isinstance(node.target, ast.Name) and isinstance(node.value, ast.Dict) and not node.value.keys
        }
        name = path.relative_to(PROGRAM).as_posix()
        assert dicts == by_hand.get(name, set()), name
