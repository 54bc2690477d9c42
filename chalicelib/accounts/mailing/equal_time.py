"""Answers that take equally long whatever they find out, so that their time does not tell whether an account exists."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib import config
from chalicelib.accounts.mailing import mail


@contextmanager
def equal_time() -> Iterator[None]:
    """Let a block take a multiple of :data:`config.EQUAL_ANSWER_S`, also if it raises an error.

    What only a first mail would have to load is loaded before.
    """
    started = time.monotonic()
    mail.prepare()
    try:
        yield
    finally:
        spent = time.monotonic() - started
        time.sleep(-spent % config.EQUAL_ANSWER_S)
