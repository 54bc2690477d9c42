"""The home page: a card for each site, and the form for a new one."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from chalice import Response

from chalicelib import config
from chalicelib.accounts.access import appearance, auth, request_origin
from chalicelib.accounts.own_account import preferences
from chalicelib.accounts.sites import deletion as site_deletion
from chalicelib.accounts.sites import new_site, settings_copy, transfers
from chalicelib.accounts.sites import order as site_order
from chalicelib.catalogue.periods import ALL
from chalicelib.dashboard import render, time_zones
from chalicelib.dashboard.reports import chart, home_search, metric_cards, period_picker, periods
from chalicelib.dashboard.reports.home_search import HomeSearch
from chalicelib.errors import BadRequest, Conflict, Unauthorized, Unavailable
from chalicelib.report import many_sites
from chalicelib.report.many_sites import ManySites, Question
from chalicelib.report.stats import Stats
from chalicelib.store.deletions import Deletion
from chalicelib.store.people import Person
from chalicelib.store.preferences import Preferences
from chalicelib.store.sites import Site
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

log = logging.getLogger("shylight")

_DAY_S = 24 * 60 * 60
_NO_FIGURES = N_("The statistics could not be read. No data is lost; see the log of the API function.")


class SiteCard(NamedTuple):
    """A site on the home page.

    :ivar note: what is wrong with its figures, ``""`` for nothing; :ivar updating: whether newer ones are on their way.
    :ivar favourite: of the person who looks at it.
    """

    site: Site
    online: int
    waiting: bool
    figures: list[metric_cards.Figure]
    spark: chart.Line
    note: str = ""
    updating: bool = False
    favourite: bool = False


class SiteForm(NamedTuple):
    """The form for a new site as it is shown: empty, or again with what was wrong.

    :ivar settings_from: id of the site whose settings the new one gets; ``""``: the defaults.
    """

    name: str = ""
    domain: str = ""
    timezone: str = ""
    error: str = ""
    field: str = ""
    open: bool = False
    settings_from: str = ""


def redirect_home(request: Request) -> Response:
    """``GET /``: on to the sites, or to the site that the person has chosen.

    Absolute, because relative links need the slash that a stage's URL may lack.
    """
    try:
        page = preferences.home_of(auth.signed_in_person(request))
    except Unauthorized:
        page = request_origin.HOME
    return redirect(f"{request.address}/{page}")


def show(request: Request, person: Person) -> Response:
    """``GET /sites``."""
    return _page(request, person, SiteForm(timezone=_usual_zone(), open="new" in request.query))


def create_site(request: Request, person: Person) -> Response:
    """``POST /sites``: a new site, and on to its page; or the form again with what was wrong."""
    form = request.form()
    try:
        like = {}
        if form.get("settings_from"):
            like = settings_copy.fields_of(person, settings_copy.source(person, form["settings_from"], "settings_from"))
        site = new_site.create_site(person, form, like=like)
    except (BadRequest, Conflict) as error:
        given = {name: form.get(name, "") for name in ("name", "domain", "timezone", "settings_from")}
        again = SiteForm(**given, error=render.sentence(error), field=error.field or "", open=True)
        return _page(request, person, again, error.status)
    return redirect(f"{request.root}sites/{site.id}")


def _usual_zone() -> str:
    """The time zone that the form proposes; ``""``: that of the browser, which a script finds out."""
    chosen = appearance.current().timezone
    return chosen if chosen != Preferences().timezone else ""


def _page(request: Request, person: Person, form: SiteForm, status: int = HTTPStatus.OK) -> Response:
    order, may_create = site_order.arrange(person, auth.sites_of(person)), new_site.may_create(person)
    search = home_search.of_request(request, order.every)
    questions = [_question(request, site) for site in search.matching(order.every)]
    stored = many_sites.read(questions)
    cards = [_card(stored, one)._replace(favourite=one.site in order.favourites) for one in questions]
    waiting = sum(card.updating for card in cards)
    return render.page(
        request,
        "reports/home.html",
        status,
        person=person,
        csrf=auth.csrf_token(request),
        cards=cards,
        updating=waiting,
        refresh_s=config.HOME_PAGE_WAITING_REFRESH_S if waiting else config.HOME_PAGE_REFRESH_S,
        picker=_picker(questions, search) if questions else None,
        search=search,
        has_sites=bool(order.every),
        keep=periods.kept_query(request),
        form=form,
        zones=time_zones.zones(),
        may_create=may_create,
        sources=settings_copy.sources(person) if may_create else [],
        offers=transfers.offers_to(person),
        deletions=[one for one in site_deletion.visible_to(person) if _is_news(one, person)],
    )


def _picker(questions: list[Question], search: HomeSearch) -> period_picker.Picker:
    """The picker for all sites. All time begins with the site that has the earliest figures."""
    shown = questions[0].period
    if shown.name == ALL:
        shown = min((one.period for one in questions), key=lambda period: period.first)
    return period_picker.pick(shown, questions[0].now.date(), search.query)


def _question(request: Request, site: Site) -> Question:
    now, period = periods.requested(request, site)
    return Question(site, period, now)


def _card(stored: ManySites, asked: Question) -> SiteCard:
    try:
        return site_card(stored.stats(asked), asked.now)
    except Unavailable as error:
        note = error.message
    except Exception:
        log.exception("no figures of %s", asked.site.id)  # one broken site must not break the page
        note = _(_NO_FIGURES)
    return SiteCard(asked.site, 0, waiting=False, figures=[], spark=chart.NO_LINE, note=note)


def _is_news(deletion: Deletion, person: Person) -> bool:
    """Whether a deletion is shown on the home page: those that the person knows of, until a day after the end."""
    concerned = person.id == deletion.by or person.id in deletion.owners
    return concerned and (not deletion.finished or time.time() - deletion.finished < _DAY_S)


def site_card(stats: Stats, now: datetime) -> SiteCard:
    """The card of a site on the home page."""
    return SiteCard(
        site=stats.site,
        online=stats.online,
        waiting=periods.is_waiting(stats),
        figures=metric_cards.on_site_card(stats, now.date()),
        spark=chart.sparkline(stats, now),
        note=periods.outdated_note(stats) if stats.outdated else "",
        updating=bool(stats.waiting),
    )
