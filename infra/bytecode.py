"""Compiled Python files, as Lambda's Python takes them without looking at their sources.

A function's folder is read-only, so without compiled files Python compiles all that is imported at every cold start.
The files are of PEP 552's kind "unchecked hash": valid whatever the time stamps of the sources are, and never checked.
"""

from __future__ import annotations

import importlib.util
import marshal
import sys

# The field of flags of PEP 552: based on a hash, which is not checked.
_UNCHECKED_HASH = (1).to_bytes(4, "little")
# The Python that runs this.
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


def name_of(source: str) -> str:
    """Where Python looks for the compiled file of a source, as a path: ``a/__pycache__/b.cpython-313.pyc``."""
    return importlib.util.cache_from_source(source, optimization="")


def compiled(source: bytes, path: str) -> bytes | None:
    """The compiled file of a source; None if it is not valid Python of this version.

    :param path: the source's path in Lambda, which tracebacks name.
    """
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):
        return None
    header = importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH + importlib.util.source_hash(source)
    return header + marshal.dumps(code)


def runtime() -> str:
    """The runtime of Lambda whose Python takes these files: that of the Python that runs this, and Chalice's choice."""
    return f"python{THIS}"
