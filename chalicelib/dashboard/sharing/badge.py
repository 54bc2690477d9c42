"""``/badge/{key}.svg``: a small image with a site's visitors or page views, for its own pages."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from chalice import Response

from chalicelib import config
from chalicelib.accounts.sharing import shared_access
from chalicelib.cached_response import cached
from chalicelib.dashboard import formatting
from chalicelib.errors import BadRequest
from chalicelib.report import visitor_counter
from chalicelib.store.sites import Site
from chalicelib.web import Request

SUFFIX: Final = ".svg"
# Metric -> the label of its badge.
METRICS: Final[Mapping[str, str]] = {"visitors": "Visitors", "pageviews": "Page views"}
_PERIODS: Final[Mapping[str, str]] = {"today": "today", "7d": "in 7 days", "30d": "in 30 days", "all": ""}
_HEIGHT: Final = 20
_PADDING: Final = 7
# Where the image is opened by itself, nothing runs or loads in it.
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"


class Colors(NamedTuple):
    """The colors of the two parts of a badge: background and text. Their contrasts are over 4.5 to 1."""

    label: str
    label_text: str
    value: str
    value_text: str


THEMES: Final[Mapping[str, Colors]] = {
    "light": Colors("#ece7fc", "#1b1726", "#6941e0", "#ffffff"),
    "dark": Colors("#30284d", "#eceaf3", "#a48cff", "#17131f"),
}
# Widths of characters at 11 px, in px, rounded up; others take 7. `textLength` makes any font fit.
_WIDTHS: Final = {
    **dict.fromkeys("ijl.,:;'|!I ", 4.0),
    **dict.fromkeys('ftr()[]/-"*', 5.0),
    **dict.fromkeys("mwMW@%", 11.0),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ&", 8.0),
}


def show(request: Request, site: Site) -> Response:
    """``GET /badge/{key}.svg?metric=…&period=…&label=…&theme=…``.

    :raises BadRequest: if a parameter is invalid.
    :raises NotFound: if the address does not end in ``.svg``.
    """
    if not request.path.endswith(SUFFIX):
        raise shared_access.no_such_address()
    metric = _choice(request, "metric", METRICS, "visitors")
    colors = THEMES[_choice(request, "theme", THEMES, "light")]
    count = visitor_counter.count(site, request.query.get("period") or visitor_counter.DEFAULT, datetime.now(UTC))
    label = _label(request) or METRICS[metric]
    value = " ".join(filter(None, (formatting.cell(getattr(count, metric)), _PERIODS[count.period])))
    image = draw(label, value, colors)
    headers = {"Content-Security-Policy": _POLICY}
    return cached(request, image, "image/svg+xml; charset=utf-8", config.COUNTER_CACHE_S, headers)


def draw(label: str, value: str, colors: Colors) -> str:
    """The badge as SVG: a label on the left, a value on the right."""
    left, right = width(label), width(value)
    label_width, value_width = left + 2 * _PADDING, right + 2 * _PADDING
    whole = label_width + value_width
    title = html.escape(f"{label}: {value}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{_HEIGHT}" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<clipPath id="c"><rect width="{whole}" height="{_HEIGHT}" rx="4"/></clipPath>'
        f'<g clip-path="url(#c)"><rect width="{whole}" height="{_HEIGHT}" fill="{colors.label}"/>'
        f'<rect x="{label_width}" width="{value_width}" height="{_HEIGHT}" fill="{colors.value}"/></g>'
        '<g font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" aria-hidden="true">'
        f"{_text(label, _PADDING, left, colors.label_text)}"
        f"{_text(value, label_width + _PADDING, right, colors.value_text)}</g></svg>"
    )


def width(text: str) -> int:
    """The width for a text, px: wide characters of East Asian scripts take more, combining ones nothing."""
    return max(1, round(sum(map(_width, text))))


def _width(character: str) -> float:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0.0
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return 11.0
    return _WIDTHS.get(character, 7.0)


def _text(text: str, x: int, length: int, color: str) -> str:
    escaped = html.escape(text)
    return f'<text x="{x}" y="14" textLength="{length}" lengthAdjust="spacingAndGlyphs" fill="{color}">{escaped}</text>'


def _label(request: Request) -> str:
    """The label in the query, on one line and without characters that XML does not have."""
    label = " ".join(request.query.get("label", "").split())
    if len(label) > config.MAX_BADGE_LABEL_CHARS:
        raise BadRequest(f"label may have at most {config.MAX_BADGE_LABEL_CHARS} characters.", field="label")
    return "".join(one for one in label if unicodedata.category(one) not in ("Cc", "Cs", "Cn", "Co"))


def _choice(request: Request, name: str, choices: Mapping[str, object], default: str) -> str:
    given = request.query.get(name) or default
    if given not in choices:
        raise BadRequest(f"{name} must be one of {', '.join(choices)}.", field=name)
    return given
