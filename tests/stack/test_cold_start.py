"""Functions start from their package alone: everything they import is in it, and compiled."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from demo.traffic.audience import Audience
from harness import beacons, cold_start
from harness.lambda_requests import event
from harness.sample_day import new_site
from infra import function_package, project
from infra.aws_environment import Cloud
from localstack import dependencies


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, local_aws: Cloud) -> Path:
    """The folder of a package, built as for AWS, for this machine."""
    folder = tmp_path_factory.mktemp("package")
    project.copy_to(folder / "project", "prod", {})
    project.leave_out_dependencies(folder / "project")
    project.chalice(local_aws, folder / "project", ["package", "--stage", "prod", str(folder / "made")])
    archive = folder / "package.zip"
    dependencies.for_this_machine().write(archive)
    function_package.renew(archive, (folder / "made" / "deployment.zip").read_bytes())
    cold_start.unpack(archive, folder / "task")
    return folder / "task"


def test_every_module_of_the_program_can_be_imported(package: Path, local_aws: Cloud) -> None:
    modules = [
        ".".join(path.relative_to(package).with_suffix("").parts)
        for path in sorted((package / "chalicelib").rglob("*.py"))
        if path.name != "__init__.py" and "compiled_templates" not in path.parts
    ]
    assert len(modules) > 200
    started = cold_start.imports(package, f"import app, {', '.join(modules)}", local_aws.environ({}))
    assert started.compiled == []


def test_a_hit_and_a_page_are_answered_without_compiling_anything(package: Path, local_aws: Cloud) -> None:
    environ = local_aws.environ({})
    beacon = beacons.at_url(beacons.beacon(new_site("cold").id, 1, Audience(Random(1))))
    hit = cold_start.start(package, "shylight-local-collect", "collect", beacon, environ)
    assert (hit.answer["statusCode"], hit.compiled) == (204, [])
    assert not {"jinja2", "duckdb", "jwt", "chalicelib.dashboard.render"} & {*hit.modules}
    page = cold_start.start(package, "shylight-local", "app", event("GET", "/sign-in", {}), environ)
    assert (page.answer["statusCode"], page.compiled) == (200, [])
    assert "chalicelib.dashboard.render" in page.modules


@pytest.mark.parametrize(
    ("function", "module"),
    [("shylight-local-worker", "chalicelib.enrich.worker"), ("shylight-local-collect", "chalicelib.collect.beacons")],
)
def test_functions_with_many_invocations_load_their_code_while_they_start(
    function: str, module: str, package: Path, local_aws: Cloud
) -> None:
    started = cold_start.imports(package, "import app", local_aws.environ({}), function)
    needed = {
        "shylight-local-worker": "chalicelib.enrich.worker",
        "shylight-local-collect": "chalicelib.collect.beacons",
    }
    assert needed[function] in started.modules
