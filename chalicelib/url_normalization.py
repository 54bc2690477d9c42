"""One spelling for each page: the readable one, from which its URL follows.

Two URLs that RFC 3986 calls equivalent without asking the server (section 6.2.2) get one spelling, and what is stored
is what is shown: the IRI (RFC 3987, section 3.2), so ``/caf%c3%a9`` is ``/café``. Left as escapes, in upper case, are
octets that are no UTF-8, characters that nobody sees or that turn the direction of text, and reserved ones, because
``%2F`` is no slash. See docs/adr/0025.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import islice
from typing import Final
from urllib.parse import quote, unquote_plus, unquote_to_bytes

# Nothing is to be done to a text of these.
_PLAIN: Final = re.compile(r"[\w.~!$&'()*+,;=:@/-]*", re.ASCII)
_ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_NO_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HALF_ESCAPE: Final = re.compile(r"%[0-9A-F]?$")
_HALVES: Final = re.compile("[\ud800-\udfff]")
# Characters that are drawn as nothing, though Python calls them printable: fillers, joiners and variation selectors
# (Unicode, Default_Ignorable_Code_Point), the braille blank, and space.
_BLANK: Final = " \u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
# What stays an escape: in a path the reserved characters (RFC 3986, section 2.2) and the backslash, which is a slash
# to browsers; in a form's names and values what divides them, and a + that would be a space.
_IN_PATHS: Final = re.compile(rf"[:/?#\[\]@!$&'()*+,;=%\\{_BLANK}]")
_IN_NAMES: Final = re.compile(rf"[%&+#={_BLANK}]")
_IN_VALUES: Final = re.compile(rf"[%&+#{_BLANK}]")
# What becomes one, as no URL may have it there.
_UNFIT: Final = re.compile(rf"[\[\]#?\\{_BLANK}]")
_URI: Final = "/:?#@!$&'()*+,;=%"
# More of a query are not looked at.
MAX_PARAMETERS: Final = 200


def path(text: str) -> str:
    """The one spelling of a URL's path: ``""`` is ``/``, and dot segments are gone."""
    if not text:
        return "/"
    spelled = segments(text)
    return _without_dots(spelled) if "/." in spelled else spelled


def segments(text: str) -> str:
    """The one spelling of text that slashes may divide, such as a fragment: as of a path, but dots are just dots."""
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
    """Those of a query's parameters that have one of `names`, in the order of their names, each in its one spelling.

    They are read as forms are sent (WHATWG, application/x-www-form-urlencoded). Of one name, the order stays.
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
    """The first `most` characters of a spelling, or a few less: no escape is cut in half, no dot segment appears."""
    if len(text) <= most:
        return text
    whole = _HALF_ESCAPE.sub("", text[:most])
    return re.sub(r"/\.{1,2}$", "/", whole)


def uri(page: str) -> str:
    """A page as its URL has it (RFC 3987, section 3.1): ASCII, ready to be put behind ``https://example.com``."""
    return quote(_HALVES.sub("\ufffd", page), safe=_URI)


def respelled(page: str) -> str:
    """A stored page in its one spelling: before there was one, escapes were stored as they came."""
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
    """`text` with escapes for `special` characters, for those that nobody sees, and for octets that are no UTF-8."""
    if text.isprintable() and not special.search(text):
        return text
    return "".join(
        char if char.isprintable() and not special.match(char) else quote(char, safe="", errors="surrogateescape")
        for char in text
    )
