"""The package of the functions: compiled, the same for the same files, and renewed behind what stays as it is."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import bytecode, function_package

LIBRARY = {"library/__init__.py": b"value = 1\n", "library/data.bin": bytes(range(256)) * 40}


def archive_of(files: dict[str, bytes]) -> bytes:
    """As Chalice makes it, with the time stamps of now."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return made.getvalue()


def contents(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        assert len({*opened.namelist()}) == len(opened.namelist())
        return {name: opened.read(name) for name in opened.namelist()}


def sources(archive: Path) -> dict[str, bytes]:
    return {name: content for name, content in contents(archive).items() if not name.endswith(".pyc")}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_library(tmp_path, "package.zip")


def write_library(folder: Path, name: str) -> Path:
    for file, content in LIBRARY.items():
        path = folder / "packages" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    function_package.write_dependencies(folder / "packages", folder / name)
    return folder / name


def test_python_uses_the_compiled_files_and_does_not_look_at_the_sources(archive: Path, tmp_path: Path) -> None:
    function_package.renew(archive, archive_of({"app.py": b"from library import value\nprint(value, __cached__)\n"}))
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "task")
    for changed in ("app.py", "library/__init__.py"):
        (tmp_path / "task" / changed).write_text("raise AssertionError('compiled anew')\n")
    done = subprocess.run(
        [sys.executable, "-c", "import app"], cwd=tmp_path / "task", capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", str(tmp_path / "task" / bytecode.name_of("app.py"))]


def test_tracebacks_name_the_files_in_lambda(archive: Path) -> None:
    assert b"/var/task/library/__init__.py" in contents(archive)[bytecode.name_of("library/__init__.py")]


def test_what_is_not_python_is_not_compiled(archive: Path) -> None:
    function_package.renew(archive, archive_of({"chalicelib/of_python_2.py": b"print 1\n", "chalicelib/a.css": b""}))
    assert {name for name in contents(archive) if name.startswith("chalicelib")} == {
        "chalicelib/of_python_2.py", "chalicelib/a.css",
    }  # fmt: skip


def test_the_same_files_make_the_same_archive(archive: Path, tmp_path: Path) -> None:
    again = write_library(tmp_path, "again.zip")
    assert again.read_bytes() == archive.read_bytes()
    for one, program in (
        (archive, {"app.py": b"", "chalicelib/b": b"1"}),
        (again, {"chalicelib/b": b"1", "app.py": b""}),
    ):
        function_package.renew(one, archive_of(program))
    assert again.read_bytes() == archive.read_bytes()


def test_lambda_may_read_every_file(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        assert {entry.external_attr >> 16 for entry in opened.infolist()} == {0o644}


def test_only_what_is_new_is_written_behind_what_stays(archive: Path) -> None:
    style = bytes(range(256)) * 100
    function_package.renew(archive, archive_of({"app.py": b"first = 1\n", "chalicelib/style.css": style}))
    before = archive.read_bytes()
    kept = function_package.renew(archive, archive_of({"app.py": b"second = 2\n", "chalicelib/style.css": style}))
    after = archive.read_bytes()
    assert before[:kept] == after[:kept]
    assert len(after) - kept < 1500
    assert sources(archive) == {**LIBRARY, "app.py": b"second = 2\n", "chalicelib/style.css": style}
    assert b"second" in contents(archive)[bytecode.name_of("app.py")]


def test_what_the_program_has_no_more_is_gone_with_its_compiled_file(archive: Path) -> None:
    function_package.renew(archive, archive_of({"app.py": b"", "chalicelib/former.py": b"x = 1\n"}))
    function_package.renew(archive, archive_of({"app.py": b""}))
    assert {name for name in contents(archive) if "former" in name} == set()
    assert sources(archive) == {**LIBRARY, "app.py": b""}


def test_only_the_directory_of_the_earlier_archive_is_needed(archive: Path) -> None:
    function_package.renew(archive, archive_of({"app.py": b"first = 1\n"}))
    whole = archive.read_bytes()
    with zipfile.ZipFile(archive) as opened:
        directory = opened.start_dir
    archive.write_bytes(bytes(directory) + whole[directory:])
    kept = function_package.renew(archive, archive_of({"app.py": b"second = 2\n"}))
    archive.write_bytes(whole[:kept] + archive.read_bytes()[kept:])
    assert sources(archive) == {**LIBRARY, "app.py": b"second = 2\n"}


NAMES = st.sampled_from(["app.py", "chalicelib/a.py", "chalicelib/b.css"])


@given(st.lists(st.dictionaries(NAMES, st.binary(max_size=300), min_size=1), max_size=8))
def test_any_row_of_programs_ends_with_the_last_one(
    tmp_path_factory: pytest.TempPathFactory, programs: list[dict[str, bytes]]
) -> None:
    archive = write_library(tmp_path_factory.mktemp("row"), "package.zip")
    dependencies = archive.stat().st_size
    for program in programs:
        before = archive.read_bytes()
        kept = function_package.renew(archive, archive_of(program), max_unused=500)
        assert archive.read_bytes()[:kept] == before[:kept]
        assert sources(archive) == {**LIBRARY, **program}
        assert archive.stat().st_size < dependencies + 500 + 3 * 2500  # what is unused does not add up
