"""One page is one row, by whatever way it comes in, in the API and on the dashboard."""

import uuid
from typing import Any
from urllib.parse import quote

from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, Caller, wait_for
from tests.stack.people import Browser


def pages(stats: Any) -> dict[str, int]:
    return {row["name"]: row["pageviews"] for row in stats["tables"]["pages"]}


def views(caller: Caller, site: str, *urls: str) -> None:
    for url in urls:
        assert caller.beacon(site, {"idempotency": uuid.uuid4().hex, "location": url}).status == 204


def test_every_way_in_names_a_page_in_the_same_way(caller: Caller) -> None:
    domain = f"{uuid.uuid4().hex[:12]}.example"
    site = caller.new_site(domain)
    views(caller, site, f"https://{domain}/caf%C3%A9", f"https://{domain}/caf%c3%a9", f"https://{domain}/x/../café")
    pixel = f"/ingress/{site}/pixel.gif?location={quote(f'https://{domain}/caf%c3%a9', safe='')}"
    assert caller.call("GET", pixel, headers={"Accept": "*/*", "User-Agent": FIREFOX}).status == 200
    hits = [{"url": f"https://{domain}/./caf%c3%A9", "user_agent": FIREFOX, "ip": "198.51.100.7", "engagement": 10}]
    hits += [{"event": "Signup", "url": f"https://{domain}/caf%c3%a9", "user_agent": FIREFOX, "ip": "198.51.100.7"}]
    assert caller.api("POST", f"/sites/{site}/hits", {"hits": hits}).status == 202
    for name, url in (("pageview", "/caf%c3%a9"), ("engagement", "/café")):
        body = f'{{"name": "{name}", "domain": "{domain}", "url": "https://{domain}{url}", "engagement": 1234}}'
        headers = {"Content-Type": "text/plain", "Accept": "*/*", "User-Agent": FIREFOX + " Plausible"}
        assert caller.call("POST", "/api/event", body.encode(), headers).status == 202
    stats = wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["pageviews"] == 6 and found["events"])
    assert [(row["name"], row["raw"], row["pageviews"]) for row in stats["tables"]["pages"]] == [
        ("/café", "/caf%C3%A9", 6)
    ]
    visits = wait_for(lambda: caller.visits(site), lambda found: any(hit["engagement"] == 1.234 for hit in told(found)))
    assert {(hit["page"], hit["path"]) for hit in told(visits)} == {("/café", "/caf%C3%A9")}
    events = [event for visit in visits for event in visit["events"]]
    assert [(event["page"], event["path"]) for event in events] == [("/café", "/caf%C3%A9")]


def told(visits: list[Any]) -> list[Any]:
    return [hit for visit in visits for hit in visit["hits"]]


def test_kept_parameters_and_the_slash_follow_the_settings(caller: Caller) -> None:
    site = caller.new_site()
    settings = {"kept_parameters": "q tag", "merge_trailing_slash": True}
    changed = caller.api("PATCH", f"/sites/{site}", settings)
    assert changed.json()["merge_trailing_slash"] is True
    assert caller.api("PATCH", f"/sites/{site}", {"merge_trailing_slash": "yes"}).status == 400
    script = {"Accept": "*/*", "Accept-Encoding": "identity"}
    path = f"/ingress/{site}/script.js"
    wait_for(lambda: caller.call("GET", path, headers=script).body, lambda found: b'"slash":true' in found, 90)
    views(
        caller, site, "https://example.com/list/?tag=b&q=a+b&x=1", "https://example.com/list?q=a%20b&tag=%62",
        "https://example.com/list?tag=a&tag=b", "https://example.com/list?tag=b&tag=a", "https://example.com/",
    )  # fmt: skip
    stats = wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["pageviews"] == 5)
    assert pages(stats) == {"/list?q=a%20b&tag=b": 2, "/list?tag=a&tag=b": 1, "/list?tag=b&tag=a": 1, "/": 1}


def test_what_nobody_can_read_stays_as_it_is_and_the_dashboards_links_lead_back(
    caller: Caller, stack: Deployed
) -> None:
    site = caller.new_site()
    views(
        caller, site, "https://example.com/%E6%9C%8D%E5%8A%A1", "https://example.com/a%2fb%3f%E2%80%AEc%ff",
        "https://example.com/%3Cb%3E%22", "https://example.com/\ud800", f"https://example.com/{'%e6%9c%8d' * 800}",
    )  # fmt: skip
    stats = wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["pageviews"] == 5)
    long = "/" + "服" * 800
    assert set(pages(stats)) == {"/服务", "/a%2Fb%3F%E2%80%AEc%FF", '/<b>"', "/\ufffd", long}
    shown = signed_in(stack, f"/sites/{site}")
    for text in ("/服务", "/a%2Fb%3F%E2%80%AEc%FF", "/&lt;b&gt;&#34;"):
        assert f"<bdi>{text}</bdi>" in shown
    for path in ("%E6%9C%8D%E5%8A%A1", "a%2Fb%3F%E2%80%AEc%FF", "%3Cb%3E%22"):
        assert f'href="https://example.com/{path}"' in shown


def signed_in(stack: Deployed, path: str) -> str:
    """A page of the dashboard, as its administrator sees it."""
    browser = Browser(stack.base_url)
    assert browser.sign_in(stack.admin_email, stack.admin_password).status == 303
    return browser.ask("GET", path, headers={"Accept": "text/html"}).text


def test_a_redirect_is_one_view_however_it_is_told(caller: Caller) -> None:
    site = caller.new_site()
    first = {"idempotency": 0.25, "location": "https://example.com/?utm_source=news", "referrer": "", "age": 0}
    gone = {**first, "location": "", "engagement": 150, "age": 400, "on": "replace"}
    second = {"idempotency": 0.5, "location": "https://example.com/en/", "referrer": "/", "age": 0}
    for body in (first, second, gone, gone, {**second, "location": "", "engagement": 5000, "age": 5200, "on": "push"}):
        assert caller.beacon(site, body).status == 204
    # The requests are stored one after the other: before the second, the first is a view of its own.
    whole = [("/en/", 5.15)]
    (visit,) = wait_for(
        lambda: caller.visits(site),
        lambda found: [(hit["page"], hit["engagement"]) for visit in found for hit in visit["hits"]] == whole,
    )
    assert (visit["source"], visit["bounce"]) == ("news", True)
    assert pages(wait_for(lambda: caller.stats(site), lambda found: pages(found) == {"/en/": 1})) == {"/en/": 1}
