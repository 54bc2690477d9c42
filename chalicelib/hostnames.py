"""Host names in normalized form, as they are stored and compared: lower case and ASCII.

Other scripts are in punycode (RFC 3492), as browsers send them. How host names are displayed is in `report.idn`.
"""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from typing import Final
from urllib.parse import unquote

MAX_HOST_CHARS: Final = 253  # RFC 1035
_ACE: Final = "xn--"
# Characters that a host cannot have: https://url.spec.whatwg.org/#forbidden-domain-code-point
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^|]")


def normal_host(text: str) -> str | None:
    """The normalized host of a URL, without brackets and port; None if it is invalid.

    Labels that browsers allow and IDNA 2008 does not, such as emoji, are encoded as browsers do.
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
    """A host in lower-case ASCII; ``""`` if there is no such form."""
    if text.isascii():
        return text.lower()
    if len(text) > MAX_HOST_CHARS:
        return ""
    import idna  # takes 30 ms to import, only for hosts that need it

    with suppress(UnicodeError):  # the errors of idna are UnicodeErrors
        return idna.encode(text, uts46=True, transitional=False).decode("ascii").lower()
    with suppress(UnicodeError):
        mapped = idna.uts46_remap(text, std3_rules=False)
        return ".".join(map(_ace, mapped.split("."))).lower()
    return ""


def _ace(label: str) -> str:
    return label if label.isascii() else _ACE + label.encode("punycode").decode("ascii")


def site_url(domain: str) -> str:
    """The URL of a site: https, except for the local machine.

    :param domain: with its port, if it has one.
    """
    host = domain.partition(":")[0]
    return f"{'http' if host == 'localhost' or host.startswith('127.') else 'https'}://{domain}"
