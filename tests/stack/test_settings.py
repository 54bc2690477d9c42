"""A site's settings: each does what it says, within the time a setting may take, and every drop is in the ledger."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import Deployed, needs_transactions
from tests.stack.calls import FIREFOX, Caller, wait_for

# Settings are cached for half a minute; a changed one may take that long, twice over two functions.
SOON = 75


@pytest.fixture
def site(caller: Caller) -> str:
    return caller.new_site()


def change(caller: Caller, site: str, **settings: object) -> dict[str, Any]:
    answer = caller.api("PATCH", f"/sites/{site}", settings)
    assert answer.status == 200, answer.body
    changed: dict[str, Any] = answer.json()
    return changed


def view(page: str = "/") -> dict[str, object]:
    return {"idempotency": uuid.uuid4().hex, "location": f"https://example.com{page}", "referrer": None}


def beacon(caller: Caller, site: str, body: object, **headers: str) -> int:
    given = {"Content-Type": "text/plain", "User-Agent": FIREFOX, "Accept": "*/*"}
    where = f"/ingress/{site}/script.js"
    return caller.call("POST", where, json.dumps(body).encode(), given | headers).status


def dropped(caller: Caller, site: str) -> dict[tuple[str, str], int]:
    answer = caller.api("GET", f"/sites/{site}/ledger", period="7d")
    assert answer.status == 200, answer.body
    return {(entry["reason"], entry["name"]): entry["hits"] for entry in answer.json()["dropped"]}


def robots(caller: Caller, site: str) -> list[dict[str, Any]]:
    answer = caller.api("GET", f"/sites/{site}/ledger", period="7d")
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json()["robots"]
    return found


def test_settings_have_shynets_names_and_keep_what_is_not_named(caller: Caller, site: str) -> None:
    before = caller.api("GET", f"/sites/{site}").json()
    assert before["status"] == "active"
    assert (before["origins"], before["respect_dnt"], before["ignore_robots"], before["collect_ips"]) == (
        "*", True, False, False,
    )  # fmt: skip
    changed = change(caller, site, name="Renamed", ignored_ips=["192.0.2.0/24", "2001:db8::/32"], proxies=1)
    assert changed["name"] == "Renamed"
    assert changed["ignored_ips"] == "192.0.2.0/24 2001:db8::/32"
    assert changed["proxies"] == "1"
    assert changed["domain"] == before["domain"]
    assert caller.api("GET", f"/sites/{site}").json() == changed


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"status": "paused"}, "status"),
        ({"status": True}, "status"),
        ({"origins": "exa mple.com;"}, "origins"),
        ({"origins": 5}, "origins"),
        ({"origins": "[::1"}, "origins"),
        ({"origins": "http://a:99999"}, "origins"),
        ({"timezone": "localtime"}, "timezone"),
        ({"respect_dnt": "yes"}, "respect_dnt"),
        ({"ignored_ips": "192.0.2.1/24"}, "ignored_ips"),  # host bits set
        ({"ignored_ips": "localhost"}, "ignored_ips"),
        ({"hide_referrer_regex": "("}, "hide_referrer_regex"),
        ({"hide_referrer_regex": "(?=x)"}, "hide_referrer_regex"),
        ({"hide_referrer_regex": "x" * 501}, "hide_referrer_regex"),
        ({"script_inject": 5}, "script_inject"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"proxies": "akamai"}, "proxies"),
        ({"proxies": 9}, "proxies"),
        ({"proxies": True}, "proxies"),
        ({"retention_days": 0}, "retention_days"),
        ({"max_day": "many"}, "max_day"),
        ({"kept_parameters": "a=b"}, "kept_parameters"),
        ({"name": ""}, "name"),
        ({"domain": "not a domain"}, "domain"),
    ],
)
def test_a_wrong_setting_is_refused_by_name_and_changes_nothing(
    caller: Caller, site: str, settings: dict[str, object], field: str
) -> None:
    before = caller.api("GET", f"/sites/{site}").json()
    answer = caller.api("PATCH", f"/sites/{site}", {"ignore_robots": True, **settings})
    assert (answer.status, answer.json()["error"]["field"]) == (400, field)
    assert caller.api("GET", f"/sites/{site}").json() == before


@needs_transactions
def test_settings_changed_at_once_are_all_kept(stack: Deployed, caller: Caller, site: str) -> None:
    wanted = {"origins": "example.com", "ignore_robots": True, "kept_parameters": "q", "max_day": 5000}

    def change_one(name: str) -> None:
        change(Caller(stack.base_url, stack.api_token), site, **{name: wanted[name]})

    with ThreadPoolExecutor() as pool:
        list(pool.map(change_one, wanted))
    assert wanted.items() <= caller.api("GET", f"/sites/{site}").json().items()


def test_who_asks_not_to_be_tracked_is_not(caller: Caller, site: str) -> None:
    assert beacon(caller, site, view(), DNT="1") == 204
    assert beacon(caller, site, view(), **{"Sec-GPC": "1"}) == 204
    assert beacon(caller, site, view("/seen")) == 204
    visits = wait_for(lambda: caller.visits(site), bool)
    assert [hit["page"] for visit in visits for hit in visit["hits"]] == ["/seen"]
    assert wait_for(lambda: dropped(caller, site), bool)["dnt", ""] >= 1


def test_only_allowed_origins_are_taken(caller: Caller, site: str) -> None:
    change(caller, site, origins="example.com, *.Example.org https://shop.example:8443")
    for origin, status in [
        ("https://EXAMPLE.com", 204), ("https://a.example.org", 204), ("https://shop.example:8443", 204),
        ("https://example.net", 403), ("https://example.org.evil.test", 403), ("http://shop.example:8443", 403),
    ]:  # fmt: skip
        assert beacon(caller, site, view(), Origin=origin) == status, origin
    assert beacon(caller, site, view(), Referer="https://example.com/page") == 204
    assert beacon(caller, site, view()) == 403
    assert ("origin", "https://example.net") in dropped(caller, site)


def test_robots_are_kept_apart_or_dropped(caller: Caller, site: str) -> None:
    bot = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
    change(caller, site, ignore_robots=True)
    assert beacon(caller, site, view("/bot"), **bot) == 204
    assert beacon(caller, site, view("/person")) == 204
    wait_for(lambda: caller.stats(site)["metrics"]["pageviews"], lambda found: found == 1)
    (robot,) = wait_for(lambda: robots(caller, site), bool)
    assert robot == {"day": robot["day"], "reason": "declared", "name": "Googlebot", "hits": 1, "kept": False}
    change(caller, site, ignore_robots=False)

    def kept() -> set[object]:
        assert beacon(caller, site, view("/bot"), **bot) == 204
        return {robot["kept"] for robot in robots(caller, site)}

    wait_for(kept, lambda found: found == {True, False}, SOON)
    assert caller.stats(site)["metrics"]["pageviews"] == 1


def test_an_archived_site_takes_nothing_and_keeps_its_figures(caller: Caller, site: str) -> None:
    assert beacon(caller, site, view()) == 204
    wait_for(lambda: caller.stats(site)["metrics"]["pageviews"], lambda found: found == 1)
    change(caller, site, status="archived")
    wait_for(lambda: beacon(caller, site, view("/late")), lambda status: status == 404, SOON)
    assert caller.call("GET", f"/ingress/{site}/script.js").status in (200, 404)  # another container's cache
    assert caller.stats(site)["metrics"]["pageviews"] >= 1


def test_an_injected_script_follows_the_tracker(caller: Caller, site: str) -> None:
    change(caller, site, script_inject="window.injected = '😀'")
    body = wait_for(
        lambda: caller.call("GET", f"/ingress/{site}/script.js").body, lambda found: b"injected" in found, SOON
    )
    assert body.decode().endswith("window.injected = '😀'")


def test_hidden_referrers_are_hidden_and_still_counted(caller: Caller, site: str) -> None:
    change(caller, site, hide_referrer_regex=r"spam\.example|(a+)+$")
    for host in ("spam.example", "good.example"):
        assert (
            beacon(caller, site, view() | {"referrer": f"https://{host}/"}, **{"X-Forwarded-For": "192.0.2.1"}) == 204
        )
    body = view() | {"referrer": "https://www.good.example/" + "a" * 3000 + "!"}
    assert caller.beacon(site, body, address="192.0.2.2").status == 204
    stats = wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["pageviews"] == 3)
    names = [row["name"] for row in stats["tables"]["referrers"]]
    assert not [name for name in names if "spam.example" in name]


def test_a_faked_visit_takes_no_persons_hits_with_it(caller: Caller, site: str) -> None:
    assert beacon(caller, site, view("/real")) == 204
    assert beacon(caller, site, view("/faked") | {"referrer": "http://semalt.com/"}) == 204
    (robot,) = wait_for(lambda: robots(caller, site), bool)
    assert (robot["reason"], robot["hits"], robot["kept"]) == ("referrer_spam", 1, True)
    stats = wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["pageviews"] == 1)
    assert [row["name"] for row in stats["tables"]["pages"]] == ["/real"]


def test_a_visitors_hour_has_a_limit_and_what_is_beyond_is_counted(caller: Caller, site: str) -> None:
    change(caller, site, max_visitor_hour=10)
    for number in range(10):
        assert beacon(caller, site, view(f"/{number}")) == 204
    wait_for(lambda: caller.stats(site)["metrics"]["pageviews"], lambda found: found == 10)
    for number in range(7):
        assert beacon(caller, site, view(f"/more-{number}")) == 204
    wait_for(lambda: dropped(caller, site).get(("flood_visitor", "")), lambda found: found == 7)
    assert caller.stats(site)["metrics"]["pageviews"] == 10


def test_the_identified_are_not_mixed_up(caller: Caller, site: str) -> None:
    assert caller.beacon(site, view(), identifier="ada", address="192.0.2.7").status == 204
    assert caller.beacon(site, view(), identifier="bob", agent=FIREFOX + " x", address="192.0.2.8").status == 204
    visits = wait_for(lambda: caller.visits(site), lambda found: len(found) == 2)
    assert {visit["identifier"] for visit in visits} == {"ada", "bob"}


def test_the_visits_of_one_identifier_are_found(caller: Caller, site: str) -> None:
    for page, identifier in (("/a", "ada"), ("/b", None), ("/c", "bob")):  # one browser, shared by two people
        assert caller.beacon(site, view(page), identifier=identifier or "", address="192.0.2.7").status == 204
    assert caller.beacon(site, view("/d"), identifier="ada", agent=FIREFOX + " x", address="192.0.2.8").status == 204
    assert caller.beacon(site, view("/e"), agent=FIREFOX + " y", address="192.0.2.9").status == 204
    wait_for(lambda: caller.visits(site), lambda found: sum(len(visit["hits"]) for visit in found) == 5)

    def pages(identifier: str, **more: str) -> list[list[str]]:
        answer = caller.api("GET", f"/sites/{site}/visits", identifier=identifier, **more)
        assert answer.status == 200, answer.body
        return sorted(sorted(hit["page"] for hit in visit["hits"]) for visit in answer.json()["visits"])

    assert pages("ada") == [["/a", "/b", "/c"], ["/d"]]
    assert pages("bob") == [["/a", "/b", "/c"]]
    assert pages("eve") == []
    assert pages("ada", period="yesterday") == []


def test_custom_events_arrive_with_properties_and_revenue(caller: Caller, site: str) -> None:
    assert beacon(caller, site, view("/shop")) == 204
    sale = {"event": "sale", "props": {"plan": "gold", "seats": 3, "trial": False}, "location": "https://example.com/shop",
            "revenue": {"amount": "12.50", "currency": "eur"}, "idempotency": "sale-1"}  # fmt: skip
    for _ in range(2):
        assert beacon(caller, site, sale) == 204
    assert beacon(caller, site, {"event": "sale", "props": {"plan": "free"}}) == 204
    stats = wait_for(lambda: caller.stats(site), lambda found: found["events"] and found["events"][0]["events"] == 2)
    assert stats["events"] == [{"name": "sale", "events": 2, "visitors": 1, "revenue": {"EUR": 12.5},
                                "amounts": 1, "amounts_left_out": 0}]  # fmt: skip
    assert stats["metrics"]["pageviews"] == 1
    (visit,) = caller.visits(site)
    assert [(event["name"], event["page"], event["revenue"]) for event in visit["events"]] == [
        ("sale", "/shop", {"amount": 12.5, "currency": "EUR"}), ("sale", None, None),
    ]  # fmt: skip
    assert visit["events"][0]["props"] == {"plan": "gold", "seats": "3", "trial": "false"}
    answer = caller.api("GET", f"/sites/{site}/events", name="sale", property="plan", period="today").json()
    assert answer["properties"] == ["plan", "seats", "trial"]
    assert {row["value"]: row["events"] for row in answer["rows"]} == {"gold": 1, "free": 1}


@pytest.mark.parametrize(
    ("change_", "field"),
    [
        ({"event": ""}, "event"), ({"event": 5}, "event"), ({"event": "x" * 121}, "event"),
        ({"props": [1]}, "props"), ({"props": {"a": {}}}, "props.a"), ({"props": {"a": "x" * 2001}}, "props"),
        ({"props": {str(n): 1 for n in range(31)}}, "props"), ({"revenue": 5}, "revenue"),
        ({"revenue": {"amount": "much", "currency": "EUR"}}, "revenue.amount"),
        ({"revenue": {"amount": 5, "currency": "euro"}}, "revenue.currency"), ({"revenue": {}}, "revenue.amount"),
        ({"location": "nowhere"}, "location"),
    ],
)  # fmt: skip
def test_a_wrong_event_is_refused_by_name(caller: Caller, site: str, change_: dict[str, object], field: str) -> None:
    answer = caller.beacon(site, {"event": "sale", **change_})
    assert (answer.status, answer.json()["error"]["field"]) == (400, field)


def test_a_browser_that_asks_before_it_sends_json_may(caller: Caller, site: str) -> None:
    answer = caller.call("OPTIONS", f"/ingress/{site}/script.js", headers={"Origin": "https://example.com"})
    assert answer.status == 204
    assert answer.headers["access-control-allow-headers"] == "Content-Type"
