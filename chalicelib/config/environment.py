"""The settings of a deployment, read from the environment.

The names of all AWS resources are derived from the stage: `infra/` creates them under the names that
:class:`Settings` returns.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

APP: Final = "shylight"
# The stage and the account of the local AWS.
LOCAL_STAGE: Final = "local"
LOCAL_ACCOUNT: Final = "000000000000"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a deployment.

    :ivar stage: the Chalice stage; part of every resource's name.
    :ivar region: the AWS region.
    :ivar account: the AWS account's 12 digits.
    :ivar public_url: the URL of the app for browsers, without a trailing slash; ``""``: the one in API Gateway's
        request context.
    :ivar ingest_url: the URL at which browsers send hits, without a trailing slash; ``""``: `public_url`.
    :ivar log_hits: if not ``""``, requests of visitors' browsers are logged even if they succeed.
    :ivar plain_script: if not ``""``, the script is not compressed, for gateways that cannot return binary bodies to
        clients that accept any type.
    :ivar max_sites: how many sites a person may have.
    :ivar api_requests: how many requests to the API a person may send per minute.
    :ivar hot_days: for how many days after a site-day its hits stay in the table, beside the segments.
    :ivar geo_prefix: key prefix in the bucket under which the GeoIP databases (``*.mmdb``) lie.
    :ivar worker_concurrency: how many batches of hits are stored at the same time, at most.
    :ivar gateway_rate: how many requests per second API Gateway lets through to each method of each route, on average;
        0: as many as the account's quota allows. :ivar gateway_burst: how many it lets through to each at once.
    :ivar python: the Python version that the functions are to run on, such as ``3.13``; ``""``: the one that they have.
    """

    stage: str = LOCAL_STAGE
    region: str = "us-east-1"
    account: str = LOCAL_ACCOUNT
    public_url: str = ""
    ingest_url: str = ""
    log_hits: str = ""
    plain_script: str = ""
    max_sites: int = 1000
    api_requests: int = 600
    hot_days: int = 35
    geo_prefix: str = "geo/"
    worker_concurrency: int = 5
    gateway_rate: int = 500
    gateway_burst: int = 1000
    python: str = ""

    @property
    def prefix(self) -> str:
        """The beginning of every resource's name, ``shylight-<stage>``."""
        return f"{APP}-{self.stage}"

    @property
    def is_local(self) -> bool:
        """Whether this is the stage of the local AWS, in its account."""
        return (self.stage, self.account) == (LOCAL_STAGE, LOCAL_ACCOUNT)

    @property
    def bucket(self) -> str:
        """The bucket of segments and GeoIP databases; with account and region, as bucket names are global."""
        return f"{self.prefix}-{self.account}-{self.region}"

    @property
    def queue(self) -> str:
        """The queue of hits."""
        return f"{self.prefix}-hits"

    @property
    def dead_letters(self) -> str:
        """The queue of messages that could not be stored."""
        return f"{self.prefix}-hits-dead"

    @property
    def aggregate(self) -> str:
        """The function that builds days."""
        return f"{self.prefix}-aggregate"

    @property
    def collect(self) -> str:
        """The function that only receives hits, at a URL of its own."""
        return f"{self.prefix}-collect"

    @property
    def worker(self) -> str:
        """The function that stores hits."""
        return f"{self.prefix}-worker"

    @property
    def delete_sites(self) -> str:
        """The function that deletes sites."""
        return f"{self.prefix}-delete_sites"

    @property
    def update_geoip(self) -> str:
        """The function that updates the GeoIP databases."""
        return f"{self.prefix}-update_geoip"

    @property
    def signing_key(self) -> str:
        """The secret that signs session cookies and links."""
        return f"{self.prefix}-signing-key"

    @property
    def encryption_key(self) -> str:
        """The parameter with the key that encrypts stored secrets; named after the first kind of them."""
        return f"{self.prefix}-totp-key"

    @property
    def geo_source(self) -> str:
        """The parameter that tells where newer GeoIP databases come from."""
        return f"{self.prefix}-geo-source"

    def table(self, name: str) -> str:
        """The full name of a table: ``core``, ``sessions``, ``rollups``, ``marks`` or ``salts``."""
        return f"{self.prefix}-{name}"


# Environment variable -> field. Each is documented; a test compares the two.
ENVIRONMENT: Final[Mapping[str, str]] = {
    "SHYLIGHT_STAGE": "stage",
    "AWS_REGION": "region",
    "SHYLIGHT_ACCOUNT": "account",
    "SHYLIGHT_PUBLIC_URL": "public_url",
    "SHYLIGHT_INGEST_URL": "ingest_url",
    "SHYLIGHT_LOG_HITS": "log_hits",
    "SHYLIGHT_PLAIN_SCRIPT": "plain_script",
    "SHYLIGHT_MAX_SITES": "max_sites",
    "SHYLIGHT_API_REQUESTS": "api_requests",
    "SHYLIGHT_HOT_DAYS": "hot_days",
    "SHYLIGHT_GEO_PREFIX": "geo_prefix",
    "SHYLIGHT_WORKER_CONCURRENCY": "worker_concurrency",
    "SHYLIGHT_GATEWAY_RATE": "gateway_rate",
    "SHYLIGHT_GATEWAY_BURST": "gateway_burst",
    "SHYLIGHT_PYTHON": "python",
}
_NUMBERS: Final = frozenset(
    {"max_sites", "api_requests", "hot_days", "worker_concurrency", "gateway_rate", "gateway_burst"}
)
# What Lambda accepts for the event source of a queue.
_WORKER_CONCURRENCY: Final = range(2, 1001)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from environment variables; a variable that is unset or empty leaves the default.

    :raises ValueError: if one is no whole number where it must be, or too small or too large.
    """
    given: dict[str, Any] = {field: environ[name] for name, field in ENVIRONMENT.items() if environ.get(name)}
    for name, field in ENVIRONMENT.items():
        if field in given and field in _NUMBERS:
            if not given[field].isdecimal():
                raise ValueError(f"{name} must be a whole number, not {given[field]!r}")
            given[field] = int(given[field])
    if "region" not in given and environ.get("AWS_DEFAULT_REGION"):
        given["region"] = environ["AWS_DEFAULT_REGION"]
    for field in {"public_url", "ingest_url"} & given.keys():
        given[field] = given[field].rstrip("/")
    found = Settings(**given)
    if found.worker_concurrency not in _WORKER_CONCURRENCY:
        raise ValueError(f"SHYLIGHT_WORKER_CONCURRENCY must be from 2 to 1000, not {found.worker_concurrency}")
    return found


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings(os.environ)


def bind_account(function_arn: str) -> None:
    """Take the account id from the ARN of the running function."""
    account = function_arn.split(":")[4]
    if os.environ.get("SHYLIGHT_ACCOUNT") != account:
        os.environ["SHYLIGHT_ACCOUNT"] = account
        settings.cache_clear()
