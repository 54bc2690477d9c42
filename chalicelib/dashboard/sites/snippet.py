"""The code that a site's pages need, in every form in which people install it."""

from __future__ import annotations

import html
import json
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from chalicelib import public_url
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _


class Snippet(NamedTuple):
    """A way to install. `key`: of the links to it; `sentence`: where the code goes; `note`: what else to know."""

    key: str
    title: str
    sentence: str
    code: str
    note: str = ""


def snippet(base_url: str, site: Site, identifier: str = "") -> str:
    """The tags for the script, and for the pixel where scripts do not run.

    :param base_url: of the deployment, without a trailing slash; hits are sent to its `public_url.ingest_url`.
    :param identifier: of the visitor, as the site knows them.
    """
    url = _escaped(f"{_ingress(base_url, site)}/{quote(identifier, safe='')}".rstrip("/"))
    return f'<script defer src="{url}/script.js"></script>\n<noscript>{_image(url)}</noscript>'


def snippets(base_url: str, site: Site) -> tuple[Snippet, ...]:
    """All ways to install on `site`, the usual one first."""
    return (
        Snippet(
            "html",
            _("Every page"),
            _("Put these two lines into the <head> of every page. The second one counts visitors without JavaScript."),
            snippet(base_url, site),
        ),
        Snippet(
            "pixel",
            _("Pixel only"),
            _("Put this into the <body> of pages that may not have scripts."),
            _image(_escaped(_ingress(base_url, site))),
            _("The pixel counts views and visits, but not how long or how far somebody reads."),
        ),
        Snippet(
            "identifier",
            _("Signed-in users"),
            _("Let your server put the user’s id in place of USER-ID, percent-encoded."),
            snippet(base_url, site, "USER-ID"),
            _("The visits of a user can then be linked across days, so do this only if you may know who they are."),
        ),
        *_of_apps(base_url, site),
        _of_wordpress(base_url, site),
        _of_servers(base_url, site),
        _of_policy(base_url),
    )


def _of_apps(base_url: str, site: Site) -> tuple[Snippet, ...]:
    script = json.dumps(f"{_ingress(base_url, site)}/script.js")
    endpoint = json.dumps(f"{public_url.ingest_url(base_url)}/api/event")
    return (
        Snippet(
            "single-page-app",
            _("Single-page app"),
            _(
                "Use the two lines for every page: each new path is counted without further code. "
                "If you cannot change the HTML, run this once instead."
            ),
            f'const script = document.createElement("script");\nscript.src = {script};\ndocument.head.append(script);',
        ),
        Snippet(
            "npm",
            "npm",
            _("Run npm install @plausible-analytics/tracker and start it once; it sends its events to Shylight."),
            'import { init } from "@plausible-analytics/tracker";\n\n'
            f"init({{ domain: {json.dumps(site.id)}, endpoint: {endpoint} }});",
        ),
    )


def _of_wordpress(base_url: str, site: Site) -> Snippet:
    url = f"{_ingress(base_url, site)}/script.js".replace("\\", "%5C").replace("'", "%27")
    return Snippet(
        "wordpress",
        "WordPress",
        _("Put this at the end of functions.php in your child theme, or into a plugin for code snippets."),
        "add_action('wp_enqueue_scripts', function () {\n"
        f"    wp_enqueue_script('shylight', '{url}', [], null, ['strategy' => 'defer']);\n"
        "});",
        _("WordPress 6.3 or later."),
    )


def _of_servers(base_url: str, site: Site) -> Snippet:
    hit = {"url": f"https://{site.domain}/", "user_agent": "Mozilla/5.0 …", "ip": "203.0.113.7"}
    body = json.dumps({"hits": [hit]}, ensure_ascii=False).replace("'", "\\u0027")
    url = f"{base_url}/api/v1/sites/{site.id}/hits".replace("'", "%27")
    return Snippet(
        "server",
        _("Server side"),
        _(
            "Send page views from your server, with an API token of the site’s owner "
            "and with the user agent and the IP address of the visitor."
        ),
        f"curl '{url}' \\\n"
        "  -H 'Authorization: Bearer YOUR-TOKEN' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'",
    )


def _of_policy(base_url: str) -> Snippet:
    parts = urlsplit(public_url.ingest_url(base_url))
    origin = f"{parts.scheme}://{parts.netloc}"
    return Snippet(
        "policy",
        "Content-Security-Policy",
        _("If your pages have such a policy, add Shylight to these three rules."),
        f"script-src {origin}; connect-src {origin}; img-src {origin}",
    )


def _ingress(base_url: str, site: Site) -> str:
    return f"{public_url.ingest_url(base_url)}/ingress/{site.id}"


def _image(escaped_url: str) -> str:
    return f'<img src="{escaped_url}/pixel.gif" alt="" width="1" height="1">'


def _escaped(url: str) -> str:
    return html.escape(url, quote=True)
