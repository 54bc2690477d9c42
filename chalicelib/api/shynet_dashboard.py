"""``GET /api/v1/dashboard/``: the statistics of all sites of a person as Shynet gives them, for its clients.

Names, order and formats of the fields are those of Shynet 0.14, where a site is a *service* with a *uuid*, a visit a
*session*, and a page view a *hit*. What Shynet knows and we do not, such as models of devices, is empty.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from chalice import Response

from chalicelib import catalogue, config, pagination, url_normalization
from chalicelib.accounts.access import auth
from chalicelib.errors import BadRequest, ShylightError, Unauthorized, Unavailable
from chalicelib.hostnames import site_url
from chalicelib.report import comparisons, periods, refresh, site_stats
from chalicelib.report.periods import Period
from chalicelib.report.stats import Row, Stats
from chalicelib.store import rollups
from chalicelib.store.people import Person
from chalicelib.store.sites import Site, read_id
from chalicelib.web import Request, reply_json

# Rows per table, as in Shynet.
_ROWS: Final = 300
_DEFAULT_DAYS: Final = 30
# A request may take 29 s.
_BUDGET_S: Final = 20.0
_DEVICE_TYPES: Final = {"phone": "PHONE", "tablet": "TABLET", "desktop": "DESKTOP", "robot": "ROBOT"}
_GRANULARITIES: Final = {"hour": ("MM/dd HH:mm", "hourly"), "day": ("MMM d", "daily")}


def show(request: Request, person: Person) -> Response:
    """``GET …?uuid=&startDate=&endDate=``: the person's sites, or the one with this id, over whole days.

    An administrator gets the sites in which they have a role. A period that ends before it begins is empty.

    :raises BadRequest: for an invalid date, and for a period that is too long.
    :raises Unavailable: if there are too many sites for one answer.
    """
    now = datetime.now(UTC)
    first, last = _date(request.query, "startDate"), _date(request.query, "endDate")
    wanted = read_id(request.query.get("uuid", ""))
    sites = [
        site
        for site in auth.sites_of(replace(person, admin=False))
        if request.access.reaches(site.id) and wanted in (None, site.id)
    ]
    started = time.monotonic()
    services = []
    for site in sites:
        if time.monotonic() > started + _BUDGET_S:
            raise Unavailable("You have too many sites for one answer; ask for one of them with uuid.", retry_after=60)
        period = _period(site, first, last, now)
        services.append(_service(site, period, now, started + refresh.REFRESH_BUDGET_S))
    return reply_json({"services": _fitting(services)})


def refusal(error: ShylightError) -> Response:
    """An error in Shynet's shape: 403 and ``{}`` without a valid token, else ``{"error": message}``."""
    headers = {**error.headers}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthorized):
        return reply_json({}, HTTPStatus.FORBIDDEN, headers)
    return reply_json({"error": error.message}, error.status, headers)


