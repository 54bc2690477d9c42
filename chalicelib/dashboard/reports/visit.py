"""One visit: who, where from, on what, from where, and what they did in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from chalice import Response

from chalicelib import catalogue, config, languages
from chalicelib.accounts.access import auth
from chalicelib.dashboard import countries, formatting, render, sections
from chalicelib.dashboard.reports import breakdowns, icons, page_links, world_map
from chalicelib.dashboard.reports.icons import Icon
from chalicelib.dashboard.reports.overview import VisitLine, visit_line
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.dashboard.reports.visits import latest_visit
from chalicelib.dashboard.reports.world_map import Place
from chalicelib.errors import NotFound
from chalicelib.report import visit as one_visit
from chalicelib.report import visits
from chalicelib.report.periods import MAX_DAYS, Period
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request

# Steps of a visit that the page shows, and other visits of the identifier.
MAX_STEPS: Final = 500
OTHER_VISITS: Final = 5
CAMPAIGN: Final = ("utm_campaign", "utm_source", "utm_medium", "utm_term", "utm_content")
TRACKERS: Final[Mapping[str, str]] = {
    "script": N_("Script"),
    "pixel": N_("Pixel"),
    "api": N_("API"),
    "plausible": N_("Plausible Events API"),
}


class Fact(NamedTuple):
    """Something that is known of a visit.

    :ivar href: where the value leads, ``""`` for nowhere; :ivar external: whether that is another website.
    :ivar icon: beside the value; None for what has none.
    """

    name: str
    value: str
    href: str = ""
    external: bool = False
    icon: Icon | None = None


class FactGroup(NamedTuple):
    """Facts under one heading. `place`: what is drawn on a map below them."""

    title: str
    facts: tuple[Fact, ...]
    place: Place | None = None


class Step(NamedTuple):
    """A page view or an event.

    :ivar event: the name of the event, ``""`` for a page view; :ivar page: as displayed; :ivar href: the page itself.
    :ivar facts: what is known of it, such as its load time; :ivar properties: of an event.
    """

    at: str
    clock: str
    event: str
    page: str
    href: str
    facts: tuple[Fact, ...]
    properties: tuple[tuple[str, str], ...] = ()


def show(request: Request, person: Person, site: Site, visit: str) -> Response:
    """``GET /sites/{site}/visits/{visit}``.

    :param visit: see `page_links.visit`.
    :raises NotFound: if there is no such visit, or it is older than the site keeps visits.
    :raises QueryTooLarge: if it takes too much time or memory.
    """
    found = one_visit.find(site, page_links.visit_id(visit))
    if found is None:
        raise NotFound(_("There is no such visit. Visits are deleted when the site's retention ends."))
    now, query = datetime.now(site.zone), PageQuery.of(request)
    return render.page(
        request,
        "reports/visit.html",
        **contents(request.root, found, _others(site, found, now), site, query, now),
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_site(person, site, below=sections.VISITS, query=query.suffix),
    )


def contents(
    root: str,
    found: Mapping[str, Any],
    others: Sequence[Mapping[str, Any]],
    site: Site,
    query: PageQuery,
    now: datetime,
) -> dict[str, Any]:
    """What the template needs.

    :param found: of `report.visit.find`; :param others: other visits of its identifier, as `report.visits` has them.
    :param query: of the page; :param now: on the site's clock.
    """
    start, end = (datetime.fromisoformat(found[name]) for name in ("start", "last_seen"))
    steps = _steps(found, site)
    return {
        "site": site,
        "title": _("Visit of %(time)s", time=formatting.bucket(start, "minute")),
        "online": now - end < timedelta(minutes=config.ONLINE_MINUTES),
        "figures": _figures(found, start, end),
        "groups": _groups(root, found, site, now),
        "steps": steps[:MAX_STEPS],
        "left_out": len(steps[MAX_STEPS:]),
        "identifier": found["identifier"] or "",
        "others": _lines(root, others, site, query, now),
        "all_of_identifier": _all_of(root, found, site, now),
        "keep": query.suffix,
    }


def _others(site: Site, found: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The latest other visits of the identifier, among those that are found without reading all days."""
    if not found["identifier"]:
        return []
    today = now.date()
    recent = Period("custom", today - timedelta(days=config.settings().hot_days), today)
    listed: list[dict[str, Any]] = visits.list_visits(site, recent, OTHER_VISITS + 1, None, found["identifier"])[
        "visits"
    ]
    return [visit for visit in listed if visit["id"] != found["id"]][:OTHER_VISITS]


def _lines(
    root: str, others: Sequence[Mapping[str, Any]], site: Site, query: PageQuery, now: datetime
) -> list[VisitLine]:
    return [visit_line(latest_visit(other), now, page_links.visit(root, site, other["id"], query)) for other in others]


def _all_of(root: str, found: Mapping[str, Any], site: Site, now: datetime) -> str:
    """The link to all visits of the identifier that are kept; ``""`` without one."""
    if not found["identifier"]:
        return ""
    today = now.date()
    days = min(site.retention_days, MAX_DAYS - 1)
    kept = PageQuery().with_days(today - timedelta(days=days), today).toggled(f"is,identifier,{found['identifier']}")
    return page_links.visits(root, site, kept)


def _figures(found: Mapping[str, Any], start: datetime, end: datetime) -> tuple[Fact, ...]:
    return (
        Fact(_("Started"), _clock_with_seconds(start)),
        Fact(_("Last activity"), _clock_with_seconds(end)),
        Fact(_("Duration"), formatting.duration(found["duration"])),
        Fact(_("Pageviews"), formatting.number(len(found["hits"]))),
        Fact(_("Events"), formatting.number(len(found["events"]))),
        Fact(_("Bounce"), _("Yes") if found["bounce"] else _("No")),
    )


