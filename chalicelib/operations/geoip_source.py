"""Choosing the publisher of newer GeoIP databases."""

from __future__ import annotations

from chalicelib.accounts import audit_log
from chalicelib.store import geoip_source
from chalicelib.store.geoip_source import Choice
from chalicelib.store.people import Person


def choose(actor: Person | None, choice: Choice) -> None:
    """Store the publisher that updates come from. The audit log gets its name, and never the key."""
    if choice == geoip_source.chosen():
        return
    geoip_source.choose(choice)
    audit_log.record(actor, "geoip.change_source", publisher=choice.publisher)


def forget(actor: Person | None) -> None:
    """Delete the choice and its key: the installed databases stay as they are from then on."""
    if geoip_source.chosen() is None:
        return
    geoip_source.forget()
    audit_log.record(actor, "geoip.change_source", publisher="none")
