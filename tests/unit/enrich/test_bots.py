"""Robots are set apart from people; the lists beside this file are hand-picked, the others come from npm packages."""

import json
import re
import time
from pathlib import Path

import pytest

from chalicelib.collect.prefetch import read_hint
from chalicelib.enrich import bots, isbot
from chalicelib.enrich.declared_bots import bot_name
from chalicelib.enrich.user_agent import parse_agent
from chalicelib.enrich.worker import traits

ROOT = Path(__file__).parents[3]
MODULES = ROOT / "node_modules"


def listed(name: str) -> list[str]:
    lines = (Path(__file__).parent / "agents" / f"{name}.txt").read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def packaged(path: str) -> list[object]:
    read: list[object] = json.loads((MODULES / path).read_text("utf-8"))
    return read


def test_every_pattern_of_isbot_is_asked() -> None:
    built = json.loads((ROOT / "chalicelib/enrich/data/robots.json").read_text("utf-8"))
    pinned = json.loads((MODULES / "isbot/package.json").read_text("utf-8"))["version"]
    assert built["isbot"] == pinned, "run `make build`"
    assert len(isbot.patterns()) == len(built["patterns"]) > 200


@pytest.mark.parametrize(
    ("written", "read", "robots", "people"),
    [
        (r"(?<! channel/|My/)google(?!app)", r"(?<! channel/)(?<!my/)google(?!app)",
         ["google", "x google-y"], ["a channel/google", "my/google", "googleapp"]),
        (r"^[\w\d-.]+$", r"^[\w\d\-.]+$", ["a-b.c"], ["a/b"]),
        (r"^[\w-]+/\S$", r"^[\w-]+/\S$", ["a-b/c"], ["a-b/ "]),
        (r"Bot\W", r"bot\W", ["bot/"], ["bots"]),
        (r"(?<!lib)http", r"(?<!lib)http", ["http"], ["libhttp"]),
    ],
)  # fmt: skip
def test_patterns_mean_in_python_what_they_mean_in_javascript(
    written: str, read: str, robots: list[str], people: list[str]
) -> None:
    assert isbot.to_python(written) == read
    assert all(re.search(read, text) for text in robots)
    assert not any(re.search(read, text) for text in people)


def test_without_the_patterns_nobody_is_let_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("chalicelib.enrich.isbot.resources.files", lambda _: tmp_path)
    isbot.patterns.cache_clear()
    isbot._compiled.cache_clear()
    with pytest.raises(RuntimeError, match="make build"):
        bots.user_agent_reason("ExampleProgram/1.0")


@pytest.mark.parametrize("text", listed("robots"))
def test_a_robot_is_one(text: str) -> None:
    assert parse_agent(text).robot


@pytest.mark.parametrize("text", listed("browsers"))
def test_a_browser_is_no_robot(text: str) -> None:
    assert parse_agent(text).robot_reason is None


def test_robots_collected_by_others_are_set_apart() -> None:
    crawlers = packaged("crawler-user-agents/crawler-user-agents.json")
    texts = {text for crawler in crawlers for text in crawler["instances"]}  # type: ignore[index]
    missed = [text for text in texts if not parse_agent(text).robot]
    assert len(texts) > 2000
    assert len(missed) / len(texts) < 0.01, missed


def test_browsers_collected_by_others_are_not() -> None:
    seen = {browser["userAgent"] for browser in packaged("user-agents/dist/user-agents.json")}  # type: ignore[index]
    texts = seen | {str(text) for text in packaged("top-user-agents/src/index.json")}
    wrong = [text for text in texts if parse_agent(text).robot]
    assert len(texts) > 900
    assert len(wrong) / len(texts) < 0.0005, wrong


def test_the_names_of_robots_are_in_order_and_each_is_found_as_a_word() -> None:
    lines = (ROOT / "chalicelib/enrich/bot_names.txt").read_text("utf-8").splitlines()
    names = [line for line in lines if not line.startswith("#")]
    assert names == sorted({name.strip().lower() for name in names})
    browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
    for name in names:
        shown = name.title()
        assert parse_agent(f"{browser} {shown}{'' if name[-1].isalnum() else '1.0'}").robot, name
    for product in ("Bucket/1.0", "Yetiquette/2.1", "Ningbo/1.0", "Trovelist/3", "Robotics/1.1", "Abbott/4.0"):
        assert not parse_agent(f"{browser} {product}").robot, product


