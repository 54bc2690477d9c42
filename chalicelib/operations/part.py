"""A part of a deployment and its state, and what the checks of parts share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from chalicelib.store.job_runs import Run
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

TITLES: Final[Mapping[str, str]] = {
    "tables": N_("Tables"),
    "bucket": N_("Bucket"),
    "queue": N_("Queue of hits"),
    "dead_letters": N_("Dead letters"),
    "aggregate": N_("Aggregation"),
    "salts": N_("Destruction of salts"),
    "deletions": N_("Deletion of sites and people"),
    "geoip": N_("GeoIP databases"),
    "signing_key": N_("Signing key"),
    "mail": N_("Mail"),
}


class State(Enum):
    """The state of a part, from good to bad."""

    OK = "ok"
    DEGRADED = "degraded"  # it works, but somebody should look
    FAILING = "failing"  # something does not work


def worst(*states: State) -> State:
    """The worst of some states; OK if there are none."""
    order = list(State)
    return max(states, key=order.index, default=State.OK)


@dataclass(frozen=True, slots=True)
class Part:
    """The state of one part of a deployment.

    :ivar name: a key of :data:`TITLES`.
    :ivar summary: what is known, in a sentence.
    :ivar advice: what to do; ``""`` if nothing.
    :ivar figures: numbers and names for programs; those that end in ``_at`` are epoch seconds.
    """

    name: str
    state: State
    summary: str
    advice: str = ""
    figures: Mapping[str, int | str | None] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name for people, in their language."""
        return _(TITLES[self.name])


@dataclass(frozen=True, slots=True)
class Look:
    """What several checks need. `now`: epoch seconds; `runs`: reads the jobs' last runs, once."""

    now: float
    runs: Callable[[], Mapping[str, Run]]

    def run(self, job: str) -> Run | None:
        """The last runs of a job; None if it never ran."""
        return self.runs().get(job)

    def since(self, at_ms: int) -> float:
        """Seconds since that moment."""
        return max(0.0, self.now - at_ms / 1000)
