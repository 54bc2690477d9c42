"""Looking at dead letters: every reason of the program is explained, and choosing some is unambiguous."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pytest

import chalicelib
from chalicelib.config import MAX_DEAD_LETTERS_SHOWN
from chalicelib.errors import BadRequest, NotFound
from chalicelib.operations import dead_letters
from chalicelib.store import dead_letters as stored
from chalicelib.store.dead_letters import Count, DeadLetter

PROGRAM = Path(chalicelib.__file__).parent
LETTERS = [DeadLetter(str(number), "{}", "no_such_site" if number % 3 else "", "", number) for number in range(7)]


def test_every_reason_is_explained() -> None:
    raised = set()
    for path in PROGRAM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Poison":
                assert isinstance(node.args[0], ast.Constant), path
                raised.add(node.args[0].value)
    assert set(dead_letters.REASONS) == raised | {""}


def test_a_look_counts_the_reasons_and_what_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def peek(limit: int, seconds: float) -> list[DeadLetter]:
        asked.append((limit, seconds < 29))
        return LETTERS

    monkeypatch.setattr(stored, "peek", peek)
    monkeypatch.setattr(stored, "count", lambda: Count(5, 2))  # an estimate, and too low
    look = dead_letters.look()
    assert (look.letters, look.messages, look.hidden) == (tuple(LETTERS), 9, 2)
    assert look.reasons == {"no_such_site": 4, "": 3}
    assert asked == [(MAX_DEAD_LETTERS_SHOWN, True)]
    monkeypatch.setattr(stored, "count", lambda: Count(0, 1))
    assert dead_letters.look().letters == ()
    assert len(asked) == 1


def test_letters_are_chosen_by_id_by_reason_or_all() -> None:
    def chosen(**given: object) -> list[str]:
        choose = dead_letters.choose(**given)  # type: ignore[arg-type]
        return [letter.id for letter in LETTERS if choose(letter)]

    assert chosen() == [letter.id for letter in LETTERS]
    assert chosen(reason="") == ["0", "3", "6"]
    assert chosen(ids=["2", "5", "unknown"]) == ["2", "5"]
    both: list[dict[str, object]] = [{"ids": []}, {"ids": ["1"], "reason": ""}]
    for wrong in both:
        with pytest.raises(BadRequest):
            chosen(**wrong)


def test_a_letter_that_is_gone_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "find", lambda _id, _seconds=math.inf: None)
    with pytest.raises(NotFound):
        dead_letters.find("x")
