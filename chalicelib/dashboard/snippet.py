"""The HTML that a site's pages need."""

from __future__ import annotations

import html

from chalicelib.store.sites import Site


def snippet(base_url: str, site: Site) -> str:
    """The tags for the script, and for the pixel where scripts do not run.

    :param base_url: of the deployment, without a trailing slash.
    """
    url = html.escape(f"{base_url}/ingress/{site.id}", quote=True)
    return (
        f'<script defer src="{url}/script.js"></script>\n'
        f'<noscript><img src="{url}/pixel.gif" alt="" width="1" height="1"></noscript>'
    )
