"""The tracker where it is not alone in a window: in frames, twice, beside another site's, as a module, put in late."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.pages import Beacon, Ingress, Site
from tests.browser.test_tracker_beacons import kinds, pages, stay

OTHER_SITE = "0000aaaa-1111-4222-8333-444455556666"
EARLY = (
    "<script>window.shylight = window.shylight || ((...call) => (shylight.q = shylight.q || []).push(call))</script>"
)


def window(body: str, head: str = "") -> str:
    """A page without the tracker, unless it is in `head`."""
    return f"<!doctype html><title>Window</title>{head}<body style='height: 5000px'>{body}</body>"


def elsewhere(url: str) -> str:
    """The same server as another origin."""
    return url.replace("127.0.0.1", "localhost")


def of_site(beacons: list[Beacon], path: str) -> list[Beacon]:
    return [beacon for beacon in beacons if beacon.path == path]


def nothing_more(page: Page, site: Site, ingress: Ingress, known: int = 0) -> None:
    """Nothing but what is known was sent: the next is a page's."""
    stay(page, 1200)
    assert len(ingress.beacons) == known, [beacon.body for beacon in ingress.beacons]


# ── Frames ───────────────────────────────────────────────────────────────────────────────────────────────────


HIDDEN = {
    "display: none": '<iframe src="FRAME" style="display: none"></iframe>',
    "hidden": '<iframe src="FRAME" hidden></iframe>',
    "in what is not displayed": '<div style="display: none"><iframe src="FRAME"></iframe></div>',
    "in closed details": '<details><iframe src="FRAME"></iframe></details>',
    "1 × 1": '<iframe src="FRAME" width="1" height="1"></iframe>',
    "0 × 0": '<iframe src="FRAME" width="0" height="0" style="border: 0"></iframe>',
    "a line": '<iframe src="FRAME" width="1" height="500"></iframe>',
    "left of the window": '<iframe src="FRAME" style="position: absolute; left: -9999px"></iframe>',
    "above the window": '<iframe src="FRAME" style="position: fixed; top: -1000px"></iframe>',
    "below what is scrolled to": '<iframe src="FRAME" style="position: absolute; top: 4000px"></iframe>',
    "clipped": '<iframe src="FRAME" style="clip-path: inset(100%)"></iframe>',
    "in a box without room": '<div style="width: 0; height: 0; overflow: hidden"><iframe src="FRAME"></iframe></div>',
}
INVISIBLE = {
    "visibility": '<iframe src="FRAME" style="visibility: hidden"></iframe>',
    "in what is invisible": '<div style="visibility: hidden"><iframe src="FRAME"></iframe></div>',
    "transparent": '<div style="opacity: 0.1"><iframe src="FRAME" style="opacity: 0.1"></iframe></div>',
    "scaled to nothing": '<iframe src="FRAME" style="transform: scale(0.01)"></iframe>',
}


