"""Sites: what is tracked, and the settings that act on its hits."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from chalicelib import config, days
from chalicelib.days import Calendar
from chalicelib.store import listings
from chalicelib.store.tables import CoreItem
from chalicelib.timed_cache import TimedCache

_PARTITION = "site"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Site:
    """A site and its settings.

    :ivar id: UUID, as in the embed snippet.
    :ivar domain: host name without scheme, lower case, e.g. ``example.com``.
    :ivar timezone: IANA name; the site's days to come begin at its midnight.
    :ivar zones: the zones of its days, where that was changed: first day (ISO; the first of all ``""``) and IANA name.
    :ivar active: False: archived; nothing is recorded any more, its figures stay.
    :ivar collect_ips: pass whole addresses to the geo lookup (never stored); off: truncated ones.
    :ivar origins: which pages may send hits: ``*``, or hosts, wildcards (``*.example.com``) and origins.
    :ivar respect_dnt: drop what comes with ``DNT: 1`` or ``Sec-GPC: 1``.
    :ivar ignore_robots: drop robots' hits; off: keep them, apart from all figures.
    :ivar ignored_ips: addresses and networks whose hits are dropped.
    :ivar hide_referrer_regex: referrers that match are not shown.
    :ivar script_inject: JavaScript appended to the tracker.
    :ivar proxies: which forwarding header to trust, see `collect.client_ip`: ``""``, a number of hops, or a preset.
    :ivar kept_parameters: query parameters that are part of a page, by name.
    :ivar hash_routing: the fragment is part of a page.
    :ivar merge_trailing_slash: ``/a/`` and ``/a`` are one page.
    :ivar max_address_hour: hits taken from one address in an hour.
    :ivar max_visitor_hour: records kept of one visitor in one hour; :ivar max_day: of the site in one day.
    :ivar retention_days: visits are kept this long; rollups are kept.
    :ivar created_at: epoch seconds.
    :ivar owner: the owner's person id.
    """

    id: str
    name: str
    domain: str
    timezone: str = "UTC"
    active: bool = True
    collect_ips: bool = False
    origins: str = "*"
    respect_dnt: bool = True
    ignore_robots: bool = False
    ignored_ips: str = ""
    hide_referrer_regex: str = ""
    script_inject: str = ""
    proxies: str = ""
    kept_parameters: str = ""
    hash_routing: bool = False
    merge_trailing_slash: bool = False
    max_address_hour: int = config.MAX_ADDRESS_HOUR
    max_visitor_hour: int = config.MAX_VISITOR_HOUR
    max_day: int = config.MAX_SITE_DAY
    retention_days: int = config.DEFAULT_RETENTION_DAYS
    created_at: int = 0
    zones: tuple[tuple[str, str], ...] = ()
    owner: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the running day."""
        calendar = self.calendar
        return calendar.zones[0][1] if len(calendar.zones) == 1 else calendar.zone_of(calendar.day_of(days.now_ms()))

    @property
    def calendar(self) -> Calendar:
        """The site's days."""
        return _calendar(self.zones or (("", self.timezone),))

    @property
    def page_parameters(self) -> frozenset[str]:
        """The names in `kept_parameters`, which commas or white space separate."""
        return frozenset(self.kept_parameters.replace(",", " ").split())


@lru_cache(10_000)
def _calendar(zones: tuple[tuple[str, str], ...]) -> Calendar:
    return Calendar(tuple((date.fromisoformat(first) if first else date.min, ZoneInfo(name)) for first, name in zones))


def zones_of(calendar: Calendar) -> tuple[tuple[str, str], ...]:
    """A calendar as a site keeps it: nothing, if there was only ever one zone."""
    if len(calendar.zones) == 1:
        return ()
    return tuple(("" if first == date.min else first.isoformat(), zone.key) for first, zone in calendar.zones)


def read_id(text: str) -> str | None:
    """The id of a site as it is stored, from how people write it (in any case); None for what is none."""
    lower = text.lower()
    return lower if _ID.fullmatch(lower) else None


_sites: TimedCache[str, Site | None] = TimedCache()  # unknown ids, too
_lists: TimedCache[str, list[Site]] = TimedCache()
_absent: TimedCache[str, bool] = TimedCache()  # domains that need not be looked for


def put_site(site: Site) -> None:
    """Write a site without checking who owns its domain; `store.site_changes` does that."""
    item_of(site).save()
    forget(site.id)


def forget(site_id: str) -> None:
    """Forget what this process knows of a site, and of domains."""
    _sites.forget(site_id)
    _lists.clear()
    _absent.clear()


def read_with_version(site_id: str) -> tuple[Site, int] | None:
    """The site as of now, and the version of its item; None if there is none."""
    try:
        item = CoreItem.get(_PARTITION, site_id, consistent_read=True)
    except CoreItem.DoesNotExist:
        return None
    return _parse(item), int(item.version)


def item_of(site: Site, version: int = 1) -> CoreItem:
    """The item that holds `site`, for writing it together with others."""
    return CoreItem(
        _PARTITION,
        site.id,
        body=json.dumps(dataclasses.asdict(site), sort_keys=True),
        version=version,
        listed_in=listings.SITES,
        listed_by=listings.of_site(site.name, site.domain),
    )


def get_site(site_id: str) -> Site | None:
    """The site, read consistently, or None: with a stale read, hits of a new site would be rejected for good."""
    found = read_with_version(site_id)
    return found[0] if found else None


def cached_site(site_id: str) -> Site | None:
    """The site as it was at most :data:`config.SITE_CACHE_S` seconds ago: for the hit path."""
    return _sites.get(site_id, lambda: get_site(site_id), config.SITE_CACHE_S)


def sites_by_domain(domain: str) -> list[Site]:
    """The sites of a domain, with or without a leading ``www.``, as they were at most half a minute ago.

    New sites are found immediately: if there is none in the cache, the list is read again. A domain that has
    none then is not looked for again for as long, because a site that was deleted may still be sending.
    """
    wanted = domain.removeprefix("www.")
    found = _of_domain(_lists.peek(_PARTITION) or [], wanted)
    if not found and not _absent.peek(wanted):
        until = _lists.now() + config.SITE_CACHE_S
        sites = list_sites()
        _lists.put(_PARTITION, sites, until)
        found = _of_domain(sites, wanted)
        if not found:
            _absent.put(wanted, True, until)
    return found


def _of_domain(sites: list[Site], wanted: str) -> list[Site]:
    return [site for site in sites if site.domain.removeprefix("www.") == wanted]


def list_sites() -> list[Site]:
    """All sites, by name."""
    return sorted((_parse(item) for item in CoreItem.query(_PARTITION)), key=_by_name)


def get_sites(site_ids: list[str]) -> list[Site]:
    """The sites that exist, by name."""
    keys = [(_PARTITION, site_id) for site_id in site_ids]
    return sorted((_parse(item) for item in CoreItem.batch_get(keys)), key=_by_name)


def _by_name(site: Site) -> tuple[str, str]:
    return site.name.lower(), site.id


def _parse(item: CoreItem) -> Site:
    known = {field.name for field in dataclasses.fields(Site)}
    given = {name: value for name, value in json.loads(item.body or "{}").items() if name in known}
    given["zones"] = tuple((first, name) for first, name in given.get("zones", ()))
    return Site(**given)
