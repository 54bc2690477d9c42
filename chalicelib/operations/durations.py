"""Durations in words."""

from __future__ import annotations

from chalicelib.translation import ngettext


def in_words(seconds: float) -> str:
    """A duration in its largest unit, rounded down: ``12 minutes``, ``3 days``."""
    whole = max(0, int(seconds))
    if whole < 60:
        return ngettext("%(num)s second", "%(num)s seconds", whole)
    if whole < 60 * 60:
        return ngettext("%(num)s minute", "%(num)s minutes", whole // 60)
    if whole < 2 * 24 * 60 * 60:
        return ngettext("%(num)s hour", "%(num)s hours", whole // (60 * 60))
    return ngettext("%(num)s day", "%(num)s days", whole // (24 * 60 * 60))
