"""The kind of client that a user agent claims to be: a browser, an app on a device, or another program.

Bots copy browsers' user agents and add their own name, so a claim proves nothing. It selects the rules for bot
detection. The user agents of browsers and apps contain the names of phones, news services, shops and search engines;
in the user agent of another program, the same words show that it is a bot.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Client = Literal["browser", "app", "program"]

BROWSER: Final = "browser"
APP: Final = "app"
PROGRAM: Final = "program"

# What follows the engine's token in a browser: its version, its name, or that it is mobile.
_WEBKIT = "khtml, like gecko)"
_AFTER_WEBKIT = ("safari/", "chrome/", "mobile", "version/", "crios/", "fxios/", "edgios/", "gsa/", "dolfin/")
_ENGINES = (
    " gecko/", "trident/", "; msie", "presto/", "goanna/", "khtml/", "servo/", "netfront/", "konqueror", "dillo",
)  # fmt: skip
_OLD_SYSTEMS = ("risc os", "amiga", "beos", "(java ", "avefront")
_DESKTOPS = ("(macintosh", "(windows", "(x11", "(linux")
_DEVICES = (
    "android", "iphone", "ipad", "ipod", "cfnetwork/", "dalvik/", "windows phone", "windows ce", "symbian",
    "series60", "blackberry", "bb10;", "tizen", "web0s", "webos/", "hpwos", "bada/", "playstation", "nintendo",
    "smart-tv", "smarttv", "hbbtv", "nettv", "ce-html", "netcast", "crkey", "kaios", "harmonyos", "midp", "cldc",
    "up.browser", "up.link", "wap_browser", "wap browser", "wap-browser", "obigo", "maui", "ucweb", "untrusted/",
    "maemo", "meego", "apple tv", "appletv", "watchos", "slp/2", "viera", "maple ", "dreampassport", "dreamkey", "omi/",
)  # fmt: skip
# Feature phones name their maker first, and often nothing else.
_PHONE_MAKERS = re.compile(
    r"""
    (?:nokia|samsung|sonyericsson|ericsson|motorola|blackberry|htc|huawei|lge?|mot|sie|zte|sec|sam|sgh|sch|sph|gt)[-_/ ]
    | (?:nokia|samsung|sonyericsson|ericsson|motorola|moto|blackberry|htc|huawei|lge?|mot|siemens|zte|alcatel|sagem
        |sanyo|sharp|panasonic|nec|kddi|docomo|j-phone|vodafone|softbank|toshiba|pantech|philips|benq|amoi|kwc|kyocera
        |lenovo|haier|karbonn|micromax|spice|dopod|palm|portalmmm|symphony|lava|fly|gionee|dell|opwv|openwave|telit
        |bird|audiovox|casio|r380|t68)[-_/. ]?[\w-]*\d
    """,
    re.ASCII | re.VERBOSE,
)
_PARENTHESIS = re.compile(r"[()]")
_ANDROID_COMMENT = re.compile(r"\([^()]*Android (?:[^()]|\([^()]*\))*\)")
# A bot that names itself after the model of the phone it imitates.
_BOT_COMMENT = re.compile(
    r"[(;] *compatible; (?!msie)|\+ ?https?:|[a-z](?:bot|crawler|spider)(?:-google)?/\d|-google/", re.ASCII
)
# Browsers whose user agent does not begin with "Mozilla".
_NON_MOZILLA_BROWSERS = re.compile(
    r"(?:opera|lynx|e?links|w3m|dillo|netsurf|amaya|ibm webexplorer|ncsa[ _]mosaic|mosaic|ibrowse|aweb|netfront|"
    r"galeon|epiphany|konqueror|retawq|uzbl|midori|arachne|hotjava|icab|omniweb|contiki|arora|emacs[-/]w3|offbyone|"
    r"netpositive|cyberdog|worldwideweb|vimprobable|luakit|conkeror)[/ ]",
    re.ASCII,
)


def claimed_client(text: str) -> Client:
    """The kind of client that a user agent in lower case claims to be.

    A browser's begins with "Mozilla" and contains either an engine's complete token or a device's name.
    """
    if _NON_MOZILLA_BROWSERS.match(text):
        return BROWSER
    if text.startswith("mozilla/"):
        return BROWSER if _has_engine(text) or is_on_device(text) else PROGRAM
    without_url = "://" not in text  # apps include no URL
    return APP if without_url and (is_on_device(text) or _PHONE_MAKERS.match(text)) else PROGRAM


def is_on_device(text: str) -> bool:
    """Whether a user agent in lower case names a phone, a tablet, a television or the like."""
    return any(name in text for name in _DEVICES)


def _has_engine(text: str) -> bool:
    at = text.find(_WEBKIT)
    if at >= 0:
        return any(text.find(mark, at) >= 0 for mark in _AFTER_WEBKIT) or any(name in text for name in _DESKTOPS)
    return any(mark in text for mark in _ENGINES) or any(name in text for name in _OLD_SYSTEMS)


def without_model(text: str) -> tuple[str, str]:
    """Split off the comment in which an Android or Windows phone states its model; gives the rest and the comment.

    A model's name can be anything, even a word that bots use.

    :param text: in lower case.
    """
    start = text.find("(")
    end = _closing_parenthesis(text, start) if start >= 0 else -1
    comment = text[start + 1 : end] if end >= 0 else ""
    if not ("android" in comment or "windows phone" in comment) or _BOT_COMMENT.search(comment):
        return text, ""
    return f"{text[:start]}(x){text[end + 1 :]}", comment


def plain_model(text: str) -> str:
    """The user agent with the model of an Android phone replaced by "K", the one that Chrome sends for every phone."""
    return _ANDROID_COMMENT.sub(lambda found: f"(Linux; Android 10; K{'; wv' if '; wv' in found[0] else ''})", text, 1)


def _closing_parenthesis(text: str, start: int) -> int:
    """The position of the parenthesis that closes the one at `start`; -1 if there is none."""
    depth = 0
    for found in _PARENTHESIS.finditer(text, start):
        depth += 1 if found[0] == "(" else -1
        if depth <= 0:
            return found.start()
    return -1
