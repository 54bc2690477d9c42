"""The keys that pages of figures react to, and the page that lists them.

A key follows a link that is on the page, or moves to a form: `data-key` marks it, and `static/keyboard.js` does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from chalice import Response

from chalicelib.catalogue import PERIODS
from chalicelib.dashboard import render
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request

EARLIER: Final = "ArrowLeft"
LATER: Final = "ArrowRight"
COMPARE: Final = "X"
INTERVAL: Final = "I"
SEARCH: Final = "/"
CLEAR: Final = "Escape"
HELP: Final = "?"
# What they do; not translated. Those of periods are in `catalogue.PERIODS`.
ACTIONS: Final[Mapping[str, str]] = {
    EARLIER: N_("The period before"),
    LATER: N_("The period after"),
    COMPARE: N_("Compare, or stop comparing"),
    INTERVAL: N_("Next interval of the chart"),
    SEARCH: N_("Search, or add a filter"),
    CLEAR: N_("Close a menu, or remove all filters"),
    HELP: N_("Show these shortcuts"),
}
# How keys are called that are not a character.
_NAMES: Final[Mapping[str, str]] = {EARLIER: "←", LATER: "→", CLEAR: N_("Esc")}


class Shortcut(NamedTuple):
    """A key as it is called, and what it does."""

    key: str
    does: str


def of_periods() -> list[Shortcut]:
    """Those that choose a period."""
    return [Shortcut(period.letter, _(period.label)) for period in PERIODS.values() if period.offered]


def of_actions() -> list[Shortcut]:
    """All others."""
    return [Shortcut(_(_NAMES.get(key, key)), _(does)) for key, does in ACTIONS.items()]


def show(request: Request) -> Response:
    """``GET /shortcuts``: public, because pages that are shared have shortcuts, too; they ask with ``?shared``."""
    groups = [(_("Period"), of_periods()), (_("Page"), of_actions())]
    return render.page(request, "reports/shortcuts.html", groups=groups, shared="shared" in request.query)
