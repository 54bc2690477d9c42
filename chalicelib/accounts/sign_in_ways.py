"""The ways in which people sign in: with a password, through the provider of the installation's settings, or both."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from chalicelib.accounts.installation import settings_of_installation
from chalicelib.errors import Forbidden
from chalicelib.store.installation import Installation
from chalicelib.translation import gettext as _


@dataclass(frozen=True, slots=True)
class SignInWays:
    """How people sign in.

    :ivar passwords: with a password, or by what replaces a forgotten one.
    :ivar provider: the name of the OpenID Connect provider, as people know it; ``""`` if there is none.
    """

    passwords: bool
    provider: str


def sign_in_ways() -> SignInWays:
    """The ways that the installation's settings allow.

    Without a complete provider, `oidc_only` has no effect: it would keep everybody out.
    """
    settings = settings_of_installation()
    provider = provider_name(settings)
    return SignInWays(not (settings.oidc_only and provider), provider)


def provider_name(settings: Installation) -> str:
    """The provider's name: the one in the settings, else its host; ``""`` unless the provider is set up completely."""
    if not settings.has_provider:
        return ""
    return settings.oidc_name.strip() or urlsplit(settings.oidc_issuer).hostname or settings.oidc_issuer


def require_passwords() -> None:
    """Check that people may sign in with passwords, before one is checked, set, or replaced by mail.

    One-time links that the deployment's command line makes work all the same, so that a provider that fails keeps
    nobody out for good.

    :raises Forbidden: if they may not.
    """
    ways = sign_in_ways()
    if not ways.passwords:
        raise Forbidden(_("People sign in with %(provider)s here, not with a password.", provider=ways.provider))