@pytest.mark.parametrize("origin", ["the same origin", "another origin", "a sandbox"])
@pytest.mark.parametrize("frame", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_frame_that_nobody_sees_is_no_view(page: Page, site: Site, ingress: Ingress, frame: str, origin: str):
    source = f"{elsewhere(site.url) if origin == 'another origin' else site.url}/token"
    sandbox = 'sandbox="allow-scripts" src="' if origin == "a sandbox" else 'src="'
    site.documents["/around"] = window(frame.replace('src="FRAME', f"{sandbox}{source}"))
    page.goto(f"{site.url}/around")
    nothing_more(page, site, ingress)
    assert "/token" in site.requested


@pytest.mark.parametrize("frame", INVISIBLE.values(), ids=INVISIBLE.keys())
def test_a_frame_that_its_own_site_made_invisible_is_no_view(page: Page, site: Site, ingress: Ingress, frame: str):
    site.documents["/around"] = window(frame.replace("FRAME", "/token"))
    page.goto(f"{site.url}/around")
    nothing_more(page, site, ingress)


def test_a_hidden_frame_leaves_the_page_around_it_alone(page: Page, site: Site, ingress: Ingress):
    site.documents["/around"] = window('<iframe src="/token" style="display: none"></iframe>', "SNIPPET")
    page.goto(f"{site.url}/around")
    ingress.wait(1)
    nothing_more(page, site, ingress, 1)
    page.goto("about:blank")
    view, leave = ingress.wait(2)
    assert view.body["location"] == f"{site.url}/around"
    assert leave.body["idempotency"] == view.body["idempotency"]


@pytest.mark.parametrize("attributes", ['src="URL"', 'src="URL" sandbox="allow-scripts"'], ids=["plain", "sandbox"])
@pytest.mark.parametrize("other_origin", [False, True])
def test_a_frame_in_sight_is_a_view(page: Page, site: Site, ingress: Ingress, attributes: str, other_origin: bool):
    source = f"{elsewhere(site.url) if other_origin else site.url}/inside"
    site.documents["/around"] = window(f"<iframe {attributes.replace('URL', source)}></iframe>")
    page.goto(f"{site.url}/around")
    (view,) = ingress.wait(1)
    assert view.body["location"] == source
    assert view.body["age"] < 5000
    page.goto("about:blank")
    leave = ingress.wait(2)[1]
    assert leave.kind == "leave"
    assert leave.body["idempotency"] == view.body["idempotency"]


SHOWING = {
    "displayed": ('<iframe src="/inside" style="display: none"></iframe>', "frame.style.display = 'block'"),
    "scrolled to": (
        '<iframe src="/inside" style="position: absolute; top: 4000px"></iframe>', "frame.scrollIntoView()"
    ),
    "grown": ('<iframe src="/inside" width="1" height="1"></iframe>', "frame.width = frame.height = 300"),
    "made visible": ('<iframe src="/inside" style="visibility: hidden"></iframe>', "frame.style.visibility = ''"),
}  # fmt: skip


@pytest.mark.parametrize(("frame", "show"), SHOWING.values(), ids=SHOWING.keys())
def test_a_frame_that_comes_into_sight_is_a_view_from_then_on(
    page: Page, site: Site, ingress: Ingress, frame: str, show: str
):
    site.documents["/around"] = window(frame)
    page.goto(f"{site.url}/around")
    nothing_more(page, site, ingress)
    page.evaluate(f"{{ const frame = document.querySelector('iframe'); {show} }}")
    (view,) = ingress.wait(1)
    assert view.body["location"] == f"{site.url}/inside"
    page.evaluate("document.querySelector('iframe').style.display = 'none'")
    leave = ingress.wait(2)[1]
    assert leave.body["idempotency"] == view.body["idempotency"]


def test_a_frame_in_a_frame_is_in_sight_where_both_are(page: Page, site: Site, ingress: Ingress):
    site.documents["/around"] = window('<iframe src="/middle" style="visibility: hidden"></iframe>')
    site.documents["/middle"] = window('<iframe src="/inside"></iframe>')
    page.goto(f"{site.url}/around")
    nothing_more(page, site, ingress)
    page.evaluate("document.querySelector('iframe').style.visibility = ''")
    assert pages(ingress.wait(1), site) == ["/inside"]


def test_pages_of_an_app_in_a_frame_are_followed(page: Page, site: Site, ingress: Ingress):
    site.documents["/around"] = window('<iframe src="/inside"></iframe>')
    page.goto(f"{site.url}/around")
    ingress.wait(1)
    page.frames[1].evaluate("history.pushState({}, '', '/inside/next'); shylight('Played')")
    beacons = ingress.wait(4)
    assert pages(beacons, site) == ["/inside", "/inside/next"]
    assert kinds(beacons).count("event") == 1


# ── Twice, and run again ─────────────────────────────────────────────────────────────────────────────────────


def test_two_tags_of_one_site_count_once(page: Page, site: Site, ingress: Ingress):
    named = ingress.script_path.replace("script.js", "user-4711/script.js")
    site.snippet += ingress.tag() + ingress.tag(query="?options") + ingress.tag(path=named)
    page.goto(f"{site.url}/first")
    ingress.wait(1)
    page.evaluate("history.pushState({}, '', '/next'); Shynet.newPageLoad(); shylight('Signup')")
    stay(page, 500)
    beacons = ingress.wait(4)
    assert pages(beacons, site) == ["/first", "/next"]
    assert {beacon.path for beacon in beacons} == {ingress.script_path}


RUN_AGAIN = """(tag) => {
    const old = document.querySelector("script[src]");
    const script = document.createElement("script");
    for (const { name, value } of old.attributes) script.setAttribute(name, value);
    old.replaceWith(script);
}"""


@pytest.mark.parametrize("attributes", ["", 'type="module"'])
def test_a_script_that_is_run_again_on_each_page_as_turbo_does_counts_once(
    page: Page, site: Site, ingress: Ingress, attributes: str
):
    site.snippet = ingress.tag(attributes)
    page.goto(f"{site.url}/0")
    ingress.wait(1)
    for number in (1, 2, 3):
        page.evaluate(f"history.pushState({{}}, '', '/{number}')")
        page.evaluate(RUN_AGAIN)
        stay(page, 300)
    assert pages(ingress.wait(7), site) == ["/0", "/1", "/2", "/3"]


def test_options_that_are_there_twice_count_once(page: Page, site: Site, ingress: Ingress):
    site.snippet = ingress.tag("data-outbound data-404", "?options") * 2
    page.goto(f"{site.url}/lost")
    ingress.wait(2)
    page.evaluate(RUN_AGAIN)
    page.evaluate("addEventListener('click', (event) => event.preventDefault())")
    page.evaluate("document.querySelector('#next').href = 'https://elsewhere.example/'")
    page.click("#next")
    beacons = ingress.wait(3)
    assert sorted(beacon.body.get("event", "") for beacon in beacons) == ["", "404", "Outbound Link"]


# ── Two sites ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("attributes", [("", ""), ("async", 'type="module"'), ('type="module"', "")])
def test_two_sites_on_one_page_are_both_told_of_everything(
    page: Page, site: Site, ingress: Ingress, attributes: tuple[str, str]
):
    other = ingress.path_of(OTHER_SITE)
    site.snippet = EARLY + "<script>shylight('identify', 'ada'); shylight('Early')</script>"
    site.snippet += ingress.tag(attributes[0]) + ingress.tag(attributes[1], path=other)
    page.goto(f"{site.url}/first")
    ingress.wait(4)
    page.evaluate("shylight('Late', {props: {n: 1}}); history.pushState({}, '', '/next')")
    ingress.wait(10)
    page.evaluate("Shynet.newPageLoad(); Shynet.newPageLoad()")  # what routing has counted is not counted again
    stay(page, 500)
    beacons = ingress.wait(14)
    for path in (ingress.script_path, other):
        told = of_site(beacons, path)
        assert pages(told, site) == ["/first", "/next", "/next"], path
        assert sorted(beacon.body["event"] for beacon in told if beacon.kind == "event") == ["Early", "Late"]
        assert all(beacon.body["identifier"] == "ada" for beacon in told if beacon.kind == "event")


def test_three_sites_on_one_page_are_told_of_an_event_once_each(page: Page, site: Site, ingress: Ingress):
    others = [ingress.path_of(OTHER_SITE), ingress.path_of(OTHER_SITE.replace("a", "b"))]
    site.snippet += "".join(ingress.tag(path=path) for path in others)
    page.goto(site.url)
    ingress.wait(3)
    page.evaluate("shylight('Signup')")
    beacons = ingress.wait(6)
    for path in (ingress.script_path, *others):
        assert sorted(kinds(of_site(beacons, path))) == ["event", "view"]


# ── However it is put in ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("attributes", ['type="module"', 'type="module" async', "async"])
def test_a_module_and_an_async_script_count_pages_their_time_and_events(
    page: Page, site: Site, ingress: Ingress, attributes: str
):
    site.snippet = EARLY + ingress.tag(attributes)
    page.goto(f"{site.url}/first")
    page.evaluate("shylight('Signup')")
    ingress.wait(2)
    page.evaluate("history.pushState({}, '', '/next')")
    stay(page, 300)
    page.goto("about:blank")
    beacons = ingress.wait(5)
    assert pages(beacons, site) == ["/first", "/next"]
    assert sorted(kinds(beacons)) == ["event", "leave", "leave", "view", "view"]
    assert {beacon.path for beacon in beacons} == {ingress.script_path}


PUT_IN = """(url) => {
    const script = document.createElement("script");
    script.src = url;
    script.dataset.outbound = "";
    script.onload = () => script.remove();
    document.head.append(script);
}"""


def test_a_script_that_is_put_in_after_the_load_counts_and_has_no_load_time(page: Page, site: Site, ingress: Ingress):
    site.snippet = ""
    page.goto(f"{site.url}/first")
    stay(page, 500)
    page.evaluate(PUT_IN, f"{ingress.url}{ingress.script_path}?options")
    ingress.wait(1)
    page.evaluate("history.pushState({}, '', '/next')")
    page.evaluate("addEventListener('click', (event) => event.preventDefault())")
    page.evaluate("document.querySelector('#next').href = 'https://elsewhere.example/'")
    page.click("#next")
    beacons = ingress.wait(4)
    assert pages(beacons, site) == ["/first", "/next"]
    assert not any("loadTime" in beacon.body for beacon in beacons)
    assert "Outbound Link" in [beacon.body.get("event") for beacon in beacons]


def test_options_work_as_a_module_too(page: Page, site: Site, ingress: Ingress):
    site.snippet = ingress.tag('type="module" data-404', "?options")
    page.goto(f"{site.url}/lost")
    assert sorted(kinds(ingress.wait(2))) == ["event", "view"]


def test_a_copy_in_the_page_itself_says_on_the_console_that_it_does_not_work(page: Page, site: Site, ingress: Ingress):
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    from chalicelib.collect.tracker_script import script_of

    site.snippet = f"<script>{script_of(ingress.settings).body.decode()}</script>"
    site.documents["/script.js"] = ""
    page.goto(f"{site.url}/first")
    page.wait_for_timeout(300)
    assert any("module" in text and "script.js?a" in text for text in told), told
    nothing_more(page, site, ingress)


# ── Other documents ──────────────────────────────────────────────────────────────────────────────────────────


XHTML = """<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>X</title>
<script defer="defer" src="URL"></script></head><body><p style="height: 4000px">X</p></body></html>"""
DOCUMENTS = {
    "XHTML": XHTML,
    "quirks": "<html><head>SNIPPET</head><body><p>no doctype</p></body></html>",
    "of no height": "<!doctype html>SNIPPET<body style='position: absolute'>x</body>",
    "with another base": "<!doctype html><base href='https://elsewhere.example/x/'>SNIPPET<p>x",
    "that took fetch and history": """<!doctype html><script>
        const own = fetch; window.fetch = (...request) => own(...request);
        for (const name of ["pushState", "replaceState"]) {
            const method = history[name];
            history[name] = function (...state) { return method.apply(this, state); };
        }
        Object.defineProperty(navigator, "userActivation", { get: () => ({}) });</script>SNIPPET<p>x""",
    "with a strict policy": """<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none';
        script-src INGRESS; connect-src INGRESS; require-trusted-types-for 'script'; trusted-types 'none'">
        SNIPPET<p>x""",
    "written by a script": """<!doctype html><script>document.write(`SNIPPET`.replace("defer", ""))</script><p>x""",
}


@pytest.mark.parametrize("whole", [False, True], ids=["alone", "in a frame"])
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_it_works_in_any_kind_of_document(page: Page, site: Site, ingress: Ingress, document: str, whole: bool):
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    document = document.replace("URL", ingress.url + ingress.script_path).replace("INGRESS", ingress.url)
    site.documents["/first"] = document.replace("`SNIPPET`", "`" + ingress.snippet.replace("</", "<\\/") + "`")
    site.documents["/around"] = window("<iframe src='/first'></iframe>")
    page.goto(f"{site.url}/{'around' if whole else 'first'}")
    ingress.wait(1)
    page.frames[-1].evaluate("history.pushState({}, '', '/next')" if "base" not in document else "0")
    count = 1 if "base" in document else 3
    ingress.wait(count)
    page.goto("about:blank")
    beacons = ingress.wait(count + 1)
    assert pages(beacons, site) == (["/first"] if count == 1 else ["/first", "/next"])
    assert complaints == []


@pytest.mark.parametrize(
    "document",
    ["<iframe srcdoc='SCRIPT<p>x'></iframe>", '<iframe src="data:text/html,SCRIPT<p>x"></iframe>'],
    ids=["srcdoc", "data:"],
)
def test_a_document_without_an_address_does_no_harm(page: Page, site: Site, ingress: Ingress, document: str):
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    script = f"<script src={ingress.url}{ingress.script_path}></script>"
    site.documents["/around"] = window(document.replace("SCRIPT", script))
    page.goto(f"{site.url}/around")
    stay(page, 800)
    assert complaints == []
