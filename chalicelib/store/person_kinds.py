"""What belongs to a person: each kind of items in ``core``, by their keys, and how an item of it is removed.

What is stored under a person's key needs an entry in :data:`OWN`, and what names a person elsewhere, by id or address,
one in :data:`ELSEWHERE`. `store.person_data` looks through the table for what has neither.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from chalicelib.store import domains, provider_identities, site_changes
from chalicelib.store.tables import CoreItem

_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Found(NamedTuple):
    """An item that belongs to a person or names one. `body`: as stored."""

    pk: str
    sk: str
    body: str


class Deleted(NamedTuple):
    """Whom everything is removed of: their id, and the addresses they had."""

    person_id: str
    addresses: Sequence[str]


class Kind(NamedTuple):
    """A kind of items.

    :ivar name: in the log.
    :ivar keys: patterns of partition key and sort key; ``{person}`` stands for the id.
    :ivar remove: removes the person from an item; True if there was something to remove.
    """

    name: str
    keys: tuple[str, str]
    remove: Callable[[Deleted, Found], bool]


def _delete(_deleted: Deleted, item: Found) -> bool:
    CoreItem(item.pk, item.sk).delete()
    return True


def _leave_site(deleted: Deleted, item: Found) -> bool:
    site_changes.leave(item.sk.removeprefix("site#"), deleted.person_id)
    return _delete(deleted, item)


def _leave_named_site(deleted: Deleted, item: Found) -> bool:
    site_changes.leave(item.sk if item.pk == "site" else item.pk.removeprefix("site#"), deleted.person_id)
    return True


def _release_domain(deleted: Deleted, item: Found) -> bool:
    domains.disown(item.pk, deleted.person_id)
    return True


def _disconnect(deleted: Deleted, item: Found) -> bool:
    provider_identities.disconnect(deleted.person_id, item.sk.removeprefix("identity#"))
    return _delete(deleted, item)


def _delete_pointer(deleted: Deleted, item: Found) -> bool:
    """An address or an identity, unless it belongs to somebody else by now."""
    if item.body != deleted.person_id:
        return False
    return _delete(deleted, item)


def _delete_sign_up(deleted: Deleted, item: Found) -> bool:
    """A link to create an account with one of the addresses, which was mailed before there was this one."""
    email = _body(item).get("email", "")
    ours = isinstance(email, str) and email.casefold() in {one.casefold() for one in deleted.addresses}
    return ours and _delete(deleted, item)


def _keep(_deleted: Deleted, _item: Found) -> bool:
    return False


_PERSON: Final = "person#{person}"
# Under the person's own key.
OWN: Final = (
    Kind("profile", (_PERSON, "profile"), _delete),
    Kind("sites", (_PERSON, rf"site#{_UUID}"), _leave_site),
    Kind("tokens", (_PERSON, r"token#[0-9a-f]+"), _delete),
    Kind("requests", (_PERSON, r"requests#\d+"), _delete),
    Kind("idempotency keys", (_PERSON, r"idempotency#[0-9a-f]+"), _delete),
    Kind("links", (_PERSON, r"link#[a-z-]+#[0-9a-f]+"), _delete),
    Kind("sessions", (_PERSON, r"(session|ended)#.+"), _delete),
    Kind("second factors", (_PERSON, r"factor#(totp|recovery|passkey#.+)"), _delete),
    Kind("notices", (_PERSON, r"notice#.+"), _delete),
    Kind("identities", (_PERSON, r"identity#[0-9a-f]+"), _disconnect),
)
# Elsewhere, by the id or an address of the person.
ELSEWHERE: Final = (
    Kind("addresses", (r"email#.+", "person"), _delete_pointer),
    Kind("identities", (r"identity#[0-9a-f]+", "person"), _delete_pointer),
    Kind("sites", (rf"site#{_UUID}", "people"), _leave_named_site),
    Kind("sites", ("site", _UUID), _leave_named_site),
    Kind("domains", (r"domain#.+", "sites"), _release_domain),
    Kind("links", (r"person#.+", r"link#sign-up#[0-9a-f]+"), _delete_sign_up),
    # What stays. Somebody else may have entered one of the addresses; entries of the audit log and receipts have ids.
    Kind("profiles of others", (r"person#.+", "profile"), _keep),
    Kind("audit log", (r"audit#\d{4}-\d\d", r".+"), _keep),
    Kind("receipts", ("person-deletion", r".+"), _keep),
)


def kind_of(person_id: str, pk: str, sk: str) -> Kind | None:
    """The kind of an item that belongs to a person or names one; None for what is declared nowhere."""
    for kind in (*OWN, *ELSEWHERE):
        patterns = (pattern.replace("{person}", re.escape(person_id)) for pattern in kind.keys)
        if all(re.fullmatch(pattern, key, re.DOTALL) for pattern, key in zip(patterns, (pk, sk), strict=True)):
            return kind
    return None


def _body(item: Found) -> Mapping[str, Any]:
    try:
        body = json.loads(item.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
