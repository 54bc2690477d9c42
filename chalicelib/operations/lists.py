"""Parts of the lists of people and sites, read row by row from their index; see `store.listings`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chalicelib.errors import BadRequest
from chalicelib.store import listings
from chalicelib.store.listings import InvalidPlace, Listed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """Some rows of a list.

    :ivar next: where to go on; None at the end. A search gives one also if it found nothing so far.
    """

    rows: Sequence[T]
    next: str | None


def rows_of(listed_in: str, search: str, place: str, limit: int, read: Callable[[list[Listed]], list[T]]) -> Rows[T]:
    """Up to `limit` rows of a list.

    :param read: reads what is listed, in this order, without what has been deleted since.
    :raises BadRequest: if there is no such place.
    """
    try:
        part = listings.find(listed_in, search, place, limit)
    except InvalidPlace as error:
        raise BadRequest("cursor must be the value of an earlier answer's next.", field="cursor") from error
    return Rows(read(part.rows), part.next)
