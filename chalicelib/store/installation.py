"""The settings of the installation, one item in ``core``: ``installation`` / ``settings``."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from chalicelib import config
from chalicelib.errors import Conflict
from chalicelib.store import aws
from chalicelib.store.tables import CoreItem
from chalicelib.timed_cache import TimedCache

# Who may create an account: nobody, people with an invitation, or everybody.
SignUp = Literal["closed", "invited", "open"]
SIGN_UPS: Final[tuple[SignUp, ...]] = get_args(SignUp)
# Who may create sites.
SiteCreators = Literal["administrators", "everybody"]
SITE_CREATORS: Final[tuple[SiteCreators, ...]] = get_args(SiteCreators)

_KEY: Final = ("installation", "settings")


@dataclass(frozen=True, slots=True)
class Installation:
    """The settings of the installation.

    :ivar name: shown on pages and in mails.
    :ivar sign_up: who may create an account.
    :ivar site_creators: who may create sites.
    :ivar mail_sender: the verified address that mail is sent from; ``""``: no mail is sent.
    :ivar oidc_issuer: URL of the OpenID Connect provider, exactly as it names itself; ``""`` for none.
    :ivar oidc_client_id: of this installation at the provider.
    :ivar oidc_client_secret: the secret as earlier versions stored it, readable; ``""`` once settings are saved again.
    :ivar oidc_sealed_secret: the secret, encrypted; `accounts.installation.client_secret_of` decrypts it.
    :ivar oidc_name: the provider's name on the sign-in page.
    :ivar oidc_only: people sign in through the provider only; without effect while it is not set up completely.
    :ivar version: of the stored item, for optimistic locking; 0 if nothing is stored yet.
    """

    name: str = "Shylight"
    sign_up: SignUp = "closed"
    site_creators: SiteCreators = "everybody"
    mail_sender: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = ""
    oidc_only: bool = False
    oidc_sealed_secret: str = field(default="", repr=False)
    version: int = 0

    @property
    def has_client_secret(self) -> bool:
        """Whether a client secret is stored."""
        return bool(self.oidc_sealed_secret or self.oidc_client_secret)

    @property
    def has_provider(self) -> bool:
        """Whether the OpenID Connect provider is set up completely."""
        return bool(self.oidc_issuer and self.oidc_client_id and self.has_client_secret)


_cache: TimedCache[str, Installation] = TimedCache()


def read() -> Installation:
    """The settings, read consistently."""
    try:
        item = CoreItem.get(*_KEY, consistent_read=True)
    except CoreItem.DoesNotExist:
        return Installation()
    known = {entry.name for entry in dataclasses.fields(Installation)}
    body = {name: value for name, value in json.loads(item.body or "{}").items() if name in known}
    return Installation(**{**body, "version": int(item.version)})


def cached() -> Installation:
    """The settings as they were at most :data:`config.INSTALLATION_CACHE_S` seconds ago."""
    return _cache.get("", read, config.INSTALLATION_CACHE_S)


def write(changed: Installation) -> Installation:
    """Store changed settings; as stored.

    :raises Conflict: if the stored item is no longer of ``changed.version``.
    """
    stored = dataclasses.replace(changed, version=changed.version + 1)
    body = {name: value for name, value in dataclasses.asdict(stored).items() if name != "version"}
    unchanged = CoreItem.version == changed.version if changed.version else CoreItem.pk.does_not_exist()
    item = CoreItem(*_KEY, body=json.dumps(body, sort_keys=True), version=stored.version)
    if not aws.condition_met(lambda: item.save(unchanged)):
        raise Conflict("Somebody else changed the settings at the same time. Reload and try again.")
    _cache.clear()
    return stored
