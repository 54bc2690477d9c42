"""`make deploy`, from an empty account to a counted page view, run against an emulator of AWS."""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from infra import cloudformation, deploy_lock, deployed_resources, domain, ingest, policies, project
from infra.aws_environment import Cloud, DeployError, emulator
from infra.deploy import STATE_KEY, Target, deploy, sign_in_link
from infra.deploy_lock import DeployLock
from infra.destroy import destroy
from infra.http_client import Answer, ask
from infra.project import ROOT
from localstack import dependencies, functions, process
from tests.conftest import ON_LOCALSTACK

KIND = "localstack" if ON_LOCALSTACK else "ministack"
TARGET = Target(
    chalice=partial(functions.deploy, kind=KIND),
    locate=partial(functions.locate, kind=KIND),
    locate_ingest=partial(functions.locate_ingest, kind=KIND),
)


NewAccount = Callable[[], Cloud]


@pytest.fixture(scope="module")
def new_account(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[NewAccount]:
    """Makes accounts in which nothing of the stage `dev` exists."""
    if ON_LOCALSTACK:
        endpoint = request.getfixturevalue("stack").aws_endpoint_url  # it may be running since earlier tests
        yield lambda: emulator(endpoint, "dev", f"{random.randrange(10**11, 10**12)}")
        return
    with ExitStack() as running:

        def start() -> Cloud:
            started = process.start(tmp_path_factory.mktemp("account"))
            running.callback(process.stop, started)
            return emulator(started.url, "dev")

        yield start


@pytest.fixture(scope="module")
def account(new_account: NewAccount) -> Cloud:
    """An account for all tests of one deployment."""
    return new_account()


def test_a_deployment_ends_with_a_page_view_that_is_counted(account: Cloud, tmp_path: Path) -> None:
    told: list[str] = []
    with pytest.raises(DeployError, match="ADMIN_EMAIL"):
        deploy(account, tmp_path / "first", None, TARGET, say=told.append)
    first = deploy(account, tmp_path / "first", "ada@example.com", TARGET, say=told.append)
    assert ask(f"{first.base_url}/healthz").json()["status"] == "ok"
    assert first.sign_in is not None
    page = ask(first.sign_in)
    assert page.status == 200
    assert "ada@example.com" in page.text

    assert ask(f"{first.base_url}/sign-in").status == 200
    if not ON_LOCALSTACK:
        assert first.ingest_url is not None
        assert ask(f"{first.ingest_url}/sign-in").status == 404  # it receives hits, and has nothing else
        assert ingest.url_in_use(account) == first.ingest_url
        assert ingest.apply(account, TARGET.locate_ingest, told.append) == first.ingest_url

    # From another machine: it knows nothing but the account, finds what is there, and makes no second administrator.
    again = deploy(account, tmp_path / "second", None, TARGET, say=told.append)
    assert (again.base_url, again.ingest_url) == (first.base_url, first.ingest_url)
    assert again.sign_in is None
    assert "  unchanged" in told
    another = sign_in_link(account, "ada@example.com", TARGET)
    assert another != first.sign_in
    assert ask(another).status == 200


def test_a_second_deployer_is_told_of_the_first(account: Cloud, tmp_path: Path) -> None:
    with DeployLock(account) as lock:
        with pytest.raises(DeployError, match="is deploying the stage dev"):
            deploy(account, tmp_path, None, TARGET, say=lambda _line: None)
        with pytest.raises(DeployError, match="is deploying the stage dev"):
            destroy(account, data=False, say=lambda _line: None)
        lock.check()
    kept = account.client("s3").list_objects_v2(Bucket=account.names.bucket, Prefix=deploy_lock.KEY)
    assert kept["KeyCount"] == 0


@pytest.mark.skipif(ON_LOCALSTACK, reason="its host names lead to no mapping of a domain")
def test_a_deployment_is_reached_at_its_own_domain_until_that_is_removed(
    account: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ministack issues a certificate at once, and tells domains by the header Host."""
    monkeypatch.setattr(domain, "HEAD_START_S", 0.0)  # no record has to be set
    host, told = "stats.example.com", list[str]()

    def at_domain(path: str) -> Answer:
        return ask(f"{account.endpoint_url}{path}", headers={"Host": host})

    target = replace(TARGET, answers=lambda name: name == host and at_domain("/healthz").status == 200)
    done = deploy(account, tmp_path / "domain", "ada@example.com", target, own_domain=host, say=told.append)
    assert (done.base_url, done.missing) == (f"https://{host}", None)
    assert sign_in_link(account, "ada@example.com", target).startswith(f"https://{host}/sign-in/")
    assert at_domain("/").headers["location"] == f"https://{host}/sites"
    assert at_domain("/sign-in").status == 200
    again = deploy(account, tmp_path / "again", None, target, say=told.append)
    assert again.base_url == f"https://{host}"

    removed = deploy(account, tmp_path / "again", None, target, own_domain=domain.NONE, say=told.append)
    assert removed.base_url == target.locate(account, rest_api_of(account))
    assert domain.url_in_use(account) is None
    assert account.client("acm").list_certificates()["CertificateSummaryList"] == []
    assert at_domain("/healthz").status != 200
    assert ask(f"{removed.base_url}/healthz").status == 200


def rest_api_of(account: Cloud) -> str:
    (api,) = deployed_resources.apis(account)
    return str(api["id"])


def test_chalice_deploy_alone_works_after_set_up(tmp_path: Path, new_account: NewAccount) -> None:
    """Without `make deploy`: the resources exist, the policy files are there as set-up writes them."""
    account = new_account()
    cloudformation.apply(account)
    for name in ("app.py", "requirements.txt", ".chalice/config.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    for name in ("chalicelib", "infra"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "infra.policies"], cwd=tmp_path, check=True)
    functions.run_on_this_processor(tmp_path)
    dependencies.for_this_machine().install(tmp_path / "vendor")
    (tmp_path / "requirements.txt").write_text("")
    module = project.STANDARD_CHALICE if ON_LOCALSTACK else "localstack.bridge"
    project.chalice(account, tmp_path, ["deploy", "--stage", "dev"], module)

    api = functions.rest_api(tmp_path, account.stage)
    assert api is not None
    assert ask(f"{functions.locate(account, api, KIND)}/healthz").json()["status"] == "ok"
    given = json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_functions"]
    for function in policies.FUNCTIONS:
        name = account.names.prefix if function == "api_handler" else f"{account.names.prefix}-{function}"
        deployed = account.client("lambda").get_function_configuration(FunctionName=name)
        assert deployed["MemorySize"] == given[function]["lambda_memory_size"]
        assert deployed["Timeout"] == given[function]["lambda_timeout"]
        role = deployed["Role"].rpartition("/")[2]
        policy = account.client("iam").get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
        assert policy == json.loads(policies.render(function, account.stage))


def test_the_note_of_a_deployment_holds_no_secret(account: Cloud) -> None:
    body = account.client("s3").get_object(Bucket=account.names.bucket, Key=STATE_KEY)["Body"].read()
    assert set(json.loads(body)) == {"administrator", "chalice"}


@pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack takes resource types that do not exist")
def test_a_template_that_fails_is_told_with_its_reason_and_can_be_mended(
    bare_aws: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = emulator(bare_aws.endpoint_url or "", "broken")
    good = cloudformation.TEMPLATE
    bad = tmp_path / "template.yaml"
    bad.write_text(good.read_text().replace("Type: AWS::SNS::Topic\n", "Type: AWS::SNS::Nonsense\n"))
    monkeypatch.setattr(cloudformation, "TEMPLATE", bad)
    with pytest.raises(DeployError, match="Nonsense"):
        cloudformation.apply(cloud)
    monkeypatch.setattr(cloudformation, "TEMPLATE", good)
    assert cloudformation.apply(cloud)
    assert not cloudformation.apply(cloud)


@pytest.mark.skipif(ON_LOCALSTACK, reason="it would be a second stage on an emulator that has room for one")
def test_a_stage_is_taken_down_and_deployed_again(new_account: NewAccount, tmp_path: Path) -> None:
    account = new_account()
    first = deploy(account, tmp_path / "first", "ada@example.com", TARGET, say=lambda _line: None)
    destroy(account, data=False, say=lambda _line: None)
    assert ask(f"{first.base_url}/healthz").status != 200
    assert cloudformation.describe(account, cloudformation.INGEST) is None
    again = deploy(account, tmp_path / "second", None, TARGET, say=lambda _line: None)
    assert again.sign_in is None  # people are kept, as all data
    assert ask(f"{again.base_url}/healthz").json()["status"] == "ok"

    for _ in range(2):  # also if there is nothing
        destroy(account, data=True, say=lambda _line: None)
    assert cloudformation.describe(account) is None
    assert account.client("dynamodb").list_tables()["TableNames"] == []
    assert account.names.bucket not in {one["Name"] for one in account.client("s3").list_buckets()["Buckets"]}
    assert account.client("lambda").list_functions()["Functions"] == []
    new = deploy(account, tmp_path / "third", "ada@example.com", TARGET, say=lambda _line: None)
    assert new.sign_in is not None
