"""The origins whose pages may embed a shared page, as ``frame-ancestors`` in a Content-Security-Policy. Pure."""

from __future__ import annotations

import re
from typing import Final

from chalicelib.hostnames import normal_host

# As they are written: nothing in it can end the directive or the header.
_WRITTEN = re.compile(
    r"(?:(https?)://)?(\*\.)?([^\s\x00-\x20/:?#@*;,'\"\\\[\]]{1,253})(?::(\d{1,5}))?/?", re.IGNORECASE
)
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_STORED = re.compile(rf"https?://(\*\.)?{_LABEL}(\.{_LABEL})*(:\d{{1,5}})?")
_USUAL_PORTS: Final = {"http": 80, "https": 443}


def parse(text: str) -> str:
    """A source such as ``https://example.com`` or ``https://*.example.com:8443``, from what a person wrote.

    Without a scheme it is https. A wildcard needs a domain of two labels at least.

    :raises ValueError: if it is none.
    """
    found = _WRITTEN.fullmatch(text.strip())
    host = normal_host(found[3]) if found else None
    if found is None or host is None or not _HOST.fullmatch(host) or (found[2] and "." not in host):
        raise ValueError(f"{text[:80]!r} is not an origin")
    scheme = (found[1] or "https").lower()
    port = int(found[4]) if found[4] else _USUAL_PORTS[scheme]
    if not 1 <= port <= 65535:
        raise ValueError(f"{text[:80]!r} has no valid port")
    return f"{scheme}://{found[2] or ''}{host}" + (f":{port}" if port != _USUAL_PORTS[scheme] else "")


def is_source(text: str) -> bool:
    """Whether a stored origin may be written into a policy as it is."""
    return _STORED.fullmatch(text) is not None
