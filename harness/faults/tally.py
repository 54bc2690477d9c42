"""The tally of a fault run: what was sent against what is counted, hit by hit and figure by figure."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from demo.traffic import history
from demo.traffic.client import Refused, Shylight
from harness.faults.ground import Ground
from harness.faults.traffic import Traffic
from harness.measurement import Figure, Part

_PAUSE_S = 0.5
_BUILD_S = 15.0

# Kind, id, and what makes two of them differ: how long a view was read, in ms.
Hit = tuple[str, str, int | None]


@dataclass(frozen=True, slots=True)
class Tally:
    """How a run ended.

    :ivar sent: hits that were acknowledged; :ivar counted: hits that the figures are made of.
    :ivar doubled: hits counted more than once; :ivar lost: hits sent and not counted.
    :ivar dead_letters: messages with the site's hits on the dead-letter queue.
    :ivar differing: figures that are not what a count without the product gives.
    :ivar seconds: from the last hit sent until all were counted.
    :ivar strikes: how often the fault struck; a run in which it never did proves nothing. :ivar note: what it did.
    """

    sent: int
    counted: int
    doubled: int
    lost: int
    dead_letters: int
    differing: tuple[str, ...]
    seconds: float
    strikes: int = 0
    note: str = ""

    @property
    def exact(self) -> bool:
        """Whether every hit is counted, once, and nothing else."""
        wrong = self.doubled or self.lost or self.dead_letters or self.differing
        return self.sent == self.counted and not wrong

    def struck(self, strikes: int, note: str) -> Tally:
        """The same with what the fault did."""
        return replace(self, strikes=strikes, note=note)

    def part(self, title: str) -> Part:
        """The tally as figures."""
        differing = ", ".join(self.differing)
        return Part(
            f"Fault: {title}",
            [
                Figure("sent", self.sent, "hits", note=self.note),
                Figure("counted", self.counted, "hits"),
                Figure("doubled", self.doubled, "hits", 0),
                Figure("lost", self.lost, "hits", 0),
                Figure("dead letters", self.dead_letters, "messages", 0),
                Figure("figures that differ from an independent count", len(self.differing), "figures", 0, differing),
                Figure("until all were counted", self.seconds, "s"),
            ],
        )


def take(ground: Ground, traffic: Traffic, patience_s: float) -> Tally:
    """Wait until everything is counted and nothing more can come, or the patience is over; then count."""
    shylight, site = ground.shylight, traffic.site
    began = time.monotonic()
    deadline = began + patience_s
    _wait(lambda: _found(shylight, site).total() >= traffic.size, deadline)
    seconds = time.monotonic() - began
    _wait(ground.is_drained, deadline)  # what is still on the queue could now only count twice
    drained = time.time()
    _wait(lambda: _built_at(shylight, site) > drained, time.monotonic() + _BUILD_S)
    found, wanted = _found(shylight, site), _wanted(traffic)
    return Tally(
        sent=traffic.size,
        counted=found.total(),
        doubled=(found - wanted).total(),
        lost=(wanted - found).total(),
        dead_letters=ground.dead_letters(site),
        differing=tuple(_differing(shylight, traffic)),
        seconds=seconds,
    )


def _wanted(traffic: Traffic) -> Counter[Hit]:
    """The hits that were sent."""
    views = [("view", view.id, None) for view in traffic.views]
    leaves = [("leave", view.id, view.engagement) for view in traffic.leaves]
    return Counter([*views, *leaves, *(("event", one.id, None) for one in traffic.happenings)])


def _found(shylight: Shylight, site: str) -> Counter[Hit]:
    """The hits that the site's visits are made of."""
    found: Counter[Hit] = Counter()
    for visit in shylight.all_visits(site, period="7d"):
        for hit in visit["hits"]:
            found["view", hit["id"], None] += 1
            if hit["engagement"] is not None:
                found["leave", hit["id"], round(hit["engagement"] * 1000)] += 1
        for event in visit["events"]:
            found["event", event["id"], None] += 1
    return found


def _differing(shylight: Shylight, traffic: Traffic) -> Iterator[str]:
    """The names of the figures that are not what they must be, with both values."""
    stats = shylight.stats(traffic.site, period="7d")
    shown = stats["metrics"] | {"events": sum(row["events"] for row in stats["events"])}
    for name, value in {**traffic.expected(), "events": len(traffic.happenings)}.items():
        if not history.agree({name: shown[name]}, {name: value}):
            yield f"{name} {shown[name]} instead of {value}"


def _built_at(shylight: Shylight, site: str) -> float:
    """Epoch seconds at which the build that is shown began; 0 if there is none."""
    built_at = shylight.stats(site, period="7d")["built_at"]
    return datetime.fromisoformat(built_at).timestamp() if built_at else 0.0


def _wait(until: Callable[[], bool], deadline: float) -> None:
    """Look until it is so, or the deadline (monotonic) is over; what a fault refuses is not so yet."""
    while time.monotonic() < deadline:
        with suppress(Refused):
            if until():
                return
        time.sleep(_PAUSE_S)
