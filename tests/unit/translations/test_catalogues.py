"""The catalogues of texts: complete, and built for the program."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog

from chalicelib import translation
from translations import catalogues


@cache
def source() -> Catalog:
    return catalogues.extracted()


@pytest.mark.parametrize("tag", catalogues.TAGS)
def test_a_catalogue_has_each_text_of_the_code_and_no_other(tag: str) -> None:
    """`make messages` brings it up to date."""
    assert not list(catalogues.problems(tag, source()))


@pytest.mark.parametrize("tag", catalogues.TAGS)
def test_a_catalogue_is_written_as_the_command_writes_it(tag: str) -> None:
    assert catalogues.written(catalogues.read(tag), tag) == catalogues.path(tag).read_bytes()


def test_every_language_has_a_catalogue() -> None:
    assert {path.stem for path in catalogues.FOLDER.glob("*.po")} == set(translation.LANGUAGES) - {"en"}


def in_code(*texts: Any) -> Catalog:
    catalog = Catalog()
    for text in texts:
        catalog.add(text)
    return catalog


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes a catalogue with translations, and gives what is wrong with it."""
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)

    def problems(code: Catalog, *, fuzzy: bool = False, **known: str | tuple[str, str]) -> list[str]:
        catalog = Catalog(locale="de")
        for message in code:
            if message.id:
                first = message.id if isinstance(message.id, str) else message.id[0]
                flags = ["fuzzy"] if fuzzy else []
                catalog.add(message.id, known.get(first.split()[0].strip(".").lower()), flags=flags)
        catalogues.path("de").write_bytes(catalogues.written(catalog, "de"))
        return list(catalogues.problems("de", in_code(*[message.id for message in code if message.id])))

    return problems


def test_what_is_wrong_with_a_catalogue_is_named(german: Any) -> None:
    assert german(in_code("Save"), save="Speichern") == []
    assert german(in_code("Save")) == ["de: 'Save' is not translated."]
    assert "is fuzzy" in german(in_code("Save"), save="Sichern", fuzzy=True)[0]
    assert "placeholders" in german(in_code("Until %(day)s"), until="Bis %(tag)s")[0]
    assert "placeholders" in german(in_code("Is <b>it</b>"), **{"is": "Ist es"})[0]
    sites = ("%(num)s site", "%(num)s sites")
    assert german(in_code(sites), **{"%(num)s": ("eine Website", "%(num)s Websites")}) == []
    assert "is not translated" in german(in_code(sites), **{"%(num)s": ("eine Website", "")})[0]


def test_a_text_that_is_missing_and_one_too_many_are_named(german: Any) -> None:
    assert german(in_code("Save"), save="Speichern") == []
    assert list(catalogues.problems("de", in_code("Delete"))) == [
        "de: 'Delete' is in the code, but not in the catalogue.",
        "de: 'Save' is in the catalogue, but not in the code.",
    ]


def test_bringing_a_catalogue_up_to_date_keeps_its_translations(german: Any) -> None:
    german(in_code("Save the settings", "Gone"), save="Einstellungen speichern", gone="Weg")
    catalogues.update("de", in_code("Save the setting", "Quite new"))
    found = {message.id: (message.string, message.fuzzy) for message in catalogues.read("de") if message.id}
    assert found == {"Save the setting": ("Einstellungen speichern", True), "Quite new": ("", False)}


@pytest.mark.parametrize("tag", catalogues.TAGS)
def test_what_the_program_reads_is_what_the_catalogue_says(tag: str) -> None:
    """The built files are up to date; `make build` makes them so."""
    with translation.language(tag):
        for message in catalogues.read(tag):
            if isinstance(message.id, str) and message.id:
                assert translation.translation_of(message.id) == message.string
            elif message.id:
                texts = message.string or ""
                assert translation.plural_translation_of(message.id[0], message.id[1], 5) == texts[-1]
