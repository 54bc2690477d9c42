"""The channel of a visit: the kind of traffic, such as search, social or e-mail.

The rules and their order are those that Google publishes for manually tagged traffic in the default channel group of
GA4 (https://support.google.com/analytics/answer/9756891, read in November 2026). The differences, and the reasons:

* A medium of e-mail, SMS or push takes precedence over the source's category and the campaign's name: a link in an
  e-mail is e-mail, whoever sent it. GA4 checks for shopping, social and video first.
* AI assistants have their own channel, checked just before search.
* A paid click is recognized not only by its medium but also by an advertising network's click id or by a tag such as
  ``facebook-ads``. GA4 uses linked advertising accounts for that.
* ``newsletter`` as source or medium is e-mail, and so is a mail service as the referrer. SMS and push services as
  sources are in the channels SMS and push.
* A campaign whose source is "direct" and that has no medium is direct whatever the referrer is, as in GA4.
* GA4 assigns the medium ``referral`` to a link from another site. Here, Referral is any source that no other rule
  matches, from a referrer or a tag. ``Unassigned`` is for media that no rule matches.
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
    """The input of the rules, in lower case; `paid`: by its medium or otherwise."""

    source: str
    category: str | None
    medium: str
    campaign: str
    paid: bool

    def shopping(self) -> bool:
        return self.category == "shopping" or _SHOPPING_CAMPAIGN.fullmatch(self.campaign) is not None

    def has_email_source(self) -> bool:
        """Whether the source's name means e-mail; a site about e-mail, such as emailtips.example, does not."""
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
    ("Email", lambda t: t.category == "email" or t.has_email_source()),
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
    """The name of the channel of a visit, from its first view. Case does not matter.

    :param source: the source's name, or the campaign tag.
    :param category: the source's, see `enrich.source`.
    :param medium: ``utm_medium``; :param campaign: ``utm_campaign``.
    :param paid: the click was paid for, whatever the medium is.
    :param referrer_present: the referrer is another site or an app.
    """
    medium = (medium or "").strip().lower()
    medium = "" if medium in _NOT_SET else medium
    traffic = _Traffic(
        (source or "").strip().lower(),
        category,
        medium,
        (campaign or "").strip().lower(),
        paid or _PAID.fullmatch(medium) is not None,
    )
    for name, applies in _RULES:
        if applies(traffic):
            return name
    return REFERRAL if traffic.source or referrer_present else DIRECT
