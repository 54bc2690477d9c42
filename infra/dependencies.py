"""The functions' dependencies as they are shipped: wheels for Lambda's system, without what no function uses."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chalice.deploy.packager import DependencyBuilder, MissingDependencyError, PipRunner, SubprocessPip
from chalice.utils import OSUtils

from infra import bytecode, function_package
from infra.aws_environment import DeployError

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
# The services of AWS that the program or PynamoDB calls. botocore describes 400 others, in 13 MB.
SERVICES: Final = frozenset({"dynamodb", "lambda", "s3", "secretsmanager", "sesv2", "sqs", "ssm"})
# As the list of addresses calls them.
_LISTED: Final = SERVICES - {"sesv2"} | {"email"}
# What serves those who develop with the packages.
# cffi, with pycparser, makes bindings; those that are made need only _cffi_backend. Time zones come from tzdata.
_UNUSED_NAMES: Final = frozenset({
    "__pycache__", "_duckdb-stubs", "adbc_driver_duckdb", "cffi", "dateutil-zoneinfo.tar.gz", "examples-1.json",
    "py.typed", "pycparser",
})  # fmt: skip
_UNUSED_ENDINGS: Final = (".pyc", ".pyi", ".pyx", ".pxd", ".c", ".h")


@dataclass(frozen=True)
class Dependencies:
    """What is in requirements.txt, for one kind of machine.

    :ivar key: tells two archives of dependencies apart, before they are built.
    :ivar install: installs them into a folder.
    """

    key: str
    install: Callable[[Path], None]

    def write(self, archive: Path) -> None:
        """Write an archive of them, compiled.

        :raises DeployError: if a package cannot be had.
        """
        with tempfile.TemporaryDirectory(prefix="shylight-") as temporary:
            folder = Path(temporary) / "packages"
            self.install(folder)
            for path in unused(folder):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            shorten_endpoints(folder)
            shorten_services(folder)
            function_package.write_dependencies(folder, archive)


def for_lambda(architecture: str) -> Dependencies:
    """The dependencies for Lambda.

    :param architecture: ``arm64`` or ``x86_64``.
    """
    return Dependencies(key_of(architecture), lambda folder: _install(architecture, folder))


def key_of(machine: str) -> str:
    """A hash of all that decides about an archive of dependencies, for one kind of machine."""
    digest = hashlib.sha256(f"{machine} {bytecode.runtime()}".encode())
    for path in (REQUIREMENTS, Path(__file__), Path(bytecode.__file__), Path(function_package.__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def unused(folder: Path) -> Iterator[Path]:
    """The files and folders in `folder` that no function reads. What tells the versions of packages is kept."""
    for path in sorted(folder.iterdir()):
        if path.name.endswith(".data") or path.name == "bin":
            yield path
        elif path.name.endswith(".dist-info"):
            yield from (file for file in path.iterdir() if file.name != "METADATA")
        else:
            yield from _unused_in(path)


def shorten_endpoints(folder: Path) -> None:
    """Leave out other services, too, in the list of addresses that botocore reads for every first client."""
    path = folder / "botocore" / "data" / "endpoints.json"
    if not path.is_file():
        return
    listed = json.loads(path.read_text(encoding="utf-8"))
    for partition in listed["partitions"]:
        partition["services"] = {name: of for name, of in partition["services"].items() if name in _LISTED}
    path.write_text(json.dumps(listed, separators=(",", ":")), encoding="utf-8")


def shorten_services(folder: Path) -> None:
    """Leave out the documentation, three quarters of what botocore reads to make a client of a service."""
    for path in (folder / "botocore" / "data").glob("*/*/service-2.json.gz"):
        described = json.loads(gzip.decompress(path.read_bytes()))
        described |= {part: _without_documentation(described[part]) for part in ("operations", "shapes")}
        shorter = json.dumps(described, separators=(",", ":")).encode()
        path.write_bytes(gzip.compress(shorter, mtime=0))


def _without_documentation(described: Any) -> Any:
    """`described` without its texts; a field that is called documentation is no text, but described itself."""
    if isinstance(described, list):
        return [_without_documentation(one) for one in described]
    if not isinstance(described, dict):
        return described
    return {
        key: _without_documentation(value)
        for key, value in described.items()
        if not (key == "documentation" and isinstance(value, str))
    }


def _unused_in(path: Path) -> Iterator[Path]:
    if path.name in _UNUSED_NAMES or path.name.endswith(_UNUSED_ENDINGS):
        yield path
    elif path.is_dir():
        if path.parent.name == "data" and path.parent.parent.name == "botocore" and path.name not in SERVICES:
            yield path
        else:
            for inner in sorted(path.iterdir()):
                yield from _unused_in(inner)


def _install(architecture: str, folder: Path) -> None:
    """Install the wheels that Chalice's packager chooses for Lambda."""
    system = OSUtils()
    builder = DependencyBuilder(system, PipRunner(SubprocessPip(system), system), architecture=architecture)
    try:
        builder.build_site_packages(f"cp{bytecode.THIS.replace('.', '')}", str(REQUIREMENTS), str(folder))
    except MissingDependencyError as error:
        missing = ", ".join(sorted(package.identifier for package in error.missing))
        raise DeployError(
            f"There is no package for Lambda's {bytecode.runtime()} on {architecture} of: {missing}. "
            "Deploy from Python 3.13: make PYTHON=python3.13 deploy"
        ) from error
