"""Shapes: what a user agent looks like before anybody asks whose it is: a browser's, a device's app's, or a program's.

Robots borrow the shape of browsers and then add their name, so a shape acquits nobody. It tells what may be asked: in
a browser's or an app's user agent stand names that people gave, of phones, of news, of shops, of search; in that of
any other program, the same words tell its trade.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Shape = Literal["browser", "app", "program"]

BROWSER: Final = "browser"
APP: Final = "app"
PROGRAM: Final = "program"

# What stands behind the mark of an engine in a browser: its version, its name, or that it is mobile.
_WEBKIT = "khtml, like gecko)"
_BEHIND_WEBKIT = ("safari/", "chrome/", "mobile", "version/", "crios/", "fxios/", "edgios/", "gsa/", "dolfin/")
_ENGINES = (
    " gecko/", "trident/", "; msie", "presto/", "goanna/", "khtml/", "servo/", "netfront/", "konqueror", "dillo",
)  # fmt: skip
_SYSTEMS_OF_OLD = ("risc os", "amiga", "beos", "(java ", "avefront")
_DESKTOPS = ("(macintosh", "(windows", "(x11", "(linux")
_DEVICES = (
    "android", "iphone", "ipad", "ipod", "cfnetwork/", "dalvik/", "windows phone", "windows ce", "symbian",
    "series60", "blackberry", "bb10;", "tizen", "web0s", "webos/", "hpwos", "bada/", "playstation", "nintendo",
    "smart-tv", "smarttv", "hbbtv", "nettv", "ce-html", "netcast", "crkey", "kaios", "harmonyos", "midp", "cldc",
    "up.browser", "up.link", "wap_browser", "wap browser", "wap-browser", "obigo", "maui", "ucweb", "untrusted/",
    "maemo", "meego", "apple tv", "appletv", "watchos", "slp/2", "viera", "maple ", "dreampassport", "dreamkey", "omi/",
)  # fmt: skip
# Phones before smartphones name their maker first, and often nothing else.
_MAKERS = re.compile(
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
# A robot that names itself behind the model of the phone it imitates.
_NO_MODEL = re.compile(
    r"[(;] *compatible; (?!msie)|\+ ?https?:|[a-z](?:bot|crawler|spider)(?:-google)?/\d|-google/", re.ASCII
)
# Browsers that never took Mozilla's name.
_BY_NAME = re.compile(
    r"(?:opera|lynx|e?links|w3m|dillo|netsurf|amaya|ibm webexplorer|ncsa[ _]mosaic|mosaic|ibrowse|aweb|netfront|"
    r"galeon|epiphany|konqueror|retawq|uzbl|midori|arachne|hotjava|icab|omniweb|contiki|arora|emacs[-/]w3|offbyone|"
    r"netpositive|cyberdog|worldwideweb|vimprobable|luakit|conkeror)[/ ]",
    re.ASCII,
)


def shape_of(text: str) -> Shape:
    """The shape of a user agent in lower case.

    A browser says so by Mozilla's old name and either the whole mark of an engine or the name of a device.
    """
    if _BY_NAME.match(text):
        return BROWSER
    if text.startswith("mozilla/"):
        return BROWSER if _has_engine(text) or is_on_device(text) else PROGRAM
    told_by_itself = "://" not in text  # an app names no address; in a robot's may stand anything
    return APP if told_by_itself and (is_on_device(text) or _MAKERS.match(text)) else PROGRAM


def is_on_device(text: str) -> bool:
    """Whether a user agent in lower case names a phone, a tablet, a television or the like."""
    return any(name in text for name in _DEVICES)


def _has_engine(text: str) -> bool:
    at = text.find(_WEBKIT)
    if at >= 0:
        return any(text.find(mark, at) >= 0 for mark in _BEHIND_WEBKIT) or any(name in text for name in _DESKTOPS)
    return any(mark in text for mark in _ENGINES) or any(name in text for name in _SYSTEMS_OF_OLD)


def without_model(text: str) -> tuple[str, str]:
    """The user agent without the comment in which an Android or Windows phone tells its model, and that comment.

    A model may be called anything, robots' words included.

    :param text: in lower case.
    """
    start = text.find("(")
    end = _closing(text, start) if start >= 0 else -1
    comment = text[start + 1 : end] if end >= 0 else ""
    if not ("android" in comment or "windows phone" in comment) or _NO_MODEL.search(comment):
        return text, ""
    return f"{text[:start]}(x){text[end + 1 :]}", comment


def plain_model(text: str) -> str:
    """The user agent with the model of an Android phone replaced by the one that Chrome gives to all of them."""
    return _ANDROID_COMMENT.sub(lambda found: f"(Linux; Android 10; K{'; wv' if '; wv' in found[0] else ''})", text, 1)


def _closing(text: str, start: int) -> int:
    """Where the parenthesis that opens at `start` closes; -1 if nowhere."""
    depth = 0
    for found in _PARENTHESIS.finditer(text, start):
        depth += 1 if found[0] == "(" else -1
        if depth <= 0:
            return found.start()
    return -1
