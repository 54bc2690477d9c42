"""A site to visit: pages with the snippet in them, on a free loopback port. And, for tests of the tracker alone, an
ingress that notes what it is sent."""

from __future__ import annotations

import html
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalicelib.collect.tracker_script import script_of
from chalicelib.store import sites

PATIENCE_S = 60.0

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{path}</title>{rules}
{snippet}</head><body style="height: 4000px">
<h1>{path}</h1><a id="next" href="{next}">Next page</a>{image}</body></html>"""


class _Server:
    """An HTTP server on the loopback interface for as long as it is used as a context."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body: bytes, content_type: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Not on the test's output."""


class Site(_Server):
    """A site whose every path is a page with the snippet, and a link to ``?next=``'s path (or ``/next``).

    ``?slow`` puts an image into the page that does not arrive before `release` is called, ``?prerender=/path`` asks
    the browser to render that page in advance and then goes there.

    :ivar documents: path -> another document, in which ``SNIPPET`` stands for the snippet. One that begins with
        ``<?xml`` is XHTML.
    """

    def __init__(self, snippet: str) -> None:
        self.snippet = snippet
        self._may_arrive = threading.Event()
        self.requested: list[str] = []
        self.documents: dict[str, str] = {}
        site = self

        class Handler(_Handler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                site.requested.append(self.path)
                if url.path == "/slow.gif":
                    site._may_arrive.wait(PATIENCE_S)
                    self.answer(b"", "image/gif", 404)
                elif url.path == "/favicon.ico":
                    self.answer(b"", "image/gif", 404)
                elif url.path in site.documents:
                    document = site.documents[url.path].replace("SNIPPET", site.snippet)
                    kind = "application/xhtml+xml" if document.startswith("<?xml") else "text/html; charset=utf-8"
                    self.answer(document.encode(), kind)
                else:
                    query = parse_qs(url.query, keep_blank_values=True)
                    self.answer(_page(url.path, query, site.snippet).encode(), "text/html")

        super().__init__(Handler)

    def release(self) -> None:
        """Let slow images arrive."""
        self._may_arrive.set()

    def close(self) -> None:
        self.release()
        super().close()


def _page(path: str, query: dict[str, list[str]], snippet: str) -> str:
    image = '<img src="/slow.gif" alt="">' if "slow" in query else ""
    rules = ""
    if "prerender" in query:
        target = query["prerender"][0]
        rules = (
            f'<script type="speculationrules">{{"prerender": [{{"urls": ["{target}"], "eagerness": "immediate"}}]}}'
            f"</script><script>setTimeout(() => {{ location.href = {json.dumps(target)} }}, 1500)</script>"
        )
    target = query.get("next", ["/next"])[0]
    return _PAGE.format(path=html.escape(path), rules=rules, snippet=snippet, next=html.escape(target), image=image)


@dataclass(frozen=True, slots=True)
class Beacon:
    """What the tracker sent."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        """``"event"``, ``"leave"`` or ``"view"``, as the collector reads it."""
        return "event" if "event" in self.body else "leave" if "engagement" in self.body else "view"

    @property
    def tells_of_a_view(self) -> bool:
        """Whether the collector counts a view by this, unless it has counted it already."""
        return self.kind != "event" and bool(self.body.get("location"))


def views(beacons: list[Beacon]) -> dict[str, dict[str, Any]]:
    """The views that the collector counts of some beacons, by id, each as it was first told of."""
    found: dict[str, dict[str, Any]] = {}
    for beacon in beacons:
        if beacon.tells_of_a_view:
            found.setdefault(beacon.body["idempotency"], beacon.body)
    return found


class Ingress(_Server):
    """Serves the tracker and notes every other request it gets.

    :ivar settings: of the site whose tracker it serves.
    :ivar answers: the status of the next beacons' answers; 204 for all after them.
    """

    script_path = "/ingress/5f1d2a6e-0000-4000-8000-000000000000/script.js"

    def __init__(self) -> None:
        self.settings = sites.Site("5f1d2a6e-0000-4000-8000-000000000000", "Test", "127.0.0.1")
        self.answers: list[int] = []
        self.beacons: list[Beacon] = []
        self.others: list[str] = []
        self._changed = threading.Condition()
        ingress = self

        class Handler(_Handler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                asked = replace(ingress.settings, id=url.path.split("/")[2])
                made = script_of(asked, options=url.query == "options", whole=self.path.endswith("?a"))
                self.answer(made.body, "text/javascript")

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with ingress._changed:
                    status = ingress.answers.pop(0) if ingress.answers else 204
                    ingress.beacons.append(Beacon(self.path, headers, body))
                    ingress._changed.notify_all()
                self.answer(b"", "text/plain", status)

            def do_OPTIONS(self) -> None:
                ingress.others.append(self.command)
                self.answer(b"", "text/plain", 403)

        super().__init__(Handler)

    @property
    def snippet(self) -> str:
        """What is put into the pages of a site."""
        return self.tag()

    def path_of(self, id_: str) -> str:
        """Where the script of another site is."""
        return self.script_path.replace(self.settings.id, id_)

    def tag(self, attributes: str = "", query: str = "", path: str = script_path) -> str:
        """The script's tag, with attributes."""
        return f'<script defer {attributes} src="{self.url}{path}{query}"></script>'

    def wait(self, count: int) -> list[Beacon]:
        """The beacons, once there are `count`; more or fewer after the deadline are a failure."""
        return self.wait_until(lambda beacons: len(beacons) >= count, f"{count} beacons", count)

    def wait_until(
        self, condition: Callable[[list[Beacon]], bool], what: str, exactly: int | None = None
    ) -> list[Beacon]:
        """The beacons, once they meet a condition."""
        with self._changed:
            met = self._changed.wait_for(lambda: condition(self.beacons), PATIENCE_S)
            found = list(self.beacons)
        told = "\n".join(f"  {beacon.kind} {beacon.body}" for beacon in found)
        assert met, f"waited for {what}; there are:\n{told}"
        assert exactly is None or len(found) == exactly, f"waited for {what}; there are:\n{told}"
        return found
