"""The ways in which people sign in: by themselves, through the provider of the installation's settings, or both."""

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

    :ivar provider: the name of the OpenID Connect provider, as people know it; ``""`` if there is none.
    :ivar provider_only: passwords, passkeys and what replaces a forgotten password do not sign anybody in.
    """

    provider: str = ""
    provider_only: bool = False


def sign_in_ways() -> SignInWays:
    """The ways that the installation's settings allow.

    Without a complete provider, `oidc_only` has no effect: it would keep everybody out.
    """
    settings = settings_of_installation()
    provider = provider_name(settings)
    return SignInWays(provider, settings.oidc_only and bool(provider))


def provider_name(settings: Installation) -> str:
    """The provider's name: the one in the settings, else its host; ``""`` unless the provider is set up completely."""
    if not settings.has_provider:
        return ""
    return settings.oidc_name.strip() or urlsplit(settings.oidc_issuer).hostname or settings.oidc_issuer


def refuse_if_provider_only() -> None:
    """Check that people may sign in by themselves, before a password or a passkey does that, or a password is set.

    One-time links that the deployment's command line makes work all the same, so that a provider that fails keeps
    nobody out for good.

    :raises Forbidden: if they may not.
    """
    ways = sign_in_ways()
    if ways.provider_only:
        raise Forbidden(_("People sign in with %(provider)s here, and in no other way.", provider=ways.provider))
