"""The page of the queues: what waits, and the dead letters, which can be redriven and discarded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import urlencode

from chalice import Response

from chalicelib import pagination
from chalicelib.accounts.access import auth
from chalicelib.config import DEAD_LETTERS_WORK_S, MAX_DEAD_LETTERS_SHOWN
from chalicelib.dashboard import formatting, render, sections
from chalicelib.errors import BadRequest, ShylightError
from chalicelib.operations import dead_letters, queues
from chalicelib.operations.dead_letters import Look
from chalicelib.operations.queues import Queues
from chalicelib.store.dead_letters import Chosen, DeadLetter
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _
from chalicelib.translation import ngettext
from chalicelib.web import Request, redirect

PATH: Final = "/administration/queue"
PAGE_ROWS: Final = 20
# The page shows the beginning of a body; the API and the command line show all of it.
_BODY_CHARS: Final = 2000
# Checkboxes have this before the id of their dead letter.
_CHOSEN: Final = "letter "
_ACTIONS: Final = ("redrive", "discard")
_EXTENTS: Final = ("selected", "all")


class Row(NamedTuple):
    """A dead letter on the page. `body`: its beginning; `chosen`: its checkbox is ticked."""

    id: str
    reason: str
    detail: str
    sent: str
    size: str
    body: str
    chosen: bool


class Reason(NamedTuple):
    """A reason on the page. `key`: as stored; `current`: whether the list is limited to it."""

    key: str
    name: str
    explanation: str
    number: int
    href: str
    current: bool


class Question(NamedTuple):
    """What is to be discarded, before it is. `ids`: of the chosen dead letters; none for all of the list."""

    sentence: str
    ids: tuple[str, ...]


def show(request: Request, person: Person) -> Response:
    """``GET /administration/queue?reason=…&cursor=…``."""
    return page(request, person, queues.read(), dead_letters.look(), done=_done(request.query))


def change(request: Request, person: Person) -> Response:
    """``POST /administration/queue``.

    The form has action (redrive or discard), extent (selected or all), reason (for all of one reason), a field for each
    chosen dead letter and, for discarding, confirmed.
    """
    form = request.form()
    action, _space, extent = form.get("action", "").partition(" ")
    ids = tuple(name.removeprefix(_CHOSEN) for name in form if name.startswith(_CHOSEN))
    reason = form.get("reason")
    try:
        chosen = _chosen(action, extent, ids, reason)
    except BadRequest as error:
        return page(request, person, queues.read(), dead_letters.look(), reason=reason, error=error)
    if action == "discard" and form.get("confirmed") != "1":
        return _ask(request, person, reason, ids if extent == "selected" else None)
    act: Callable[..., int] = dead_letters.redrive if action == "redrive" else dead_letters.discard
    number = act(person, chosen, seconds=DEAD_LETTERS_WORK_S)
    return redirect(f"{request.root}administration/queue?{urlencode({'done': action, 'number': number})}")


def _chosen(action: str, extent: str, ids: tuple[str, ...], reason: str | None) -> Chosen:
    if action not in _ACTIONS or extent not in _EXTENTS:
        raise BadRequest(_("Choose what to do with the dead letters."), field="action")
    return dead_letters.choose(ids) if extent == "selected" else dead_letters.choose(reason=reason)


def _ask(request: Request, person: Person, reason: str | None, ids: tuple[str, ...] | None) -> Response:
    look = dead_letters.look()
    number = len(ids) if ids is not None else _number_of(look, reason)
    sentence = ngettext(
        "Delete %(num)s dead letter for good? Its hits will never be counted.",
        "Delete %(num)s dead letters for good? Their hits will never be counted.",
        number,
    )
    return page(request, person, queues.read(), look, reason=reason, question=Question(sentence, ids or ()))


def _number_of(look: Look, reason: str | None) -> int:
    return look.messages - look.hidden if reason is None else look.reasons.get(reason, 0)


def page(
    request: Request,
    person: Person,
    found: Queues,
    look: Look,
    *,
    reason: str | None = None,
    question: Question | None = None,
    error: ShylightError | None = None,
    done: str = "",
) -> Response:
    """The page of the queues. `reason`: the reason that the list is limited to; by default, that of the query."""
    reason = request.query.get("reason") if reason is None else reason
    listed = [letter for letter in look.letters if reason is None or letter.reason == reason]
    first = min(pagination.read_place(request.query), max(0, len(listed) - 1) // PAGE_ROWS * PAGE_ROWS)
    asked = frozenset(question.ids) if question else frozenset()
    return render.page(
        request,
        "administration/queues.html",
        error.status if error else HTTPStatus.OK,
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(PATH),
        alert=error.message if error else "",
        done=done,
        queues=found,
        last_stored=formatting.moment(found.last_stored_at // 1000) if found.last_stored_at else "",
        waited=formatting.duration(found.waited_ms / 1000),
        reasons=[_reason(key, number, key == reason) for key, number in look.reasons.items()],
        reason=reason,
        rows=[_row(letter, letter.id in asked) for letter in listed[first : first + PAGE_ROWS]],
        range=(first + 1, min(first + PAGE_ROWS, len(listed)), len(listed)),
        earlier=_href(reason, first - PAGE_ROWS) if first else "",
        later=_href(reason, first + PAGE_ROWS) if first + PAGE_ROWS < len(listed) else "",
        question=question,
        hidden=look.hidden,
        not_shown=look.messages - look.hidden - len(look.letters),
        most=MAX_DEAD_LETTERS_SHOWN,
    )


def reason_name(reason: str) -> str:
    """A reason as pages show it."""
    return reason or _("No reason")


def _row(letter: DeadLetter, chosen: bool) -> Row:
    return Row(
        letter.id,
        reason_name(letter.reason),
        letter.detail,
        formatting.moment(letter.sent_at // 1000),
        _("%(number)s bytes", number=formatting.number(len(letter.body.encode("utf-8", "replace")))),
        _beginning(letter.body),
        chosen,
    )


def _beginning(body: str) -> str:
    """The beginning of a body, indented if it is JSON."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body
    return text if len(text) <= _BODY_CHARS else f"{text[:_BODY_CHARS]}…"


def _reason(key: str, number: int, current: bool) -> Reason:
    explanation = dead_letters.REASONS.get(key, "")
    href = _href(None if current else key, 0)
    return Reason(key, reason_name(key), _(explanation) if explanation else "", number, href, current)


def _href(reason: str | None, first: int) -> str:
    query = ({} if reason is None else {"reason": reason}) | ({"cursor": str(first)} if first > 0 else {})
    return f"administration/queue{'?' if query else ''}{urlencode(query)}#dead-letters"


def _done(query: Mapping[str, str]) -> str:
    number = query.get("number", "")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        return ""
    if query.get("done") == "redrive":
        return ngettext(
            "%(num)s dead letter was sent to the queue again. If it still cannot be stored, it comes back.",
            "%(num)s dead letters were sent to the queue again. Those that still cannot be stored come back.",
            int(number),
        )
    if query.get("done") == "discard":
        return ngettext("%(num)s dead letter was deleted.", "%(num)s dead letters were deleted.", int(number))
    return ""
