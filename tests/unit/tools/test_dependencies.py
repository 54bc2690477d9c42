"""What is shipped of the functions' dependencies: what some function uses, for Lambda's processor."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import botocore.session
import pytest

from infra import dependencies, project
from localstack import dependencies as local_dependencies

ROOT = Path(__file__).resolve().parents[3]


def test_the_services_that_the_program_calls_are_shipped() -> None:
    named = {
        name
        for path in (ROOT / "chalicelib").rglob("*.py")
        for name in re.findall(r"""\bclient\(\s*["']([a-z0-9-]+)["']""", path.read_text(encoding="utf-8"))
    }
    assert named | {"dynamodb"} == dependencies.SERVICES  # which PynamoDB calls


def test_what_no_function_reads_is_left_out(tmp_path: Path) -> None:
    kept = {
        "botocore/data/sqs/2012-11-05/service-2.json.gz", "botocore/data/endpoints.json", "botocore/session.py",
        "duckdb/__init__.py", "_duckdb.abi3.so", "tzdata/zoneinfo/data", "duckdb-2.0.0.dist-info/METADATA", "six.py",
    }  # fmt: skip
    dropped = {
        "botocore/data/ec2/2016-11-15/service-2.json.gz", "botocore/data/sqs/2012-11-05/examples-1.json",
        "duckdb-2.0.0.dist-info/RECORD", "duckdb-2.0.0.dist-info/licenses/LICENSE", "segno-1.6.6.data/data/share/man",
        "_duckdb-stubs/__init__.pyi", "duckdb/__init__.pyi", "duckdb/py.typed", "six/__pycache__/six.cpython-313.pyc",
        "bin/jp.py",
    }  # fmt: skip
    for name in kept | dropped:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = [*dependencies.unused(tmp_path)]
    left = {
        path.relative_to(tmp_path).as_posix()
        for path in tmp_path.rglob("*")
        if path.is_file() and not any(one == path or one in path.parents for one in found)
    }
    assert left == kept


def test_botocore_makes_the_same_clients_without_its_documentation(tmp_path: Path) -> None:
    data = tmp_path / "botocore" / "data"
    for service in dependencies.SERVICES:
        shutil.copytree(Path(botocore.__file__).parent / "data" / service, data / service)
    before = {path: path.stat().st_size for path in data.rglob("service-2.json.gz")}
    dependencies.shorten_services(tmp_path)
    assert all(path.stat().st_size < size / 2 for path, size in before.items())
    whole, short = botocore.session.get_session(), botocore.session.get_session()
    short.get_component("data_loader").search_paths.insert(0, str(data))
    options = {"region_name": "eu-west-1", "aws_access_key_id": "id", "aws_secret_access_key": "key"}
    for service in dependencies.SERVICES:
        model, complete = (one.create_client(service, **options).meta.service_model for one in (short, whole))
        assert (model.operation_names, model.shape_names) == (complete.operation_names, complete.shape_names)
        for name in complete.shape_names:
            shape, expected = model.shape_for(name), complete.shape_for(name)
            assert (shape.metadata, shape.serialization) == (expected.metadata, expected.serialization)
            if expected.type_name == "structure":
                assert list(shape.members) == list(expected.members)
                assert not any(member.documentation for member in shape.members.values())


def test_another_requirement_or_processor_is_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {dependencies.for_lambda("arm64").key, dependencies.for_lambda("x86_64").key}
    assert len(known) == 2
    other = tmp_path / "requirements.txt"
    other.write_text(dependencies.REQUIREMENTS.read_text().replace("duckdb==2", "duckdb==3"))
    monkeypatch.setattr(dependencies, "REQUIREMENTS", other)
    assert dependencies.for_lambda("arm64").key not in known


def test_functions_on_aws_run_on_arm64_and_local_ones_on_this_machine(tmp_path: Path) -> None:
    from localstack import functions

    assert {project.architecture(stage) for stage in ("dev", "prod")} == {"arm64"}
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "config.json").write_text('{"lambda_architecture": "other", "stages": {}}')
    functions.run_on_this_processor(tmp_path)
    assert local_dependencies.architecture() in (tmp_path / ".chalice" / "config.json").read_text()
