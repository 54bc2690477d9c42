"""The dashboard's pages: who may look is asked first, then the figures are fetched and a template shows them."""

from __future__ import annotations

import html
import logging
import time
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import available_timezones

from chalice import Response

from chalicelib.errors import BadRequest, Conflict, ShylightError, Unauthorized
from chalicelib.report import chart, countries, figures, picker, places, rankings, render
from chalicelib.report import format as show
from chalicelib.report.names import shown_name
from chalicelib.report.stats import LatestVisit, Stats
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, redirect

if TYPE_CHECKING:
    from chalicelib.report.periods import Period

log = logging.getLogger("shylight")

# Status -> title and what to do; the error's own message stands between them.
_ADVICE = {
    HTTPStatus.BAD_REQUEST: ("That did not work", "Go back, put it right and try again."),
    HTTPStatus.FORBIDDEN: ("Not allowed", "If you think you should be, ask an administrator."),
    HTTPStatus.NOT_FOUND: ("Not found", "Check the address, or start again from your sites."),
    HTTPStatus.CONFLICT: ("Somebody was quicker", "Go back, reload the page and try again."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("Too large", "Go back and send less at once."),
    HTTPStatus.TOO_MANY_REQUESTS: ("Too many tries", "Wait a moment, then try again."),
}
_NO_FIGURES = "The figures could not be read. Nothing is lost; the log of the API function tells why."
_FAILED = ("Something went wrong", "Reload the page in a moment. If it stays, the log of the API function tells why.")


@dataclass(frozen=True, slots=True)
class SiteCard:
    """A site on the home page. `note`: what is wrong with its figures, ``""`` for nothing."""

    site: Site
    online: int
    waiting: bool
    figures: list[figures.Figure]
    spark: chart.Line
    note: str = ""


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A visit in the list of the latest ones, with its texts."""

    start: str
    day: str
    clock: str
    entry_page: str
    source: str
    code: str
    country: str
    browser: str
    system: str
    device: str
    identifier: str
    pageviews: int
    duration: float


@dataclass(frozen=True, slots=True)
class SiteForm:
    """The form for a new site as it is shown: empty, or again with what was wrong."""

    name: str = ""
    domain: str = ""
    timezone: str = ""
    error: str = ""
    field: str = ""
    open: bool = False


def root(request: Request) -> Response:
    """``GET /``: on to the sites. Absolute, because relative links need the slash that a stage's URL may lack."""
    return redirect(f"{request.address}/sites")


def home(request: Request) -> Response:
    """``GET /sites``: a card for each site, and the form for a new one.

    :raises Unauthorized: if nobody is signed in.
    """
    from chalicelib.accounts import access

    return _home(request, access.viewer(request), SiteForm(open="new" in request.query))


def create_site(request: Request) -> Response:
    """``POST /sites``: a new site, and on to its page; or the form again with what was wrong.

    :raises Unauthorized: if nobody is signed in.
    :raises Forbidden: if the form is not from one of our pages.
    """
    from chalicelib.accounts import access, sites

    person = access.viewer(request)
    form = request.form()
    access.check_csrf(request, form)
    try:
        site = sites.create(person, form)
    except (BadRequest, Conflict) as error:
        given = {name: form.get(name, "") for name in ("name", "domain", "timezone")}
        again = SiteForm(
            **given, error=error.message[:1].upper() + error.message[1:], field=error.field or "", open=True
        )
        return _home(request, person, again, error.status)
    return redirect(f"{request.root}sites/{site.id}")


def overview(request: Request, site: str) -> Response:
    """``GET /sites/{id}``: the figures of a site over a period.

    :raises Unauthorized: if nobody is signed in.
    :raises NotFound: if there is no such site that they may see.
    :raises BadRequest: if the period makes no sense.
    """
    from chalicelib.accounts import access
    from chalicelib.report import query

    person, shown, now, period = _asked_for(request, site)
    today = now.date()
    stats = query.stats(shown, period, now)
    return render.page(
        request,
        "overview.html",
        person=person,
        csrf=access.csrf_token(request),
        site=shown,
        site_url=rankings.site_url(shown.domain),
        sites=access.sites_of(person),
        keep=_keep(request),
        picker=picker.pick(period, today),
        stats=stats,
        waiting=is_waiting(stats),
        note=outdated_note(stats),
        live=stats.last >= today,
        figures=figures.strip(stats, today),
        before=figures.before(stats, today),
        chart=chart.plot(stats.series, stats.interval, now),
        cards=rankings.cards(stats, {"places": places.hint(stats)}),
        latest=[visit_line(visit, today) for visit in stats.latest],
        snippet=snippet(request.address, shown),
    )


def ledger(request: Request, site: str) -> Response:
    """``GET /sites/{id}/ledger``: what was left out of the figures of a period, and why.

    :raises Unauthorized: if nobody is signed in.
    :raises NotFound: if there is no such site that they may see.
    :raises BadRequest: if the period makes no sense.
    """
    from chalicelib.accounts import access
    from chalicelib.report import ledger

    person, shown, now, period = _asked_for(request, site)
    dropped, robots = ledger.lines(ledger.of_period(shown, period))
    return render.page(
        request,
        "ledger.html",
        person=person,
        csrf=access.csrf_token(request),
        site=shown,
        keep=_keep(request),
        picker=picker.pick(period, now.date()),
        dropped=dropped,
        robots=robots,
    )


def error(request: Request, error: ShylightError) -> Response:
    """The page for `error`; somebody who has to sign in is sent there, and back afterwards."""
    if isinstance(error, Unauthorized):
        wanted = request.path + (f"?{urlencode(request.query)}" if request.query else "")
        onward = f"?{urlencode({'next': wanted})}" if request.method == "GET" and request.path.strip("/") else ""
        return redirect(f"{request.root}sign-in{onward}")
    title, advice = _ADVICE.get(error.status, _FAILED)
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    return render.page(
        request,
        "error.html",
        error.status,
        headers,
        code=int(error.status),
        title=title,
        message=error.message,
        advice=advice,
    )


def is_waiting(stats: Stats) -> bool:
    """Whether nothing was ever seen of this site, in this period or any other."""
    if stats.built_at is not None or stats.compare.pageviews:
        return False
    from chalicelib.store import rollups

    return not rollups.exist(stats.site.id)


def snippet(base_url: str, site: Site) -> str:
    """The HTML that a site's pages need."""
    url = html.escape(f"{base_url}/ingress/{site.id}", quote=True)
    return (
        f'<script defer src="{url}/script.js"></script>\n'
        f'<noscript><img src="{url}/pixel.gif" alt="" width="1" height="1"></noscript>'
    )


def visit_line(visit: LatestVisit, today: date) -> VisitLine:
    """The texts for a visit."""
    device = " · ".join(part for part in (show.device_type(visit.device_type or ""), visit.network) if part)
    return VisitLine(
        start=visit.start.isoformat(timespec="seconds"),
        day="" if visit.start.date() == today else show.weekday(visit.start.date()),
        clock=show.clock(visit.start),
        entry_page=show.shortened(visit.entry_page),
        source=shown_name("sources", visit.source or "Direct"),
        code=visit.country or "",
        country=countries.name_of(visit.country) if visit.country else "Unknown",
        browser=visit.browser or "Unknown",
        system=visit.system or "",
        device=device,
        identifier=visit.identifier or "",
        pageviews=visit.pageviews,
        duration=visit.duration,
    )


@cache
def zones() -> list[tuple[str, list[str]]]:
    """The time zones to choose from, by region; the old and the artificial names are left out."""
    regions: dict[str, list[str]] = {}
    for name in sorted(available_timezones()):
        region, _, place = name.partition("/")
        if place and region not in ("Etc", "SystemV", "US", "posix", "right", "Brazil", "Canada", "Chile", "Mexico"):
            regions.setdefault(region, []).append(name)
    return sorted(regions.items())


def _home(request: Request, person: Person, form: SiteForm, status: int = HTTPStatus.OK) -> Response:
    from chalicelib.accounts import access
    from chalicelib.report import periods, query

    cards = []
    shown = None
    until = time.monotonic() + query.REFRESH_BUDGET_S  # of the page, however many sites there are
    for site in access.sites_of(person):
        now = datetime.now(site.zone)
        period = periods.parse(request.query, site.zone, now)
        shown = shown or picker.pick(period, now.date())
        try:
            cards.append(site_card(query.stats(site, period, now, tables=False, until=until), now))
        except Exception:
            log.exception("no figures of %s", site.id)  # one site's trouble is not the others'
            cards.append(SiteCard(site, 0, waiting=False, figures=[], spark=chart.NO_LINE, note=_NO_FIGURES))
    return render.page(
        request,
        "home.html",
        status,
        person=person,
        csrf=access.csrf_token(request),
        cards=cards,
        picker=shown,
        keep=_keep(request),
        form=form,
        zones=zones(),
    )


def site_card(stats: Stats, now: datetime) -> SiteCard:
    """The card of a site on the home page."""
    return SiteCard(
        site=stats.site,
        online=stats.online,
        waiting=is_waiting(stats),
        figures=figures.strip(stats, now.date(), figures.CARD),
        spark=chart.sparkline(stats.series, stats.interval, now),
        note=outdated_note(stats),
    )


def outdated_note(stats: Stats) -> str:
    """What is to be said of days that could not be brought up to date; ``""`` if there is none."""
    if not stats.outdated:
        return ""
    of_days = show.day_list(stats.outdated)
    when = f" What is shown was computed at {show.clock(stats.built_at)}." if stats.built_at else ""
    return f"The figures of {of_days} could not be brought up to date. It is tried again by itself.{when}"


def _asked_for(request: Request, site: str) -> tuple[Person, Site, datetime, Period]:
    """Who asks, for which site, when (on its clock), and for which period."""
    from chalicelib.accounts import access
    from chalicelib.report import periods

    person = access.viewer(request)
    found = access.site_for(person, site)
    now = datetime.now(found.zone)
    return person, found, now, periods.parse(request.query, found.zone, now)


def _keep(request: Request) -> str:
    """The query that keeps the period when one goes to another page; ``""`` for the default one."""
    kept = {name: request.query[name] for name in ("period", "from", "to") if name in request.query}
    return f"?{urlencode(kept)}" if kept else ""
