"""What functions with many invocations load while they start, before the first one.

While a function starts, Lambda gives it more CPU than the share that belongs to its memory: 256 MB bring a seventh of a
processor, and the worker's 512 MB two sevenths.
"""

from __future__ import annotations

import os
from importlib import import_module

from chalicelib import config, dispatch
from chalicelib.collect.routes import ROUTES


def hit_path() -> None:
    """Load what a hit needs, in the function that receives hits and in the one that stores them."""
    names, function = config.settings(), os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    if function == names.collect:
        _collector()
    elif function == names.worker:
        _worker()


def _collector() -> None:
    for route in ROUTES:
        dispatch.handler_of(route)
    import_module("chalicelib.collect.function_url")
    from chalicelib.store import hit_queue

    hit_queue.connect()


def _worker() -> None:
    import_module("chalicelib.enrich.worker")
    from chalicelib.enrich import user_agent

    user_agent.prepare()
