"""Deployments by Chalice's own code, to an account in memory."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path
from typing import Any

from infra import chalice_deploy, deployed_resources, project
from infra.aws_environment import Cloud
from infra.dependencies import Dependencies
from tests.unit.tools.fake_aws import ACCOUNT, REGION, FakeAws
from tests.unit.tools.fake_s3 import SMALLEST_PART

SERVICES = ("lambda", "iam", "events", "apigateway")
# More than the smallest part of an upload, so that they are sent in two.
DEPENDENCIES = Dependencies("of-test", lambda folder: _write_random(folder / "library.so", SMALLEST_PART + 1000))


def _write_random(path: Path, size: int) -> None:
    path.parent.mkdir()
    path.write_bytes(random.Random(1).randbytes(size))


class Deployments:
    """Deployments of this program to an account in memory, by Chalice's own code.

    :ivar program: the archive that Chalice makes of the program.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "program.zip"
        project.copy_to(folder, "dev", {})
        self.change("first")

    def change(self, text: str) -> None:
        """Change the program."""
        with zipfile.ZipFile(self.program, "w") as opened:
            opened.writestr("app.py", f"told = {text!r}\n")
            opened.writestr("chalicelib/style.css", "a { color: red }")

    def run(self, aws: FakeAws, last: int | None = None, *, in_time: bool = True) -> dict[str, Any]:
        """Deploy; gives what Chalice recorded. `last`, `in_time`: see `FakeAws`."""
        cloud = cloud_of(aws)
        aws.calls, aws.last = [], None
        record = deployed_resources.find(cloud, {})
        aws.calls, aws.last, aws.in_time = [], last, in_time
        file = self.folder / ".chalice" / "deployed" / "dev.json"
        file.parent.mkdir(exist_ok=True)
        file.unlink(missing_ok=True)
        if record:
            file.write_text(json.dumps(record))
        chalice_deploy.deploy(self.folder, "dev", cloud.names.bucket, aws.session(), lambda _architecture: DEPENDENCIES)
        recorded: dict[str, Any] = json.loads(file.read_text())
        return recorded


def account() -> FakeAws:
    """An account in which the bucket of the stage exists already, as CloudFormation makes it."""
    aws = FakeAws()
    aws.kept.add(f"shylight-dev-{ACCOUNT}-{REGION}")
    return aws


def cloud_of(aws: FakeAws, stage: str = "dev") -> Cloud:
    cloud = Cloud(stage, REGION, ACCOUNT)
    cloud._clients.update({service: aws.client(service) for service in SERVICES})
    return cloud
