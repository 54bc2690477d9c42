"""Device types: phone, tablet, desktop, tv, console, wearable, car; ``other`` for the few remaining ones.

Words that are specific to a device type decide first, then whether an Android device says ``Mobile`` (Android's own
rule), then what the library user-agents concludes from ua-parser's families.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from chalicelib.enrich.regex_set import RegexSet, read_patterns

PHONE: Final = "phone"
TABLET: Final = "tablet"
DESKTOP: Final = "desktop"
TV: Final = "tv"
CONSOLE: Final = "console"
WEARABLE: Final = "wearable"
CAR: Final = "car"
OTHER: Final = "other"

TYPES: Final = (PHONE, TABLET, DESKTOP, TV, CONSOLE, WEARABLE, CAR, OTHER)

_MAC = re.compile(r"x86_64|macintosh|macbook|\bi?mac\b|mac ?os", re.ASCII)
_DESKTOPS = re.compile(
    r"windows nt|\(windows|win(?:9[58]|nt|32|64)\b|windows (?:9|xp|vista|7|8|1)|macintosh|mac os|mac_|x11|cros |"
    r"freebsd|openbsd|netbsd|dragonfly|sunos|solaris|haiku|beos|amiga|morphos|aros|risc ?os|os/2|warp|hp-ux|irix|aix|"
    r"linux|ubuntu|fuchsia|syllable|osf1|openvms|dos\b|darwin/",
    re.ASCII,
)


def device_type(text: str, mobile: bool | None = None) -> str | None:
    """The device type in a user agent in lower case; None if it cannot be told.

    :param mobile: the client hint ``Sec-CH-UA-Mobile``, if sent: it separates phones from tablets where the user agent
        names no model, as in Chrome on Android.
    """
    found = _patterns().find(text)
    if found is not None:
        return found
    if "cfnetwork/" in text:
        return DESKTOP if _MAC.search(text) else PHONE
    if "android" in text or "openharmony" in text or "harmonyos" in text or ("linux; u;" in text and " build/" in text):
        return _on_android(text, mobile)
    if _DESKTOPS.search(text):
        return DESKTOP
    return PHONE if mobile else None


def _on_android(text: str, mobile: bool | None) -> str:
    """Android's rule: a user agent without ``Mobile`` is a tablet's."""
    if mobile is None:
        mobile = "mobile" in text or not ("applewebkit" in text or "gecko/" in text)
    return PHONE if mobile else TABLET


@cache
def _patterns() -> RegexSet:
    return RegexSet(read_patterns("devices.tsv"))
