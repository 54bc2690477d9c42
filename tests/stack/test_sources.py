"""Where visits come from, over HTTP: kinds of sources, spellings, hosts in any script, what would break a reader."""

import json
import uuid
from typing import Any
from urllib.parse import quote

from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, Caller, wait_for


def visit(
    caller: Caller, site: str, number: int, referrer: str | None, query: str = "", host: str = "x.example"
) -> int:
    """A visit by a visitor of its own, who came from somewhere."""
    body = {
        "idempotency": uuid.uuid4().hex, "location": f"https://{host}/{query}", "referrer": referrer, "loadTime": 5,
    }  # fmt: skip
    return caller.beacon(site, body, f"{FIREFOX} v{number}").status


def table(stats: Any, name: str) -> dict[str, int]:
    return {row["name"]: row["visitors"] for row in stats["tables"][name]}


def test_sources_are_of_their_kind_and_what_breaks_readers_is_set_aside(caller: Caller) -> None:
    site = caller.new_site("x.example")
    came: list[tuple[str | None, str]] = [
        ("http://[v1.[]/", ""), ("https://[::1%25x]/", ""), ("https://suche.web.de/", ""),
        ("https://deref-gmx.de/", ""),
        ("https://mstdn.party/@ada", ""), ("https://www.bing.com/chat", ""), ("https://notgoogle.com/", ""),
        ("https://mail.google.com.evil.example/", ""), ("android-app://www.reddit.com/", ""),
        ("android-app://com.example.reader/", ""), ("https://www.facebook.com/", "?utm_medium=sms"),
        ("https://www.google.cat/", ""),
    ]  # fmt: skip
    for number, (referrer, query) in enumerate(came):
        assert visit(caller, site, number, referrer, query) == 204
    stats = wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["visits"] == len(came))
    assert table(stats, "sources") == {
        "Direct": 2, "WEB.DE Suche": 1, "GMX": 1, "Mastodon": 1, "Copilot": 1, "notgoogle.com": 1,
        "mail.google.com.evil.example": 1, "Reddit": 1, "com.example.reader": 1, "Facebook": 1, "Google": 1,
    }  # fmt: skip
    assert table(stats, "channels") == {
        "Direct": 2, "Organic Search": 2, "Email": 1, "Organic Social": 2, "AI Assistants": 1, "Referral": 3, "SMS": 1,
    }  # fmt: skip


def test_spellings_are_one_row_called_as_most_wrote_it(caller: Caller) -> None:
    site = caller.new_site("x.example")
    for number, (source, campaign) in enumerate(
        [("MyShop", "Sommer"), ("myshop", "SOMMER"), ("myshop", " sommer "), ("MYSHOP", "sommer"), ("Café", "x")]
    ):
        query = f"?utm_source={quote(source)}&utm_campaign={quote(campaign)}"
        assert visit(caller, site, number, None, query) == 204
    assert visit(caller, site, 9, None, "?utm_source=cafe%CC%81&utm_campaign=x") == 204
    stats = wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["visits"] == 6)
    assert table(stats, "sources") == {"myshop": 4, "Café": 2}
    assert table(stats, "campaigns") == {"sommer": 4, "x": 2}


def test_a_domain_is_one_in_unicode_and_in_punycode(caller: Caller) -> None:
    name = f"münchen-{uuid.uuid4().hex[:8]}.example"
    kept = name.encode("idna").decode()
    site = caller.new_site(name)
    assert caller.api("GET", f"/sites/{site}").json()["domain"] == kept
    changed = caller.api("PATCH", f"/sites/{site}", {"origins": f"https://{name}, *.bücher.example"})
    assert changed.json()["origins"] == f"https://{name} *.bücher.example"

    body = {"location": f"https://{name}/", "referrer": f"https://{kept}/other"}
    headers = {"Content-Type": "text/plain", "Accept": "*/*", "User-Agent": FIREFOX}
    path = f"/ingress/{site}/script.js"

    def post(origin: str, more: dict[str, object]) -> int:
        data = json.dumps({**body, **more, "idempotency": uuid.uuid4().hex}).encode()
        return caller.call("POST", path, data, {**headers, "Origin": origin}).status

    wait_for(lambda: post("https://elsewhere.example", {}), lambda status: status == 403, 90)
    assert post(f"https://{kept}", {}) == 204
    assert (
        post("https://a.xn--bcher-kva.example", {"location": f"https://{kept}/", "referrer": f"https://{name}/"}) == 204
    )
    stats = wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["pageviews"] == 2)
    assert stats["tables"]["referrers"] == []

    for referrer in ("https://www.bücher.example/", "https://xn--bcher-kva.example/"):
        assert post(f"https://{kept}", {"referrer": referrer, "identifier": referrer}) == 204
    wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["pageviews"] == 4)


def test_a_host_is_shown_in_its_script_with_the_raw_form_beside(caller: Caller) -> None:
    site = caller.new_site("x.example")
    for number, host in enumerate(["www.bücher.example", "xn--bcher-kva.example", "xn--ggle-55da.com"]):
        assert visit(caller, site, number, f"https://{host}/") == 204
    stats = wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["visits"] == 3)
    rows = {row["name"]: (row.get("raw"), row["visitors"]) for row in stats["tables"]["sources"]}
    assert rows == {"bücher.example": ("xn--bcher-kva.example", 2), "xn--ggle-55da.com": (None, 1)}
    names = {row["name"] for row in stats["tables"]["referrers"]}
    assert names == {"https://www.bücher.example/", "https://bücher.example/", "https://xn--ggle-55da.com/"}
    (source,) = {found["source"] for found in caller.visits(site) if "bcher" in (found["referrer"] or "")}
    assert source == "bücher.example"


def test_a_forged_host_is_in_no_answer_and_every_answer_is_what_it_says(caller: Caller, stack: Deployed) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher", "Accept": "*/*"}
    root = caller.call("GET", "/", headers=forged)
    assert root.headers["location"] == f"{stack.base_url}/sites"
    site = caller.new_site("x.example")
    for path in ("/", "/sign-in", "/api/v1/sites", "/api/v1/openapi.json", f"/ingress/{site}/script.js", "/healthz"):
        answer = caller.call("GET", path, headers=forged)
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert "strict-transport-security" not in answer.headers, path
        assert b"evil.example" not in answer.body
