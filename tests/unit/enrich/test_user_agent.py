"""What user agents say; the strings are those the browsers and programs document of themselves."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from user_agents import parse as reference

from chalicelib.enrich import device
from chalicelib.enrich.browser_families import app_names
from chalicelib.enrich.user_agent import UserAgent, parse_agent

AGENTS = Path(__file__).parent / "agents"

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)
IPAD = (
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/16.6 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
EDGE = CHROME + " Edg/141.0.0.0"
SAMSUNG = (
    "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) "
    "SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36"
)
CUBOT = (
    "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 21) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("text", "agent"),
    [
        (CHROME, UserAgent("Chrome", "Windows", "desktop")),
        (SAFARI, UserAgent("Mobile Safari", "iOS", "phone")),
        (IPAD, UserAgent("Mobile Safari", "iOS", "tablet")),
        (FIREFOX, UserAgent("Firefox", "Linux", "desktop")),
        (EDGE, UserAgent("Edge", "Windows", "desktop")),
        (SAMSUNG, UserAgent("Samsung Internet", "Android", "phone")),
        (CUBOT, UserAgent("Chrome", "Android", "phone")),
    ],
)
def test_a_browser_is_known_by_its_families(text: str, agent: UserAgent) -> None:
    assert without_versions(text) == agent


def without_versions(text: str) -> UserAgent:
    return replace(parse_agent(text), browser_version=None, system_version=None)


def named() -> list[list[str]]:
    lines = (AGENTS / "named.tsv").read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.mark.parametrize(("browser", "system", "device_type", "text"), named())
def test_browsers_apps_systems_and_devices_have_the_names_that_people_know(
    browser: str, system: str, device_type: str, text: str
) -> None:
    assert without_versions(text) == UserAgent(browser, system, device_type)


def test_every_type_of_device_is_among_them() -> None:
    assert {row[2] for row in named()} == {*device.TYPES} - {"other"}
    assert parse_agent("iTunes/12.8 (Example)").device_type in device.TYPES


def test_no_app_is_named_twice() -> None:
    lines = (Path(device.__file__).parent / "browsers.tsv").read_text("utf-8").splitlines()
    names = [line.partition("\t")[0] for line in lines if line and not line.startswith("#")]
    assert len(names) == len(set(names)) == len(app_names())


# ── whatever comes ──

REAL = [
    line.rpartition("\t")[2]
    for name in ("browsers.txt", "robots.txt", "named.tsv")
    for line in (AGENTS / name).read_text("utf-8").splitlines()
    if not line.startswith("#")
]
# What has been hard to read: digits that are none to int(), half characters, other scripts, and what patterns look for.
ODD = st.sampled_from([
    "²", "٣", "1²", "/².1", "\ud800", "\0", "\u2028", "İ", "ß", "(", ")", "((((", ";", "/", " ", "\t", "9" * 400,
    "bot", "compatible; ", "+http://", "android ", "; wv", "Liferea/²", "Chrome/", "Version/³.1", "Windows NT ²",
    "CPU OS ²_1 like Mac OS X",
])  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A real user agent with a few pieces cut out, doubled, or put in."""
    text = draw(st.sampled_from(REAL))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 30)))
        text = (
            text[:start]
            + draw(ODD | st.text(st.characters(), max_size=5))
            + text[draw(st.sampled_from([start, end])) :]
        )
    return text


@given(st.text(st.characters()) | mutated())
@example("Liferea/².1")
@example("Mozilla/5.0 (Windows NT ².1) Gecko/20100101 Firefox/².³")
@example("\ud800" * 10)
@example("x" * 200_000)
def test_whatever_it_says_a_user_agent_is_read(text: str) -> None:
    read = parse_agent(text)
    assert read.device_type in {*device.TYPES, "robot"}
    assert (read.device_type == "robot") == read.robot == (read.robot_reason is not None)
    assert read.browser
    assert read.system


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "Amazon CloudFront", "AmazonAPIGateway_1a2b3c",
        "curl/8.5.0", "python-requests/2.32.3", "Go-http-client/2.0", "facebookexternalhit/1.1",
    ],
)  # fmt: skip
def test_a_program_is_a_robot(text: str) -> None:
    assert parse_agent(text).robot


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
        (CHROME.replace("Gecko)", "Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"), "GPTBot"),
        ("Mozilla/5.0 (compatible; Example Sitemap Checker/2.0; +https://example.com/)", "Example Sitemap Checker"),
        ("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; ExampleCrawler; http://example.com)", "ExampleCrawler"),
        ("curl/8.5.0", "curl"), ("NodePing", "NodePing"), ("nonsense", "nonsense"), ("", "Other"),
    ],
)  # fmt: skip
def test_a_robot_is_called_by_its_own_name(text: str, name: str) -> None:
    assert (parse_agent(text).browser, parse_agent(text).device_type) == (name, "robot")


@pytest.mark.parametrize("text", [CHROME, SAFARI, IPAD, FIREFOX, EDGE, SAMSUNG, CUBOT, "\x00\ud7ff" * 50])
def test_the_fast_engine_says_what_the_library_says(text: str) -> None:
    slow = reference(text)
    fast = parse_agent(text)
    assert (fast.browser, fast.system) == (slow.browser.family, slow.os.family)


def test_a_worker_that_starts_compiles_none_of_the_patterns_of_the_slow_engine() -> None:
    """That takes 300 ms; the engine that is used has compiled them in less than a tenth of that."""
    program = (
        "import sys; from chalicelib.enrich.user_agent import parse_agent;"
        "assert parse_agent('Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0').browser == 'Firefox';"
        "assert not {'ua_parser_builtins.regexes', 'ua_parser_builtins.matchers'} & {*sys.modules};"
        "import user_agents; assert user_agents.parse('Firefox/140.0').browser.family == 'Firefox'"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
