"""Transfer of a site to another owner, who has to accept it.

An owner offers the site to an e-mail address. Whoever has an account with that address, now or later, may accept it
within a week. They become an owner, and who gave the site away becomes an admin.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from chalicelib.accounts import audit_log, input_fields, throttle
from chalicelib.accounts.email_addresses import email_address
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.mailing.mail import Delivery
from chalicelib.accounts.sites.new_site import limit_of
from chalicelib.config import MAX_SITE_PEOPLE, OFFERS_PER_DAY, TRANSFER_LIFE_S
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.store import domains, people, site_people, site_transfers, sites
from chalicelib.store.people import Person
from chalicelib.store.site_people import SitePeople
from chalicelib.store.site_transfers import Transfer
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

_RACES: Final = 5
_DAY_S: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer as the person to whom it is made sees it. `giver`: who gives the site away, if their account exists."""

    site: Site
    transfer: Transfer
    giver: Person | None


def offer(site: Site, person: Person, data: Mapping[str, object], link: str) -> tuple[Transfer, Delivery]:
    """Offer a site to the person with the `email` in `data`, instead of to anybody it was offered to before.

    The answer is the same whether there is an account with the address.

    :param link: to the page where the offer is accepted; it is mailed to the address.
    :raises BadRequest: if the address is missing, invalid, or that of an owner of the site.
    :raises TooManyRequests: if the person makes too many offers.
    :raises Conflict: if nobody owns the site, or the offer is being changed.
    """
    for name in data:
        if name != "email":
            shown = input_fields.printable(name)
            raise BadRequest("There is no such field; an offer has an email.", field=shown)
    given = data.get("email")
    if not isinstance(given, str):
        raise BadRequest(_("Enter an e-mail address, such as ada@example.com."), field="email")
    address = email_address(given)
    roles = site_people.read(site, person.id).roles
    giver = person.id if roles.get(person.id) == "owner" else site.owner
    if roles.get(giver) != "owner":
        raise Conflict(_("Nobody owns this site. Make a person its owner on the page of its people instead."))
    owners = people.get_people(one for one, role in roles.items() if role == "owner")
    if any(_is_of(address, owner) for owner in owners):
        raise BadRequest(_("This person is an owner of the site already."), field="email")
    now = int(time.time())
    throttle.count(throttle.key("offer", person.id), OFFERS_PER_DAY, _DAY_S, now)
    made = Transfer(site.id, address, giver, person.id, now, now + TRANSFER_LIFE_S)
    for _attempt in range(_RACES):
        if site_transfers.put(made, site_transfers.get(site.id)):
            audit_log.record(person, "site.offer", site=site.id)
            days = TRANSFER_LIFE_S // _DAY_S
            return made, mail.send(address, "site-offered", link=link, giver=person.email, site=site.name, days=days)
    raise _changing()


def offered(site: Site) -> Transfer | None:
    """The offer of a site, if there is one."""
    return site_transfers.get(site.id)


def cancel(site: Site, person: Person) -> None:
    """Take back the offer of a site.

    :raises NotFound: if there is none.
    :raises Conflict: if it was accepted, declined or changed at the same time.
    """
    found = site_transfers.get(site.id)
    if found is None:
        raise NotFound(_("This site is not offered to anybody."))
    if not site_transfers.remove(found):
        raise _changing()
    audit_log.record(person, "site.cancel_offer", site=site.id)


def offers_to(person: Person) -> list[Offer]:
    """The sites that are offered to a person, the latest first."""
    found = [one for address in _addresses(person) for one in site_transfers.offered_to(address)]
    known = {site.id: site for site in sites.get_sites([one.site_id for one in found])} if found else {}
    return [Offer(known[one.site_id], one, people.get_person(one.giver)) for one in found if one.site_id in known]


def find(person: Person, site_id: str) -> Offer:
    """The offer of a site to a person.

    :raises NotFound: if it is not offered to them, any more or at all.
    """
    wanted = sites.read_id(site_id)
    found = site_transfers.get(wanted) if wanted else None
    site = sites.get_site(wanted) if wanted and found and _is_of(found.email, person) else None
    if found is None or site is None:
        raise NotFound(_("This site is not offered to you; the offer may have expired or been taken back."))
    return Offer(site, found, people.get_person(found.giver))


def decline(person: Person, site_id: str) -> None:
    """Decline an offer.

    :raises NotFound: if there is none.
    :raises Conflict: if it was taken back or changed at the same time.
    """
    found = find(person, site_id)
    if not site_transfers.remove(found.transfer):
        raise _changing()
    audit_log.record(person, "site.decline_offer", site=found.site.id)


def accept(person: Person, site_id: str) -> Site:
    """Accept an offer: the person becomes an owner, and who gave the site away an admin.

    The domain goes along, and the site counts towards the limit of the new owner.

    :raises NotFound: if it is not offered to them.
    :raises Conflict: if the person has too many sites, the domain is needed by another site of the giver, the giver
        does not own the site any more, or it is being changed.
    """
    for _attempt in range(_RACES):
        found = find(person, site_id)
        read = sites.read_with_version(found.site.id)
        if read is None:
            continue
        site, version = read
        before = site_people.read(site, person.id, found.transfer.giver)
        whole = _goes_along(site, found.transfer, before)
        _check(person, site, found.transfer, before, whole=whole)
        if site_transfers.accept(found.transfer, site, version, before, person, whole=whole):
            audit_log.record(person, "site.transfer", site=site.id, subject=found.transfer.giver)
            return sites.get_site(site.id) or site
    raise _changing()


def as_json(offer: Transfer) -> dict[str, object]:
    """An offer as the API shows it to the owners of the site."""
    return {"email": offer.email, "offered_at": _time(offer.offered_at), "expires_at": _time(offer.expires)}


def _check(person: Person, site: Site, offer: Transfer, before: SitePeople, *, whole: bool) -> None:
    if before.roles.get(offer.giver) != "owner":
        raise Conflict(_("Who offered you this site does not own it any more. Ask for a new offer."))
    most = limit_of(person)
    if person.id not in _owners(before) and len(people.site_ids_of(person.id, "owner")) >= most:
        raise Conflict(
            _("You have reached the limit of %(number)s sites. Ask an administrator to raise it.", number=most)
        )
    if person.id not in before.roles and len(before.roles) >= MAX_SITE_PEOPLE:
        raise Conflict(_("The site has as many people as it can have. Ask its owner to remove somebody first."))
    if whole and site.active and domains.is_shared(site):
        raise Conflict(
            _(
                "Its present owner has other active sites with the domain %(domain)s. Ask them to archive these first, "
                "or to change their domain.",
                domain=site.domain,
            )
        )


def _goes_along(site: Site, offer: Transfer, before: SitePeople) -> bool:
    """Whether the domain is the giver's: of several owners, one has it."""
    return site.owner in ("", offer.giver) or site.owner not in _owners(before)


def _owners(before: SitePeople) -> set[str]:
    return {one for one, role in before.roles.items() if role == "owner"}


def _is_of(address: str, person: Person) -> bool:
    return address.casefold() in {one.casefold() for one in _addresses(person)}


def _addresses(person: Person) -> tuple[str, ...]:
    """The addresses that the person has proven to be theirs."""
    return person.email, *person.other_emails


def _changing() -> Conflict:
    return Conflict(_("This offer is being changed by someone else; please try again."))


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
