"""The job that removes what is stored of deleted sites and people."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts.people import removal
from chalicelib.accounts.sites import deletion_work


def run(context: Any) -> None:
    """Go on with all deletions; those of people even if those of sites fail.

    :param context: of the invocation, for the remaining time.
    :raises RuntimeError: if any failed, so that the alarm is triggered.
    """
    try:
        deletion_work.run(context)
    finally:
        removal.finish_all()
