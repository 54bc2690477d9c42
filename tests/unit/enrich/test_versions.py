"""Major versions of browsers and systems, and what is said where the user agent is frozen."""

from __future__ import annotations

import pytest

from chalicelib.enrich.user_agent import parse_agent

WIN = "Mozilla/5.0 (Windows NT {}; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X {}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS {} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
DROID = "Mozilla/5.0 (Linux; Android {}) AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("text", "browser", "system"),
    [
        (WIN.format("10.0"), "Chrome 143", "Windows 10 or 11"),
        (WIN.format("10.0") + " Edg/142.0.0.0", "Edge 142", "Windows 10 or 11"),
        (WIN.format("10.0") + " OPR/125.0.0.0", "Opera 125", "Windows 10 or 11"),
        ("Mozilla/5.0 (Windows NT 6.1; rv:109.0) Gecko/20100101 Firefox/115.0", "Firefox 115", "Windows 7"),
        ("Mozilla/5.0 (Windows NT 5.1; rv:52.0) Gecko/20100101 Firefox/52.0", "Firefox 52", "Windows XP"),
        (MAC.format("10_15_7"), "Safari 26", "Mac OS X 10.15 or later"),
        (MAC.format("10_13_6"), "Safari 26", "Mac OS X 10.13"),
        (MAC.format("13_1"), "Safari 26", "Mac OS X 13"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
         "Firefox 145", "Mac OS X 10.15 or later"),
        # Safari on iOS 26 calls its system 18.6 or 18.7.
        (PHONE.format("18_6") + "Version/26.0 Mobile/15E148 Safari/604.1", "Mobile Safari 26", "iOS 26"),
        (PHONE.format("18_7") + "Version/26.3 Mobile/15E148 Safari/604.1", "Mobile Safari 26", "iOS 26"),
        (PHONE.format("18_6") + "Version/18.6 Mobile/15E148 Safari/604.1", "Mobile Safari 18", "iOS 18"),
        (PHONE.format("17_5") + "CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1", "Chrome Mobile iOS 142", "iOS 17"),
        (PHONE.format("18_5") + "Mobile/15E148", "Safari (in an app) None", "iOS 18"),
        (PHONE.format("18_5") + "Mobile/15E148 Instagram 390.0.0.28.85", "Instagram None", "iOS 18"),
        (DROID.format("10; K") + "Chrome/143.0.0.0 Mobile Safari/537.36", "Chrome Mobile 143", "Android 10 or later"),
        (DROID.format("10; SM-G960F") + "Chrome/100.0.0.0 Mobile Safari/537.36", "Chrome Mobile 100", "Android 10"),
        (DROID.format("13; SM-S911B") + "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
         "Samsung Internet 28", "Android 13"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox Mobile 145", "Android 15"),
        (WIN.format("10.0").replace("Windows NT 10.0; Win64; x64", "X11; CrOS x86_64 14541.0.0"),
         "Chrome 143", "Chrome OS None"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145", "Linux None"),
        (WIN.format("10.0") + " YaBrowser/25.8", "Yandex Browser 25", "Windows 10 or 11"),
        # Numbers that no browser and no system has.
        (WIN.format("10.0").replace("143.", "99999."), "Chrome None", "Windows 10 or 11"),
        (DROID.format("0; K") + "Chrome/000.0.0.0 Mobile Safari/537.36", "Chrome Mobile None", "Android None"),
        # Programs have none.
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot None", "Other None"),
    ],
)  # fmt: skip
def test_versions_are_known_as_far_as_the_user_agent_can_be_believed(text: str, browser: str, system: str) -> None:
    read = parse_agent(text)
    assert f"{read.browser} {read.browser_version}" == browser
    assert f"{read.system} {read.system_version}" == system
