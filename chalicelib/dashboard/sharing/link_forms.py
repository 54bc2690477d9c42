"""The forms of shared links: what they show, and what is read from them."""

from __future__ import annotations

import html
import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from chalicelib import catalogue, days
from chalicelib.accounts.sharing import shared_links
from chalicelib.accounts.sharing.link_fields import HIDEABLE
from chalicelib.dashboard import formatting, render
from chalicelib.errors import BadRequest, Conflict
from chalicelib.store.shared_links import SharedLink
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _
from chalicelib.web import Request

# The height of an embedded page, px: that of the overview, roughly.
_FRAME_HEIGHT: Final = 1400


class LinkForm(NamedTuple):
    """The form of a link.

    :ivar link_id: ``""`` for a new link.
    :ivar expires_on: the last day, an ISO date in the site's time zone, or ``""``.
    :ivar shown: the cards that visitors see, by key; :ivar embed_origins: one a line.
    :ivar error: what is wrong; :ivar field: with which field; ``""`` for nothing.
    """

    link_id: str
    name: str
    expires_on: str
    shown: frozenset[str]
    embed_origins: str
    indexed: bool
    removes_password: bool = False
    error: str = ""
    field: str = ""

    @property
    def cards(self) -> list[tuple[str, str]]:
        """The cards that can be hidden: key and title."""
        titles = {key: _(card.title) for key, card in catalogue.CARDS.items()}
        return [(key, titles.get(key) or _("Events")) for key in HIDEABLE]


class LinkCard(NamedTuple):
    """A link on the page.

    :ivar url: its address; ``""`` if it cannot be shown any more.
    :ivar facts: what is special about it, such as "Password", in a few words each.
    :ivar frame: the HTML that embeds it; ``""`` if nobody may embed it.
    """

    id: str
    name: str
    is_public: bool
    url: str
    has_password: bool
    is_expired: bool
    facts: tuple[str, ...]
    frame: str
    form: LinkForm


class Counter(NamedTuple):
    """The code for badge and counter."""

    badge: str
    dark_badge: str
    counter: str


def empty() -> LinkForm:
    """The form of a new link."""
    return LinkForm("", "", "", frozenset(HIDEABLE), "", indexed=False)


def data(form: Mapping[str, str], site: Site, before: SharedLink | None = None) -> dict[str, object]:
    """The fields of a link from its posted form, as `accounts.sharing.shared_links` takes them.

    An empty password leaves it unchanged.

    :param before: the link that the form changes. An expiry by the hour, set through the API, stays if its day does.
    :raises BadRequest: if the date is none.
    """
    fields: dict[str, object] = {
        "name": form.get("name"),
        "hidden": [key for key in HIDEABLE if f"show_{key}" not in form],
        "embed_origins": form.get("embed_origins", "").replace(",", " ").split(),
        "indexed": "indexed" in form,
    }
    if before is None or form.get("expires_on", "") != _form(before, site).expires_on:
        fields["expires_at"] = _end_of(form.get("expires_on", ""), site)
    if "remove_password" in form:
        fields["password"] = None
    elif form.get("password"):
        fields["password"] = form["password"]
    return fields


def entered(form: Mapping[str, str], link_id: str, error: BadRequest | Conflict) -> LinkForm:
    """The form again, as it was sent, with what was wrong."""
    return LinkForm(
        link_id=link_id,
        name=form.get("name", ""),
        expires_on=form.get("expires_on", ""),
        shown=frozenset(key for key in HIDEABLE if f"show_{key}" in form),
        embed_origins=form.get("embed_origins", ""),
        indexed="indexed" in form,
        removes_password="remove_password" in form,
        error=render.sentence(error),
        field=error.field or "",
    )


def card(link: SharedLink, request: Request, site: Site, failed: LinkForm | None) -> LinkCard:
    """A link for the page, with its form: as it is stored, or as it failed."""
    path = shared_links.path_of(link)
    url = f"{request.address}/{path}" if path else ""
    form = failed if failed is not None and failed.link_id == link.id else _form(link, site)
    return LinkCard(
        id=link.id,
        name=link.name,
        is_public=link.is_public,
        url=url,
        has_password=link.password_hash is not None,
        is_expired=link.is_expired(time.time()),
        facts=tuple(_facts(link, site)),
        frame=_frame(url, site) if url and link.embed_origins else "",
        form=form,
    )


def counter(base_url: str, key: str) -> Counter:
    """The code to put into a page."""
    badge, figures = html.escape(f"{base_url}/badge/{key}.svg"), html.escape(f"{base_url}/counter/{key}.json")
    return Counter(
        badge=f'<img src="{badge}" alt="Visitors in the last 30 days" height="20">',
        dark_badge=(
            "<picture>\n"
            f'  <source srcset="{badge}?theme=dark" media="(prefers-color-scheme: dark)">\n'
            f'  <img src="{badge}" alt="Visitors in the last 30 days" height="20">\n'
            "</picture>"
        ),
        counter=(
            '<span id="visitors"></span>\n<script type="module">\n'
            f'  const answer = await fetch("{figures}?period=all");\n'
            '  document.getElementById("visitors").textContent = (await answer.json()).visitors;\n</script>'
        ),
    )


def _form(link: SharedLink, site: Site) -> LinkForm:
    return LinkForm(
        link_id=link.id,
        name=link.name,
        expires_on=_last_day(link, site).isoformat() if link.expires_at is not None else "",
        shown=frozenset(HIDEABLE) - set(link.hidden),
        embed_origins="\n".join(link.embed_origins),
        indexed=link.indexed,
    )


def _facts(link: SharedLink, site: Site) -> list[str]:
    facts = []
    if link.expires_at is not None:
        last = formatting.day(_last_day(link, site), year=True)
        expired = link.is_expired(time.time())
        facts.append(_("Expired on %(day)s", day=last) if expired else _("Until %(day)s", day=last))
    if link.password_hash is not None:
        facts.append(_("Password"))
    if link.embed_origins:
        facts.append(_("Can be embedded"))
    if link.indexed:
        facts.append(_("Listed by search engines"))
    if link.last_opened:
        opened = formatting.day(date.fromisoformat(link.last_opened), year=True)
        facts.append(_("Last opened on %(day)s", day=opened))
    else:
        facts.append(_("Never opened"))
    return facts


def _last_day(link: SharedLink, site: Site) -> date:
    """The last day on which a link with an expiry works, in the site's time zone."""
    return days.local((link.expires_at or 1) * 1000 - 1, site.zone).date()


def _end_of(day: str, site: Site) -> str | None:
    """The end of an ISO date in the site's time zone, as the API takes it; None for no date."""
    if not day:
        return None
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
        return datetime(after.year, after.month, after.day, tzinfo=site.zone).isoformat()
    except (ValueError, OverflowError):
        raise BadRequest(_("Enter the last day as a date, such as 2026-12-31."), field="expires_at") from None


def _frame(url: str, site: Site) -> str:
    title = html.escape(_("Statistics of %(site)s", site=site.name))
    return (
        f'<iframe src="{html.escape(url)}" title="{title}" width="100%" height="{_FRAME_HEIGHT}" '
        'loading="lazy" frameborder="0"></iframe>'
    )
