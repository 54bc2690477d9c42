"""Filters as a person would apply them to what was counted of the raw sends, by docs/api.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.stack.month_traffic import SentEvent, SentView
from tests.stack.naive_count import CASELESS, OF_VIEW, OF_VISIT, SHOWN_HOSTS, Counted, Visit, of_event


def narrowed(counted: Counted, texts: Sequence[str]) -> Counted:
    """What meets filters."""
    about_visits: list[Callable[[Visit], bool]] = []
    views: list[Callable[[SentView], bool]] = []
    no_views: list[Callable[[SentView], bool]] = []
    events: list[Callable[[SentEvent], bool]] = []
    no_events: list[Callable[[SentEvent], bool]] = []
    grouped: dict[tuple[str, str], list[str]] = {}
    for text in texts:
        operator, name, value = text.split(",", 2)
        grouped.setdefault((operator, name), []).append(value)
    for (operator, name), values in grouped.items():
        negative, plain = operator.endswith("_not"), operator.removesuffix("_not")
        if name in OF_VIEW:
            matches = matcher(plain, name, values)
            (no_views if negative else views).append(lambda view, m=matches, n=name: m(OF_VIEW[n](view)))  # type: ignore[misc]
        elif name == "event" or name.startswith("prop:"):
            matches, of = matcher(plain, name, values), of_event(name)
            (no_events if negative else events).append(lambda event, m=matches, of=of: m(of(event)))  # type: ignore[misc]
        else:
            test = visit_test(plain, name, values)
            about_visits.append((lambda visit, t=test: not t(visit)) if negative else test)  # type: ignore[misc]
    kept = []
    for visit in counted.visits:
        kept_views = tuple(view for view in visit.views if all(test(view) for test in views))
        kept_events = tuple(event for event in visit.events if all(test(event) for test in events))
        if (
            all(test(visit) for test in about_visits)
            and (kept_views or not views)
            and (kept_events or not events)
            and not any(test(view) for test in no_views for view in visit.views)
            and not any(test(event) for test in no_events for event in visit.events)
        ):
            kept.append(Visit(visit.day, visit.person, visit.views, visit.events, kept_views, kept_events))
    lone = () if about_visits or views or no_views else counted.lone_events
    return Counted(
        tuple(kept),
        tuple(e for e in lone if all(test(e) for test in events) and not any(test(e) for test in no_events)),
    )


def matcher(operator: str, name: str, values: Sequence[str]) -> Callable[[str], bool]:
    def spell(text: str) -> str:
        return text.lower() if name in CASELESS else text

    def match(text: str) -> bool:
        forms = [spell(text), spell(SHOWN_HOSTS.get(text, text))]
        if operator == "is":
            return any(spell(value) in forms for value in values)
        return any(spell(value) in form for value in values for form in forms)

    return match


def visit_test(operator: str, name: str, values: Sequence[str]) -> Callable[[Visit], bool]:
    if name == "bounce":
        return lambda visit: ("yes" if visit.bounce else "no") in values
    if name in ("views", "duration"):
        return lambda visit: any(
            in_range(len(visit.views) if name == "views" else visit.duration / 1000, value) for value in values
        )
    matches = matcher(operator, name, values)
    if name == "identifier":
        return lambda visit: matches(visit.views[0].identifier)
    return lambda visit: matches(OF_VISIT[name](visit))


def in_range(number: float, text: str) -> bool:
    if ".." not in text:
        return number == float(text)
    least, most = text.split("..")
    return (not least or number >= float(least)) and (not most or number <= float(most))
