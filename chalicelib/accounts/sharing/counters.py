"""A site's counter and badge: switched off until somebody switches them on, which creates their key."""

from __future__ import annotations

from chalicelib.accounts import audit_log
from chalicelib.accounts.sharing import link_tokens
from chalicelib.store import counter_keys
from chalicelib.store.people import Person
from chalicelib.store.sites import Site


def key_of(site: Site) -> str | None:
    """The key of the site's counter; None if it is switched off."""
    return counter_keys.get(site.id)


def switch(site: Site, caller: Person, *, on: bool) -> str | None:
    """Switch the counter on or off; gives its key. Switched on again, it has another one."""
    if on and counter_keys.add(site.id, link_tokens.new_counter_key(site.id)):
        audit_log.record(caller, "counter.activate", site=site.id)
    if not on and counter_keys.remove(site.id):
        audit_log.record(caller, "counter.deactivate", site=site.id)
    return counter_keys.get(site.id)
