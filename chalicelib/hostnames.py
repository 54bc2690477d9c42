"""Host names: the one form in which they are kept and compared, and the form in which people read them.

Kept are lower case and ASCII, other scripts in punycode (RFC 3492), as browsers send them: so a domain is one,
whoever wrote it. Shown is Unicode, unless a name could pass for another: the rules are in the spirit of browsers'
(https://chromium.googlesource.com/chromium/src/+/main/docs/idn.md), short of their list of names to protect.
"""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from typing import Final
from urllib.parse import unquote

MAX_HOST_CHARS: Final = 253  # RFC 1035
_ACE: Final = "xn--"
# What a host cannot have: https://url.spec.whatwg.org/#forbidden-domain-code-point
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^|]")


def normal_host(text: str) -> str | None:
    """The host of a URL, without brackets and port, in its one form; None if it can be none.

    Labels that IDNA 2008 does not allow and browsers do, such as emoji, get the form that browsers give them.
    """
    host = text.lower() if text.isascii() and "%" not in text else _ascii(unquote(text))
    host = host.rstrip(".")
    if ":" in host:
        with suppress(ValueError):
            return str(ipaddress.IPv6Address(host)) if "%" not in host else None
        return None
    if not host or len(host) > MAX_HOST_CHARS or not host.strip(".") or _FORBIDDEN.search(host):
        return None
    return host


def _ascii(text: str) -> str:
    """A host in lower-case ASCII; ``""`` if it has none."""
    if text.isascii():
        return text.lower()
    if len(text) > MAX_HOST_CHARS:
        return ""
    import idna  # 30 ms that only such a host has to wait for

    with suppress(UnicodeError):  # idna's own errors are such, too
        return idna.encode(text, uts46=True, transitional=False).decode("ascii").lower()
    with suppress(UnicodeError):
        mapped = idna.uts46_remap(text, std3_rules=False)
        return ".".join(map(_ace, mapped.split("."))).lower()
    return ""


def _ace(label: str) -> str:
    return label if label.isascii() else _ACE + label.encode("punycode").decode("ascii")
