"""The static files of pages: style sheets, scripts, the logo, and the pictures that the build draws.

Their public names contain a hash of the content, so that browsers can cache them for a year.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from chalice import Response

from chalicelib.errors import NotFound
from chalicelib.web import Request, reply

# Those of the repository, and those that `make build` draws from packages.
_FOLDERS = (Path(__file__).with_name("static"), Path(__file__).with_name("built"))
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOREVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A static file. `name` is the public name, with the hash."""

    name: str
    content_type: str
    content: bytes


@cache
def assets() -> dict[str, Asset]:
    """The files of the folders, by their plain names such as ``shylight.css``.

    :raises RuntimeError: if pictures have not been drawn.
    """
    found = {}
    if not _FOLDERS[-1].is_dir():
        raise RuntimeError("chalicelib/dashboard/built is missing; run `make build`")
    for path in sorted(path for folder in _FOLDERS for path in folder.iterdir()):
        if path.suffix in _TYPES:
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:12]
            found[path.name] = Asset(f"{path.stem}.{digest}{path.suffix}", _TYPES[path.suffix], content)
    return found


def href(name: str, root: str) -> str:
    """The URL of the file `name`, relative to a page whose root is `root`."""
    return f"{root}static/{assets()[name].name}"


def file(_request: Request, file: str) -> Response:
    """``GET /static/{file}``: a file by its public name.

    A name with another hash comes from a page of another version, during a deployment: the response has the current
    file, without caching.

    :raises NotFound: if there is no such file.
    """
    stem, _, rest = file.partition(".")
    digest, _, suffix = rest.rpartition(".")
    asset = assets().get(f"{stem}.{suffix}")
    if asset is None or not digest:
        raise NotFound("There is no such file.")
    caching = _FOREVER if asset.name == file else "no-cache"
    return reply(asset.content, asset.content_type, headers={"Cache-Control": caching})
