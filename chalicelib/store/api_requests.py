"""How many requests to the API a person has sent in a window of time, in ``core``.

``person#<id>`` / ``requests#<window>``: one item per window, which expires with it, so that counting is always one
write of one unit and needs no reading. See docs/adr/0039.
"""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute

from chalicelib.store.people import partition
from chalicelib.store.tables import CoreItem


class RequestsItem(CoreItem):
    """The requests of a person in a window."""

    made = NumberAttribute(null=True)


def count(person_id: str, window: int, expires: int, number: int = 1) -> int:
    """Count `number` requests; gives all that the person has sent in the window.

    :param window: its number, increasing with time.
    :param expires: epoch seconds after which the counter is not needed any more.
    """
    item = RequestsItem(partition(person_id), f"requests#{window}")
    item.update(actions=[RequestsItem.made.add(number), RequestsItem.expires.set(expires)])
    return int(item.made or 0)
