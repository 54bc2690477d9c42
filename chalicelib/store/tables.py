"""The five tables, as PynamoDB models. `infra/` creates them; a test holds the template and these together.

====================  =====================================  ==========================================================
table                 key                                    holds
====================  =====================================  ==========================================================
core                  entity-prefixed pk / sk                users, sites, memberships, tokens (hashed), links
sessions              ``site#day`` / ``HH#!second#visitor…``  hits of one visitor's hour of a site-day, as a set
                      ``site#day`` / ``id#visitor#…``        a pointer from the site's own name for that visitor
rollups               ``site`` / ``day#…``                   packed rollups of site-days
                      ``site`` / ``month#…`` ``rows#…``      the sums of months, made of them
                      ``site`` / ``ledger#…`` ``full#…``     what was dropped, and days that take no more
                      ``site`` / ``usage#…``                 what the site has used in a month
marks                 bucket / ``site#day#HH``               what the aggregator has to rebuild
                      ``build#bucket`` / ``site#day``        who is at it, and how often it failed
                      ``build#bucket`` / ``site#woken``      when the aggregator was last woken for it
                      ``job`` / name of a function           when it last ran
salts                 ``site#day``                           the day's salt; never backed up
====================  =====================================  ==========================================================
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.config import Config
from pynamodb.attributes import (
    BinaryAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.connection import Connection, TableConnection
from pynamodb.exceptions import PynamoDBException
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib import timed_cache
from chalicelib.config import settings
from chalicelib.store import aws


class _Meta:
    """What the tables' connections have in common."""

    region = settings().region
    connect_timeout_seconds = aws.CONNECT_TIMEOUT_S
    read_timeout_seconds = aws.READ_TIMEOUT_S
    max_retry_attempts = aws.ATTEMPTS - 1
    max_pool_connections = 32


class _Table(Model):
    """What the tables' models have in common."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        if cls._connection is None:
            connection: Connection = super()._get_connection().connection
            connection._client = _client()
        return super()._get_connection()


@cache
def _client() -> Any:
    """The client of all tables: PynamoDB would make one for each model, and each reads DynamoDB's description again."""
    connection = Connection(
        region=_Meta.region,
        connect_timeout_seconds=_Meta.connect_timeout_seconds,
        read_timeout_seconds=_Meta.read_timeout_seconds,
        max_retry_attempts=_Meta.max_retry_attempts,
        max_pool_connections=_Meta.max_pool_connections,
    )
    connection._local.session = aws.session()
    aws.session().set_default_client_config(Config(user_agent=aws.USER_AGENT))
    return connection.client


class ListingIndex(GlobalSecondaryIndex[Any]):
    """Lists people, sites and audit entries in an order; sparse, see `store.listings`."""

    class Meta(_Meta):
        index_name = "listing"
        projection = KeysOnlyProjection()

    listed_in = UnicodeAttribute(hash_key=True)
    listed_by = UnicodeAttribute(range_key=True)


class CoreItem(_Table):
    """Any item of ``core``: its own module in `store` gives each entity its attributes."""

    class Meta(_Meta):
        table_name = settings().table("core")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute(null=True)  # the entity as JSON
    version = NumberAttribute(default=1)
    expires = NumberAttribute(null=True)  # epoch seconds; DynamoDB's TTL
    listed_in = UnicodeAttribute(null=True)  # the list, see store/listings.py
    listed_by = UnicodeAttribute(null=True)  # what the list is sorted by
    listing = ListingIndex()


class IdentifierIndex(GlobalSecondaryIndex[Any]):
    """Finds visitors' keys by the site's own identifier; sparse, so anonymous visitors cost nothing."""

    class Meta(_Meta):
        index_name = "identifier"
        projection = KeysOnlyProjection()

    identified = UnicodeAttribute(hash_key=True)  # site#identifier
    pk = UnicodeAttribute(range_key=True)


class SessionItem(_Table):
    """Hits of one visitor in one hour of a site-day, as one batch brought them."""

    class Meta(_Meta):
        table_name = settings().table("sessions")

    pk = UnicodeAttribute(hash_key=True)  # site#day
    sk = UnicodeAttribute(range_key=True)  # see store/hits.py; or id#visitor#digest of the identifier
    hits = UnicodeSetAttribute(null=True)  # packed records, see store/records.py
    traits = UnicodeAttribute(null=True)  # what is known of the visitor, as JSON
    identified = UnicodeAttribute(null=True)
    expires = NumberAttribute(null=True)
    identifier_index = IdentifierIndex()


class RollupItem(_Table):
    """One packed rollup of a site-day."""

    class Meta(_Meta):
        table_name = settings().table("rollups")

    site = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)  # day#2026-11-24
    packed = BinaryAttribute(legacy_encoding=False)
    built_at = NumberAttribute()  # epoch ms at which the build began to read
    build = UnicodeAttribute()  # unique to the build; a stale one cannot overwrite a newer
    turn = NumberAttribute(null=True)  # how often the rollup of the day was written
    manifest = UnicodeAttribute(null=True)  # the segments from which it was computed, see store/segments.py
    expected = NumberAttribute(null=True)  # without a manifest, how many hits there were


