"""What is promised to visitors: once a day's salt is gone, nobody can tell who they were."""

import base64
import json
import os
import re
import time
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib import days, timed_cache
from chalicelib.aggregate.build_day import refresh
from chalicelib.collect import hit
from chalicelib.collect.event import Event, encode
from chalicelib.collect.urls import Location
from chalicelib.collect.visitor import visitor_key
from chalicelib.config import IMPORT_SALT_LIFE_S, SALT_GRACE_S, settings
from chalicelib.enrich.worker import consume
from chalicelib.store import aws, salts, tables
from chalicelib.store.sites import Site, put_site

pytestmark = pytest.mark.usefixtures("local_aws")

ADDRESS = "198.51.100.77"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"


@pytest.fixture
def site() -> Site:
    """A new site."""
    made = Site(str(uuid.uuid4()), "Test", "example.com", "UTC")
    put_site(made)
    return made


def today(site: Site) -> date:
    return days.day_of(days.now_ms(), site.zone)


def view(site: Site, t: int | None = None) -> Event:
    seen = hit.View(uuid.uuid4().hex, Location("example.com", "/"), "script")
    return hit.event(site, hit.client(ADDRESS, AGENT), t or days.now_ms(), seen)


def dump(of: str = "") -> bytes:
    """Everything there is: every item of every table, every object of the bucket, the whole environment.

    :param of: a site's id, for only what belongs to it and to no site.
    """
    parts: list[bytes] = [json.dumps(dict(os.environ)).encode()]
    dynamodb = tables.CoreItem._get_connection().connection.client
    for name in ("core", "sessions", "rollups", "marks", "salts"):
        for page in dynamodb.get_paginator("scan").paginate(TableName=settings().table(name)):
            for item in page["Items"]:
                leaves = list(_leaves(item))
                if name == "core" or of.encode() in b" ".join(leaves):
                    parts += leaves
    s3 = aws.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=settings().bucket):
        for item in page.get("Contents", []):
            if of in item["Key"] and not item["Key"].startswith(settings().geo_prefix):
                parts += [item["Key"].encode(), s3.get_object(Bucket=settings().bucket, Key=item["Key"])["Body"].read()]
    return b"\n".join(parts)


def _leaves(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value if isinstance(value, bytes) else str(value).encode()


def test_a_destroyed_salt_cannot_be_recomputed_from_a_full_dump(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    day = today(site) - timedelta(days=3)
    event = view(site, days.day_start(day, site.zone))
    consume([encode([event])])
    refresh(site, day)
    secret = salts.salt(site, day)
    assert visitor_key(secret, ADDRESS, AGENT) == event.visitor
    assert secret in dump()  # the search below can find it

    later = time.time() + IMPORT_SALT_LIFE_S + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert salts.delete_expired(later) >= 1
    everything = dump()
    assert event.visitor.encode() in everything
    for form in (
        secret,
        secret.hex().encode(),
        base64.b64encode(secret),
        base64.urlsafe_b64encode(secret).rstrip(b"="),
    ):
        assert form not in everything
    # Nor is it made of anything there: no 32 bytes of the dump, however written, give the visitor's key back.
    ours = dump(site.id)
    candidates = {ours[at : at + 32] for at in range(len(ours) - 31)}
    candidates |= {bytes.fromhex(found.decode()) for found in re.findall(rb"(?=([0-9a-f]{64}))", ours)}
    assert all(visitor_key(candidate, ADDRESS, AGENT) != event.visitor for candidate in candidates)
    # A warm Lambda has forgotten it too, and what is made now for that day is another.
    assert salts.find_salt(site, day) is None
    assert salts.salt(site, day) != secret


def test_neither_address_nor_user_agent_is_stored(site: Site) -> None:
    consume([encode([view(site)])])
    everything = dump()
    assert ADDRESS.encode() not in everything
    assert ADDRESS.rpartition(".")[0].encode() not in everything
    assert AGENT.encode() not in everything


def test_the_queue_carries_a_truncated_address_unless_the_site_collects_them(site: Site) -> None:
    assert view(site).address == "198.51.100.0"


def test_a_salt_of_today_lives_until_an_hour_after_the_day(site: Site) -> None:
    salts.salt(site, today(site))
    end = days.day_end(today(site), site.zone) / 1000
    item = tables.SaltItem.get(f"{site.id}#{today(site).isoformat()}")
    assert item.expires == int(end + SALT_GRACE_S)
    before = salts.delete_expired(end + SALT_GRACE_S - 1)
    assert tables.SaltItem.count(f"{site.id}#{today(site).isoformat()}") == 1, before


def test_a_salt_of_a_past_day_lives_an_hour_from_its_making(site: Site) -> None:
    past = today(site) - timedelta(days=9)
    salts.salt(site, past)
    item = tables.SaltItem.get(f"{site.id}#{past.isoformat()}")
    assert abs(item.expires - time.time() - 3600) < 60


def test_collectors_that_race_for_the_first_salt_agree(site: Site) -> None:
    first = salts.salt(site, today(site))
    timed_cache.reset_all()  # another process, which has not seen it
    racing = tables.SaltItem.get
    try:
        # It looked before the first one wrote, so it believes that there is none.
        tables.SaltItem.get = classmethod(  # type: ignore[method-assign, assignment]
            lambda cls, key, **more: (
                racing(key, **more) if more else (_ for _ in ()).throw(tables.SaltItem.DoesNotExist())
            )
        )
        assert salts.salt(site, today(site)) == first
    finally:
        tables.SaltItem.get = racing  # type: ignore[method-assign]


def test_the_same_visitor_has_another_key_on_another_day_and_another_site(site: Site) -> None:
    other = Site(str(uuid.uuid4()), "Other", "example.org", "UTC")
    put_site(other)
    now = days.now_ms()
    keys = {view(site).visitor, view(site, now - 24 * days.HOUR_MS).visitor, view(other).visitor}
    assert len(keys) == 3


def test_time_read_past_midnight_stays_with_its_view(site: Site) -> None:
    midnight = days.day_start(today(site), site.zone)
    late = view(site, midnight - 60_000)
    leave = hit.Leave(late.id, 180_000, 180_000, "script")
    left = hit.event(site, hit.client(ADDRESS, AGENT), midnight + 120_000, leave)
    assert (left.visitor, left.day, left.t) == (late.visitor, late.day, midnight - 1)
