"""A stage keeps its Python version until somebody says another."""

from __future__ import annotations

import pytest

from chalicelib.config import Settings
from infra import python_version
from infra.aws_environment import DeployError
from infra.bytecode import THIS
from tests.unit.tools.chalice_deployments import cloud_of
from tests.unit.tools.fake_aws import FakeAws


def stage(runtime: str | None) -> FakeAws:
    aws = FakeAws()
    if runtime:
        aws.lambda_create_function("shylight-dev", Code={}, Runtime=runtime)
    return aws


@pytest.mark.parametrize(
    ("named", "runtime"),
    [("", None), ("", f"python{THIS}"), (THIS, None), (THIS, "python3.9"), (THIS, f"python{THIS}")],
)
def test_a_first_deployment_and_the_same_or_the_named_version_are_right(named: str, runtime: str | None) -> None:
    python_version.check(cloud_of(stage(runtime)), Settings(python=named))


@pytest.mark.parametrize(("named", "runtime"), [("", "python3.9"), ("3.9", None), ("3.9", f"python{THIS}")])
def test_another_version_is_refused_with_what_to_do(named: str, runtime: str | None) -> None:
    with pytest.raises(DeployError) as refused:
        python_version.check(cloud_of(stage(runtime)), Settings(python=named))
    told = str(refused.value)
    assert told.startswith(f"This is Python {THIS}")
    assert "make PYTHON=/path/to/python3.9 deploy" in told
    assert f'"SHYLIGHT_PYTHON": "{THIS}"' in told
