"""Normalization of the URLs of pages, so that one page has one spelling.

URLs that are equivalent according to RFC 3986, section 6.2.2, get the same spelling. It is the readable one, the IRI
(RFC 3987, section 3.2): ``/caf%c3%a9`` becomes ``/café``. Percent-encoded, in upper case, stay octets that are not
UTF-8, invisible characters, characters that change the direction of text, and reserved characters (``%2F`` is not a
slash). See docs/adr/0025.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import islice
from typing import Final
from urllib.parse import quote, unquote_plus, unquote_to_bytes

# Text of these characters is normalized already.
_PLAIN: Final = re.compile(r"[\w.~!$&'()*+,;=:@/-]*", re.ASCII)
_ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_NO_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HALF_ESCAPE: Final = re.compile(r"%[0-9A-F]?$")
_HALVES: Final = re.compile("[\ud800-\udfff]")
# Invisible characters that Python calls printable: fillers, joiners and variation selectors
# (Unicode, Default_Ignorable_Code_Point), the braille blank, and space.
_BLANK: Final = " \u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
# What stays percent-encoded: in a path the reserved characters (RFC 3986, section 2.2) and the backslash, which is a
# slash for browsers; in names and values of parameters the delimiters, and a + that would be a space.
_IN_PATHS: Final = re.compile(rf"[:/?#\[\]@!$&'()*+,;=%\\{_BLANK}]")
_IN_NAMES: Final = re.compile(rf"[%&+#={_BLANK}]")
_IN_VALUES: Final = re.compile(rf"[%&+#{_BLANK}]")
# What gets percent-encoded, because it is not allowed in a path.
_UNFIT: Final = re.compile(rf"[\[\]#?\\{_BLANK}]")
_URI: Final = "/:?#@!$&'()*+,;=%"
# Further parameters of a query are ignored.
MAX_PARAMETERS: Final = 200


def path(text: str) -> str:
    """The normalized path of a URL: ``""`` becomes ``/``, and dot segments are removed."""
    if not text:
        return "/"
    spelled = segments(text)
    return _without_dots(spelled) if "/." in spelled else spelled


def segments(text: str) -> str:
    """Normalized text with slashes, such as a fragment: like a path, but dot segments stay."""
    if _PLAIN.fullmatch(text):
        return text
    spelled: list[str] = []
    at = 0
    text = _NO_ESCAPE.sub("%25", _HALVES.sub("\ufffd", text))
    for escapes in _ESCAPES.finditer(text):
        spelled.append(_escaped(text[at : escapes.start()], _UNFIT))
        spelled.append(_readable(unquote_to_bytes(escapes.group()), _IN_PATHS))
        at = escapes.end()
    spelled.append(_escaped(text[at:], _UNFIT))
    return "".join(spelled)


def parameters(query: str, names: Collection[str]) -> list[tuple[str, str]]:
    """The parameters of a query with one of `names`, normalized and sorted by name.

    The query is parsed as application/x-www-form-urlencoded (WHATWG). Parameters of the same name keep their order.
    """
    if not names or not query:
        return []
    found: list[tuple[str, str]] = []
    for text in islice((text for text in query.split("&") if text), MAX_PARAMETERS):
        name, _, value = text.partition("=")
        if unquote_plus(name) in names:
            found.append((_of_form(name, _IN_NAMES), _of_form(value, _IN_VALUES)))
    return sorted(found, key=lambda pair: pair[0])


def cut(text: str, most: int) -> str:
    """At most `most` characters of normalized text, without splitting an escape or leaving a dot segment at the end."""
    if len(text) <= most:
        return text
    whole = _HALF_ESCAPE.sub("", text[:most])
    return re.sub(r"/\.{1,2}$", "/", whole)


def uri(page: str) -> str:
    """A page in its form for URLs (RFC 3987, section 3.1): ASCII, to append to ``https://example.com``."""
    return quote(_HALVES.sub("\ufffd", page), safe=_URI)


def respelled(page: str) -> str:
    """A stored page, normalized: old records have pages as they were received."""
    if "%" not in page and "+" not in page:
        return page
    before, mark, fragment = page.partition("#")
    return _respelled(before, path) + (mark + _respelled(fragment, segments) if mark else "")


def _respelled(text: str, spell: Callable[[str], str]) -> str:
    before, mark, query = text.partition("?")
    names = {unquote_plus(pair.partition("=")[0]) for pair in query.split("&")}
    return f"{spell(before)}{mark}{joined(parameters(query, names))}"


def joined(pairs: Collection[tuple[str, str]]) -> str:
    """Parameters as a query."""
    return "&".join(f"{name}={value}" for name, value in pairs)


def _without_dots(text: str) -> str:
    """A path without its segments ``.`` and ``..`` (RFC 3986, section 5.2.4)."""
    kept: list[str] = []
    _, *given = text.split("/")
    for number, segment in enumerate(given, 1):
        if segment not in (".", ".."):
            kept.append(segment)
            continue
        if segment == "..":
            del kept[-1:]
        if number == len(given):
            kept.append("")
    return "/" + "/".join(kept)


def _of_form(text: str, special: re.Pattern[str]) -> str:
    return _readable(unquote_to_bytes(_HALVES.sub("\ufffd", text.replace("+", " "))), special)


def _readable(octets: bytes, special: re.Pattern[str]) -> str:
    return _escaped(octets.decode("utf-8", "surrogateescape"), special)


def _escaped(text: str, special: re.Pattern[str]) -> str:
    """`text` with `special` and invisible characters, and octets that are not UTF-8, percent-encoded."""
    if text.isprintable() and not special.search(text):
        return text
    return "".join(
        char if char.isprintable() and not special.match(char) else quote(char, safe="", errors="surrogateescape")
        for char in text
    )
