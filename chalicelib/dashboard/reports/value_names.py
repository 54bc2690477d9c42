"""What pages call values that are stored in English: channels, days of the week, and the source of direct visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib import locale_data
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

# The channels of `enrich.channel`.
CHANNELS: Final[Mapping[str, str]] = {
    "Direct": N_("Direct"),
    "Referral": N_("Referral"),
    "Unassigned": N_("Unassigned"),
    "Cross-network": N_("Cross-network"),
    "Paid Shopping": N_("Paid Shopping"),
    "Paid Search": N_("Paid Search"),
    "Paid Social": N_("Paid Social"),
    "Paid Video": N_("Paid Video"),
    "Paid Other": N_("Paid Other"),
    "Display": N_("Display"),
    "Email": N_("Email"),
    "SMS": N_("SMS"),
    "Mobile Push Notifications": N_("Mobile Push Notifications"),
    "Organic Shopping": N_("Organic Shopping"),
    "Organic Social": N_("Organic Social"),
    "Organic Video": N_("Organic Video"),
    "AI Assistants": N_("AI Assistants"),
    "Organic Search": N_("Organic Search"),
    "Affiliates": N_("Affiliates"),
    "Audio": N_("Audio"),
}


def channel(name: str) -> str:
    """The name of a channel; of one that is unknown, what is stored."""
    return _(CHANNELS[name]) if name in CHANNELS else name


def source(name: str) -> str:
    """The name of a source; ``Direct`` is stored of visits without one."""
    return _("Direct") if name == "Direct" else name


def weekday(name: str) -> str:
    """The name of a day of the week, in full; of another text, the text."""
    names = locale_data.ENGLISH.long_weekdays
    return locale_data.current().long_weekdays[names.index(name)] if name in names else name
