"""E-mail addresses as people enter them, and as mail is sent to them. Pure."""

from __future__ import annotations

import re
from typing import Final

from chalicelib.errors import BadRequest
from chalicelib.hostnames import normal_host
from chalicelib.translation import gettext as _

_MAX_CHARS: Final = 254  # RFC 5321: the longest address that a mail server must accept
# Without white space, control characters and lone surrogates, which cannot be stored.
_NAME: Final = r"[^@\s\x00-\x1f\x7f\ud800-\udfff]+"
_LABEL: Final = r"[^@\s\x00-\x1f\x7f\ud800-\udfff.]+"
_ADDRESS: Final = re.compile(rf"{_NAME}@{_LABEL}(\.{_LABEL})*")
# What SES takes before the @: RFC 5322's dot-atom. It supports no other characters than ASCII there.
_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_MAX_LOCAL_PART_CHARS: Final = 64  # RFC 5321, section 4.5.3.1.1
_ASCII_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def email_address(given: str) -> str:
    """`given` without surrounding white space.

    :raises BadRequest: if it is not an e-mail address.
    """
    address = given.strip()
    if len(address) > _MAX_CHARS or not _ADDRESS.fullmatch(address):
        raise BadRequest(_("Enter an e-mail address, such as ada@example.com."), field="email")
    return address


def new_address(given: str) -> str:
    """`given` as an address that mail is to be sent to, without surrounding white space.

    :raises BadRequest: if it is not an e-mail address, or none that mail can be sent to.
    """
    address = email_address(given)
    if deliverable(address) is None:
        raise BadRequest(_("Enter an e-mail address, such as ada@example.com."), field="email")
    return address


def deliverable(address: str) -> str | None:
    """An address in the form that SES takes, with the domain in ASCII; None if no mail can be sent to it."""
    local_part, _at, domain = address.strip().rpartition("@")
    host = normal_host(domain) or ""
    labels = host.split(".")
    if not _LOCAL_PART.fullmatch(local_part) or len(local_part) > _MAX_LOCAL_PART_CHARS:
        return None
    if len(labels) < 2 or not all(_ASCII_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return None
    return f"{local_part}@{host}"
