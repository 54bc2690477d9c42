"""The package of the functions, a ZIP archive: first the dependencies, then the program.

All functions have the same package. Its first part is some 35 MB and changes only with the dependencies, so an archive
is made from an earlier one: entries that are the same stay where they are, and what is new is written behind them.
Whoever has the earlier archive needs only the bytes from where the two differ.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra import bytecode

# Where Lambda unpacks it.
_ROOT: Final = "/var/task/"
# What Chalice puts into a package besides dependencies.
_PROGRAM: Final = ("app.py", "__pycache__/app.", "chalicelib/", "chalice/")
# Bytes of entries that are no longer used, above which the program is written anew behind the dependencies.
MAX_UNUSED: Final = 2_000_000


def write_dependencies(folder: Path, archive: Path) -> None:
    """Write an archive of the files in `folder`, compiled. The same files make the same archive."""
    with zipfile.ZipFile(archive, "w") as opened:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                _add(opened, path.relative_to(folder).as_posix(), path.read_bytes())


def renew(archive: Path, program: bytes, max_unused: int = MAX_UNUSED) -> int:
    """Put a program into an archive, in place of the one that is there.

    :param archive: at least its central directory has to be readable; the entries before it are not read.
    :param program: the ZIP archive that Chalice made of the program, without dependencies.
    :returns: how many of the archive's first bytes are as they were.
    """
    with zipfile.ZipFile(io.BytesIO(program)) as sources, zipfile.ZipFile(archive, "a") as opened:
        wanted = {entry.filename: entry for entry in sources.infolist() if not entry.is_dir()}
        same = {name for name, entry in wanted.items() if _is_same(entry, opened.NameToInfo.get(name))}
        same |= {bytecode.name_of(name) for name in same if name.endswith(".py")}
        old = [entry for entry in opened.filelist if is_program(entry.filename)]
        stale = [entry for entry in old if entry.filename not in same]
        if opened.start_dir - sum(map(_length, opened.filelist)) + sum(map(_length, stale)) > max_unused:
            stale = old
            opened.start_dir = min(entry.header_offset for entry in old)
        for entry in stale:
            opened.filelist.remove(entry)
            del opened.NameToInfo[entry.filename]
        kept = opened.start_dir
        opened.comment = b""  # so that it is written, also if nothing is added
        for name in sorted(wanted.keys() - opened.NameToInfo.keys()):
            _add(opened, name, sources.read(name))
    return kept


def fingerprint(program: bytes) -> Iterator[tuple[str, int, int]]:
    """What tells the programs of two archives of Chalice apart: name, size and checksum of each file."""
    with zipfile.ZipFile(io.BytesIO(program)) as sources:
        yield from sorted((entry.filename, entry.file_size, entry.CRC) for entry in sources.infolist())


def is_program(name: str) -> bool:
    """Whether a file of a package is of the program, and not of a dependency."""
    return name.startswith(_PROGRAM)


def _is_same(new: zipfile.ZipInfo, old: zipfile.ZipInfo | None) -> bool:
    return old is not None and (new.CRC, new.file_size) == (old.CRC, old.file_size)


def _length(entry: zipfile.ZipInfo) -> int:
    """The bytes of an entry that this module has written, with its header."""
    return len(entry.FileHeader(zip64=False)) + entry.compress_size


def _add(opened: zipfile.ZipFile, name: str, content: bytes) -> None:
    _write(opened, name, content)
    if name.endswith(".py"):
        code = bytecode.compiled(content, _ROOT + name)
        if code is not None:
            _write(opened, bytecode.name_of(name), code)


def _write(opened: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name)  # with the time stamp 1980, whatever the file's own is
    entry.external_attr = 0o644 << 16  # Lambda's user has to be able to read it
    entry.compress_type = zipfile.ZIP_DEFLATED
    opened.writestr(entry, content)
