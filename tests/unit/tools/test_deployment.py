"""What is deployed and how: Chalice's configuration, the policy files, the lock files, the set-up."""

import importlib.metadata
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from chalice.config import Config
from chalice.deploy.validate import validate_resource_policy
from packaging.requirements import Requirement

import app
from chalicelib import dispatch
from infra import __main__ as commands
from infra import policies, project, terraform
from infra.aws_environment import Cloud
from localstack import container, process

ROOT = Path(__file__).resolve().parents[3]
CONFIG = json.loads((ROOT / ".chalice" / "config.json").read_text())
STAGES = CONFIG["stages"]


def locked(name: str) -> dict[str, Requirement]:
    lines = (ROOT / name).read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", " ", "-"))]
    return {requirement.name.lower().replace("_", "-"): requirement for requirement in found}


def test_each_function_has_its_memory_and_timeout_once_and_its_own_policy_in_every_stage() -> None:
    functions = {"api_handler", *(handler.name for handler in app.app.pure_lambda_functions)}
    functions |= {source.name for source in app.app.event_sources}
    assert functions == set(policies.FUNCTIONS) == set(CONFIG["lambda_functions"])
    for given in CONFIG["lambda_functions"].values():
        assert set(given) == {"lambda_memory_size", "lambda_timeout"}
    for stage, settings in STAGES.items():
        assert settings["environment_variables"] == {"SHYLIGHT_STAGE": stage}
        assert settings["lambda_functions"] == {
            function: {"iam_policy_file": policies.file_name(function, stage)} for function in functions
        }
    assert CONFIG["autogen_policy"] is False


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", policies.FUNCTIONS)
def test_chalice_finds_what_the_configuration_says(function: str, stage: str) -> None:
    found = Config(chalice_stage=stage, function_name=function, config_from_disk=CONFIG)
    given = CONFIG["lambda_functions"][function]
    assert (found.lambda_memory_size, found.lambda_timeout) == (given["lambda_memory_size"], given["lambda_timeout"])
    assert found.iam_policy_file == policies.file_name(function, stage)
    assert found.api_gateway_stage == stage


def test_stages_differ_in_nothing_but_their_name() -> None:
    assert len({json.dumps(settings).replace(stage, "STAGE") for stage, settings in STAGES.items()}) == 1


def test_the_api_answers_before_the_gateway_gives_up() -> None:
    assert CONFIG["lambda_functions"]["api_handler"]["lambda_timeout"] <= 29


def test_the_api_has_no_more_resources_than_the_quota_and_as_many_as_the_document_says() -> None:
    """A resource is a path, or the beginning of one: 300 in an API, unless AWS allows more."""
    steps = [route.path.strip("/").split("/") for route in (*dispatch.ROUTES, *dispatch.UNKNOWN)]
    resources = {"/".join(parts[:number]) for parts in steps for number in range(len(parts) + 1)}
    assert len(resources) <= 300
    told = (ROOT / "docs" / "install-and-operate.md").read_text()
    assert f"the stage uses {len(resources)} of the 300 resources" in told


@pytest.mark.parametrize("document", ["install-and-operate.md", "settings.md"])
def test_a_variable_that_a_document_adds_leaves_the_rest_of_the_stage(document: str) -> None:
    """Whoever pastes the line over the one that is there has one variable more, and nothing less."""
    text = (ROOT / ".chalice" / "config.json").read_text()
    (there,) = re.findall(r'^ *"environment_variables": .*"prod".*$', text, re.MULTILINE)
    told = (ROOT / "docs" / document).read_text()
    (line,) = re.findall(r"```json\n(.*environment_variables.*)\n```", told)
    changed = json.loads(text.replace(there, line))
    (added,) = changed["stages"]["prod"]["environment_variables"].keys() - {"SHYLIGHT_STAGE"}
    del changed["stages"]["prod"]["environment_variables"][added]
    assert changed == CONFIG


