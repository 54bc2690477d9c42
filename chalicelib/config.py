"""Settings from the environment, in one typed object, and the limits and defaults of the whole program.

Every name of an AWS resource follows from the stage, so a deployment needs no wiring: `infra/` creates the
resources under the names that :class:`Settings` derives.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

APP: Final = "shylight"

# What a hit may be. The collector refuses what is larger with a reason; only a page is cut, and a referrer left out.
MAX_BODY_BYTES: Final = 16 * 1024
MAX_IMPORT_BYTES: Final = 4 * 1024 * 1024
MAX_IMPORT_HITS: Final = 1000
MAX_URL_CHARS: Final = 8192
MAX_PAGE_CHARS: Final = 1024
MAX_USER_AGENT_CHARS: Final = 1024
MAX_ID_CHARS: Final = 64
MAX_IDENTIFIER_CHARS: Final = 128
MAX_LOAD_TIME_MS: Final = 10 * 60 * 1000
MAX_ENGAGEMENT_MS: Final = 24 * 60 * 60 * 1000
# A custom event. Names, numbers and values are Plausible's; all values together are not, as a body has its limit.
MAX_EVENT_NAME_CHARS: Final = 120
MAX_PROPS: Final = 30
MAX_PROP_NAME_CHARS: Final = 300
MAX_PROP_VALUE_CHARS: Final = 2000
MAX_PROPS_CHARS: Final = 16 * 1024
MAX_AMOUNT: Final = 10**12
# Revenue is kept in whole millionths, so that sums are exact.
MICROS: Final = 1_000_000
# The year 2200 begins: no hit is from after that, and dates beyond 9999 are none.
LATEST_T: Final = 7_258_118_400_000
# Hours that a site-day may have: 24 or so, and up to a day and more again where the site's zone was changed westwards.
DAY_HOURS: Final = 51
# Lambda hands over 6 MB at most, envelope and headers included: an answer's body in JSON has this much.
MAX_ANSWER_BYTES: Final = 5_000_000
# To how many sites one call of the Plausible Events API may send.
MAX_DOMAINS: Final = 10

# What a visit is (the predecessor's definition): a gap of more than this ends it.
VISIT_GAP_MS: Final = 30 * 60 * 1000
ONLINE_MINUTES: Final = 5
# What a redirect by a script is: the page is replaced this soon, without an act of a person, and the next one is seen
# so soon after it.
REDIRECT_AT_ONCE_MS: Final = 1_000
REDIRECT_WITHIN_MS: Final = 10_000
# Requests of one browser may overtake each other by this much.
JITTER_MS: Final = 1_000

# A site-day's salt outlives the day by this much, for beacons of views that began before midnight.
SALT_GRACE_S: Final = 60 * 60
# A salt made for a past day, by an import, lives this long from its making.
IMPORT_SALT_LIFE_S: Final = 60 * 60

# A mark says "dirty until": the worker writes one at most this often for each hour of a site.
MARK_LIFE_S: Final = 60
# Clocks of two machines may differ by this much before a mark could be cleared too early.
CLOCK_SKEW_S: Final = 10
# A page that is opened again this soon after a build shows that build.
REFRESH_AFTER_S: Final = 2

SITE_CACHE_S: Final = 30
DEFAULT_RETENTION_DAYS: Final = 730
# Floods: hits from one address in an hour (a large office reading at once, or a proxy nobody declared), one visitor's
# records in one hour (nobody reads 1,000 pages in one), and a site's records in one day.
MAX_ADDRESS_HOUR: Final = 20_000
MAX_VISITOR_HOUR: Final = 2_000
MAX_SITE_DAY: Final = 5_000_000
# What is kept of one visitor's hour besides: some 500 records with all the properties that an event may have.
MAX_VISITOR_HOUR_BYTES: Final = 8 * 1024 * 1024
# Rows kept per table and day; the rest is summed into an honest "other".
TABLE_ROWS: Final = 500
# The same over a period of days.
PERIOD_ROWS: Final = 1000
# Currencies told of one event; of amounts in others, the number.
EVENT_CURRENCIES: Final = 20

# How long a browser that came over https comes back over nothing else.
HTTPS_ONLY_S: Final = 365 * 24 * 60 * 60

SESSION_COOKIE: Final = "shylight_session"
SESSION_LIFE_S: Final = 14 * 24 * 60 * 60
SIGN_IN_LINK_LIFE_S: Final = 60 * 60
# A rotated signing key is taken up by running Lambdas after this long.
SIGNING_KEY_CACHE_S: Final = 15 * 60
MIN_PASSWORD_CHARS: Final = 10
MAX_PASSWORD_CHARS: Final = 1024
# Failed sign-ins until one has to wait: under one e-mail address from one network or browser, and from one network
# under any (an office shares one). Under one e-mail address from everywhere, one only has to wait a little from then
# on, so that nobody can lock its owner out; and a browser in which somebody has signed in before waits for no others.
SIGN_IN_WINDOW_S: Final = 15 * 60
SIGN_IN_ATTEMPTS: Final = 10
SIGN_IN_ATTEMPTS_PER_ADDRESS: Final = 100
SIGN_IN_ATTEMPTS_PER_PERSON: Final = 30
SIGN_IN_PAUSE_S: Final = 15
KNOWN_BROWSER_COOKIE: Final = "shylight_known"
KNOWN_BROWSER_LIFE_S: Final = 180 * 24 * 60 * 60

MAX_SITE_NAME_CHARS: Final = 100
MAX_TOKEN_NAME_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between deployments.

    :ivar stage: the Chalice stage; part of every resource's name.
    :ivar region: the AWS region.
    :ivar account: the AWS account's 12 digits.
    :ivar public_url: where browsers reach the app, without a trailing slash; ``""`` where it is
        at the address that API Gateway says it was asked at.
    :ivar plain_script: anything but ``""``: the script is not compressed, because the gateway before the functions
        cannot be told to send bytes to a client that accepts everything.
    :ivar max_sites: how many sites a person may have.
    :ivar geo_prefix: key prefix in the bucket under which the GeoIP databases (``*.mmdb``) lie.
    """

    stage: str = "local"
    region: str = "us-east-1"
    account: str = "000000000000"
    public_url: str = ""
    plain_script: str = ""
    max_sites: int = 1000
    geo_prefix: str = "geo/"

    @property
    def prefix(self) -> str:
        """The beginning of every resource's name, ``shylight-<stage>``."""
        return f"{APP}-{self.stage}"

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
    def signing_key(self) -> str:
        """The secret that signs session cookies and links."""
        return f"{self.prefix}-signing-key"

    @property
    def geo_source(self) -> str:
        """The parameter that tells where newer GeoIP databases come from."""
        return f"{self.prefix}-geo-source"

    def table(self, name: str) -> str:
        """The full name of a table: ``core``, ``sessions``, ``rollups``, ``marks`` or ``salts``."""
        return f"{self.prefix}-{name}"


