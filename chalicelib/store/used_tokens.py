"""Tokens that work once, in ``core``: the ids of those that were used, until they expire.

=====================  ==========  ====================================
pk                     sk          holds
=====================  ==========  ====================================
``used#<token id>``    ``used``    nothing else; deleted when it expires
=====================  ==========  ====================================
"""

from __future__ import annotations

from chalicelib.store import aws
from chalicelib.store.tables import CoreItem


def use(token_id: str, expires: int) -> bool:
    """Use up a token; False if it has been used.

    :param expires: when the token expires by itself, epoch seconds.
    """
    return aws.condition_met(
        lambda: CoreItem(f"used#{token_id}", "used", expires=expires).save(CoreItem.pk.does_not_exist())
    )
