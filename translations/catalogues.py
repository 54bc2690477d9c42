"""The catalogues of texts (gettext, ``<tag>.po``): made from the code, checked, and compiled for the program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import BytesIO, StringIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from chalicelib.translation import LANGUAGES, SOURCE_LANGUAGE

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "translations"
PROGRAM: Final = ROOT / "chalicelib"
BUILT: Final = PROGRAM / "locales"
TAGS: Final = tuple(tag for tag in LANGUAGES if tag != SOURCE_LANGUAGE)
# How Babel reads the code, and with which options.
_METHODS: Final = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
_OPTIONS: Final = {pattern: {"trimmed": "true"} for pattern in ("**.html", "**.txt")}
# The functions that look texts up, or mark them; with the places of singular and plural.
_KEYWORDS: Final = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}
# Placeholders and the tags of a text, which its translations have, too.
_PLACEHOLDER: Final = re.compile(r"%\(\w+\)s|%%|</?\w+>")
_HEADER: Final = "# {language} texts of Shylight. English texts are the message ids. See CONTRIBUTING.md.\n#"
_COUNT: Final = "%(num)s"

Id = str | tuple[str, ...]


def extracted() -> Catalog:
    """The texts of the code, in the order of its files, without translations.

    Ruff refuses f-strings as texts (INT001), which Babel would leave out.
    """
    catalog = Catalog(project="Shylight", charset="utf-8")
    with redirect_stderr(StringIO()):  # warnings of f-strings, which the values of placeholders may be
        found = list(extract_from_dir(PROGRAM, _METHODS, _OPTIONS, keywords=_KEYWORDS))
    for name, _line, message, _comments, _context in sorted(found, key=lambda one: (one[0], one[1])):
        if message:
            catalog.add(message, locations=[(f"chalicelib/{name}", 0)])
    return catalog


def read(tag: str) -> Catalog:
    """The catalogue of a language."""
    with path(tag).open("rb") as file:
        return read_po(file, locale=_locale(tag), domain="messages")


def path(tag: str) -> Path:
    """The file of a language's catalogue."""
    return FOLDER / f"{tag}.po"


def update(tag: str, source: Catalog) -> None:
    """Write a catalogue anew, with the texts of the code: new ones are empty, those that changed a little are fuzzy."""
    catalog = read(tag) if path(tag).is_file() else Catalog(locale=_locale(tag), charset="utf-8")
    catalog.update(source, update_header_comment=False)
    path(tag).write_bytes(written(catalog, tag))


def written(catalog: Catalog, tag: str) -> bytes:
    """A catalogue as a file: no dates and no line numbers, so that it changes only when texts do."""
    catalog.header_comment = _HEADER.format(language=LANGUAGES[tag])
    catalog.fuzzy = False
    buffer = BytesIO()
    write_po(buffer, catalog, width=110, ignore_obsolete=True, include_lineno=False)
    lines = buffer.getvalue().splitlines(keepends=True)
    dropped = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator', b'"Report-Msgid', b'"Generated-By',
               b'"Language-Team', b'"Project-Id')  # fmt: skip
    return b"".join(line for line in lines if not line.startswith(dropped))


def problems(tag: str, source: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue, in sentences that name the text."""
    catalog = read(tag)
    wanted = {_id(message): message for message in source if message.id}
    found = {_id(message): message for message in catalog if message.id}
    for key in wanted.keys() - found.keys():
        yield f"{tag}: {key!r} is in the code, but not in the catalogue."
    for key in found.keys() - wanted.keys():
        yield f"{tag}: {key!r} is in the catalogue, but not in the code."
    for key, message in found.items():
        for problem in _problems_of(message, catalog.num_plurals):
            yield f"{tag}: {key!r} {problem}"


def build(tag: str) -> Path:
    """Compile a catalogue for the program."""
    target = BUILT / f"{tag}.mo"
    BUILT.mkdir(exist_ok=True)
    with target.open("wb") as file:
        write_mo(file, read(tag))
    return target


def _problems_of(message: Message, plurals: int) -> Iterator[str]:
    ids, texts = _texts(message.id), _texts(message.string)
    if message.fuzzy:
        yield "is fuzzy: see whether the translation still fits, and remove the mark."
    if not all(texts):
        yield "is not translated."
        return
    if len(ids) > 1 and len(texts) != plurals:
        yield f"needs {plurals} forms."
    for text in texts:
        known, used = (sorted(set(_PLACEHOLDER.findall(one))) for one in (ids[-1], text))
        # A language may say "one" in words.
        if known != used and not (len(ids) > 1 and [*used, _COUNT] == known):
            yield f"has other placeholders or tags than its translation {text!r}."


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


def _id(message: Message) -> Id:
    return message.id if isinstance(message.id, str) else tuple(message.id)


def _locale(tag: str) -> str:
    return tag.replace("-", "_")
