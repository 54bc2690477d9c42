"""What the demo sets up on its sites: settings and filters that exist."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.accounts.sites import site_settings
from chalicelib.catalogue import DIMENSIONS
from demo.traffic import set_up
from demo.traffic.client import Shylight
from demo.traffic.demo_site import DemoSite
from demo.traffic.sites import SITES


class Recorder(Shylight):
    """Records the requests instead of sending them."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", "token")
        self.sent: list[tuple[str, str, Any]] = []

    def _json(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        self.sent.append((method, path, body))
        return {"id": "the-site"}


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.domain)
def test_a_site_has_its_settings_before_it_gets_traffic(site: DemoSite) -> None:
    recorder = Recorder()
    assert set_up.create(recorder, site) == "the-site"
    changed = [body for method, _, body in recorder.sent if method == "PATCH"]
    assert changed == ([site.settings] if site.settings else [])
    assert set(site.settings) <= set(site_settings.RIGHTS) | {"ignored_ips", "ignore_robots"}


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.domain)
def test_saved_segments_filter_by_dimensions_that_exist(site: DemoSite) -> None:
    recorder = Recorder()
    set_up.complete(recorder, "the-site", site)
    filters = [one for _, path, body in recorder.sent if path.endswith("/segments") for one in body["filters"]]
    singular = {"page", "country", "channel"}
    assert {one.split(",")[1] for one in filters} <= singular
    assert {"pages", "countries", "channels"} <= set(DIMENSIONS)
