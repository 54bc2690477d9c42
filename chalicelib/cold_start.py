"""What functions do differently from when they have their routes until their first invocation is over.

While a function starts, Lambda gives it more CPU than the share that belongs to its memory: 256 MB bring a seventh of a
processor, and the worker's 512 MB two sevenths. So those with many invocations load what they need before the first.

Nearly all that is allocated then stays, modules and classes. Looking for garbage among it takes a tenth of a cold
start and finds none, so Python looks more seldom.
"""

from __future__ import annotations

import gc
import os
from importlib import import_module
from typing import Final

from chalicelib import config, dispatch
from chalicelib.collect.routes import ROUTES

# After how many new objects Python looks for garbage; a start with the first page makes 100,000. A first invocation
# that makes millions is still cleaned up after.
_NEW_OBJECTS: Final = 200_000
_USUAL_THRESHOLD: Final = gc.get_threshold()


def begin() -> None:
    """Put garbage collection off, and load what a hit needs, if this function receives hits or stores them.

    Does nothing if the program was loaded for something else than to run a function.
    """
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    if function is None:
        return
    gc.set_threshold(_NEW_OBJECTS)
    names = config.settings()
    if function == names.collect:
        _load_collector()
    elif function == names.worker:
        _load_worker()


def end() -> None:
    """Collect garbage as usual, after an invocation, but never among what there is after the first."""
    if gc.get_threshold()[0] == _NEW_OBJECTS:
        gc.freeze()
        gc.set_threshold(*_USUAL_THRESHOLD)


def _load_collector() -> None:
    for route in ROUTES:
        dispatch.handler_of(route)
    import_module("chalicelib.collect.function_url")
    from chalicelib.store import hit_queue

    hit_queue.connect()


def _load_worker() -> None:
    import_module("chalicelib.enrich.worker")
    from chalicelib.enrich import user_agent

    user_agent.prepare()