# Setting of the environment -> field. The README documents each; a test holds the two together.
ENVIRONMENT: Final[Mapping[str, str]] = {
    "SHYLIGHT_STAGE": "stage",
    "AWS_REGION": "region",
    "SHYLIGHT_ACCOUNT": "account",
    "SHYLIGHT_PUBLIC_URL": "public_url",
    "SHYLIGHT_PLAIN_SCRIPT": "plain_script",
    "SHYLIGHT_MAX_SITES": "max_sites",
    "SHYLIGHT_GEO_PREFIX": "geo_prefix",
}


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from environment variables; a variable that is unset or empty leaves the default."""
    given: dict[str, Any] = {field: environ[name] for name, field in ENVIRONMENT.items() if environ.get(name)}
    if "max_sites" in given:
        if not given["max_sites"].isdecimal():
            raise ValueError(f"SHYLIGHT_MAX_SITES must be a whole number, not {given['max_sites']!r}")
        given["max_sites"] = int(given["max_sites"])
    if "region" not in given and environ.get("AWS_DEFAULT_REGION"):
        given["region"] = environ["AWS_DEFAULT_REGION"]
    if "public_url" in given:
        given["public_url"] = given["public_url"].rstrip("/")
    return Settings(**given)


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings(os.environ)


def bind_account(function_arn: str) -> None:
    """Take the account from the ARN of the running function, which knows it for certain and for free."""
    account = function_arn.split(":")[4]
    if os.environ.get("SHYLIGHT_ACCOUNT") != account:
        os.environ["SHYLIGHT_ACCOUNT"] = account
        settings.cache_clear()
