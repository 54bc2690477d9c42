"""The channel of a visit: what kind of thing brought it.

The rules and their order are those that Google publishes for the default channel group of GA4, the part on manually
tagged traffic (https://support.google.com/analytics/answer/9756891, read in November 2026). What differs, and why:

* A medium that is mail, SMS or push is believed before the kind of the source and the name of the campaign: a link in
  an e-mail stays one, whoever sent it. GA4 asks for shopping, social and video first.
* AI assistants have a channel of their own, asked for just before search.
* A bought click is known not only by its medium but also by an advertising network's click id or a tag such as
  ``facebook-ads``; GA4 has accounts linked to it for that.
* ``newsletter`` is e-mail, as source or medium, and so is a referrer that is a mail service. Services for SMS and push
  are such channels as sources.
* A campaign that calls its source direct, and has no medium, is direct whatever the referrer is, as in GA4.
* GA4 gives a link from another site the medium ``referral``. Here it is simply a source that no other rule wants,
  whether a referrer or a tag gave it. ``Unassigned`` is left for media that no rule knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

DIRECT: Final = "Direct"
REFERRAL: Final = "Referral"
UNASSIGNED: Final = "Unassigned"

_PAID: Final = re.compile(r"(.*cp.*|ppc|retargeting|paid.*)")
_SHOPPING_CAMPAIGN: Final = re.compile(r"(.*(([^a-df-z]|^)shop|shopping).*)")
_NOT_SET: Final = frozenset({"(none)", "(not set)"})
_DISPLAY: Final = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_SOCIAL: Final = frozenset({"social", "social-network", "social-media", "sm", "social network", "social media"})
_REFERRAL: Final = frozenset({"referral", "app", "link"})
_EMAIL: Final = re.compile(r"e[-_ ]?mail|newsletter")
_EMAIL_LABEL: Final = re.compile(r"(e[-_ ]?mail|newsletter)s?")
_EMAIL_MEDIUM: Final = re.compile(r".*(e[-_ ]?mail|newsletter).*|(e?mail|mailer|mailings?|edm|e[-_ ]?blast)")
_SMS_MEDIUM: Final = re.compile(r"(.*[-_ +/])?(sms|mms|rcs|text[-_ ]?messag(e|es|ing))([-_ +/].*)?")
_PUSH_MEDIUM: Final = re.compile(r".*push|(.*[-_ ])?push[-_ ].*|.*notification.*")
_AFFILIATES: Final = frozenset({"affiliate", "affiliates"})
_AI: Final = frozenset({"ai-assistant", "ai-assistants", "ai assistant", "ai_assistant", "ai", "llm", "chatbot"})
_PUSH: Final = frozenset({"firebase", "push", "webpush", "web-push"})
_MOBILE: Final = re.compile(r".*mobile.*")


@dataclass(frozen=True, slots=True)
class _Traffic:
    """What the rules look at, in lower case; `paid`: by its medium or otherwise."""

    source: str
    category: str | None
    medium: str
    campaign: str
    paid: bool

    def shopping(self) -> bool:
        return self.category == "shopping" or _SHOPPING_CAMPAIGN.fullmatch(self.campaign) is not None

    def says_mail(self) -> bool:
        """Whether the source is called so; a site about e-mail, such as emailtips.example, is none."""
        label, dot, _ = self.source.partition(".")
        return (_EMAIL_LABEL.fullmatch(label) if dot else _EMAIL.search(label)) is not None


_RULES: Final[tuple[tuple[str, Callable[[_Traffic], object]], ...]] = (
    ("Cross-network", lambda t: "cross-network" in t.campaign),
    ("Paid Shopping", lambda t: t.paid and t.shopping()),
    ("Paid Search", lambda t: t.paid and t.category == "search"),
    ("Paid Social", lambda t: t.paid and t.category == "social"),
    ("Paid Video", lambda t: t.paid and t.category == "video"),
    ("Display", lambda t: t.medium in _DISPLAY),
    ("Paid Other", lambda t: _PAID.fullmatch(t.medium)),
    ("Email", lambda t: _EMAIL_MEDIUM.fullmatch(t.medium)),
    ("SMS", lambda t: _SMS_MEDIUM.fullmatch(t.medium)),
    ("Mobile Push Notifications", lambda t: _PUSH_MEDIUM.fullmatch(t.medium)),
    ("Organic Shopping", lambda t: t.shopping()),
    ("Organic Social", lambda t: t.category == "social" or t.medium in _SOCIAL),
    ("Organic Video", lambda t: t.category == "video" or "video" in t.medium),
    ("AI Assistants", lambda t: t.category == "ai" or t.medium in _AI),
    ("Organic Search", lambda t: t.category == "search" or t.medium == "organic"),
    (REFERRAL, lambda t: t.medium in _REFERRAL),
    ("Email", lambda t: t.category == "email" or t.says_mail()),
    ("Affiliates", lambda t: t.medium in _AFFILIATES),
    ("Audio", lambda t: t.medium == "audio"),
    ("SMS", lambda t: t.category == "sms" or t.source == "sms"),
    ("Mobile Push Notifications", lambda t: _MOBILE.fullmatch(t.medium) or t.category == "push" or t.source in _PUSH),
    ("Paid Other", lambda t: t.paid),
    (UNASSIGNED, lambda t: t.medium),
)


def channel(
    source: str | None,
    category: str | None,
    medium: str | None,
    campaign: str | None,
    paid: bool,
    referrer_present: bool,
) -> str:
    """The name of the channel of a visit that began with such a view. Upper and lower case are the same.

    :param source: the name of the source, or the campaign's word for it.
    :param category: of the source, see `enrich.source`.
    :param medium: ``utm_medium``; :param campaign: ``utm_campaign``.
    :param paid: the click was bought, whatever the medium says.
    :param referrer_present: another site or an app was the referrer.
    """
    said = (medium or "").strip().lower()
    said = "" if said in _NOT_SET else said
    traffic = _Traffic(
        (source or "").strip().lower(),
        category,
        said,
        (campaign or "").strip().lower(),
        paid or _PAID.fullmatch(said) is not None,
    )
    for name, applies in _RULES:
        if applies(traffic):
            return name
    return REFERRAL if traffic.source or referrer_present else DIRECT
