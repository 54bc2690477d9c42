"""Deployments by Chalice's own code, to an account in memory."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from chalice.cli.factory import CLIFactory
from chalice.deploy import deployer
from chalice.utils import UI

from infra import deployed_resources, project
from infra.aws_environment import Cloud
from tests.unit.tools.fake_aws import ACCOUNT, REGION, FakeAws

SERVICES = ("lambda", "iam", "events", "apigateway")


class Deployments:
    """Deployments of this program to an account in memory, by Chalice's own code."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        project.copy_to(folder, "dev", {})

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
        config = CLIFactory(str(self.folder), environ={}).create_config_obj(chalice_stage_name="dev")
        deployer.create_default_deployer(aws, config, UI(out=io.StringIO())).deploy(config, chalice_stage_name="dev")
        recorded: dict[str, Any] = json.loads(file.read_text())
        return recorded


def cloud_of(aws: FakeAws, stage: str = "dev") -> Cloud:
    cloud = Cloud(stage, REGION, ACCOUNT)
    cloud._clients.update({service: aws.client(service) for service in SERVICES})
    return cloud