def _clock_with_seconds(at: datetime) -> str:
    return f"{formatting.clock(at)}:{at.second:02}"


def _groups(root: str, found: Mapping[str, Any], site: Site, now: datetime) -> tuple[FactGroup, ...]:
    who = Fact(_("Identifier"), found["identifier"] or _("None"), _all_of(root, found, site, now))
    return (
        FactGroup(_("Visitor"), (who, *_of_device(found, site))),
        FactGroup(_("Source"), _of_source(found, site)),
        FactGroup(
            _("Place"),
            _of_place(found),
            world_map.place(found["country"], found["latitude"], found["longitude"]),
        ),
    )


def _of_device(found: Mapping[str, Any], site: Site) -> tuple[Fact, ...]:
    return (
        Fact(
            _("Browser"),
            _with_version(found["browser"], found["browser_version"]),
            icon=_icon("browsers", found["browser"]),
        ),
        Fact(
            _("System"), _with_version(found["system"], found["system_version"]), icon=_icon("systems", found["system"])
        ),
        Fact(
            _("Device type"),
            _value("devices", found["device_type"], site),
            icon=_icon("devices", found["device_type"]),
        ),
        Fact(_("Screen"), _value("screens", found["screen"], site), icon=_icon("screens", found["screen"])),
        Fact(_("Language"), languages.name_of(found["language"]) if found["language"] else _("Unknown")),
    )


def _of_source(found: Mapping[str, Any], site: Site) -> tuple[Fact, ...]:
    referrer = breakdowns.name_of(catalogue.DIMENSIONS["referrers"], found["referrer"] or "", site.domain)
    tags = [Fact(name, found[name]) for name in CAMPAIGN if found[name]]
    return (
        Fact(_("Channel"), _value("channels", found["channel"], site)),
        Fact(_("Source"), _value("sources", found["source"], site), icon=_icon("sources", found["source"])),
        Fact(_("Referrer"), referrer.label, referrer.href, external=True),
        *tags,
    )


def _of_place(found: Mapping[str, Any]) -> tuple[Fact, ...]:
    country = found["country"] or ""
    located = found["latitude"] is not None and found["longitude"] is not None
    return (
        Fact(_("Country"), countries.name_of(country) if country else _("Unknown"), icon=icons.flag(country)),
        Fact(_("Region"), found["region"] or _("Unknown")),
        Fact(_("City"), found["city"] or _("Unknown")),
        *([Fact(_("Coordinates"), f"{found['latitude']:.1f}, {found['longitude']:.1f}")] if located else []),
        Fact(_("Time zone"), (found["timezone"] or _("Unknown")).replace("_", " ")),
        Fact(_("Network"), found["network"] or _("Unknown")),
    )


def _value(table: str, stored: str | None, site: Site) -> str:
    return breakdowns.name_of(catalogue.DIMENSIONS[table], stored or "", site.domain).label


def _icon(table: str, stored: str | None) -> Icon | None:
    return icons.of_value(catalogue.DIMENSIONS[table], stored or "")


def _with_version(name: str | None, version: str | None) -> str:
    """The version behind the name, unless the name ends with it, as in "Windows 11"."""
    if not name:
        return _("Unknown")
    return f"{name} {version}" if version and not name.endswith(version) else name


def _steps(found: Mapping[str, Any], site: Site) -> list[Step]:
    """Views and events in order; a view before the events of the same instant."""
    views = [(hit["t"], 0, _view(hit, site)) for hit in found["hits"]]
    events = [(event["t"], 1, _event(event, site)) for event in found["events"]]
    in_order = sorted([*views, *events], key=lambda one: (datetime.fromisoformat(one[0]), one[1]))
    return [step for _t, _kind, step in in_order]


def _view(hit: Mapping[str, Any], site: Site) -> Step:
    at = datetime.fromisoformat(hit["t"])
    known = (
        (_("In sight"), hit["engagement"], formatting.duration),
        (_("Scrolled"), hit["scroll"], formatting.whole_percent),
        (_("Loaded in"), hit["load_time"], formatting.milliseconds),
    )
    facts = [Fact(name, write(value)) for name, value, write in known if value is not None]
    if hit["tracker"] and hit["tracker"] != "script":
        facts.append(Fact(_("Sent by"), _(TRACKERS.get(hit["tracker"], hit["tracker"]))))
    return Step(hit["t"], _clock_with_seconds(at), "", *_page(hit["page"] or "", site), tuple(facts))


def _event(event: Mapping[str, Any], site: Site) -> Step:
    at = datetime.fromisoformat(event["t"])
    revenue = event["revenue"]
    facts = (Fact(_("Revenue"), f"{formatting.money(revenue['amount'])} {revenue['currency']}"),) if revenue else ()
    name = formatting.shortened(event["name"] or "")
    properties = tuple((key, formatting.shortened(value)) for key, value in event["props"].items())
    page = _page(event["page"], site) if event["page"] is not None else ("", "")
    return Step(event["t"], _clock_with_seconds(at), name, *page, facts, properties)


def _page(page: str, site: Site) -> tuple[str, str]:
    """A page for display, and the link to it."""
    name = breakdowns.name_of(catalogue.DIMENSIONS["pages"], page, site.domain)
    return name.label, name.href
