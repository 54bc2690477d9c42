"""Reading the fields of a request about people: only those that are expected, each of the right kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from chalicelib.accounts.email_addresses import new_address
from chalicelib.errors import BadRequest
from chalicelib.translation import gettext as _

T = TypeVar("T")


def check_names(data: Mapping[str, object], names: Sequence[str]) -> None:
    """Check that `data` has no other fields than these.

    :raises BadRequest: naming the field.
    """
    for name in data:
        if name not in names:
            raise BadRequest(
                _("There is no such field; this takes %(fields)s.", fields=", ".join(names)), field=printable(name)
            )


def printable(name: str) -> str:
    """A field's name for an error message: truncated, without lone surrogates."""
    return name[:64].encode("utf-8", "replace").decode()


def email(data: Mapping[str, object]) -> str:
    """The field ``email``: an address that mail can be sent to.

    :raises BadRequest: if it is none.
    """
    given = data.get("email")
    if not isinstance(given, str):
        raise BadRequest(_("email must be an e-mail address, such as ada@example.com."), field="email")
    return new_address(given)


def role(data: Mapping[str, object], roles: Sequence[T]) -> T:
    """The field ``role``: one of `roles`.

    :raises BadRequest: if it is none of them.
    """
    given = data.get("role")
    for known in roles:
        if isinstance(given, str) and given == known:
            return known
    raise BadRequest(_("role must be one of %(roles)s.", roles=", ".join(map(str, roles))), field="role")
