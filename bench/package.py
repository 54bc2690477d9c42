"""The package of the functions, as it is deployed: its size, and what is sent for it."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.measurement import Measurement, Section
from infra import bytecode, dependencies, function_package, terraform

_MB = 1_000_000
_ARCHITECTURES = ("arm64", "x86_64")


@contextmanager
def built(architecture: str) -> Iterator[Path]:
    """The package for a processor, built as for a deployment."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        target = Path(folder) / "package"
        terraform.write("prod", Path(folder) / "project", target, "us-east-1", architecture)
        yield target / terraform.PACKAGE


def measure() -> Section:
    """Sizes, compared with the design's limits and Lambda's."""
    measurements: list[Measurement] = []
    for architecture in _ARCHITECTURES:
        with built(architecture) as package, zipfile.ZipFile(package) as opened:
            entries = opened.infolist()
            names = {entry.filename for entry in entries}
            sources = [name for name in names if name.endswith(".py")]
            program = sum(entry.compress_size for entry in entries if function_package.is_program(entry.filename))
            services = {
                name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 2
            }
            measurements += [
                Measurement(f"{architecture}: zipped", package.stat().st_size / _MB, "MB", 40),
                Measurement(f"{architecture}: unzipped", sum(entry.file_size for entry in entries) / _MB, "MB", 250),
                Measurement(f"{architecture}: the program alone, zipped", program / _MB, "MB"),
                Measurement(
                    f"{architecture}: Python files that are not compiled",
                    sum(bytecode.name_of(name) not in names for name in sources),
                    f"of {len(sources)}",
                    0,
                ),
                Measurement(
                    f"{architecture}: services that botocore describes", len(services), "", len(dependencies.SERVICES)
                ),
            ]
            if architecture == _ARCHITECTURES[0]:
                measurements.append(_after_a_change(package))
    return Section("Package of the functions", measurements)


def _after_a_change(package: Path) -> Measurement:
    """What is sent when one module has changed: what follows the bytes that are as they were."""
    with zipfile.ZipFile(package) as opened:
        names = [name for name in opened.namelist() if function_package.is_program(name) and not name.endswith(".pyc")]
        program = {name: opened.read(name) for name in names}
    changed = {**program, "chalicelib/dispatch.py": program["chalicelib/dispatch.py"] + b"\n# changed\n"}
    archive = package.with_name("program.zip")
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in changed.items():
            opened.writestr(name, content)
    kept = function_package.renew(package, archive.read_bytes())
    return Measurement("sent when one module has changed", (package.stat().st_size - kept) / _MB, "MB", 1)