def _date(query: Mapping[str, str], name: str) -> date | None:
    if name not in query:
        return None
    try:
        return datetime.strptime(query[name], "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise BadRequest("Invalid date format. Use YYYY-MM-DD.", field=name) from None


def _period(site: Site, first: date | None, last: date | None, now: datetime) -> Period | None:
    """The site-days from `first` to `last`, by default those since 30 days ago; None if there are none."""
    today = now.astimezone(site.zone).date()
    first, last = first or today - timedelta(days=_DEFAULT_DAYS), last or today
    if last < first:
        return None
    query = {"from": first.isoformat(), "to": last.isoformat()}
    return periods.parse(query, site, now)


def _service(site: Site, period: Period | None, now: datetime, until: float) -> dict[str, Any]:
    """A site with its statistics; `until`: the deadline for building days, see `site_stats.stats`."""
    if period is None:
        stats = compare = None
    else:
        # The referrers that the site hides are left out here, so that they are not taken for missing ones.
        open_site = replace(site, hide_referrer_regex="")
        stats = _alone(open_site, period, now, until)
        compare = _alone(open_site, Period("custom", *period.before()), now, until)
    known = rollups.exist(site.id)
    return {
        "name": site.name,
        "uuid": site.id,
        "link": site_url(site.domain) if site.domain else "",
        "stats": {**_stats(site, stats, now, known), "compare": _stats(site, compare, now, known)},
    }


def _alone(site: Site, period: Period, now: datetime, until: float) -> Stats:
    """The statistics of a period, which is compared with nothing."""
    return site_stats.stats(site, period, now, comparison=comparisons.nothing(period), until=until)


def _stats(site: Site, stats: Stats | None, now: datetime, known: bool) -> dict[str, Any]:
    """The statistics of one period.

    :param stats: None for a period without days.
    :param known: whether the site has any hits.
    """
    metrics = stats.metrics.by_key if stats else site_stats.metrics(catalogue.Totals()).by_key
    bounce_rate, duration = metrics["bounce_rate"], metrics["visit_duration"]
    tooltip, granularity = _GRANULARITIES[stats.interval if stats else "hour"]
    points = [point for point in stats.series if point.t <= now] if stats else []
    return {
        "currently_online": stats.online if stats else 0,
        "session_count": metrics["visits"],
        "hit_count": metrics["pageviews"],
        "has_hits": known,
        "bounce_rate_pct": None if bounce_rate is None else bounce_rate * 100,
        "avg_session_duration": None if duration is None else _iso_duration(duration),
        "avg_load_time": metrics["load_time"],
        "avg_hits_per_session": metrics["views_per_visit"],
        **_tables(site, stats),
        "chart_data": {
            "sessions": [point.visits for point in points],
            "hits": [point.pageviews for point in points],
            "labels": [str(point.t if granularity == "hourly" else point.t.date()) for point in points],
        },
        "chart_tooltip_format": tooltip,
        "chart_granularity": granularity,
        "online": True,
    }


def _tables(site: Site, stats: Stats | None) -> dict[str, list[dict[str, Any]]]:
    def rows(table: str) -> tuple[Row, ...]:
        return stats.tables[table].rows if stats else ()

    def visits(table: str) -> Iterable[tuple[str, int]]:
        return ((row.name, row.visits) for row in rows(table))

    base = site_url(site.domain) if site.domain else ""
    locations = (
        (base + url_normalization.uri(row.name) if row.name.startswith("/") else row.name, row.pageviews)
        for row in rows("pages")
    )
    device_types = ((_DEVICE_TYPES.get(name, "OTHER"), count) for name, count in visits("devices"))
    return {
        "locations": _counted("location", locations),
        "referrers": _counted("referrer", _referrers(site, stats) if stats else ()),
        "countries": _counted("country", visits("countries")),
        "operating_systems": _counted("os", visits("systems")),
        "browsers": _counted("browser", visits("browsers")),
        "devices": [],
        "device_types": _counted("device_type", device_types),
    }


def _referrers(site: Site, stats: Stats) -> Iterable[tuple[str, int]]:
    """The referrers of visits, with ``""`` for none, without those that the site hides."""
    table = stats.tables["referrers"]
    rows = [*table.rows, *([table.other] if table.other else [])]
    direct = Row("", 0, stats.metrics.visits - sum(row.visits for row in rows), 0)
    shown = site_stats.without_hidden(site, (*table.rows, *([direct] if direct.visits > 0 else [])))
    return ((row.name, row.visits) for row in shown)


def _counted(key: str, rows: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """Rows in Shynet's shape, those with the largest count first; of the same name, one."""
    counts: dict[str, int] = {}
    for name, count in rows:
        counts[name] = counts.get(name, 0) + count
    in_order = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return [{key: name, "count": count} for name, count in in_order[:_ROWS]]


def _iso_duration(seconds: float) -> str:
    """A duration as Django writes it in JSON: ``P0DT00H05M24.800000S``."""
    whole = timedelta(seconds=seconds)
    minutes, rest = divmod(whole.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{whole.microseconds:06d}" if whole.microseconds else ""
    return f"P{whole.days}DT{hours:02d}H{minutes:02d}M{rest:02d}{fraction}S"


def _fitting(services: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The services with as many rows per table as fit into an answer."""
    most = _ROWS
    while pagination.size({"services": services}) > config.MAX_ANSWER_BYTES and most:
        most //= 2
        for service in services:
            for stats in (service["stats"], service["stats"]["compare"]):
                stats |= {name: rows[:most] for name, rows in stats.items() if isinstance(rows, list)}
    return services
