"""The settings of a site as fields of a form: labels, sentences and controls.

`accounts.sites.site_settings` validates what is entered. `docs/settings.md` has the same labels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, NamedTuple

from chalicelib.accounts.sites import settings_copy, site_settings
from chalicelib.report.idn import shown_host
from chalicelib.store.sites import Site
from chalicelib.translation import N_, ngettext
from chalicelib.translation import gettext as _


class Control(Enum):
    """How a setting is entered."""

    TEXT = "text"
    DOMAIN = "domain"
    ZONE = "zone"
    NUMBER = "number"
    SWITCH = "switch"
    LIST = "list"
    CHOICE = "choice"
    CODE = "code"
    STATUS = "status"


class Field(NamedTuple):
    """A setting on the page.

    :ivar name: as in the API.
    :ivar sentence: what the setting changes.
    """

    name: str
    label: str
    control: Control
    sentence: str


class Group(NamedTuple):
    """Settings that stand together. `key`: of the links to the group."""

    key: str
    title: str
    fields: tuple[Field, ...]


GROUPS: Final = (
    Group("general", N_("General"), (
        Field("name", N_("Name"), Control.TEXT, N_("What the dashboard calls the site.")),
        Field(
            "domain", N_("Domain"), Control.DOMAIN,
            N_(
                "The dashboard links pages to this host, and visits from it are not shown as coming from another site."
            ),
        ),
        Field(
            "timezone", N_("Time zone"), Control.ZONE,
            N_(
                "Days begin at midnight in this zone; a change applies to days to come, and past days keep their zone."
            ),
        ),
    )),
    Group("what-counts", N_("What counts"), (
        Field(
            "origins", N_("Allowed origins"), Control.LIST,
            N_(
                "Hits from pages elsewhere are rejected: one host (example.com), wildcard (*.example.com) or origin "
                "(https://example.com:8443) per line, or * for all."
            ),
        ),
        Field(
            "ignored_ips", N_("Ignored IP addresses"), Control.LIST,
            N_(
                "Hits from these addresses and networks are dropped, such as your office’s: one per line, "
                "for example 192.0.2.0/24."
            ),
        ),
        Field(
            "ignore_robots", N_("Drop hits of bots"), Control.SWITCH,
            N_(
                "Hits of bots are dropped instead of stored apart; no statistics count them either way."
            ),
        ),
        Field(
            "proxies", N_("Proxies in front of Shylight"), Control.CHOICE,
            N_(
                "Visitors’ IP addresses are taken from what these proxies report; declare only what you have, because "
                "anybody can send the header of a proxy."
            ),
        ),
    )),
    Group("privacy", N_("Privacy"), (
        Field(
            "respect_dnt", N_("Respect Do Not Track"), Control.SWITCH,
            N_(
                "Hits with Do Not Track or Global Privacy Control are dropped, also those of the pixel and of other "
                "clients; the script never sends any from such browsers."
            ),
        ),
        Field(
            "collect_ips", N_("Locate visitors by their whole IP address"), Control.SWITCH,
            N_(
                "Locations become more exact than by the address’s network; addresses are never stored."
            ),
        ),
        Field(
            "hide_referrer_regex", N_("Hidden referrers"), Control.TEXT,
            N_(
                "Referrers that match this regular expression (RE2 syntax) are counted, but not shown."
            ),
        ),
        Field(
            "retention_days", N_("Days to keep hits"), Control.NUMBER,
            N_(
                "Older hits and visits are deleted from the tables; the statistics and the files in the bucket stay."
            ),
        ),
    )),
    Group("pages", N_("Pages"), (
        Field(
            "kept_parameters", N_("Query parameters to keep"), Control.LIST,
            N_(
                "These parameters are part of a page, such as q in /search?q=tea, one per line; all others are dropped."
            ),
        ),
        Field(
            "hash_routing", N_("Hash routing"), Control.SWITCH,
            N_(
                "A path after # is part of a page, for apps with URLs such as /#/inbox."
            ),
        ),
        Field(
            "merge_trailing_slash", N_("Merge trailing slashes"), Control.SWITCH,
            N_(
                "/about/ and /about are one page from now on; pages counted before stay as they are."
            ),
        ),
        Field(
            "script_inject", N_("Additional JavaScript"), Control.CODE,
            N_(
                "This code is added to the script and runs on every page of the site; only administrators can change "
                "it."
            ),
        ),
    )),
    Group("limits", N_("Limits"), (
        Field(
            "max_address_hour", N_("Hits per IP address and hour"), Control.NUMBER,
            N_(
                "Further hits from the address (in IPv6, from its /64 network) are rejected."
            ),
        ),
        Field(
            "max_visitor_hour", N_("Hits per visitor and hour"), Control.NUMBER,
            N_(
                "Only the earliest hits of a visitor in an hour count, up to this number."
            ),
        ),
        Field(
            "max_day", N_("Hits per day"), Control.NUMBER,
            N_(
                "Further hits of the site on a day are not counted."
            ),
        ),
    )),
    Group("archive", N_("Archive"), (
        Field(
            "status", N_("Status"), Control.STATUS,
            N_(
                "While a site is archived, its hits are rejected and its domain is free for others; its statistics "
                "stay."
            ),
        ),
    )),
)  # fmt: skip
# The groups with settings that can be copied from another site.
COPIED: Final = tuple(group for group in GROUPS if any(field.name in settings_copy.COPIED for field in group.fields))
FIELDS: Final[Mapping[str, Field]] = {field.name: field for group in GROUPS for field in group.fields}

_PRESETS: Final = {"cloudflare": "Cloudflare", "cloudfront": "CloudFront"}
_DIGITS = re.compile(r"[0-9]{1,18}")


def texts(site: Site) -> dict[str, str]:
    """The site's settings as a form shows and sends them: setting -> text."""
    return {name: _text(FIELDS[name].control, value) for name, value in site_settings.values(site).items()}


def proxies() -> list[tuple[str, str]]:
    """The choices of `proxies`, with their texts."""
    return [(value, _proxies_named(value)) for value in site_settings.PROXIES]


def normal(entered: str) -> str:
    """A text as it was shown: browsers send line breaks as CR LF."""
    return entered.replace("\r\n", "\n")


def value(name: str, text: str) -> Any:
    """What a text of the form stands for, as `site_settings.change` takes it; the text itself if it is invalid."""
    control = FIELDS[name].control if name in FIELDS else Control.TEXT
    if control is Control.SWITCH:
        return {"true": True, "false": False}.get(text, text)
    if control is Control.NUMBER and _DIGITS.fullmatch(text.strip()):
        return int(text)
    return text


def error_text(name: str, message: str) -> str:
    """An error about a setting with the setting's label in place of its name."""
    label = _(FIELDS[name].label)
    text = re.sub(rf"\A(\W*){re.escape(name)}\b", lambda found: found[1] + label, message)
    return text[:1].upper() + text[1:]


def _text(control: Control, value: object) -> str:
    if control is Control.SWITCH:
        return "true" if value else "false"
    if control is Control.LIST:
        return "\n".join(str(value).split())
    if control is Control.DOMAIN:
        return shown_host(str(value))
    return str(value)


def _proxies_named(value: str) -> str:
    if value.isdigit():
        return ngettext("%(num)s proxy of yours", "%(num)s proxies of yours", int(value))
    return _PRESETS.get(value, value) if value else _("None")
