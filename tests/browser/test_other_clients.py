"""Trackers that nobody here wrote, in Chromium against the stack: Plausible's own packages, and what Shynet's script
sends."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.pages import Site
from tests.stack.calls import Caller, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Deployed

ROOT = Path(__file__).parents[2]
ESBUILD = ROOT / "node_modules" / ".bin" / "esbuild"


def bundle(program: str) -> str:
    """A script element with `program` and the npm packages it imports, as a site's own build would make it."""
    command = [str(ESBUILD), "--bundle", "--format=iife", "--log-level=warning"]
    built = subprocess.run(command, input=program, cwd=ROOT, capture_output=True, text=True, check=True)
    return f'<script type="module">{built.stdout}</script>'


@dataclass(frozen=True, slots=True)
class Tracked:
    """A site of the stack, known by its domain."""

    id: str
    domain: str
    caller: Caller

    @property
    def api(self) -> str:
        return f"http://{self.caller.client.connection.host}:{self.caller.client.connection.port}{self.caller.client.prefix}"

    def visit(self, complete: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Its only visit, once it is complete."""
        (visit,) = wait_for(lambda: self.caller.visits(self.id), lambda found: bool(found) and complete(found[0]))
        return dict(visit)


@pytest.fixture
def tracked(stack: Deployed) -> Tracked:
    caller = Caller(stack.base_url, stack.api_token)
    domain = f"{uuid.uuid4().hex[:12]}.example"
    return Tracked(caller.new_site(domain), domain, caller)


@pytest.fixture
def visit_site(page: Page) -> Iterator[Callable[[str, str], Site]]:
    """Opens a page of a new site with a snippet."""
    sites: list[Site] = []

    def visit(snippet: str, path: str) -> Site:
        sites.append(Site(snippet))
        page.goto(sites[-1].url + path)
        return sites[-1]

    yield visit
    for site in sites:
        site.close()


def plausible(tracked: Tracked, **options: object) -> str:
    """The snippet of a site with @plausible-analytics/tracker."""
    given = ", ".join(f"{name}: {str(value).lower()}" for name, value in options.items())
    return bundle(
        f"""import {{ init, track }} from "@plausible-analytics/tracker";
        init({{ domain: "{tracked.domain}", endpoint: "{tracked.api}/api/event", captureOnLocalhost: true, {given} }});
        window.sent = (name, options) =>
            new Promise((done) => track(name, {{ ...options, callback: (answer) => done(answer.status) }}));"""
    )


def pages(visit: dict[str, Any]) -> list[str]:
    return [hit["page"] for hit in visit["hits"]]


def test_plausibles_tracker_counts_pages_their_time_and_routes(
    page: Page, tracked: Tracked, visit_site: Callable[[str, str], Site]
) -> None:
    visit_site(plausible(tracked), "/first?utm_source=news")
    page.mouse.wheel(0, 3000)
    page.wait_for_function("performance.now() > 1000")
    page.evaluate("history.pushState({}, '', '/second')")
    tracked.visit(lambda visit: len(visit["hits"]) == 2)
    page.click("#next")
    page.wait_for_url("**/next")
    tracked.visit(lambda visit: len(visit["hits"]) == 3)
    page.close(run_before_unload=True)
    visit = tracked.visit(lambda visit: len(visit["hits"]) == 3 and all(hit["scroll"] for hit in visit["hits"]))
    assert pages(visit) == ["/first", "/second", "/next"]
    assert visit["source"] == "news"
    assert visit["browser"] == "Chrome"
    assert {hit["tracker"] for hit in visit["hits"]} == {"plausible"}
    assert visit["hits"][0]["engagement"] > 0.3
    assert not visit["bounce"]


def test_plausibles_tracker_sends_events_with_properties_and_revenue(
    page: Page, tracked: Tracked, visit_site: Callable[[str, str], Site]
) -> None:
    visit_site(plausible(tracked), "/shop")
    tracked.visit(pages)
    purchase = "sent('Purchase', {props: {plan: 'pro'}, revenue: {amount: '49.90', currency: 'EUR'}})"
    assert page.evaluate(purchase) == 202
    assert page.evaluate("sent('404', {props: {path: location.pathname}, url: 'https://shop.example/lost?x=1'})") == 202
    visit = tracked.visit(lambda visit: len(visit["events"]) == 2)
    assert [(event["name"], event["page"], event["props"], event["revenue"]) for event in visit["events"]] == [
        ("Purchase", "/shop", {"plan": "pro"}, {"amount": 49.9, "currency": "EUR"}),
        ("404", "/lost", {"path": "/shop"}, None),
    ]


@pytest.mark.parametrize(("options", "bounce"), [("{}", False), ("{interactive: false}", True)])
def test_plausibles_interactive_events_end_a_bounce_and_others_do_not(
    page: Page, tracked: Tracked, visit_site: Callable[[str, str], Site], options: str, bounce: bool
) -> None:
    visit_site(plausible(tracked), "/")
    tracked.visit(pages)
    assert page.evaluate(f"sent('Played', {options})") == 202
    visit = tracked.visit(lambda visit: visit["events"])
    assert (pages(visit), visit["bounce"]) == (["/"], bounce)


def test_plausibles_tracker_of_links_is_understood(
    page: Page, tracked: Tracked, visit_site: Callable[[str, str], Site]
) -> None:
    site = visit_site(plausible(tracked, outboundLinks=True, fileDownloads=True, formSubmissions=True), "/links")
    tracked.visit(pages)
    elsewhere = "https://elsewhere.example/" + "long/" * 150
    page.route("https://elsewhere.example/**", lambda route: route.fulfill(body="elsewhere"))
    page.evaluate(
        """url => document.body.insertAdjacentHTML("beforeend", `
            <a id="out" href="${url}" target="other">out</a> <a id="file" href="/paper.pdf" target="other">file</a>
            <i id="tagged" class="plausible-event-name=Sign+Up plausible-event-plan=pro">tagged</i>
            <i id="paid" class="plausible-event-name=Paid plausible-revenue-amount=7 plausible-revenue-currency=EUR">
            paid</i><form id="form" onsubmit="return false"><button>send</button></form>`)""",
        elsewhere,
    )
    for target in ("#out", "#file", "#tagged", "#form button"):
        page.dispatch_event(target, "click")
    page.dispatch_event("#paid", "click")
    visit = tracked.visit(lambda visit: len(visit["events"]) == 5)
    events = {event["name"]: (event["props"], event["revenue"]) for event in visit["events"]}
    assert events == {
        "Outbound Link: Click": ({"url": elsewhere}, None),
        "File Download": ({"url": f"{site.url}/paper.pdf"}, None),
        "Sign Up": ({"plan": "pro"}, None),
        "Paid": ({}, {"amount": 7, "currency": "EUR"}),
        "Form: Submission": ({}, None),
    }


def test_plausibles_hash_routes_are_pages(page: Page, tracked: Tracked, visit_site: Callable[[str, str], Site]) -> None:
    visit_site(plausible(tracked, hashBasedRouting=True), "/app#/one")
    page.evaluate("location.hash = '/two'")
    assert sorted(pages(tracked.visit(lambda visit: len(visit["hits"]) == 2))) == ["/app#/one", "/app#/two"]


def test_plausibles_former_tracker_works_too(
    page: Page, tracked: Tracked, visit_site: Callable[[str, str], Site]
) -> None:
    program = f"""import Plausible from "plausible-tracker";
        const tracker = Plausible({{ domain: "{tracked.domain}", apiHost: "{tracked.api}", trackLocalhost: true }});
        tracker.enableAutoPageviews();
        window.track = tracker.trackEvent;"""
    visit_site(bundle(program), "/first")
    tracked.visit(pages)
    page.evaluate("history.pushState({}, '', '/second')")
    page.evaluate("track('signup', {props: {plan: 'pro', seats: 3, trial: true}})")
    visit = tracked.visit(lambda visit: visit["events"] and len(visit["hits"]) == 2)
    assert sorted(pages(visit)) == ["/first", "/second"]
    assert visit["events"][0]["props"] == {"plan": "pro", "seats": "3", "trial": "true"}


# What Shynet's script does: JSON from another origin, so that the browser asks first; the same id again is a heartbeat.
SHYNET = """<script>
    const id = Math.random().toString(36).substring(2);
    let loadTime = 12.5;
    window.beat = () => new Promise((done) => {
        const request = new XMLHttpRequest();
        request.open("POST", "%s", true);
        request.setRequestHeader("Content-Type", "application/json");
        request.onload = request.onerror = () => done(request.status);
        const { referrer } = document;
        request.send(JSON.stringify({ idempotency: id, referrer, location: location.href, loadTime }));
    });
</script>"""


@pytest.mark.parametrize("named", ["", "/user%2042"])
def test_shynets_script_works_against_another_address(
    page: Page, tracked: Tracked, visit_site: Callable[[str, str], Site], named: str
) -> None:
    site = visit_site(SHYNET % f"{tracked.api}/ingress/{tracked.id}{named}/script.js", "/first?secret=1")
    assert [page.evaluate("beat()") for _ in range(3)] == [204] * 3
    page.click("#next")
    page.wait_for_url("**/next")
    assert [page.evaluate("beat()") for _ in range(2)] == [204] * 2
    visit = tracked.visit(lambda visit: len(visit["hits"]) == 2)
    assert pages(visit) == ["/first", "/next"]
    assert (visit["identifier"], visit["bounce"]) == ("user 42" if named else None, False)
    assert visit["hits"][1]["referrer"] == f"{site.url}/first"
    assert visit["hits"][0]["load_time"] == 12
