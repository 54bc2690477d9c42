"""What tests of deployments share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from chalice.deploy import packager

from infra import deployed_resources
from tests.unit.tools.chalice_deployments import Deployments


@pytest.fixture(autouse=True)
def _nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS in memory gets on with its work by being asked for it."""
    monkeypatch.setattr(deployed_resources, "_POLL_S", 0.0)


@pytest.fixture(scope="module")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployments]:
    folder = tmp_path_factory.mktemp("project")
    made = Deployments(folder)
    archive = patch.object(
        packager.LambdaDeploymentPackager, "create_deployment_package", lambda *_, **__: str(made.program)
    )
    with archive, patch.dict(os.environ):  # in which Chalice puts the variables of the stage
        yield made