@pytest.mark.parametrize("word", ["Bot", "Crawler", "Spider", "Monitor", "Preview", "Scanner", "Google", "Headless"])
def test_the_model_of_a_phone_is_no_robots_name(word: str) -> None:
    phone = f"Mozilla/5.0 (Linux; Android 12; {word} 5 Build/{word.upper()}) AppleWebKit/537.36 (KHTML, like Gecko) "
    agent = parse_agent(phone + "Chrome/141.0.0.0 Mobile Safari/537.36")
    assert (agent.browser, agent.device_type, agent.robot) == ("Chrome Mobile", "phone", False)
    assert parse_agent(
        phone + f"Chrome/141.0.0.0 Mobile Safari/537.36 (compatible; {word}/1.0; +http://a.example)"
    ).robot


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        ("", "empty"), (" \t", "empty"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0 Safari/537.36",
         "headless"),
        ("Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
         "headless"),
        ("python-requests/2.32.3", "library"), ("Apache-HttpClient/4.5.14 (Java/17.0.9)", "library"),
        ("curl/8.5.0", "library"), ("Go-http-client/2.0", "library"), ("Java/21.0.2", "library"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "declared"),
        ("Twitterbot/1.0", "declared"),
        ("Googlebot-News (2.3.3, ruby 1.9.3 (2013-11-22))", "declared"),
        ("SAMSUNG-SGH-E250/1.0 Profile/MIDP-2.0 (compatible; Googlebot-Mobile/2.1; +http://www.google.com/bot.html)",
         "declared"),
    ],
)  # fmt: skip
def test_the_owner_sees_why(agent: str, reason: str) -> None:
    assert parse_agent(agent).robot_reason == reason


@pytest.mark.parametrize("host", ["semalt.com", "SEMALT.com.", "1.semalt.com", "a.b.buttons-for-website.com"])
def test_a_referrer_that_advertises_itself_is_spam(host: str) -> None:
    assert bots.referrer_reason(f"http://{host}/crawler.php") == "referrer_spam"


@pytest.mark.parametrize(
    "url", ["https://notsemalt.com/", "https://semalt.com.example/", "https://com/", "android-app://org.example/", ""]
)
def test_a_referrer_that_looks_like_spam_is_not(url: str) -> None:
    assert bots.referrer_reason(url) is None


def test_the_list_of_spammers_is_of_domains_in_order() -> None:
    lines = (ROOT / "chalicelib/enrich/spammers.txt").read_text("utf-8").splitlines()
    domains = [line for line in lines if not line.startswith("#")]
    assert domains == sorted(set(domains))
    assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain) for domain in domains)


@pytest.mark.parametrize(
    ("headers", "hint"),
    [
        ({}, None), ({"sec-purpose": "prefetch"}, "prefetch"), ({"sec-purpose": "prefetch;prerender"}, "prefetch"),
        ({"purpose": "prefetch"}, "prefetch"), ({"x-moz": "prefetch"}, "prefetch"),
        ({"x-purpose": "preview"}, "preview"), ({"purpose": "Preview"}, "preview"), ({"sec-purpose": "other"}, None),
        ({"sec-fetch-dest": "prefetch"}, None),
    ],
)  # fmt: skip
def test_a_request_says_that_nobody_asked_for_it(headers: dict[str, str], hint: str | None) -> None:
    assert read_hint(headers) == hint


@pytest.mark.parametrize(
    ("agent", "own_reason", "reason"),
    [("firefox", None, None), ("firefox", "prefetch", "prefetch"), ("curl/8.5.0", "referrer_spam", "library")],
)
def test_a_visitor_is_a_robot_for_one_reason(
    agent: str, own_reason: str | None, reason: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.enrich import geolocation

    monkeypatch.setattr(geolocation, "locate", lambda _: geolocation.Location())
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
    found = traits(browser if agent == "firefox" else agent, "", own_reason)
    assert (found.robot, found.robot_reason) == (reason is not None, reason)
    assert found.device_type == ("robot" if agent.startswith("curl") else "desktop")


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1024, "a/1" + ".1" * 500 + "x", "@a" * 512, "mozilla/5.0 (" + "a 1.1" * 200, "(" * 1024, "; a" * 340,
        "a" * 500 + "/" + "(" * 500 + " ", "x/1.0" * 200, "compatible; " * 85, "bot" * 340, "mozilla/5.0 (linux; " * 50,
        "instagram 1" * 90, "a.b-" * 256, "android " * 128, "(a android " * 90, "; a@b.c" * 140, "; a@" * 256,
        "mozilla/5.0 (x; compatible; " * 36, "http://a;" * 110, "(linux; android 1; k) " * 46, "é" * 1024,
    ],
)  # fmt: skip
def test_no_user_agent_takes_long(text: str) -> None:
    isbot.patterns()

    def once() -> float:
        began = time.process_time()
        bots.user_agent_reason(text)
        bot_name(text)
        parse_agent.__wrapped__(text)
        browser = f"Mozilla/5.0 (Linux; Android 10; {text}) AppleWebKit/537.36 (KHTML, like Gecko) {text}"
        parse_agent.__wrapped__(browser)
        return time.process_time() - began

    # What takes long takes long each time; a busy machine does not interrupt every one of them.
    assert any(once() < 0.05 for _ in range(10))
