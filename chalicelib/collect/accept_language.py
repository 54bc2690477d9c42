"""The language that a browser asks for in the header ``Accept-Language``."""

from __future__ import annotations

import re
from typing import Final

# A language tag with a script and a region at most (RFC 5646, section 2.1). `languages` says which languages there are.
TAG: Final = re.compile(r"[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?", re.ASCII)
_HEADER_CHARS: Final = 100


def first_language(header: str) -> str | None:
    """The first language tag of an ``Accept-Language`` header (RFC 9110, section 12.5.4), in lower case.

    Browsers list languages with the preferred one first; the whole list would tell visitors apart. None if there is no
    valid tag, or the first entry is ``*``.
    """
    first = header[:_HEADER_CHARS].partition(",")[0].partition(";")[0].strip().lower()
    found = TAG.match(first)
    return found[0] if found and first[found.end() :][:1] in ("", "-") else None
