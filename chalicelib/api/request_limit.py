"""The limit of requests per person and minute, and the headers that tell it.

The headers are those of draft-ietf-httpapi-ratelimit-headers-11 of the IETF. The windows are the clock's minutes.
Requests are counted in one write each, so the limit is exact over all running functions. See docs/adr/0039.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from chalice import Response

from chalicelib import config
from chalicelib.errors import ShylightError, TooManyRequests
from chalicelib.store import api_requests
from chalicelib.store.people import Person

_POLICY = '"person"'


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of a person's requests.

    :ivar limit: requests per window; :ivar remaining: in this window; :ivar resets_in: seconds until the next window.
    """

    limit: int
    remaining: int
    resets_in: int

    @property
    def headers(self) -> dict[str, str]:
        """``RateLimit-Policy`` and ``RateLimit``."""
        return {
            "RateLimit-Policy": f"{_POLICY};q={self.limit};w={config.API_WINDOW_S}",
            "RateLimit": f"{_POLICY};r={self.remaining};t={self.resets_in}",
        }


def within(person: Person, act: Callable[[], Response]) -> Response:
    """The response of `act`, with the headers that tell the limit; so do its errors.

    :raises TooManyRequests: if it is one request too many; `act` is not called then.
    """
    quota = count(person)
    try:
        response = act()
    except ShylightError as error:
        error.headers |= quota.headers
        raise
    response.headers.update(quota.headers)
    return response


def count(person: Person) -> Quota:
    """Count a request of `person`; gives what is left.

    :raises TooManyRequests: if it is one too many.
    """
    now = int(time.time())
    window, passed = divmod(now, config.API_WINDOW_S)
    made = api_requests.count(person.id, window, now + 2 * config.API_WINDOW_S)
    limit, resets_in = config.settings().api_requests, config.API_WINDOW_S - passed
    quota = Quota(limit, max(0, limit - made), resets_in)
    if made > limit:
        message = f"You have sent more than {limit:,} requests in this minute; wait {resets_in} s."
        error = TooManyRequests(message, retry_after=resets_in)
        error.headers |= quota.headers
        raise error
    return quota
