"""The time from a hit until an open overview shows it, on a local AWS with functions and a queue of its own."""

from __future__ import annotations

import random
import re
import statistics
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from demo.traffic.arrivals import DIRECT
from demo.traffic.audience import Audience
from demo.traffic.client import Shylight
from demo.traffic.sites import JOURNAL
from demo.traffic.visits import View
from harness.measurement import Measurement, Section
from infra.http_client import Client
from localstack.stack import Info, Stack

_HITS = 6
_BUDGET_S = 5
_PATIENCE_S = 120
_REFRESH = re.compile(r'data-refresh="(\d+)"')
_PAGEVIEWS = re.compile(r'class="figure pageviews".*?<dd[^>]*>\s*([\d,]+)', re.DOTALL)


def measure() -> Section:
    """The seconds until the page has each of some hits, which are sent at random moments."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        stack = Stack(Path(folder), "ministack", say=lambda _line: None)
        try:
            times = _times(stack.up())
        finally:
            stack.down()
    note = (
        f"{len(times)} hits at random moments, median {statistics.median(times):.1f} s; asks as the page's script does"
    )
    return Section(
        "Hit to dashboard (on a local AWS with its queue and functions)",
        [Measurement("from a sent hit until an open page shows it, longest", max(times), "s", _BUDGET_S, note)],
    )


def _times(stack: Info) -> list[float]:
    """Seconds from each hit until the page shows it. The first hit, before which the page waits, is not measured."""
    shylight, rng = Shylight(stack.base_url, stack.api_token, ingest_url=stack.ingest_url), random.Random(5)
    site, audience = shylight.create_site("Open page", JOURNAL.domain, "UTC"), Audience(rng)
    page = _OpenPage(stack, f"/sites/{site}?{urlencode({'period': 'today'})}")
    times = []
    for number in range(1, _HITS + 2):
        time.sleep(rng.uniform(0, 3))
        sent = time.monotonic()
        view = View(uuid.uuid4().hex, 0, audience.person(), JOURNAL.url("/"), "/", None, 500, None, DIRECT, None)
        shylight.send_view(site, view)
        page.wait_for(number)
        times.append(time.monotonic() - sent)
    return times[1:]


class _OpenPage:
    """A page that somebody looks at. It asks for itself again every few seconds, since it was opened."""

    def __init__(self, stack: Info, path: str) -> None:
        self._client, self._path = Client(stack.base_url), path
        parts = urlsplit(stack.base_url)
        form = urlencode({"email": stack.admin_email, "password": stack.admin_password}).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"{parts.scheme}://{parts.netloc}",
        }
        answer = self._client.request("POST", "/sign-in", form, headers)
        self._cookies = "; ".join(line.split(";")[0] for line in answer.cookies)
        self._next, self._shown = time.monotonic(), 0
        self._ask()

    def wait_for(self, pageviews: int) -> None:
        """Return once the page shows so many.

        :raises RuntimeError: if it does not.
        """
        until = time.monotonic() + _PATIENCE_S
        while self._shown < pageviews:
            if time.monotonic() > until:
                raise RuntimeError(f"the page shows {self._shown} page views instead of {pageviews}")
            if self._next > time.monotonic():
                time.sleep(self._next - time.monotonic())
            self._ask()

    def _ask(self) -> None:
        answer = self._client.request("GET", self._path, None, {"Cookie": self._cookies})
        text = answer.body.decode()
        refresh = _REFRESH.search(text)
        if answer.status != 200 or refresh is None:
            raise RuntimeError(f"{self._path} was answered with {answer.status}, not a page that updates itself")
        shown = _PAGEVIEWS.search(text)
        self._shown = int(shown[1].replace(",", "")) if shown else 0
        while self._next <= time.monotonic():
            self._next += int(refresh[1])
