"""How large the functions' package is, made by Chalice as for a deployment."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from harness.measurement import Figure, Part
from infra import project
from infra.aws_environment import Cloud, DeployError

_MIB = 1024 * 1024


def measure() -> Part:
    """Zipped and unzipped size, against what Lambda takes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        source, target = Path(folder) / "project", Path(folder) / "package"
        project.copy_to(source, "prod", {})
        try:
            project.chalice(Cloud("prod", "us-east-1", ""), source, ["package", "--stage", "prod", str(target)])
        except DeployError as error:
            return Part(f"Package (not measured: {str(error).splitlines()[0]})", [])
        archive = target / "deployment.zip"
        zipped = archive.stat().st_size
        with zipfile.ZipFile(archive) as opened:
            raw = sum(entry.file_size for entry in opened.infolist())
    return Part(
        "Package of the functions",
        [
            Figure("zipped", zipped / _MIB, "MiB", 50),
            Figure("unzipped", raw / _MIB, "MiB", 250),
        ],
    )
