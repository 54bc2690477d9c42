"""The limits and defaults of the whole program, and the settings of the deployment (`environment.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.config.environment import (
    APP,
    ENVIRONMENT,
    LOCAL_ACCOUNT,
    LOCAL_STAGE,
    Settings,
    bind_account,
    read_settings,
    settings,
)  # fmt: skip

__all__ = [
    "APP", "ENVIRONMENT", "LOCAL_ACCOUNT", "LOCAL_STAGE", "Settings", "bind_account", "read_settings", "settings",
]  # fmt: skip

# Limits of a hit. Larger values are rejected with a reason, except that pages are truncated and referrers left out.
MAX_BODY_BYTES: Final = 16 * 1024
# A form of somebody who is signed in. The longest settings of a site, percent-encoded, take almost as much.
MAX_FORM_BYTES: Final = 512 * 1024
MAX_IMPORT_BYTES: Final = 4 * 1024 * 1024
MAX_IMPORT_HITS: Final = 1000
MAX_URL_CHARS: Final = 8192
MAX_PAGE_CHARS: Final = 1024
MAX_USER_AGENT_CHARS: Final = 1024
MAX_ID_CHARS: Final = 64
MAX_IDENTIFIER_CHARS: Final = 128
MAX_LOAD_TIME_MS: Final = 10 * 60 * 1000
MAX_ENGAGEMENT_MS: Final = 24 * 60 * 60 * 1000
# Limits of a custom event: Plausible's, except for the total size of the properties.
MAX_EVENT_NAME_CHARS: Final = 120
MAX_PROPS: Final = 30
MAX_PROP_NAME_CHARS: Final = 300
MAX_PROP_VALUE_CHARS: Final = 2000
MAX_PROPS_CHARS: Final = 16 * 1024
MAX_AMOUNT: Final = 10**12
# Revenue is stored in millionths, as integers, so that sums are exact.
MICROS: Final = 1_000_000
# The beginning of the year 2200, epoch ms: no hit may be later. (Python has no dates after 9999.)
LATEST_T: Final = 7_258_118_400_000
# The hours a site-day can have: about 24, and up to 51 where the site's time zone was changed westwards.
DAY_HOURS: Final = 51
# Lambda returns at most 6 MB, with envelope and headers: this is left for the body of an answer.
MAX_ANSWER_BYTES: Final = 5_000_000
# How many sites one call of the Plausible Events API may name.
MAX_DOMAINS: Final = 10

# The receipt of a deleted account is kept for this time. Requests and functions that had begun before its deletion may
# store something for the shorter time.
PERSON_RECEIPT_S: Final = 365 * 86400
PERSON_DELETION_SETTLE_S: Final = 60

# The period of figures that is shown if none is chosen, one of `catalogue.PERIODS`.
DEFAULT_PERIOD: Final = "30d"

# A pause longer than this ends a visit (as in Shynet).
VISIT_GAP_MS: Final = 30 * 60 * 1000
ONLINE_MINUTES: Final = 5
# A redirect by a script: the page is replaced within the first time, without an interaction of the visitor, and the
# next page is viewed within the second.
REDIRECT_AT_ONCE_MS: Final = 1_000
REDIRECT_WITHIN_MS: Final = 10_000
# Classes of screens, by the smallest width of the window in CSS pixels. The limits are usual breakpoints of web design:
# 576 and 992 are Bootstrap's, and from 1440 on there is room for the widest layouts.
SCREEN_WIDTHS: Final[Mapping[str, int]] = {"mobile": 1, "tablet": 576, "laptop": 992, "desktop": 1440}
# Requests of one browser may overtake each other by this time.
JITTER_MS: Final = 1_000

# A site-day's salt is kept this long after the day, for beacons of views that began before midnight.
SALT_GRACE_S: Final = 60 * 60
# A salt created for a past day, by an import, is kept this long after its creation.
IMPORT_SALT_LIFE_S: Final = 60 * 60

# The worker marks an hour of a site dirty at most this often; the mark is valid for this time.
MARK_LIFE_S: Final = 60
# Clocks of two machines may differ by this time before a mark could be cleared too early.
CLOCK_SKEW_S: Final = 10
# A build reads again what was written in so many seconds before the newest hit that it has: the worker's timeout, and
# the difference between the clocks of two workers.
WRITE_OVERLAP_S: Final = 30 + CLOCK_SKEW_S
# How many records a build takes up at once, so that its memory does not depend on how many are waiting; and how many
# a part of a day has at most.
BUILD_RECORDS: Final = 250_000
PART_RECORDS: Final = 500_000
# A page builds a day itself if it has at most so many records; else it has the aggregator woken.
SMALL_DAY_RECORDS: Final = 20_000
# What a function that answers questions keeps in memory of the parts that it has read.
RECENT_PARTS_BYTES: Final = 96 * 1024 * 1024
# Rows of tables in sums of days and months that a function keeps in memory, of about 200 bytes each.
RECENT_SUMS_ROWS: Final = 150_000
# A site has the aggregator woken at most this often, and the page of all sites.
WAKE_EVERY_S: Final = 3
WAKE_FOR_ALL_EVERY_S: Final = 30
# How long the aggregator works on a day before it goes on to the next one that waits.
DAY_TURN_S: Final = 30.0
# Days of a site that one command may have built anew.
MAX_REBUILD_DAYS: Final = 366
# Dead letters that pages and the API list, and for how long a request looks for them, and redrives or discards some:
# a request may take 29 s.
MAX_DEAD_LETTERS_SHOWN: Final = 500
DEAD_LETTERS_LOOK_S: Final = 10.0
DEAD_LETTERS_WORK_S: Final = 15.0
# How often the scheduled functions run.
AGGREGATE_EVERY_MIN: Final = 5
EXPIRE_SALTS_EVERY_MIN: Final = 15
UPDATE_GEOIP_EVERY_DAYS: Final = 7
DELETE_SITES_EVERY_MIN: Final = 5
# A page that is opened again within this time after a build shows that build.
REFRESH_AFTER_S: Final = 2
# An open overview of today brings itself up to date this often while somebody uses it, else once a minute; with
# filters, always once a minute.
OPEN_PAGE_REFRESH_S: Final = 2
FILTERED_PAGE_REFRESH_S: Final = 60
# The page of all sites builds no more days than this; if more have new hits, it shows what is stored, and has the
# aggregator woken for figures that are older than a minute. It brings itself up to date once a minute, and sooner while
# it waits for figures.
HOME_BUILDS: Final = 3
HOME_FRESH_S: Final = 60
HOME_PAGE_REFRESH_S: Final = 60
# From this many sites on, it offers a search.
HOME_SEARCH_SITES: Final = 9
HOME_PAGE_WAITING_REFRESH_S: Final = 5
# And the page of the last minutes.
REALTIME_PAGE_REFRESH_S: Final = 10

SITE_CACHE_S: Final = 30
INSTALLATION_CACHE_S: Final = 30
DEFAULT_RETENTION_DAYS: Final = 730
# Limits against floods: hits from one IP address in an hour (a large office, or a proxy that is not declared), records
# of one visitor in an hour (nobody reads 1,000 pages in one), and records of a site in a day.
MAX_ADDRESS_HOUR: Final = 20_000
MAX_VISITOR_HOUR: Final = 2_000
MAX_SITE_DAY: Final = 5_000_000
# And bytes of one visitor's hour: about 500 records with as many properties as an event may have.
MAX_VISITOR_HOUR_BYTES: Final = 8 * 1024 * 1024
# Rows stored per table and day; the others are summed in "other".
TABLE_ROWS: Final = 500
# Rows returned per table for a period.
PERIOD_ROWS: Final = 1000
# Filters of one question, and characters of the value of each.
MAX_FILTERS: Final = 50
MAX_FILTER_CHARS: Final = 2000
# A question about visits may take this time, from the request on; the gateway gives up after 29 s.
QUERY_BUDGET_S: Final = 20.0
# Rows of a breakdown that one answer may have, and rows that it has if none are asked for.
MAX_BREAKDOWN_ROWS: Final = 10_000
BREAKDOWN_ROWS: Final = 1000
# Rows of a whole table, and visits of the list of visits, that a page of the dashboard has.
TABLE_PAGE_ROWS: Final = 100
VISITS_PAGE_ROWS: Final = 50
# The longest periods that are shown by minute and by hour, days.
MAX_MINUTE_DAYS: Final = 1
MAX_HOUR_DAYS: Final = 31
# Periods of which the overview shows the hours of the week, days: from a whole week up to a quarter, because each day's
# rollup has to be read.
MIN_WEEK_HOURS_DAYS: Final = 7
MAX_WEEK_HOURS_DAYS: Final = 92
# The time that is shown as "realtime"; its rows per table, and how many can be asked for.
REALTIME_MINUTES: Final = 30
REALTIME_ROWS: Final = 10
MAX_REALTIME_ROWS: Final = 100
# Currencies reported per event; amounts in other currencies are only counted.
EVENT_CURRENCIES: Final = 20

# An offer of a site to another owner expires after this.
TRANSFER_LIFE_S: Final = 7 * 24 * 60 * 60
# Offers that a person may make in a day, because each is mailed.
OFFERS_PER_DAY: Final = 20

# After a site is deleted, functions that have begun before may store data of it for this time: the longest timeout of a
# function that stores data of sites, after the time for which it may have the site in its cache, and a margin. What
# they stored is looked for after this.
DELETION_SETTLE_S: Final = 300 + SITE_CACHE_S + CLOCK_SKEW_S
# The receipt of a deleted site is kept this long.
DELETION_RECEIPT_S: Final = 365 * 24 * 60 * 60

# How long browsers use https only (HSTS).
HTTPS_ONLY_S: Final = 365 * 24 * 60 * 60

SESSION_COOKIE: Final = "shylight_session"
SESSION_LIFE_S: Final = 14 * 24 * 60 * 60
# When a session was last used is stored at most this often.
SESSION_USED_EVERY_S: Final = 60 * 60
# Signing in waits at most this long for the country of the address.
SESSION_COUNTRY_WAIT_S: Final = 0.5
# Changing how one signs in requires that one has signed in, or confirmed it, within this time.
RECENT_SIGN_IN_S: Final = 10 * 60
# How long one-time links are valid. Those that confirm an address wait for people who read their mail once a day.
SIGN_IN_LINK_LIFE_S: Final = 60 * 60
RESET_LINK_LIFE_S: Final = 60 * 60
VERIFICATION_LINK_LIFE_S: Final = 24 * 60 * 60
SIGN_UP_LINK_LIFE_S: Final = 24 * 60 * 60
# Lookups of one-time links that find nothing, per network.
LINK_LOOKUPS: Final = 100
LINK_LOOKUPS_WINDOW_S: Final = 15 * 60
AUDIT_LOG_LIFE_S: Final = 365 * 24 * 60 * 60
# Running Lambdas notice a rotated signing key within this time; at once, if they get a token that it signed. Unknown
# keys make them look at most this often.
SIGNING_KEY_CACHE_S: Final = 5 * 60
SIGNING_KEY_REREAD_S: Final = 30
MIN_PASSWORD_CHARS: Final = 10
MAX_PASSWORD_CHARS: Final = 1024
# Failed sign-ins before one has to wait: for one e-mail address from one network or browser; from one network for any
# address (an office shares one); for one e-mail address from anywhere, after which attempts only have to pause, so that
# nobody can lock out the owner. Attempts from a browser in which the person has signed in before are counted
# separately.
SIGN_IN_WINDOW_S: Final = 15 * 60
SIGN_IN_ATTEMPTS: Final = 10
SIGN_IN_ATTEMPTS_PER_ADDRESS: Final = 100
SIGN_IN_ATTEMPTS_PER_PERSON: Final = 30
SIGN_IN_PAUSE_S: Final = 15
# Second step of signing in: wrong codes of an authenticator app before one has to wait, per person or known browser.
SECOND_STEP_COOKIE: Final = "shylight_second_step"
SECOND_STEP_LIFE_S: Final = 10 * 60
SECOND_STEP_ATTEMPTS: Final = 10
SECOND_STEP_WINDOW_S: Final = 15 * 60
SECOND_STEP_ATTEMPTS_PER_DAY: Final = 50
AUTHENTICATOR_SET_UP_LIFE_S: Final = 30 * 60
RECOVERY_CODES: Final = 10
PASSKEY_CHALLENGE_COOKIE: Final = "shylight_challenge"
PASSKEY_CHALLENGE_LIFE_S: Final = 5 * 60
MAX_PASSKEYS: Final = 20
MAX_PASSKEY_NAME_CHARS: Final = 100
SECURITY_NOTICE_LIFE_S: Final = 90 * 24 * 60 * 60
# Signing in through an OpenID Connect provider: how long somebody may take at the provider, and to sign in afterwards
# with the account that is to be connected.
PROVIDER_SIGN_IN_COOKIE: Final = "shylight_provider"
PROVIDER_SIGN_IN_LIFE_S: Final = 10 * 60
PROVIDER_IDENTITY_COOKIE: Final = "shylight_identity"
PROVIDER_IDENTITY_LIFE_S: Final = 30 * 60
# Answers from a provider that did not sign anybody in, per network.
PROVIDER_ATTEMPTS: Final = 100
PROVIDER_WINDOW_S: Final = 15 * 60
# How long what a provider says about itself is used, and its keys; a failed request is not repeated for some seconds.
PROVIDER_DOCUMENT_LIFE_S: Final = 60 * 60
PROVIDER_KEYS_LIFE_S: Final = 60 * 60
PROVIDER_FAILURE_LIFE_S: Final = 10
# The provider's clock and ours may differ by this time.
PROVIDER_CLOCK_SKEW_S: Final = 60
# Identities that one person may connect.
MAX_IDENTITIES: Final = 10
# A request to a server whose address somebody entered, from connecting on, and its answer.
OUTGOING_TIMEOUT_S: Final = 5.0
MAX_OUTGOING_ANSWER_BYTES: Final = 256 * 1024
# Mails that a form sends to an address that somebody enters: to one address, and for one network. Links in them are
# valid for as long as the window at least, so whoever is refused has a valid one already.
MAILS_WINDOW_S: Final = 60 * 60
MAILS_PER_ADDRESS: Final = 5
MAILS_PER_NETWORK: Final = 30
# Test mails that an administrator may send to themselves in that window.
TEST_MAILS_PER_PERSON: Final = 60
# Answers that must not tell whether an address has an account take a multiple of this time, longer than sending a mail.
EQUAL_ANSWER_S: Final = 2.0
MAX_PERSON_ADDRESSES: Final = 10
KNOWN_BROWSER_COOKIE: Final = "shylight_known"
KNOWN_BROWSER_LIFE_S: Final = 180 * 24 * 60 * 60

# Settings of the installation.
MAX_INSTALLATION_NAME_CHARS: Final = 100
MAX_PROVIDER_CHARS: Final = 1000
MAX_SITE_NAME_CHARS: Final = 100
MAX_TOKEN_NAME_CHARS: Final = 100
# API tokens of a person that have not expired, and sites that a token may be limited to: every request reads its token.
MAX_TOKENS: Final = 200
MAX_TOKEN_SITES: Final = 100
# The last use of a token is noted at most this often; an expired token is listed for this time.
TOKEN_USE_NOTED_EVERY_S: Final = 60 * 60
EXPIRED_TOKEN_SHOWN_S: Final = 30 * 24 * 60 * 60
# The window in which a person's requests to the API are counted, see `Settings.api_requests`.
API_WINDOW_S: Final = 60
# For how long an Idempotency-Key repeats the first answer, and after which time a request that has neither answered nor
# failed must have died: a Lambda of the API lives 29 s at most.
IDEMPOTENCY_KEY_LIFE_S: Final = 24 * 60 * 60
IDEMPOTENCY_LEASE_S: Final = 60
MAX_IDEMPOTENCY_KEY_CHARS: Final = 255
# People of one site: their roles are stored in one item.
MAX_SITE_PEOPLE: Final = 1000
# Sites that a person has put in an order of their own; the others follow by name.
MAX_ORDERED_SITES: Final = 1000
# A team is deleted in one transaction, with an item for each of its members; DynamoDB takes 100 items.
MAX_TEAM_MEMBERS: Final = 90
MAX_TEAM_SITES: Final = 500
MAX_PERSON_TEAMS: Final = 100
MAX_SITE_TEAMS: Final = 20

INVITATION_LIFE_S: Final = 7 * 24 * 60 * 60
# Invitations that were accepted or have expired are listed for this long.
INVITATION_KEPT_S: Final = 30 * 24 * 60 * 60
# Open invitations to one site, team or installation.
MAX_INVITATIONS: Final = 200
# Invitations that one person may send in a window, and that one address may get, in whatever name.
INVITATIONS_WINDOW_S: Final = 24 * 60 * 60
INVITATIONS_PER_PERSON: Final = 100
INVITATIONS_PER_ADDRESS: Final = 5
# Names of people, sites and teams are shortened to this in invitations, which go to strangers.
MAX_INVITATION_NAME_CHARS: Final = 60

# Saved segments that the people of a site share, and that one person keeps for themselves in a site.
MAX_SAVED_SEGMENTS: Final = 100
MAX_SEGMENT_NAME_CHARS: Final = 100
# All filters of a segment together: more would not fit into a link.
MAX_SEGMENT_FILTER_CHARS: Final = 6000

# Annotations of one site, what each may say, and how many lines of them a page has.
MAX_ANNOTATIONS: Final = 2000
MAX_ANNOTATION_CHARS: Final = 200
MAX_ANNOTATION_URL_CHARS: Final = 500
ANNOTATIONS_PAGE_ROWS: Final = 100
# An open page that brings itself up to date shows those of others after at most this time.
ANNOTATIONS_CACHE_S: Final = 60

# Shared links of one site, and websites that may embed one of them.
MAX_SHARED_LINKS: Final = 100
MAX_EMBED_ORIGINS: Final = 20
SHARED_LINK_COOKIE: Final = "shylight_link"
# How long a browser that has sent a shared link's password need not send it again.
SHARED_LINK_UNLOCKED_S: Final = 12 * 60 * 60
# Visitors of shared pages cause builds of a day no more often than this.
SHARED_REFRESH_AFTER_S: Final = 60
# How long browsers use the script without asking for it again, and how long changes of the settings in it may take to
# reach them. Most visits are shorter.
SCRIPT_CACHE_S: Final = 60 * 60
# How long functions, browsers and proxies cache a site's counter.
COUNTER_CACHE_S: Final = 5 * 60
MAX_BADGE_LABEL_CHARS: Final = 40
