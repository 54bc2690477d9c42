"""Questions with random filters, the same ones in each run."""

from __future__ import annotations

import random
from typing import Final

from tests.stack.naive_count import OF_VIEW, OF_VISIT

COMBINATIONS: Final = 50


def combination(number: int) -> list[str]:
    """Some filters; mostly on values that occur."""
    chance = random.Random(number)
    values: dict[str, list[str]] = {
        "page": ["/", "/pricing", "/docs/start", "/blog/服务", "/blog/%E6%9C%8D%E5%8A%A1", "/a,b", "/none"],
        "hostname": ["example.com", "blog.example.com", "bücher.example.com", "xn--bcher-kva.example.com"],
        "entry_page": ["/", "/pricing", "/docs/api"],
        "exit_page": ["/", "/pricing", "/docs/api"],
        "referrer": ["", "https://www.google.com/"],
        "source": ["Direct", "google", "LETTER", "DuckDuckGo"],
        "channel": ["Direct", "Organic Search", "Email"],
        "campaign": ["", "spring"],
        "country": ["DE", "US", "GB", "FR", ""],
        "region": ["Bavaria, DE", "Île-de-France, US", "Taipei City, DE", ""],
        "city": ["Munich, DE", "Springfield, US", "Paris, FR", ""],
        "network": ["Deutsche Telekom AG", "Free, SAS", "中華電信", ""],
        "browser": ["Chrome", "Mobile Safari", "Firefox", "Edge"],
        "system": ["Windows", "iOS", "Android"],
        "device": ["desktop", "phone"],
        "event": ["Signup", "Purchase", "Download"],
        "prop:plan": ["pro", "Pro, yearly", ""],
        "identifier": ["user-1", "user-2", ""],
        "utm_medium": ["email", "EMAIL", ""],
        "utm_term": ["analytics", ""],
        "utm_content": ["Button, red", ""],
        "screen": ["mobile", "desktop", ""],
        "language": ["de", "en", ""],
        "browser_version": ["Safari 18", "Mobile Safari 17", "Chrome 152"],
        "system_version": ["Windows 10 or 11", "iOS 18", "Linux"],
        "hour": ["00", "09", "14", "23"],
        "weekday": ["Saturday", "Sunday", "Monday"],
        "bounce": ["yes", "no"],
        "views": ["1", "2..", "..2", "2..3"],
        "duration": ["..0", "60..", "10..600.5"],
    }
    parts = {"page": ["docs", "/", "服"], "hostname": ["blog", "ücher", "."], "source": ["LETT", "o"],
             "browser": ["Mobile", "chrome"], "event": ["Sign", "o"], "prop:plan": ["pro", ","], "country": ["E"],
             "region": ["Île", "DE"], "city": ["Spring", ", US"], "network": ["SAS", "電"],
             "browser_version": ["Safari", "15"], "system_version": ["10"], "language": ["e"], "weekday": ["S"],
             "identifier": ["-1", "user"], "channel": ["Search"]}  # fmt: skip
    texts = []
    for name in chance.sample(sorted(values), chance.choice([1, 1, 2, 2, 3])):
        negative = chance.choice(["", "", "_not"])
        if name in parts and chance.random() < 0.35:
            texts.append(f"contains{negative},{name},{chance.choice(parts[name])}")
            continue
        texts += [f"is{negative},{name},{value}" for value in chance.sample(values[name], chance.choice([1, 1, 2]))]
    return texts


def dimensions_of(number: int) -> list[str]:
    """One or two dimensions that can be crossed."""
    chance = random.Random(-number)
    if chance.random() < 0.25:
        return chance.choice([["event"], ["prop:plan"], ["event", "prop:plan"], ["event", chance.choice([*OF_VISIT])]])
    return chance.sample([*OF_VISIT, *OF_VIEW], chance.choice([1, 2]))
