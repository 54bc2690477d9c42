"""Host names for display: in Unicode, unless a name could be confused with another.

Hosts are stored in ASCII, see `hostnames`. A label is displayed in Unicode under rules similar to those of browsers,
such as Chromium's (https://chromium.googlesource.com/chromium/src/+/main/docs/idn.md):

* letters of one script, or of those that Japanese, Chinese and Korean write together, with ASCII among them;
* no letter that people's alphabets hardly use, nothing invisible, no digits but ASCII's;
* no label that is made of look-alikes of Latin letters only, unless its top-level domain is of that script's home;
* no name of a brand with accents on it.

Any other label is displayed as stored, such as ``xn--ggle-55da``.
"""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from typing import Final

from chalicelib.hostnames import normal_host

_ACE: Final = "xn--"
_TOGETHER: Final = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
# The first word of a character's name is its script, but for these.
_SCRIPTS: Final = {"IDEOGRAPHIC": "CJK", "KATAKANA-HIRAGANA": "KATAKANA", "MIDDLE": "LATIN"}
# Letters of alphabets that are not a Latin letter with accents, and what they look like.
_LETTERS: Final = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "p", "ł": "l", "ħ": "h", "ŋ": "n", "ı": "i",
    "ə": "e", "ŧ": "t", "·": "",
}  # fmt: skip
# Script -> its letters that look like Latin ones, and the top-level domains where they are at home.
_LOOK_ALIKES: Final = {
    "CYRILLIC": (
        frozenset("аысԁеԍһіюјӏорԗԛѕԝхуъьҽпгѵѡ"),
        frozenset({"ru", "su", "ua", "by", "bg", "kz", "kg", "mk", "mn", "rs", "tj", "uz", "md"}),
    ),
    "GREEK": (frozenset("αικνρυωηοτγςεσ"), frozenset({"gr", "cy"})),
    "ARMENIAN": (frozenset("ագզէլհյոսւօցքռուց"), frozenset({"am"})),
}
# Strokes of Chinese and Japanese that pass for ASCII beside Latin letters.
_STROKES: Final = frozenset("丨丶丿一乛〇ノメエハロトニ二八口工へヘソゾンー")
# With l for i, see `_skeleton`.
_BRANDS: Final = frozenset(name.replace("i", "l") for name in (
    "adobe", "airbnb", "alibaba", "aliexpress", "amazon", "anthropic", "apple", "baidu", "bankofamerica", "barclays",
    "binance", "bing", "blockchain", "booking", "chase", "chatgpt", "citibank", "claude", "cloudflare", "coinbase",
    "commerzbank", "deutschebank", "dhl", "discord", "dropbox", "ebay", "facebook", "fedex", "firefox", "github",
    "gitlab", "gmail", "gmx", "google", "hotmail", "hsbc", "icloud", "instagram", "kraken", "lifehacker", "linkedin",
    "live", "mastercard", "metamask", "microsoft", "mozilla", "netflix", "office", "openai", "opera", "outlook",
    "paypal", "pinterest", "postbank", "reddit", "revolut", "santander", "shopify", "skype", "slack", "snapchat",
    "sparkasse", "spotify", "steam", "stripe", "taobao", "telegram", "tiktok", "twitch", "twitter", "uber", "usps",
    "visa", "walmart", "wellsfargo", "whatsapp", "wikipedia", "yahoo", "yandex", "youtube", "zoom",
))  # fmt: skip


@lru_cache(5_000)
def shown_host(host: str) -> str:
    """A stored host, or one with a port such as ``example.com:8000``, for display."""
    if _ACE not in host:
        return host
    labels = host.split(".")
    return ".".join(_shown(label, labels[-1]) if label.startswith(_ACE) else label for label in labels)


def shown_url(url: str) -> str:
    """A URL with its host for display."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return shown_host(url) if "/" not in url else url
    host, slash, path = rest.partition("/")
    return f"{scheme}://{shown_host(host)}{slash}{path}"


def _shown(label: str, domain: str) -> str:
    """A label in its own script, or as it is; `domain`: the top-level domain."""
    text = ""
    with suppress(UnicodeError, ValueError, OverflowError):
        text = label.removeprefix(_ACE).encode("ascii").decode("punycode")
    # Only the form that browsers give it back: what is mapped to something else was not made by them.
    return text if text and normal_host(f"{text}.example") == f"{label}.example" and _is_plain(text, domain) else label


def _is_plain(text: str, domain: str) -> bool:
    """Whether the label cannot be confused with another."""
    scripts = set()
    for char in text:
        if char.isascii():
            if char.isalpha():
                scripts.add("LATIN")
            continue
        script = _script(char)
        if script is None:
            return False
        scripts.add(script)
    if len(scripts) > 1 and not any(scripts <= known for known in _TOGETHER):
        return False
    return not (
        ("LATIN" in scripts and len(scripts) > 1 and _is_doubtful_mixture(text))
        or (scripts == {"LATIN"} and _skeleton(text) in _BRANDS)
        or any(scripts == {script} and _imitates(text, domain, *like) for script, like in _LOOK_ALIKES.items())
    )


def _script(char: str) -> str | None:
    """The script of a letter or mark that alphabets use today; None for any other character."""
    if unicodedata.category(char) not in ("Ll", "Lo", "Lm", "Mn", "Mc") and char != "·":
        return None
    word = unicodedata.name(char, "").split(" ")[0]
    script = _SCRIPTS.get(word, word)
    if script == "LATIN" and char not in _LETTERS and not unicodedata.normalize("NFD", char)[0].isascii():
        return None
    return None if script in ("", "COMBINING", "MODIFIER") else script


def _is_doubtful_mixture(text: str) -> bool:
    """Whether a label mixes CJK with accented Latin letters, or strokes with ASCII."""
    stroke = any((a in _STROKES and b.isascii()) or (b in _STROKES and a.isascii()) for a, b in pairwise(text))
    return stroke or any(not char.isascii() and _script(char) == "LATIN" for char in text)


def _skeleton(text: str) -> str:
    """Latin letters without what distinguishes them from ASCII; an i, with its dot or another, is an l as well."""
    plain = unicodedata.normalize("NFD", "".join(_LETTERS.get(char, char) for char in text))
    return "".join(char for char in plain if char.isascii() and char != "-").replace("i", "l")


def _imitates(text: str, domain: str, letters: frozenset[str], homes: frozenset[str]) -> bool:
    at_home = domain in homes or domain.startswith(_ACE)
    return not at_home and all(char in letters or char in "-0123456789" for char in text)
