"""Files and modules that docstrings, comments and documents name exist, so that whoever follows a reference arrives."""

import ast
import importlib.util
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KINDS = "py|sql|js|mjs|json|yaml|yml|md|html|css|tsv|txt|toml|svg|png"
# A path with a slash, or a file's name. Not a part of a URL, a pattern, a route or an option's value.
PATH = re.compile(
    rf"(?<![\w./:@%{{}}<>*$~-])((?:[\w.-]+/)+[\w.-]*\w|[\w-]+\.(?:{KINDS}))(?![\w/*{{}}<>$%-]|\.\w)",
)
MODULE = re.compile(r"(?<!`)`~?((?:[a-z_]\w*\.)+[a-z_]\w*)(?:\.[A-Z]\w*)?`(?!`)")
# What set-up, builds, runs and other people make, which no commit holds.
NOT_IN_THE_TREE = {
    "robots.json", "results.json", "stack.json", "lock.json", "state.json", "process.json", "localstack.json",
    "flags.svg", "map.svg", "marks.svg", "prepopulated_engines.json", "script.js", "Node.js", "shylight.css",
}  # fmt: skip
SKIPPED = re.compile(r"\.venv|\.local|\.git|node_modules|__pycache__|\.\w+_cache|\.hypothesis")
PACKAGES = {path.name for path in (ROOT / "chalicelib").iterdir() if (path / "__init__.py").is_file()}


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if not SKIPPED.match(path.name) or path.name == ".gitignore":
            yield path
            if path.is_dir():
                yield from _walk(path)


TREE = {path.relative_to(ROOT).as_posix() for path in _walk(ROOT)}
NAMES = {path.rpartition("/")[2] for path in TREE}
TOPS = {path for path in TREE if "/" not in path}
WRITTEN = sorted(path for path in TREE if path.endswith((".py", ".md")))


@cache
def prose(path: Path) -> str:
    """What a file says to people: a document as a whole; of code, its comments and docstrings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        parts = [token.string for token in tokens if token.type == tokenize.COMMENT]
        documented = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, documented)]
        text = "\n".join([*parts, *(ast.get_docstring(node) or "" for node in nodes)])
    return re.sub(r"https?://\S+", "", text)


def exists(cited: str, where: str) -> bool:
    """Whether a path is in the tree: from its root, beside the file that names it, or in the program or the docs."""
    name = cited.rpartition("/")[2]
    if name in NOT_IN_THE_TREE or cited.startswith((".local/", ".chalice/")):
        return True
    if "/" not in cited:
        return name in NAMES
    if re.fullmatch(r"docs/adr/\d{4}", cited):
        return any(path.startswith(f"{cited}-") for path in TREE)
    folder = (ROOT / where).parent
    places = [ROOT, folder, *folder.parents[: len(Path(where).parts) - 1], ROOT / "docs", ROOT / "chalicelib"]
    return any((place / cited).exists() for place in places)


def is_a_file(cited: str) -> bool:
    """Whether words with slashes mean a file of this tree, and not `and/or`, a key of the bucket or a route."""
    return cited.partition("/")[0] in TOPS or re.search(rf"\.(?:{KINDS})$", cited) is not None


def test_every_file_that_is_named_exists() -> None:
    cited = {(where, found.rstrip(".")) for where in WRITTEN for found in PATH.findall(prose(ROOT / where))}
    assert not sorted((where, found) for where, found in cited if is_a_file(found) and not exists(found, where))


def test_every_module_that_is_named_exists() -> None:
    """As `aggregate.rollup_sums`, or with a name that is in it."""
    missing = []
    for where in WRITTEN:
        for found in MODULE.findall(prose(ROOT / where)):
            package, _, rest = found.removeprefix("chalicelib.").partition(".")
            if package not in PACKAGES or found.endswith((".sql", ".js", ".json")):
                continue
            if importlib.util.find_spec(f"chalicelib.{package}.{rest.partition('.')[0]}") is None:
                missing.append((where, found))
    assert not missing


@pytest.mark.parametrize(
    ("cited", "found"),
    [
        ("docs/adr/0002", True), ("docs/adr/9999", False), ("chalicelib/store/aws.py", True), ("store/aws.py", True),
        ("chalicelib/store/nothing.py", False), ("visits.sql", True), ("nothing.sql", False),
    ],
)  # fmt: skip
def test_what_is_missing_is_noticed(cited: str, found: bool) -> None:
    assert PATH.findall(f"See {cited}, which says why.") == [cited]
    assert exists(cited, "app.py") is found