class MonthItem(_Table):
    """The sums of a month that is over, or a part of its tables; beside the rollups, of which they are made."""

    class Meta(_Meta):
        table_name = settings().table("rollups")

    site = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)  # month#2026-10, or rows#2026-10#00 for a part of its tables
    state = NumberAttribute(null=True)  # how often one of its days was built after its end
    of = NumberAttribute(null=True)  # the state when the sum was computed
    made = UnicodeAttribute(null=True)  # unique to the sum, of the month and of its parts
    packed = BinaryAttribute(legacy_encoding=False, null=True)
    built_at = NumberAttribute(null=True)  # epoch ms, the newest of its days'
    parts = NumberAttribute(null=True)  # how many its tables take


class LedgerItem(_Table):
    """How many hits of a site-day were dropped for one reason; beside the rollups, whose life it shares."""

    class Meta(_Meta):
        table_name = settings().table("rollups")

    site = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)  # ledger#2026-11-24#reason#name
    dropped = NumberAttribute()


class DayTotalsItem(_Table):
    """The totals of a site's days in a month; `store.day_totals` names the attributes of the days."""

    class Meta(_Meta):
        table_name = settings().table("rollups")

    site = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)  # totals#2026-11
    complete = NumberAttribute(null=True)  # 1: all days that have a rollup are in it


class UsageItem(_Table):
    """What a site has used in a month; `store.usage` names the other attributes."""

    class Meta(_Meta):
        table_name = settings().table("rollups")

    site = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)  # usage#2026-11
    builds = NumberAttribute(null=True)


class MarkItem(_Table):
    """A mark, "this hour of this site-day is dirty until …": what the aggregator works from."""

    class Meta(_Meta):
        table_name = settings().table("marks")

    bucket = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)  # site#day#HH, or site#day#close
    until = NumberAttribute()  # epoch ms; writes may happen without a new mark up to here
    due = NumberAttribute(default=0)  # epoch ms; not to be worked on before


class BuildItem(_Table):
    """The build lease of a site-day, and its failures."""

    class Meta(_Meta):
        table_name = settings().table("marks")

    bucket = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)  # site#day
    until = NumberAttribute(null=True)  # epoch ms; the end of the lease
    owner = UnicodeAttribute(null=True)  # unique to the lease
    failures = NumberAttribute(null=True)  # since the last success
    due = NumberAttribute(null=True)  # epoch ms; not to be tried before
    reason = UnicodeAttribute(null=True)  # of the last failure


class RunItem(_Table):
    """The last runs of a scheduled job, or of the worker; see `store.job_runs`."""

    class Meta(_Meta):
        table_name = settings().table("marks")

    bucket = UnicodeAttribute(hash_key=True)  # job
    sk = UnicodeAttribute(range_key=True)  # the name of the function
    started = NumberAttribute(null=True)  # epoch ms, like the others
    ended = NumberAttribute(null=True)
    succeeded = NumberAttribute(null=True)
    error = UnicodeAttribute(null=True)
    waited = NumberAttribute(null=True)  # ms


class SaltItem(_Table):
    """The salt of a site-day."""

    class Meta(_Meta):
        table_name = settings().table("salts")

    site_day = UnicodeAttribute(hash_key=True)
    salt = BinaryAttribute(legacy_encoding=False)
    expires = NumberAttribute()  # epoch seconds


MODELS: tuple[type[_Table], ...] = (
    CoreItem,
    SessionItem,
    RollupItem,
    MonthItem,
    DayTotalsItem,
    LedgerItem,
    UsageItem,
    MarkItem,
    BuildItem,
    RunItem,
    SaltItem,
)


def key_names(model: type[Model]) -> tuple[str, ...]:
    """The names of a table's partition key and, if it has one, its sort key."""
    attributes = model.get_attributes().values()
    keys = [one for one in attributes if one.is_hash_key or one.is_range_key]
    return tuple(one.attr_name for one in sorted(keys, key=lambda one: one.is_range_key))


def _forget_connections() -> None:
    _client.cache_clear()
    for model in (*MODELS, *CoreItem.__subclasses__()):
        model._connection = None


timed_cache.on_reset(_forget_connections)


def are_reachable() -> bool:
    """Whether all tables can be read."""
    probes: list[tuple[type[Model], list[Any]]] = [
        (CoreItem, ["healthz", "-"]),
        (SessionItem, ["healthz", "-"]),
        (RollupItem, ["healthz", "-"]),
        (MarkItem, ["healthz", "-"]),
        (SaltItem, ["healthz"]),
    ]
    for model, key in probes:
        try:
            model.get(*key)
        except model.DoesNotExist:
            continue
        except PynamoDBException:
            return False
    return True
