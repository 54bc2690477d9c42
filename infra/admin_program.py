"""The commands of `make admin` that the program's own code runs, in a process of its own; see `stage_commands`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from infra import stage_commands


def _create_administrator(email: str) -> dict[str, str]:
    from chalicelib.accounts import one_time_links
    from chalicelib.operations import administrators

    person = administrators.create(None, email)
    return {"email": person.email, "link_token": one_time_links.issue(one_time_links.SIGN_IN, person.id)}


def _issue_token(email: str, name: str) -> str:
    from chalicelib.accounts.access import api_tokens

    return api_tokens.issue(_person(email), name)


def _reset_two_factor(email: str) -> str:
    from chalicelib.accounts.sign_in import second_factor

    person = _person(email)
    second_factor.reset(person)
    return str(person.email)


def _person(email: str) -> Any:
    from chalicelib.errors import NotFound
    from chalicelib.store.people import find_person

    person = find_person(email.strip())
    if person is None:
        raise NotFound(f"Nobody has the e-mail address {email}.")
    return person


def _list_dead_letters(limit: int, reason: str | None) -> dict[str, Any]:
    from chalicelib.operations.dead_letters import count_by_reason
    from chalicelib.store import dead_letters

    seen = dead_letters.peek(limit)
    shown = [letter for letter in seen if reason is None or letter.reason == reason]
    count = dead_letters.count()
    return {
        "messages": count.visible + count.hidden,
        "seen": len(seen),
        "reasons": count_by_reason(seen),
        "dead_letters": [_summary(letter) for letter in shown],
    }


def _show_dead_letter(letter_id: str) -> dict[str, Any]:
    from chalicelib.errors import NotFound
    from chalicelib.store import dead_letters

    letter = dead_letters.find(letter_id)
    if letter is None:
        raise NotFound(f"There is no dead letter {letter_id}. Somebody may be working on it; try again in 2 minutes.")
    return {**_summary(letter), "body": letter.body}


def _redrive_dead_letters(reason: str | None, ids: list[str]) -> int:
    from chalicelib.operations import dead_letters

    return dead_letters.redrive(None, *_chosen(reason, ids))


def _discard_dead_letters(reason: str | None, ids: list[str]) -> int:
    from chalicelib.operations import dead_letters

    return dead_letters.discard(None, *_chosen(reason, ids))


def _rebuild_days(site: str, first: str, last: str) -> list[str]:
    from chalicelib.errors import NotFound
    from chalicelib.operations.rebuild import rebuild_days
    from chalicelib.store import sites

    site_id = sites.read_id(site)
    found = sites.get_site(site_id) if site_id else None
    if found is None:
        raise NotFound(f"There is no site {site}. The id of a site is in the URL of its page.")
    period = (date.fromisoformat(first), date.fromisoformat(last))
    return [day.isoformat() for day in rebuild_days(None, found, *period)]


def _rotate_signing_key(sign_everybody_out: bool) -> str:
    from chalicelib.operations import key_rotation

    return key_rotation.rotate(None, sign_everybody_out=sign_everybody_out)


def _check_health() -> dict[str, Any]:
    from chalicelib.api import deployment_health
    from chalicelib.operations import health

    return deployment_health.as_json(health.check())


def _chosen(reason: str | None, ids: list[str]) -> tuple[Any, int | None]:
    """Which dead letters, and at most how many."""
    from chalicelib.store import dead_letters

    if ids:
        return dead_letters.with_ids(ids), len(ids)
    return (dead_letters.everything if reason is None else dead_letters.of_reason(reason)), None


def _summary(letter: Any) -> dict[str, Any]:
    sent_at = datetime.fromtimestamp(letter.sent_at / 1000, UTC).isoformat(timespec="seconds")
    given = {"id": letter.id, "reason": letter.reason, "detail": letter.detail, "sent_at": sent_at}
    return {**given, "bytes": len(letter.body.encode())}


_FUNCTIONS: Final[Mapping[str, Callable[..., object]]] = {
    "create-administrator": _create_administrator,
    "reset-two-factor": _reset_two_factor,
    "issue-token": _issue_token,
    "list-dead-letters": _list_dead_letters,
    "show-dead-letter": _show_dead_letter,
    "redrive-dead-letters": _redrive_dead_letters,
    "discard-dead-letters": _discard_dead_letters,
    "rebuild-days": _rebuild_days,
    "rotate-signing-key": _rotate_signing_key,
    "status": _check_health,
}


if __name__ == "__main__":
    sys.exit(stage_commands.main(lambda command, arguments: _FUNCTIONS[command](**arguments)))