def test_chalice_takes_the_line_for_china() -> None:
    line = '"api_gateway_endpoint_type": "REGIONAL",'
    assert f"`{line}` at the top of" in (ROOT / "docs" / "install-and-operate.md").read_text()
    text = (ROOT / ".chalice" / "config.json").read_text()
    changed = json.loads(text.replace('"app_name"', f'{line} "app_name"'))
    found = Config(chalice_stage="prod", config_from_disk=changed)
    assert found.api_gateway_endpoint_type == "REGIONAL"
    validate_resource_policy(found)  # it wants no more than that, as a private endpoint would


def test_log_retention_is_left_to_the_template() -> None:
    """Chalice's Terraform writer crashes on log_retention_in_days."""
    assert "log_retention_in_days" not in json.dumps(CONFIG)


def test_set_up_writes_the_policy_files_and_removes_those_that_nothing_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / ".chalice", tmp_path / ".chalice", ignore=shutil.ignore_patterns("[!c]*"))
    stale = tmp_path / ".chalice" / "policy-dev-forget.json"
    stale.write_text("{}")
    monkeypatch.setattr(policies, "CHALICE", tmp_path / ".chalice")
    set_up = runpy.run_path(str(ROOT / "bin" / "setup.py"))
    set_up["write_policies"]()
    named = {given["iam_policy_file"] for stage in STAGES.values() for given in stage["lambda_functions"].values()}
    assert {path.name for path in (tmp_path / ".chalice").glob("policy-*")} == named
    written = (tmp_path / ".chalice" / "policy-prod-worker.json").read_text()
    assert written == policies.render("worker", "prod")


def test_policy_files_are_in_no_commit() -> None:
    assert ".chalice/policy-*.json" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("function", policies.FUNCTIONS)
def test_policies_name_the_stage_and_no_wildcard_for_what_they_may_do(function: str) -> None:
    for statement in json.loads(policies.render(function, "prod"))["Statement"]:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        named = [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]
        assert statement["Effect"] == "Allow"
        assert all("*" not in action for action in actions)
        assert actions == sorted(actions)
        # The sender of mail is a setting of the installation, so its identity in SES is not known here.
        of_mail = actions == ["ses:GetEmailIdentity", "ses:SendEmail"]
        assert of_mail or all("shylight-prod" in resource for resource in named)


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("eu-central-1", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("xx-newest-1", "aws", "amazonaws.com"),
    ],
)
def test_policies_and_addresses_are_those_of_the_part_of_aws_that_the_region_is_in(
    region: str, partition: str, suffix: str, tmp_path: Path
) -> None:
    cloud = Cloud("prod", region, "123456789012")
    assert commands.TARGET.locate(cloud, "abc") == f"https://abc.execute-api.{region}.{suffix}/prod"
    project.copy_to(tmp_path, "prod", {}, cloud.partition)
    for function in policies.FUNCTIONS:
        written = (tmp_path / ".chalice" / policies.file_name(function, "prod")).read_text()
        assert set(re.findall(r"arn:([\w-]+):", written)) == {partition}


def test_terraform_takes_iams_variables_for_what_they_are(tmp_path: Path) -> None:
    policy = policies.render("worker", "prod")
    assert "${aws:PrincipalAccount}" in policy
    written = {
        "terraform": {"required_version": ">= 0.12.26, < 1.4.0"},
        "resource": {"aws_iam_role_policy": {"worker": {"policy": policy, "role": "${aws_iam_role.worker.id}"}}},
    }
    (tmp_path / terraform.NAME).write_text(json.dumps(written))
    terraform.fix(tmp_path)
    mended = json.loads((tmp_path / terraform.NAME).read_text())
    of_worker = mended["resource"]["aws_iam_role_policy"]["worker"]
    assert set(re.findall(r"\$+\{[^}]*\}", of_worker["policy"])) == {"$${aws:PrincipalAccount}"}
    assert of_worker["role"] == "${aws_iam_role.worker.id}"
    assert mended["terraform"]["required_version"].endswith("< 2")


