"""Chalice middleware: what runs before and after every invocation of every function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from chalicelib import cold_start, config


def invocation(event: Any, get_response: Callable[[Any], Any]) -> Any:
    """Run an invocation of a function.

    Before: complete the settings with the account id of the running function. After: write the counts of dropped hits,
    unless the invocation failed and will be repeated. And a cold start is over, even if the invocation failed.
    """
    context = getattr(event, "lambda_context", None) or event.context
    config.bind_account(context.invoked_function_arn)
    try:
        answer = get_response(event)
    except BaseException:
        if ledger := _loaded_ledger():
            ledger.discard()
        raise
    else:
        if ledger := _loaded_ledger():
            ledger.flush()
        return answer
    finally:
        cold_start.end()


def _loaded_ledger() -> Any:
    """The module `store.exclusions`; None if it was not imported, so that no hit can have been dropped."""
    return sys.modules.get("chalicelib.store.exclusions")
