"""The result of a fault run: the hits that were sent compared with the hits that were counted, and their metrics."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from demo.traffic import history
from demo.traffic.client import RequestFailed, Shylight
from harness.faults.environment import Environment
from harness.faults.traffic import Traffic
from harness.measurement import Measurement, Section

_PAUSE_S = 0.5
_BUILD_S = 15.0

# Kind, id, and for leaves the engagement time in ms.
Hit = tuple[str, str, int | None]


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a run.

    :ivar sent: hits that were acknowledged; :ivar counted: hits that were counted.
    :ivar duplicated: hits counted more than once; :ivar lost: hits that were sent but not counted.
    :ivar dead_letters: messages with the site's hits on the dead-letter queue.
    :ivar wrong_metrics: metrics that differ from an independent computation.
    :ivar seconds: the time from the last hit sent until all were counted.
    :ivar occurrences: how often the fault occurred; if it never did, the run proves nothing.
    :ivar note: a description of what the fault did.
    """

    sent: int
    counted: int
    duplicated: int
    lost: int
    dead_letters: int
    wrong_metrics: tuple[str, ...]
    seconds: float
    occurrences: int = 0
    note: str = ""

    @property
    def exact(self) -> bool:
        """Whether exactly the hits that were sent are counted, each once."""
        wrong = self.duplicated or self.lost or self.dead_letters or self.wrong_metrics
        return self.sent == self.counted and not wrong

    def with_fault(self, occurrences: int, note: str) -> Result:
        """The same result with a description of the fault."""
        return replace(self, occurrences=occurrences, note=note)

    def section(self, title: str) -> Section:
        """The result as a section of measurements."""
        wrong_metrics = ", ".join(self.wrong_metrics)
        return Section(
            f"Fault: {title}",
            [
                Measurement("sent", self.sent, "hits", note=self.note),
                Measurement("counted", self.counted, "hits"),
                Measurement("duplicated", self.duplicated, "hits", 0),
                Measurement("lost", self.lost, "hits", 0),
                Measurement("dead letters", self.dead_letters, "messages", 0),
                Measurement(
                    "metrics that differ from an independent computation",
                    len(self.wrong_metrics),
                    "metrics",
                    0,
                    wrong_metrics,
                ),
                Measurement("time until all were counted", self.seconds, "s"),
            ],
        )


def wait_and_count(environment: Environment, traffic: Traffic, timeout_s: float) -> Result:
    """Wait until all hits are counted and the queue is empty, at most `timeout_s`; then compare."""
    shylight, site = environment.shylight, traffic.site
    started = time.monotonic()
    deadline = started + timeout_s
    _wait(lambda: _counted_hits(shylight, site).total() >= traffic.size, deadline)
    seconds = time.monotonic() - started
    _wait(environment.is_drained, deadline)  # messages that are still on the queue could be counted twice
    drained = time.time()
    _wait(lambda: _built_at(shylight, site) > drained, time.monotonic() + _BUILD_S)
    found, sent = _counted_hits(shylight, site), _sent_hits(traffic)
    return Result(
        sent=traffic.size,
        counted=found.total(),
        duplicated=(found - sent).total(),
        lost=(sent - found).total(),
        dead_letters=environment.dead_letters(site),
        wrong_metrics=tuple(_wrong_metrics(shylight, traffic)),
        seconds=seconds,
    )


def _sent_hits(traffic: Traffic) -> Counter[Hit]:
    """The hits that were sent."""
    views = [("view", view.id, None) for view in traffic.views]
    leaves = [("leave", view.id, view.engagement) for view in traffic.leaves]
    return Counter([*views, *leaves, *(("event", one.id, None) for one in traffic.custom_events)])


def _counted_hits(shylight: Shylight, site: str) -> Counter[Hit]:
    """The hits in the site's visits."""
    found: Counter[Hit] = Counter()
    for visit in shylight.all_visits(site, period="7d"):
        for hit in visit["hits"]:
            found["view", hit["id"], None] += 1
            if hit["engagement"] is not None:
                found["leave", hit["id"], round(hit["engagement"] * 1000)] += 1
        for event in visit["events"]:
            found["event", event["id"], None] += 1
    return found


def _wrong_metrics(shylight: Shylight, traffic: Traffic) -> Iterator[str]:
    """The metrics that differ from the expected ones, with both values."""
    stats = shylight.stats(traffic.site, period="7d")
    shown = stats["metrics"] | {"events": sum(row["events"] for row in stats["events"])}
    for name, value in {**traffic.expected(), "events": len(traffic.custom_events)}.items():
        if not history.metrics_equal({name: shown[name]}, {name: value}):
            yield f"{name} {shown[name]} instead of {value}"


def _built_at(shylight: Shylight, site: str) -> float:
    """The start of the latest build in epoch seconds; 0 if there is none."""
    built_at = shylight.stats(site, period="7d")["built_at"]
    return datetime.fromisoformat(built_at).timestamp() if built_at else 0.0


def _wait(until: Callable[[], bool], deadline: float) -> None:
    """Wait until the condition is true, or until the deadline (monotonic); a failing request counts as false."""
    while time.monotonic() < deadline:
        with suppress(RequestFailed):
            if until():
                return
        time.sleep(_PAUSE_S)