def test_requirements_are_complete() -> None:
    """Nothing that the functions need may be there only because the emulator or a tool has it installed.

    What bin/lock leaves out is needed only by parts of geoip2 that nothing imports.
    """
    script = (ROOT / "bin" / "lock").read_text(encoding="utf-8")
    unused = set(re.findall(r'unused="([^"]+)"', script)[0].split())
    code = "import sys, geoip2.database, geoip2.errors; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {name.replace("-", "_") for name in unused} & {name.partition(".")[0] for name in done.stdout.split()}
    runtime = locked("requirements.txt")
    for name, requirement in runtime.items():
        assert str(requirement.specifier).startswith("=="), name
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        extras = requirement.extras or {""}
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                assert needed.name.lower().replace("_", "-") in {*runtime, *unused}, f"{name} needs {needed}"


def test_the_functions_import_only_what_is_required() -> None:
    tops = importlib.metadata.packages_distributions()
    runtime = locked("requirements.txt")
    pattern = re.compile(r"^\s*(?:from|import)\s+([A-Za-z0-9_]+)", re.MULTILINE)
    for path in [ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py")]:
        for name in set(pattern.findall(path.read_text(encoding="utf-8"))):
            if name in sys.stdlib_module_names or name in {"chalicelib", "chalice"} or name not in tops:
                continue
            assert any(dist.lower().replace("_", "-") in runtime for dist in tops[name]), f"{path.name} imports {name}"


def test_chalice_is_not_in_what_lambda_runs() -> None:
    assert not {"chalice", "pip", "setuptools", "boto3"} & set(locked("requirements.txt"))


def test_lock_files_pin_everything_and_name_no_registry() -> None:
    for name in (
        "requirements.txt",
        "requirements-dev.txt",
        "localstack/requirements.txt",
        "bin/node-requirements.txt",
        "bin/readers-requirements.txt",
    ):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert all(str(requirement.specifier).startswith("==") for requirement in locked(name).values())
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert "omit-lockfile-registry-resolved=true" in (ROOT / ".npmrc").read_text()


def test_every_direct_dependency_has_its_reason() -> None:
    told = (ROOT / "docs" / "dependencies.md").read_text().lower()
    sources = ["requirements.in", "requirements-dev.in", "localstack/requirements.in"]
    sources += ["bin/node-requirements.in", "bin/readers-requirements.in"]
    named = {name for source in sources for name in locked(source)}
    named |= set(json.loads((ROOT / "package.json").read_text())["devDependencies"])
    assert not {name for name in named if f"`{name}`" not in told}


def find_python(**environ: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(ROOT / "bin" / "find-python")]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_a_python_is_found() -> None:
    found = find_python(**os.environ).stdout.strip()
    said = subprocess.run([found, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, check=True)
    assert said.stdout.strip() in {b"3 11", b"3 12", b"3 13"}


def test_a_program_that_is_no_python_is_refused() -> None:
    wrong = find_python(PYTHON="/bin/true", PATH="/usr/bin:/bin")
    assert wrong.returncode == 1
    assert "not Python 3.11, 3.12 or 3.13" in wrong.stderr


def test_what_is_missing_is_said_where_no_python_fits(tmp_path: Path) -> None:
    told = find_python(PATH=str(tmp_path), HOME=str(tmp_path))
    assert told.returncode == 1
    assert "needs Python 3.13, 3.12 or 3.11" in told.stderr
    assert "apt-get install" in told.stderr


def test_make_help_lists_every_command() -> None:
    told = subprocess.run(["make", "--silent", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    for command in phony[1].split():
        assert f"make {command} " in told


def test_an_aws_that_is_not_on_this_machine_is_no_local_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://dynamodb.eu-west-1.amazonaws.com")
    with pytest.raises(Exception, match="not on this machine"):
        container.start(tmp_path)


def test_the_callers_aws_settings_do_not_reach_the_emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a real one")
    environ = process._environ(tmp_path, 4000, "word")
    assert "a real one" not in environ.values()
    assert "AWS_PROFILE" not in environ
    assert environ["BIND_HOST"] == "127.0.0.1"


def test_the_environment_for_an_emulator_holds_no_real_credentials() -> None:
    cloud = Cloud("local", "us-east-1", "000000000000", "http://127.0.0.1:1")
    given = cloud.environ({"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "x", "AWS_SECRET_ACCESS_KEY": "a real one"})
    assert given["AWS_SECRET_ACCESS_KEY"] == "test"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & set(given)
