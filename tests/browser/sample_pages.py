"""The pages of the dashboard with sample data, behind an HTTP server, with the headers that Shylight gives them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

from chalice import Response

from chalicelib import translation
from chalicelib.accounts.sign_in.sign_in_ways import SignInWays
from chalicelib.dashboard import error_page, sections, static_files
from chalicelib.dashboard.sites.install import Arrival
from chalicelib.errors import NotFound
from tests.unit.dashboard import (
    account_samples,
    administration_samples,
    annotation_samples,
    api_samples,
    filter_samples,
    ownership_samples,
    people_administration_samples,
    provider_samples,
    report_samples,
    samples,
    security_samples,
    team_samples,
)


class Dashboard:
    """Pages by path on a free loopback port.

    :ivar language: of the pages; it may be changed between two requests.
    """

    def __init__(self, language: str = translation.SOURCE_LANGUAGE) -> None:
        self.language = language
        self.pages: dict[str, Callable[[], Response]] = {
            "/sites": lambda: samples.home(
                samples.full(), samples.full(samples.LONG_SITE, names=samples.NASTY), samples.empty()
            ),
            "/sites/many": lambda: samples.home(*samples.many()),
            "/sites/not-found": lambda: samples.home(search="W" * 200),
            "/sites/full": lambda: samples.overview(samples.full(rows=40)),
            "/sites/today": lambda: samples.overview(samples.full(days=1), period="today"),
            "/sites/world": lambda: samples.overview(samples.worldwide()),
            "/sites/nasty": lambda: samples.overview(samples.full(names=samples.NASTY)),
            "/sites/new": lambda: samples.overview(samples.empty(), waiting=True),
            "/sites/left-out": lambda: samples.left_out(samples.NASTY),
            "/sites/nothing-left-out": lambda: samples.left_out(()),
            "/sites/long": lambda: samples.overview(samples.full(samples.LONG_SITE)),
            "/sites/long-new": lambda: samples.overview(samples.empty(samples.LONG_SITE), waiting=True),
            "/sites/x/settings": lambda: samples.settings(samples.LONG_SITE, done="saved"),
            "/sites/wrong/settings": lambda: samples.settings(form=samples.WRONG_FORM),
            **annotation_samples.PAGES,
            **filter_samples.PAGES,
            **ownership_samples.PAGES,
            "/sites/x/install": lambda: samples.install(Arrival("waiting", 12)),
            "/sites/long/install": lambda: samples.install(Arrival("receiving"), samples.LONG_SITE),
            "/share/x": lambda: samples.shared(samples.full(rows=40)),
            "/share/long": lambda: samples.shared(samples.full(samples.LONG_SITE), samples.FULL_LINK),
            "/share/locked": samples.shared_locked,
            "/sites/x/sharing": lambda: samples.sharing_page(
                samples.PUBLIC_LINK, samples.FULL_LINK, samples.EXPIRED_LINK, key="k" * 40, site=samples.LONG_SITE
            ),
            "/sites/new/sharing": lambda: samples.sharing_page(done="revoked"),
            "/sites/wrong/sharing": lambda: samples.sharing_page(form={"name": "W" * 200, "expires_on": "x"}),
            **account_samples.PAGES,
            **team_samples.PAGES,
            **people_administration_samples.PAGES,
            **api_samples.PAGES,
            **security_samples.PAGES,
            **provider_samples.PAGES,
            **administration_samples.PAGES,
            **report_samples.PAGES,
            "/lost/page": lambda: error_page.show(samples.request("/lost/page"), NotFound("There is no such page.")),
        }
        dashboard = self
        self._ways = patch.object(sections, "sign_in_ways", return_value=SignInWays("Example"))
        self._ways.start()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with translation.language(dashboard.language):
                    self._answer(self.path.partition("?")[0])

            def _answer(self, path: str) -> None:
                name = path.rpartition("/static/")[2]  # a sample page may be deeper than the page that it is of
                if path in dashboard.pages:
                    response = dashboard.pages[path]()
                elif path.startswith("/badge/"):
                    response = samples.badge_image()
                else:
                    response = static_files.file(samples.request(path), name)
                self.send_response(response.status_code)
                for header, value in response.headers.items():
                    self.send_header(header, str(value))
                self.end_headers()
                self.wfile.write(response.body)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._ways.stop()
